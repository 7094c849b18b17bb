"""What people may read. Each query takes the viewer and returns only what that person may see."""

from workflow.store.queries.away import AwayPage, away
from workflow.store.queries.comments import Asked, Audience, Comment, News, Talk, asked, audience, news, talk
from workflow.store.queries.deciding import (
    MOST_DECISIONS,
    Decisions,
    Waiting,
    decisions,
    done_already,
    outlooks,
)
from workflow.store.queries.desk import (
    Dossier,
    StatementDraft,
    colleagues,
    dossier,
    is_left_alone,
    statement_draft,
)
from workflow.store.queries.explain import Explanation, explanation, id_of
from workflow.store.queries.fitness import LEAST_SERVER, Fitness, fitness, table_names
from workflow.store.queries.held_up import HeldUp, ProposedWay, Suspended, held_up
from workflow.store.queries.inbox import TABS, Inbox, ItemRow, inbox, is_place_of_work
from workflow.store.queries.inquiries import Inquiry
from workflow.store.queries.mine import ApplicationRow, OrganisationRow, my_applications, my_organisations
from workflow.store.queries.money import MoneyRow, added_up, by_area, credits, money
from workflow.store.queries.office import CasePage, CaseRow, cases, is_place
from workflow.store.queries.operations import VIEWERS as OPERATIONS_READERS
from workflow.store.queries.operations import Health, Operations, health, operations, troubles
from workflow.store.queries.organisations import SEES_ALL as ORGANISATIONS_READERS
from workflow.store.queries.organisations import (
    OrganisationPage,
    Registered,
    SignOff,
    invitations_to,
    organisation,
    record_form,
    registered,
    sign_off,
    waiting_organisations,
)
from workflow.store.queries.payments import Account, Filed, Payable, Payments, payable, payables, payments
from workflow.store.queries.pending import YearOfMoney, year_of_money
from workflow.store.queries.people import PEOPLE_READERS, PersonPage, PersonRow, people, person
from workflow.store.queries.pipeline import Pipeline, StageRow, pipeline
from workflow.store.queries.portal import (
    Application,
    Milestone,
    Opening,
    application,
    file,
    opening,
    planned_rows,
)
from workflow.store.queries.proposals import (
    ProgrammeParts,
    Proposal,
    ProposalRow,
    Version,
    programme_parts,
    proposal,
    proposals,
    to_publish,
)
from workflow.store.queries.reads import Read, Reads, reads, sample_case
from workflow.store.queries.record import seats
from workflow.store.queries.repayments import Repayment, Repayments, repayments
from workflow.store.queries.reports import REPORT_SOON, AwaitedReport, AwaitedReports, awaited_reports
from workflow.store.queries.routes import AtStep, RouteOverview, routes
from workflow.store.queries.rows import FileRow, Filters, HistoryRow, Statement
from workflow.store.queries.sem import SemReportFigures, SemRow, SemTarget, sem_report, sem_total
from workflow.store.queries.standing import Dissent, Standing
from workflow.store.queries.steering import AreaFigures, Decided, Quarter, quarter
from workflow.store.queries.time import Month, Span, Times, times
from workflow.store.queries.timeline import Stop, timeline
from workflow.store.queries.together import Alike, Together, together
from workflow.store.queries.versions import (
    Published,
    bundle,
    file_path,
    form,
    migrated,
    newest_revision,
    programme,
    programme_of,
    route_data,
)
from workflow.store.queries.views import SavedView, saved_views
from workflow.store.queries.whole import Submission, Whole, received_at, whole
from workflow.store.reading import OVERVIEW, PUBLISHERS
from workflow.store.reading import PROGRAMME as PROGRAMME_READERS

__all__ = [
    "LEAST_SERVER",
    "MOST_DECISIONS",
    "OPERATIONS_READERS",
    "ORGANISATIONS_READERS",
    "OVERVIEW",
    "PEOPLE_READERS",
    "PROGRAMME_READERS",
    "PUBLISHERS",
    "REPORT_SOON",
    "TABS",
    "Account",
    "Alike",
    "Application",
    "ApplicationRow",
    "AreaFigures",
    "Asked",
    "AtStep",
    "Audience",
    "AwaitedReport",
    "AwaitedReports",
    "AwayPage",
    "CasePage",
    "CaseRow",
    "Comment",
    "Decided",
    "Decisions",
    "Dissent",
    "Dossier",
    "Explanation",
    "FileRow",
    "Filed",
    "Filters",
    "Fitness",
    "Health",
    "HeldUp",
    "HistoryRow",
    "Inbox",
    "Inquiry",
    "ItemRow",
    "Milestone",
    "MoneyRow",
    "Month",
    "News",
    "Opening",
    "Operations",
    "OrganisationPage",
    "OrganisationRow",
    "Payable",
    "Payments",
    "PersonPage",
    "PersonRow",
    "Pipeline",
    "ProgrammeParts",
    "Proposal",
    "ProposalRow",
    "ProposedWay",
    "Published",
    "Quarter",
    "Read",
    "Reads",
    "Registered",
    "Repayment",
    "Repayments",
    "RouteOverview",
    "SavedView",
    "SemReportFigures",
    "SemRow",
    "SemTarget",
    "SignOff",
    "Span",
    "StageRow",
    "Standing",
    "Statement",
    "StatementDraft",
    "Stop",
    "Submission",
    "Suspended",
    "Talk",
    "Times",
    "Together",
    "Version",
    "Waiting",
    "Whole",
    "YearOfMoney",
    "added_up",
    "application",
    "asked",
    "audience",
    "awaited_reports",
    "away",
    "bundle",
    "by_area",
    "cases",
    "colleagues",
    "credits",
    "decisions",
    "done_already",
    "dossier",
    "explanation",
    "file",
    "file_path",
    "fitness",
    "form",
    "health",
    "held_up",
    "id_of",
    "inbox",
    "invitations_to",
    "is_left_alone",
    "is_place",
    "is_place_of_work",
    "migrated",
    "money",
    "my_applications",
    "my_organisations",
    "newest_revision",
    "news",
    "opening",
    "operations",
    "organisation",
    "outlooks",
    "payable",
    "payables",
    "payments",
    "people",
    "person",
    "pipeline",
    "planned_rows",
    "programme",
    "programme_of",
    "programme_parts",
    "proposal",
    "proposals",
    "quarter",
    "reads",
    "received_at",
    "record_form",
    "registered",
    "repayments",
    "route_data",
    "routes",
    "sample_case",
    "saved_views",
    "seats",
    "sem_report",
    "sem_total",
    "sign_off",
    "statement_draft",
    "table_names",
    "talk",
    "timeline",
    "times",
    "to_publish",
    "together",
    "troubles",
    "waiting_organisations",
    "whole",
    "year_of_money",
]
