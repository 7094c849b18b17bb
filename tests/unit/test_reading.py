"""What a list says of a case, from its outline, is what the whole case says."""

from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from tests.builders import small_route, task
from workflow.engine.case import Actor, Case
from workflow.engine.parsing import parse_route
from workflow.engine.route import APPLICANT_OFFICE
from workflow.store.reading import ALL_DOSSIERS, Outline, has_page, in_a_list, may_open

ROUTE = parse_route(small_route({"check": task({"on": "end"})}))
ME, OTHER = "me", "somebody"
some = st.sets(st.sampled_from([ME, OTHER])).map(lambda people: tuple(sorted(people)))


def a_case(
    recused: tuple[str, ...], declared: tuple[str, ...], applicant: str, office: str | None, ended: bool
) -> Case:
    """`office`: whose own measure it is."""
    facts = {APPLICANT_OFFICE: office} if office else {}
    return Case(
        recused=recused,
        declared=declared,
        applicant=applicant,
        facts=facts,
        ending="granted" if ended else None,
    )


cases = st.builds(
    a_case,
    some,
    some,
    st.sampled_from(["association", "our_association"]),
    st.sampled_from([None, "ours", "theirs"]),
    st.booleans(),
)
viewers = st.builds(
    Actor,
    person=st.just(ME),
    offices=st.tuples(st.sampled_from(["ours", "third"]), st.sampled_from(ALL_DOSSIERS)).map(
        lambda role: frozenset({role, ("third", "reviewer")})
    ),
    organisations=st.sampled_from([{}, {"our_association": frozenset({"read"})}]),
)


@given(cases, viewers)
def test_the_outline_says_what_the_case_says(case: Case, viewer: Actor) -> None:
    outline = Outline(list(case.recused), case.facts, case.applicant)
    page = has_page(case, ROUTE, viewer=viewer, on=date(2026, 9, 7))
    assert in_a_list(outline, viewer) == (may_open(case, viewer), page)
