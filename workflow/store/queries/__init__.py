"""What people may read. Each query takes the viewer and returns only what that person may see."""

from workflow.store.queries.desk import dossier, inbox
from workflow.store.queries.fitness import LEAST_SERVER, Fitness, fitness
from workflow.store.queries.office import cases, money, pipeline
from workflow.store.queries.portal import application, file, my_applications, my_organisations
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
from workflow.store.queries.versions import file_path, form, migrated, programme, programme_of, route_data

__all__ = [
    "LEAST_SERVER",
    "Application",
    "ApplicationRow",
    "CasePage",
    "CaseRow",
    "Dossier",
    "FileRow",
    "Filters",
    "Fitness",
    "HistoryRow",
    "Inbox",
    "ItemRow",
    "Milestone",
    "MoneyRow",
    "OrganisationRow",
    "Pipeline",
    "Published",
    "StageRow",
    "Statement",
    "application",
    "cases",
    "dossier",
    "file",
    "file_path",
    "fitness",
    "form",
    "inbox",
    "migrated",
    "money",
    "my_applications",
    "my_organisations",
    "pipeline",
    "programme",
    "programme_of",
    "route_data",
]
