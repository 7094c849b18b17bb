"""What is to be paid out, and what was: every case with money committed, the longest granted first."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from workflow.connecting import autocommit
from workflow.engine.case import Actor, Case, load_case
from workflow.engine.paying import allowed
from workflow.engine.route import APPLICANT, APPLICANT_OFFICE, End, Route
from workflow.funding.instalments import ACCEPTED, following
from workflow.funding.money import in_force_from
from workflow.funding.questions import Labels
from workflow.store import published, reading
from workflow.store.asking import ask
from workflow.store.queries.narrowed import MONEY
from workflow.store.queries.record import DISPATCHED
from workflow.store.queries.rows import after_place
from workflow.store.queries.ties import linked_to

MOST_COUNTED = 1000
OPEN, PAID = "open", "paid"
ACCOUNT = """
 coalesce(jsonb_path_query_first(t.data, '$.*.iban') #>> '{}', o.iban) AS iban,
 coalesce(jsonb_path_query_first(t.data, '$.*.holder') #>> '{}', nullif(o.holder, ''), o.name) AS holder,
 o.iban AS of_record, o.street, o.postcode, o.town"""
"""As handed in with the application, in whatever section its form asks for it; else as the record has it."""
FILED = """(
 SELECT jsonb_agg(jsonb_build_object('message', f.message, 'amount', f.paid + f.amount - c.paid,
  'earlier', f.earlier, 'made_at', f.made_at, 'made_by', m.name, 'taken_back', EXISTS (
   SELECT FROM events e WHERE e.case_id = c.id AND e.name = 'Paid' AND e.at > f.made_at
    AND CAST(e.data->>'amount' AS bigint) < 0)) ORDER BY f.made_at DESC, f.paid DESC)
 FROM filed_payments f JOIN persons m ON m.id = f.made_by
 WHERE f.case_id = c.id AND f.paid + f.amount > c.paid)"""
"""Files in which money lies that is not recorded: one that counts on more than is recorded now, too."""
UPHELD = "upheld"
"""How an appeal ends after which it is to be decided anew."""
DECIDED = f"""(
 SELECT jsonb_object_agg(k.id, jsonb_build_array(k.submitted_at, k.entered_at))
 FROM cases k WHERE k.parent_id = c.id AND k.ending IS NOT NULL
  AND CASE WHEN k.ending = '{UPHELD}' THEN k.entered_at > c.entered_at ELSE k.state->'letters' <> '[]' END)"""
"""When each child began that has ended with an order, not withdrawn or noted, and when it ended; of appeals
those that were upheld since the case was decided as it is now."""
ROWS = f"""
SELECT c.*, o.name AS organisation, b.year, b.pot, {FILED} AS filed, {DECIDED} AS decided,
 coalesce(p.state, c.state)->'children' AS children,
 EXISTS (SELECT FROM reports_due r WHERE r.case_id IN (c.id, c.parent_id) AND r.stopped) AS stopped,{ACCOUNT}
FROM cases c JOIN organisations o ON o.id = c.organisation_id JOIN budget_lines b ON b.id = c.line_id
LEFT JOIN cases p ON p.id = c.parent_id
LEFT JOIN contents t
  ON t.case_id = coalesce(p.id, c.id) AND t.hash = coalesce(p.state, c.state)->>'content'"""
"""What an amendment added goes where its grant goes, and waits for the same reports."""
SHOWN = {OPEN: MONEY["committed"], PAID: MONEY["paid"]}


@dataclass(frozen=True, slots=True)
class Account:
    """Where it is paid to. `iban`: without spaces, empty where none is known; the address is the record's.

    `other`: the account that the record has now, where it is another one; else empty.
    """

    holder: str
    iban: str
    other: str
    street: str
    postcode: str
    town: str


@dataclass(frozen=True, slots=True)
class Filed:
    """A file for the bank in which money of this case lies that is not recorded yet, so many Rappen.

    `made_by`: the name; `earlier`: files in which it was before; `taken_back`: a payment was, since then.
    """

    message: str
    amount: int
    earlier: tuple[str, ...]
    made_at: datetime
    made_by: str
    taken_back: bool


@dataclass(frozen=True, slots=True)
class Payable:
    """A case with money committed. `instalment`: (number, of how many, Rappen) of what comes next.

    `due`: Rappen that may be paid now, by its terms; `waits`: what its next instalment waits for.
    `may_pay`: the viewer records what was paid. `stopped`: nothing is paid until its report is
    there, or that on the case which it belongs to. `in_force`: the day from which its order will be
    (None: it is), `appealed`: an appeal against it runs, `upheld`: one has ended so and nothing was decided
    since; nothing is due before. `account`, `filed` (the newest first): for who pays, and auditors; None, and
    none, for others.
    """

    case_id: UUID
    number: str
    organisation: str
    area: str
    year: int
    pot: str
    granted_at: datetime
    committed: int
    paid: int
    instalment: tuple[int, int, int]
    due: int
    waits: Labels | None
    may_pay: bool
    stopped: bool
    in_force: date | None
    appealed: bool
    upheld: bool
    account: Account | None
    filed: tuple[Filed, ...]

    @property
    def open(self) -> int:
        """Rappen that are still to be paid."""
        return self.committed - self.paid


@dataclass(frozen=True, slots=True)
class Payments:
    """A page of them. `total`: counted no further than to MOST_COUNTED; `next`: what `after` takes."""

    rows: list[Payable]
    total: int
    next: str | None
    at_least: bool

    @property
    def with_accounts(self) -> bool:
        """The viewer sees where at least one of these is paid to."""
        return any(row.account for row in self.rows)


def payments(
    db: sa.Engine,
    viewer: Actor,
    *,
    now: datetime,
    shown: str = OPEN,
    after: str | None = None,
    limit: int = 50,
) -> Payments | None:
    """Those with something to pay (`shown`: open), or something paid (paid); None without an overview."""
    if not viewer.has_role(*reading.OVERVIEW):
        return None
    where = SHOWN.get(shown, SHOWN[OPEN])
    at, case_id = after_place(after)
    with autocommit(db) as tx:
        some = f"SELECT FROM cases c WHERE {where} LIMIT {MOST_COUNTED + 1}"
        total = tx.execute(sa.text(f"SELECT count(*) FROM ({some}) s")).scalar_one()
        behind = "(c.entered_at, c.id) > (CAST(:at AS timestamptz), :id)"
        page = f"{ROWS} WHERE {where} AND {behind} ORDER BY c.entered_at, c.id LIMIT :limit"
        rows = tx.execute(sa.text(page), {"at": at, "id": case_id, "limit": limit + 1}).all()
        found = _payables(tx, rows[:limit], viewer, now)
    following = f"{found[-1].granted_at.isoformat()}|{found[-1].case_id}" if len(rows) > limit else None
    return Payments(found, min(total, MOST_COUNTED), following, total > MOST_COUNTED)


def payables(
    db: sa.Engine, viewer: Actor, cases: Collection[UUID], *, now: datetime
) -> dict[UUID, Payable] | None:
    """Those of these cases that have money committed, by id; None without an overview."""
    if not viewer.has_role(*reading.OVERVIEW):
        return None
    with autocommit(db) as tx:
        some = sa.text(f"{ROWS} WHERE c.id = ANY(:ids) AND c.committed > 0")
        rows = tx.execute(some, {"ids": list(cases)}).all()
        return {one.case_id: one for one in _payables(tx, rows, viewer, now)}


def payable(db: sa.Engine, viewer: Actor) -> int:
    """How many have something to pay, counted to MOST_COUNTED; 0 for who does not pay."""
    if not viewer.has_role("finance"):
        return 0
    some = f"SELECT FROM cases c WHERE {SHOWN[OPEN]} LIMIT {MOST_COUNTED}"
    with autocommit(db) as tx:
        return int(ask(tx, f"SELECT count(*) FROM ({some}) s")[0][0])


def _payables(tx: sa.Connection, rows: Sequence[Any], viewer: Actor, now: datetime) -> list[Payable]:
    """As the door does, who is linked to an applicant declares first, and neither pays nor makes files."""
    linked = linked_to(tx, [row.id for row in rows], viewer.person)
    return [_payable(tx, row, replace(viewer, linked=bool(linked.get(row.id))), now) for row in rows]


def _payable(tx: sa.Connection, row: Any, viewer: Actor, now: datetime) -> Payable:
    case = load_case(row.state)
    terms = published.programme(tx, row.programme_hash).terms.get(row.size, {})
    accepted = [child["code"] for child in (row.children or {}).values() if child["ending"] == ACCEPTED]
    comes = following(row.committed, row.paid, terms, accepted)
    route = published.route(tx, row.route_hash)
    today = published.calendar(tx, row.programme_hash).day_of(now)
    may_pay = any(allowed(route, case, viewer, today))
    in_force = _in_force(case, published.programme(tx, row.programme_hash).remedy, today)
    appealed, upheld = _is_appealed(case, route), _is_upheld(case, route, row.decided or {})
    sees = may_pay or (viewer.has_role("auditor") and not reading.keeps_out(case, viewer))
    iban, now_there = row.iban.replace(" ", ""), row.of_record.replace(" ", "")
    other = now_there if now_there != iban else ""
    account = Account(row.holder, iban, other, row.street, row.postcode, row.town)
    return Payable(
        case_id=UUID(str(row.id)),
        number=row.number,
        organisation=row.organisation,
        area=row.area,
        year=row.year,
        pot=row.pot,
        granted_at=row.entered_at,
        committed=row.committed,
        paid=row.paid,
        instalment=(comes.number, comes.count, comes.amount),
        due=0 if row.stopped or in_force or appealed or upheld else comes.due,
        waits=comes.waits.text if comes.waits else None,
        may_pay=may_pay,
        stopped=row.stopped,
        in_force=in_force,
        appealed=appealed,
        upheld=upheld,
        account=account if sees else None,
        filed=tuple(map(_filed, row.filed or ())) if sees else (),
    )


def _filed(row: Mapping[str, Any]) -> Filed:
    made_at = datetime.fromisoformat(row["made_at"])
    made_by, taken_back = row["made_by"], row["taken_back"]
    return Filed(row["message"], int(row["amount"]), tuple(row["earlier"]), made_at, made_by, taken_back)


def _is_appealed(case: Case, route: Route) -> bool:
    appeals = {child.code for child in route.children.values() if child.others}
    return any(one["code"] in appeals and not one["ending"] for one in case.children.values())


def _is_upheld(case: Case, route: Route, decided: Mapping[str, tuple[str, str]]) -> bool:
    """Nothing that the applicant asked for since has been decided; accepting a report decides nothing."""
    step = route.steps.get(case.step or "")
    report = step.expects.child if isinstance(step, End) and step.expects else None
    upheld, anew = "", ""
    for child_id, (begun, ended) in decided.items():
        child = route.children.get(case.children[child_id]["code"])
        if child is not None and child.others and case.children[child_id]["ending"] == UPHELD:
            upheld = max(upheld, ended)
        elif child is not None and child.who.role == APPLICANT and child.code != report:
            anew = max(anew, begun)
    return upheld > anew


def _in_force(case: Case, remedy: Mapping[str, Any], today: date) -> date | None:
    """The day from which what was posted can no longer be appealed against; None: it cannot."""
    posted, days = case.facts.get(DISPATCHED), remedy.get("in_force_days")
    if posted is None or days is None or APPLICANT_OFFICE in case.facts:
        return None
    since = in_force_from(date.fromisoformat(str(posted)), days)
    return since if since > today else None
