"""The programme changes by proposals: one proposes, another publishes, running cases notice nothing."""

from __future__ import annotations

import shutil
from copy import deepcopy
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from tests.builders import KIP3
from tests.integration.walks import HEKS, rows
from web.cli.story import Story, application
from workflow import proposing
from workflow.engine.case import Actor
from workflow.errors import Conflict, Invalid, NotAllowed, Refused, RouteError
from workflow.funding.parts import differences, parts_of, with_parts, written
from workflow.funding.plain import read_part
from workflow.funding.programme import Programme, load_folder
from workflow.publish import publish_folder, store
from workflow.publishable import checked_bundle, compiled
from workflow.settings import PROGRAMMES
from workflow.store import published

ADMIN = "elias.graber@pd.bs.example"
COORDINATOR = "regula.keller@integration.bs.example"
CHECKER = "mehmet.demir@integration.bs.example"
HEAD = "andrea.bernasconi@integration.bs.example"
REVIEWER = "barbara.wenger@erwachsenenbildung.bs.example"
FINANCE = "karin.moeschlin@pd.bs.example"


def current(told: Story) -> tuple[str, dict[str, Any]]:
    """The published version and its parts, for this test to change."""
    with told.db.connect() as tx:
        name = published.current(tx)
        return name, deepcopy(parts_of(published.bundle(tx, name)))


def propose(
    told: Story, parts: dict[str, Any], *, by: str = ADMIN, base: str = "", reason: str = "Darum."
) -> UUID:
    proposal_id = uuid4()
    proposing.propose(
        told.db,
        told.actors[by],
        parts,
        base=base or current(told)[0],
        reason=reason,
        proposal_id=proposal_id,
        now=told.now,
    )
    return proposal_id


def accept(told: Story, proposal_id: UUID, *, by: str = COORDINATOR) -> str:
    return proposing.accept(told.db, told.actors[by], proposal_id, now=told.now)


def state(told: Story, proposal_id: UUID) -> str:
    [row] = rows(told.db, f"SELECT state FROM proposals WHERE id = '{proposal_id}'")
    return str(row.state)


def with_extra_day(told: Story, day: str) -> dict[str, Any]:
    return {"programme/holidays": {**current(told)[1]["programme/holidays"], "extra": [day]}}


def with_title(told: Story, title: str) -> dict[str, Any]:
    return {"programme/title": {**current(told)[1]["programme/title"], "de": title}}


@pytest.mark.parametrize("folder", ["kip3-basel-stadt", "demo-canton"])
def test_what_is_published_is_the_folder_again_and_gives_the_same_version(db: sa.Engine, folder: str) -> None:
    from tests.builders import MONDAY

    name = publish_folder(db, PROGRAMMES / folder, MONDAY)
    with db.begin() as tx:
        bundle = published.bundle(tx, name)
        assert bundle == load_folder(PROGRAMMES / folder)
        assert store(tx, *checked_bundle(bundle), MONDAY) == name
    for part, content in parts_of(bundle).items():
        again = written(content) if isinstance(content, str) else read_part(written(content), part)
        if isinstance(content, dict | list):
            assert again == content, part
        assert with_parts(bundle, {part: again}) == bundle


def test_a_second_person_publishes_what_one_proposes(told: Story) -> None:
    before, _ = current(told)
    proposal_id = propose(told, with_extra_day(told, "2027-02-15"))
    with pytest.raises(NotAllowed, match="second_person"):
        accept(told, proposal_id, by=ADMIN)
    for nobody in (REVIEWER, FINANCE, HEKS):
        with pytest.raises(NotAllowed, match="not_yours"):
            accept(told, proposal_id, by=nobody)
    assert current(told)[0] == before
    name = accept(told, proposal_id)
    assert current(told)[0] == name != before
    with told.db.connect() as tx:
        assert not published.calendar(tx, name).is_working_day(told.now.date().replace(2027, 2, 15))
        assert published.calendar(tx, before).is_working_day(told.now.date().replace(2027, 2, 15))
    for late in (CHECKER, ADMIN):
        with pytest.raises(Refused, match="decided_already"):
            accept(told, proposal_id, by=late)
    assert proposing.from_screens(told.db)


