"""The rules and the record of a canton's funding cases; knows neither Flask nor Celery."""
