"""The tables. Facts are append-only; the rest is written beside them in the same transaction."""

from workflow.store.tables.applications import (
    advice,
    applications,
    contents,
    field_saves,
    files,
    signatures,
)
from workflow.store.tables.cases import DUE, STANDING, case_number, cases, commands, events
from workflow.store.tables.columns import metadata
from workflow.store.tables.comments import comment_reads, comments, mentions
from workflow.store.tables.definitions import definitions, programmes, proposals
from workflow.store.tables.mails import held_mails, mail_times
from workflow.store.tables.money import budget_lines, filed_payments, postings
from workflow.store.tables.office import saved_views, stage_moves, stage_sums
from workflow.store.tables.organisations import invitations, memberships, organisation_log, organisations
from workflow.store.tables.people import (
    absences,
    links,
    people_log,
    persons,
    sessions,
    sign_in_attempts,
    staff_roles,
)
from workflow.store.tables.reads import dossier_reads, organisation_reads
from workflow.store.tables.work import (
    agenda,
    interventions,
    opening_drafts,
    outbox,
    processes,
    repayments_due,
    reports_due,
    statement_drafts,
    verifications,
    work_items,
)

__all__ = [
    "DUE",
    "STANDING",
    "absences",
    "advice",
    "agenda",
    "applications",
    "budget_lines",
    "case_number",
    "cases",
    "commands",
    "comment_reads",
    "comments",
    "contents",
    "definitions",
    "dossier_reads",
    "events",
    "field_saves",
    "filed_payments",
    "files",
    "held_mails",
    "interventions",
    "invitations",
    "links",
    "mail_times",
    "memberships",
    "mentions",
    "metadata",
    "opening_drafts",
    "organisation_log",
    "organisation_reads",
    "organisations",
    "outbox",
    "people_log",
    "persons",
    "postings",
    "processes",
    "programmes",
    "proposals",
    "repayments_due",
    "reports_due",
    "saved_views",
    "sessions",
    "sign_in_attempts",
    "signatures",
    "staff_roles",
    "stage_moves",
    "stage_sums",
    "statement_drafts",
    "verifications",
    "work_items",
]