def test_the_database_itself_wants_two_persons_and_keeps_what_was_proposed(told: Story) -> None:
    proposal_id = propose(told, with_extra_day(told, "2027-02-15"))
    for statement, refusal in (
        ("UPDATE proposals SET state = 'published', decided_by = proposed_by", sa.exc.IntegrityError),
        ("UPDATE proposals SET parts = '{}'", sa.exc.ProgrammingError),
        ("UPDATE proposals SET proposed_by = gen_random_uuid()", sa.exc.ProgrammingError),
        ("DELETE FROM proposals", sa.exc.ProgrammingError),
    ):
        with pytest.raises(refusal), told.db.begin() as tx:
            tx.execute(sa.text(statement))
    assert state(told, proposal_id) == "open"


def test_a_stale_proposal_is_checked_anew_before_it_is_published(told: Story) -> None:
    first = propose(told, with_extra_day(told, "2027-02-15"))
    second = propose(told, with_title(told, "KIP 3b"))
    third = propose(told, with_extra_day(told, "2027-02-16"))
    accept(told, first)
    with pytest.raises(Conflict, match="programme_changed"):
        accept(told, second)
    proposing.recheck(told.db, told.actors[COORDINATOR], second, now=told.now)
    accept(told, second)
    _, parts = current(told)
    assert (parts["programme/title"]["de"], parts["programme/holidays"]["extra"]) == (
        "KIP 3b",
        ["2027-02-15"],
    )
    with pytest.raises(Conflict, match="part_changed"):
        proposing.recheck(told.db, told.actors[COORDINATOR], third, now=told.now)


def test_a_change_of_what_changed_meanwhile_is_not_even_proposed(told: Story) -> None:
    seen, _ = current(told)
    mine, theirs = with_extra_day(told, "2027-02-15"), with_extra_day(told, "2027-02-16")
    accept(told, propose(told, theirs))
    with pytest.raises(Conflict, match="part_changed"):
        propose(told, mine, base=seen)


def test_no_and_taken_back_have_a_reason_and_are_for_good(told: Story) -> None:
    mine, other = propose(told, with_extra_day(told, "2027-02-15")), propose(told, with_title(told, "X"))
    for reason in (" ", "x" * 2001):
        with pytest.raises(Invalid):
            proposing.refuse(told.db, told.actors[HEAD], mine, reason=reason, now=told.now)
    proposing.refuse(told.db, told.actors[HEAD], mine, reason="Zu früh.", now=told.now)
    proposing.refuse(told.db, told.actors[ADMIN], other, reason="Irrtum.", now=told.now)
    assert (state(told, mine), state(told, other)) == ("refused", "withdrawn")
    for gone in (mine, other):
        with pytest.raises(Refused, match="decided_already"):
            accept(told, gone)


def test_who_may_propose_what(told: Story) -> None:
    _, parts = current(told)
    calls = {"programme/calls": [{**parts["programme/calls"][0], "closes": "2027-10-31 24:00"}]}
    propose(told, calls, by=COORDINATOR)
    for by, changed in (
        (COORDINATOR, with_title(told, "X")),
        (HEAD, calls),
        (REVIEWER, calls),
        (HEKS, calls),
    ):
        with pytest.raises(NotAllowed, match="not_yours"):
            propose(told, changed, by=by)
    assert not proposing.may_propose(Actor("x"), "programme/calls")


def broken(parts: dict[str, Any], name: str) -> dict[str, Any]:
    """One part, spoilt in its own way."""
    part = deepcopy(parts[name])
    match name:
        case "routes/small":
            part["steps"]["formal_check"]["outcomes"]["complete"]["to"] = "nowhere"
        case "forms/review":
            part["sections"][0]["fields"][0]["type"] = "prose"
        case "letters/order_granted":
            part += "#panic()"
        case "letters/frame":
            part = '#import "@preview/cetz:0.3.4"\n' + part
        case "programme/sizes":
            part = [*part, part[0]]
        case "programme/holidays":
            part["extra"] = ["15. Februar"]
        case "programme/tables":
            part["pot"] = {"rows": []}
        case "programme/calls":
            part[0]["closes"] = part[0]["opens"]
        case "programme/areas":
            part = part[1:]
        case "programme/terms":
            part["M"]["instalments"] = [80, 30]
        case "programme/payer":
            part["iban"] = "CH44 3199 9123 0008 8901 2"  # a QR-IBAN
        case "programme/remedy":
            del part["authorities"]["division_head"]
    return {name: part}


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("routes/small", "unknown_step"),
        ("forms/review", "form_malformed"),
        ("letters/order_granted", "letter_fails at=letters/order_granted"),
        ("letters/frame", "letter_fails"),
        ("programme/sizes", "sizes_unclear at=sizes.S"),
        ("programme/holidays", "wrong_value at=holidays.extra.0 key=extra"),
        ("programme/tables", "table_without_else at=tables.pot"),
        ("programme/calls", "closes_before_it_opens"),
        ("programme/areas", "not_there at=indicators.consultations.areas key=first_information"),
        ("programme/terms", "instalments_unclear at=terms.M"),
        ("programme/payer", "payer_unclear at=payer"),
        ("programme/remedy", "no_authority at=remedy.authorities.division_head role=division_head"),
    ],
)
def test_what_does_not_hold_together_is_refused_with_the_place(told: Story, name: str, said: str) -> None:
    base, parts = current(told)
    changed = broken(parts, name)
    found = proposing.check(told.db, changed, base=base, now=told.now)
    assert said in str(found[0])
    with pytest.raises(RouteError, match=said):
        propose(told, changed)
    assert rows(told.db, "SELECT FROM proposals") == []


