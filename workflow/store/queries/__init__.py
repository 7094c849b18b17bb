"""What people may read. Each query takes the viewer and returns only what that person may see."""

from workflow.store.queries.away import AwayPage, away
from workflow.store.queries.desk import dossier
from workflow.store.queries.explain import Explanation, explanation, id_of
from workflow.store.queries.fitness import LEAST_SERVER, Fitness, fitness, table_names
from workflow.store.queries.inbox import TABS, inbox
from workflow.store.queries.office import cases, money, pipeline
from workflow.store.queries.operations import Health, Operations, health, operations, troubles
from workflow.store.queries.portal import application, file, my_applications, my_organisations
from workflow.store.queries.routes import AtStep, RouteOverview, routes
from workflow.store.queries.rows import (
    Application,
    ApplicationRow,
    CasePage,
    CaseRow,
    Dossier,
    FileRow,
    Filters,
    HistoryRow,
    Inbox,
    ItemRow,
    Milestone,
    MoneyRow,
    OrganisationRow,
    Pipeline,
    Published,
    StageRow,
    Statement,
)
from workflow.store.queries.timeline import Stop, timeline
from workflow.store.queries.versions import (
    bundle,
    file_path,
    form,
    migrated,
    newest_revision,
    programme,
    programme_of,
    route_data,
)
from workflow.store.queries.whole import Submission, Whole, received_at, whole

__all__ = [
    "LEAST_SERVER",
    "TABS",
    "Application",
    "ApplicationRow",
    "AtStep",
    "AwayPage",
    "CasePage",
    "CaseRow",
    "Dossier",
    "Explanation",
    "FileRow",
    "Filters",
    "Fitness",
    "Health",
    "HistoryRow",
    "Inbox",
    "ItemRow",
    "Milestone",
    "MoneyRow",
    "Operations",
    "OrganisationRow",
    "Pipeline",
    "Published",
    "RouteOverview",
    "StageRow",
    "Statement",
    "Stop",
    "Submission",
    "Whole",
    "application",
    "away",
    "bundle",
    "cases",
    "dossier",
    "explanation",
    "file",
    "file_path",
    "fitness",
    "form",
    "health",
    "id_of",
    "inbox",
    "migrated",
    "money",
    "my_applications",
    "my_organisations",
    "newest_revision",
    "operations",
    "pipeline",
    "programme",
    "programme_of",
    "received_at",
    "route_data",
    "routes",
    "table_names",
    "timeline",
    "troubles",
    "whole",
]
