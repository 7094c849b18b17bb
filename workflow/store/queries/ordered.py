"""In which orders a list of cases stands, and from where it is read so that no more is read than it shows.

The indexes of these orders hold stage, status, size and budget line too, so that of a case which is passed by
no row is read. See docs/decisions/2026-11-27-filters-at-size.md for what each way costs.
"""

from __future__ import annotations

from dataclasses import dataclass

from workflow.store.queries import sums
from workflow.store.queries.narrowed import COUNTED, Ways
from workflow.store.queries.rows import Filters
from workflow.store.tables import DUE, STANDING


@dataclass(frozen=True, slots=True)
class Order:
    """How a list is sorted: first by `key`, of this type, then by `id`; `back`: both backwards.

    `each`: an index has those in this order that have these in common, one such group after the other.
    `of_case`: the key, of a row of `cases` alone.
    """

    key: str
    type: str
    back: bool = False
    each: tuple[str, ...] = ()
    id: str = "c.id"
    of_case: str = ""

    @property
    def mark(self) -> str:
        """Where a row stands."""
        return f"CAST({self.of_case or self.key} AS text)"

    @property
    def sql(self) -> str:
        return f"{self.key}{self.way}, {self.id}{self.way}"

    @property
    def way(self) -> str:
        return " DESC" if self.back else ""

    @property
    def behind(self) -> str:
        """What comes after the row whose key and id are :mark and :mark_id."""
        return f"({self.key}, {self.id}) {'<' if self.back else '>'} (CAST(:mark AS {self.type}), :mark_id)"


STANDS: tuple[str, ...] = ("stage", "status")
SORTS = {
    "newest": Order("c.submitted_at", "timestamptz", back=True),
    "oldest": Order(STANDING, "timestamptz", each=STANDS),
    "due": Order(DUE, "timestamptz"),
    "amount": Order("c.requested", "bigint", back=True, each=("size",)),
}
AT_OFFICE = Order("w.due", "timestamptz", id="w.id", of_case="coalesce(c.due_at, 'infinity')")
"""As "due", in EACH_ROLE, where all run."""
RUNNING = f"{DUE} < 'infinity'"

FEW = 2_000
"""If so many cases, or fewer, stand where those of the filters stand, they are looked up and sorted."""
CASES = "(SELECT c.id FROM cases c{way}{more}{end})"
EACH_GROUP = """(SELECT f.id FROM ({groups}) g CROSS JOIN LATERAL (
 SELECT c.id, {key} AS key FROM cases c{{way}} AND {same}{{more}}{end}) f
 ORDER BY {first}, f.id{back} LIMIT {limit})"""
EACH_ROLE = """(SELECT DISTINCT f.id FROM (
 SELECT DISTINCT role FROM work_items WHERE closed_at IS NULL AND office = :office) r CROSS JOIN LATERAL (
 SELECT c.id FROM (
  SELECT DISTINCT coalesce(due_at, 'infinity') AS due, case_id AS id FROM work_items
  WHERE closed_at IS NULL AND office = :office AND role = r.role ORDER BY due, id) w
 JOIN cases c USING (id){way}{more}{end}) f)"""
"""From where a list is read: from all cases; or for each group of them, or each role of an office, no further
than asked, since their indexes have one after the other. Open work is due when its case is."""


def at_office(filters: Filters, order: Order) -> bool:
    """The list is read from the open work of an office."""
    return bool(filters.office) and order is SORTS["due"]


def looked_up(filters: Filters, ways: Ways) -> bool:
    """What is asked for is found by its words, and then sorted."""
    return ways.few and bool(filters.text or filters.organisation)


def unordered(filters: Filters, order: Order, limit: int) -> str:
    """So many of them, whichever: to be counted."""
    return (EACH_ROLE if at_office(filters, order) else CASES).replace("{end}", f" LIMIT {limit}")


def source(filters: Filters, order: Order, ways: Ways, limit: int, around: int | None) -> str:
    """The first ones in this order, for each {way} in which a case may be meant and with {more} conditions.

    `around`: how many cases stand where those of the filters stand, if that is known.
    """
    if at_office(filters, order):
        return EACH_ROLE.replace("{end}", f" ORDER BY {AT_OFFICE.sql} LIMIT {limit}")
    end = f" ORDER BY {order.sql} LIMIT {limit}"
    if _narrowed(filters, ways):
        return CASES.replace("{end}", end)
    each, end = (STANDS, "") if _few(filters, around) else (_each(filters, order), end)
    end = _implied(filters) + end
    if not each:
        return CASES.replace("{end}", end)
    return EACH_GROUP.format(
        groups=sums.groups(filters, *each),
        key=order.key,
        same=" AND ".join(f"{DUE if name == 'due' else f'c.{name}'} = g.{name}" for name in each),
        end=end,
        first="g.due" if each == ("due",) else f"f.key{order.way}",  # which is sorted: it ends where it may
        back=order.way,
        limit=limit,
    )


def in_turn(filters: Filters, order: Order, ways: Ways, around: int | None) -> tuple[str, ...]:
    """Conditions of what is read one after the other, until a page is full: by age those that have ended come
    last, and among so many the filters would pass by most."""
    if order is not SORTS["oldest"] or _narrowed(filters, ways) or _few(filters, around):
        return ("",)
    return (f" AND {STANDING} < 'infinity'", f" AND {STANDING} = 'infinity'")


def _narrowed(filters: Filters, ways: Ways) -> bool:
    """By what leaves so little that it is looked up whole."""
    return bool(filters.office or filters.organisation) or looked_up(filters, ways)


def _few(filters: Filters, around: int | None) -> bool:
    """They are looked up and sorted; of all cases none would be passed by."""
    return around is not None and around <= FEW and filters != Filters()


def _each(filters: Filters, order: Order) -> tuple[str, ...]:
    """The groups of cases in which a list is read: what is asked for is due at a few times."""
    if order is not SORTS["due"] or filters.money:
        return order.each
    return ("due",) * any(getattr(filters, name) for name in COUNTED)


def _implied(filters: Filters) -> str:
    """By what the indexes hold: only these lines and statuses have such an area, call, route or step."""
    if not (filters.area or filters.call or filters.route or filters.step):
        return ""
    each = (f"c.{name} = ANY(ARRAY({sums.groups(filters, name)}))" for name in ("line_id", "status"))
    return "".join(f" AND {one}" for one in each)