def test_letters_are_tried_anew_when_who_hears_an_appeal_changes(told: Story) -> None:
    bundle = load_folder(KIP3)
    fails = 'data.remedy != none and data.remedy.authority == "Niemand"'
    bundle.letters["order_ended"] += f"\n#if {fails} {{ panic() }}"
    with told.db.begin() as tx:
        store(tx, *checked_bundle(bundle), told.now)
    base, parts = current(told)
    remedy = parts["programme/remedy"]
    remedy["authorities"]["head"]["authority"]["de"] = "Niemand"
    [found] = proposing.check(told.db, {"programme/remedy": remedy}, base=base, now=told.now)
    assert "letter_fails at=letters/order_ended" in str(found)


def test_what_letters_say_of_the_programme_is_tried_in_all_of_them(told: Story, tmp_path: Path) -> None:
    folder = tmp_path / "kip3"
    shutil.copytree(KIP3, folder)
    with (folder / "letters" / "order_rejected.typ").open("a", encoding="utf-8") as letter:
        letter.write('\n#data.sender.address.split(", ").at(1)\n')
    publish_folder(told.db, folder, told.now)
    sender = deepcopy(current(told)[1]["programme/sender"])
    sender["address"]["de"] = "Marktplatz 30a"
    with pytest.raises(RouteError, match="letter_fails at=letters/order_rejected"):
        propose(told, {"programme/sender": sender})


def test_nothing_changed_is_no_proposal_and_the_same_click_is_one(told: Story) -> None:
    base, parts = current(told)
    with pytest.raises(Refused, match="nothing_changed"):
        propose(told, {"programme/title": parts["programme/title"]})
    with pytest.raises(Invalid):
        propose(told, with_title(told, "X"), reason="")
    proposal_id = uuid4()
    for _ in range(2):
        proposing.propose(
            told.db,
            told.actors[ADMIN],
            with_title(told, "X"),
            base=base,
            reason="Darum.",
            proposal_id=proposal_id,
            now=told.now,
        )
    assert len(rows(told.db, "SELECT FROM proposals")) == 1


def submitted(told: Story, requested: int) -> Any:
    answers = application(
        "HEKS", title="Deutsch", area="language", goals=["everyday_language"], requested=requested
    )
    case_id = told.submit(HEKS, answers)
    [case] = rows(told.db, f"SELECT size, programme_hash FROM cases WHERE id = '{case_id}'")
    return case


