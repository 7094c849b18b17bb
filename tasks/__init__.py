"""Celery: moves cases on and brings effects about. Messages are hints; the database is the truth."""