def test_a_ceiling_follows_and_is_never_lowered_under_what_is_used(told: Story) -> None:
    _, parts = current(told)
    where = "WHERE (area, year, pot) = ('language', 2027, 'programme')"
    line = f"SELECT ceiling, available FROM budget_lines {where}"
    with told.db.begin() as tx:
        tx.execute(
            sa.text(f"UPDATE budget_lines SET available = available - 1000000, reserved = 1000000 {where}")
        )
    [before] = rows(told.db, line)

    def ceilings(amount: int) -> dict[str, Any]:
        changed = [
            {**one, "amounts": {**one["amounts"], "programme": amount}} if one["area"] == "language" else one
            for one in deepcopy(parts["programme/ceilings"])
        ]
        return {"programme/ceilings": changed}

    with pytest.raises(Refused, match=r"ceiling_in_use at=ceilings.language.2027.programme.*limit=1000000"):
        propose(told, ceilings(999_999))
    accept(told, propose(told, ceilings(1_000_000)))
    [after] = rows(told.db, line)
    assert (after.ceiling, after.available) == (1_000_000, 0)
    without = deepcopy(current(told)[1]["programme/ceilings"])
    for one in without:
        if one["area"] == "language":
            del one["amounts"]["lump_sum"]
    accept(told, propose(told, {"programme/ceilings": without}))
    taken = (
        "SELECT DISTINCT ceiling, available FROM budget_lines WHERE (area, pot) = ('language', 'lump_sum')"
    )
    assert [tuple(row) for row in rows(told.db, taken)] == [(0, 0)]  # what nobody names is no credit
    without[:] = [one for one in without if one["area"] != "language"]
    with pytest.raises(Refused, match=r"ceiling_in_use at=ceilings.language.2027.programme amount=0"):
        propose(told, {"programme/ceilings": without, "programme/calls": []})
    [sums] = rows(
        told.db,
        "SELECT sum(amount) AS total, sum(amount) FILTER (WHERE account = 'available') AS free"
        f" FROM postings p JOIN budget_lines l ON l.id = p.line_id {where}",
    )
    assert (sums.total, sums.free) == (0, 1_000_000)
    assert before.ceiling == 55_000_000


def test_what_is_carried_over_counts_with_the_ceiling(told: Story) -> None:
    with told.db.begin() as tx:
        tx.exec_driver_sql(
            "UPDATE budget_lines SET available = available - 1000000, reserved = 1000000"
            " WHERE (area, year, pot) = ('language', 2027, 'programme')"
        )

    def parts(amount: int) -> dict[str, Any]:
        ceilings = current(told)[1]["programme/ceilings"]
        [line] = [one for one in ceilings if one["area"] == "language"]
        line["amounts"]["programme"] = amount
        carried = [{"year": 2026, "area": "language", "amounts": {"programme": 1}}]
        return {"programme/ceilings": ceilings, "programme/carried": carried}

    with pytest.raises(Refused, match=r"ceiling_in_use .* amount=999999 limit=1000000"):
        propose(told, parts(999_998))
    accept(told, propose(told, parts(999_999)))


def test_differences_name_the_place(told: Story) -> None:
    bundle = load_folder(KIP3)
    sizes = bundle.programme["sizes"]
    later = {"code": "S", "max": 1_500_000, "route": "small", "valid_from": "2027-01-01"}
    [new] = differences("programme/sizes", sizes, [*sizes, later])[-1:]
    assert new.path == ("S 2027-01-01",)
    assert new.now == later
    ceilings = deepcopy(bundle.programme["ceilings"])
    ceilings[0]["amounts"]["programme"] += 1
    assert [
        one.path for one in differences("programme/ceilings", bundle.programme["ceilings"], ceilings)
    ] == [(f"first_information {year}", "amounts", "programme") for year in (2024, 2025, 2026, 2027)]
    letter = bundle.letters["frame"]
    [line] = differences("letters/frame", letter, letter.replace("\n", "\n// neu\n", 1))
    assert (line.path, line.was, line.now) == (("2",), None, "// neu")


def test_what_runs_is_mended_one_part_after_the_other(told: Story) -> None:
    """A version from before a rule: what it has already keeps nobody from a change, a new mistake does."""
    bundle = load_folder(KIP3)
    bundle.programme["departments"][0]["phone"] = "061"
    bundle.programme["roles"][0]["note"] = "x"
    bundle.letters["order_granted"] += "\n#data.report"
    bundle.routes["small"]["steps"]["granted"].pop("expects")
    programme = Programme.parse(bundle.programme)
    routes = {code: compiled(raw, programme.tables) for code, raw in bundle.routes.items()}
    with told.db.begin() as tx:
        store(tx, bundle, programme, routes, told.now)
    base, parts = current(told)
    title = {**parts["programme/title"], "de": "Neu"}
    assert proposing.check(told.db, {"programme/title": title}, base=base, now=told.now) == []
    wrong = {**title, "fr": ""}
    [found] = proposing.check(told.db, {"programme/title": wrong}, base=base, now=told.now)
    assert "at=title" in str(found)
    proposal_id = propose(told, {"programme/title": title})
    proposing.accept(told.db, told.actors[HEAD], proposal_id, now=told.now)
    assert current(told)[1]["programme/title"] == title
