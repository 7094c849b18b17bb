"""Forms as data: what they accept, what they refuse, and that drafts lose nothing."""

import json
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import workflow
from workflow.errors import Invalid, Problem, RouteError
from workflow.funding.forms import Form
from workflow.funding.problems import PROBLEMS, problem_text
from workflow.funding.programme import Programme, load_folder
from workflow.funding.questions import Option

BUNDLE = load_folder(Path(workflow.__file__).parent / "programmes/kip3-basel-stadt")
OPTIONS = Programme.parse(BUNDLE.programme).options(BUNDLE.forms["application"])
FORMS = {code: Form.parse(data, OPTIONS) for code, data in BUNDLE.forms.items()}
APPLICATION = FORMS["application"].asked_of("non_state")
STATUTES = "0b0e7b3c-7d6c-4cbb-9a52-5b2c6d3a1111"
ACCOUNTS = STATUTES[:-1] + "4"
COST_PLAN = STATUTES[:-1] + "5"
ANSWERS: dict[str, dict[str, Any]] = {
    "organisation": {
        "name": "Verein Brücke",
        "legal_form": "association",
        "uid": "CHE 109 322 551 MWST",
        "address": {"street": "Klybeckstrasse 1", "postcode": "4057", "town": "Basel"},
        "contact_name": "Lea Frei",
        "contact_email": "lea@bruecke.example",
        "signing": "single",
        "signatories": "Lea Frei, Präsidentin",
    },
    "project": {
        "title": "  Deutsch \n im Quartier ",
        "area": "language",
        "goals": ["everyday_language", "everyday_language"],
        "period_from": "01.03.2027",
        "period_to": "2027-12-31",
        "place": "Kleinbasel",
        "summary": "Kurse.",
    },
    "people": {"target_group": "population", "participants": [{"group": "population", "number": "1'200"}]},
    "particulars": {"child_care": "on"},
    "plan": {
        "need": "Zeile 1\r\nZeile 2",
        "activities": "Kurse",
        "targets": [{"goal": "A1", "indicator": "level_reached", "value": 20}, {"goal": ""}],
    },
    "budget": {
        "costs": [
            {"kind": "staff", "label": "Leitung", "amount": "40'000.–"},
            {"kind": "overhead", "label": "Büro", "amount": 500_000},
        ]
    },
    "financing": {
        "requested": "38’000",
        "sources": [{"source": "own_cash", "label": "Verein", "amount": "CHF 7000"}],
    },
    "account": {"iban": "CH93 0076 2011 6238 5295 7", "holder": "Verein Brücke"},
    "attachments": {"statutes": [STATUTES], "accounts": [ACCOUNTS], "cost_plan": [COST_PLAN]},
    "declarations": {"truthful": "on", "all_funding": True, "non_profit": "yes"},
}


def changed(path: str, value: Any) -> dict[str, dict[str, Any]]:
    """The complete answers with one of them changed."""
    answers = deepcopy(ANSWERS)
    section, field = path.split(".")
    answers[section][field] = value
    return answers


def refused(form: Form, answers: Any, **how: Any) -> dict[str, list[str]]:
    with pytest.raises(Invalid) as caught:
        form.load(answers, **how)
    return {path: [problem.code for problem in found] for path, found in caught.value.fields.items()}


@pytest.mark.parametrize("typed", ["01.03.2027", "1.3.2027", "1. 3. 27", "2027-03-01"])
def test_a_date_is_read_as_people_write_it(typed: str) -> None:
    assert APPLICATION.load(changed("project.period_from", typed))["project"]["period_from"] == "2027-03-01"


def test_complete_answers_are_normalised() -> None:
    read = APPLICATION.load(ANSWERS)
    assert read["project"]["title"] == "Deutsch im Quartier"
    assert read["project"]["goals"] == ["everyday_language"]
    assert read["project"]["period_from"] == "2027-03-01"
    assert read["organisation"]["uid"] == "CHE-109.322.551"
    assert read["people"]["participants"] == [{"group": "population", "number": 1200}]
    assert read["plan"]["need"] == "Zeile 1\nZeile 2"
    assert len(read["plan"]["targets"]) == 1
    assert read["budget"]["costs"][0]["amount"] == 4_000_000
    assert read["financing"]["requested"] == 3_800_000
    assert read["account"]["iban"] == "CH9300762011623852957"
    assert read["declarations"]["non_profit"] is True


def test_stored_answers_read_back_to_themselves() -> None:
    read = APPLICATION.load(ANSWERS)
    assert APPLICATION.load(json.loads(json.dumps(read))) == read


def test_facts_and_files() -> None:
    read = APPLICATION.load(ANSWERS)
    facts = APPLICATION.facts(read)
    assert facts["area"] == "language"
    assert facts["requested"] == 3_800_000
    assert facts["child_care"] is True
    assert facts["in_riehen"] is False
    assert APPLICATION.files(read) == [STATUTES, ACCOUNTS, COST_PLAN]


def test_a_mail_goes_to_a_domain_as_dns_spells_it() -> None:
    answers = changed("organisation.contact_email", "lea@brücke.example")
    assert APPLICATION.load(answers)["organisation"]["contact_email"] == "lea@xn--brcke-lva.example"


@pytest.mark.parametrize(
    ("path", "value", "at", "code"),
    [
        ("project.title", None, "project.title", "required"),
        ("project.title", "  ", "project.title", "required"),
        ("project.title", "x" * 121, "project.title", "too_long"),
        ("project.title", 7, "project.title", "wrong_type"),
        ("plan.need", "a\x00b", "plan.need", "bad_character"),
        ("plan.need", "\ud800", "plan.need", "bad_character"),
        ("project.area", "astrology", "project.area", "not_a_choice"),
        ("project.goals", ["ready_for_school"], "project.goals", "other_group"),
        ("project.period_from", "31.02.2027", "project.period_from", "no_such_day"),
        ("project.period_from", "1.1.0027", "project.period_from", "no_such_day"),
        ("project.period_from", "im Februar", "project.period_from", "not_a_date"),
        ("project.period_to", "2027-02-28", "project.period_to", "period_reversed"),
        ("project.colour", "red", "project.colour", "unknown_field"),
        ("organisation.uid", "CHE-123.456.789", "organisation.uid", "not_a_uid"),
        ("organisation.contact_email", "lea@", "organisation.contact_email", "not_an_email"),
        ("organisation.contact_email", "léa@bruecke.example", "organisation.contact_email", "not_an_email"),
        ("account.iban", "CH93 0076 2011 6238 5295 8", "account.iban", "not_an_iban"),
        ("account.iban", "CH44 3199 9123 0008 8901 2", "account.iban", "qr_iban"),
        ("financing.requested", "viel", "financing.requested", "not_money"),
        ("financing.requested", True, "financing.requested", "not_money"),
        ("financing.requested", 38000.5, "financing.requested", "not_money"),
        ("financing.requested", 0, "financing.requested", "amount_too_small"),
        ("financing.requested", 10**12, "financing.requested", "amount_too_big"),
        ("financing.requested", 3_800_001, "financing.requested", "totals_differ"),
        (
            "people.participants",
            [{"group": "population", "number": -1}],
            "people.participants.0.number",
            "too_small",
        ),
        (
            "people.participants",
            [{"group": "population", "number": 10**6}],
            "people.participants.0.number",
            "too_big",
        ),
        (
            "people.participants",
            [{"group": "population", "number": "x"}],
            "people.participants.0.number",
            "not_a_number",
        ),
        ("people.participants", [{"number": 5}], "people.participants.0.group", "required"),
        (
            "people.participants",
            [{"group": "population", "number": 5}] * 11,
            "people.participants",
            "too_many_rows",
        ),
        ("people.participants", "lots", "people.participants", "wrong_type"),
        ("people.participants", ["lots"], "people.participants.0", "wrong_type"),
        ("attachments.statutes", [], "attachments.statutes", "file_required"),
        ("attachments.statutes", ["../../etc/passwd"], "attachments.statutes", "wrong_type"),
        (
            "attachments.statutes",
            [STATUTES, STATUTES[:-1] + "2", STATUTES[:-1] + "3"],
            "attachments.statutes",
            "too_many_files",
        ),
        ("declarations.truthful", False, "declarations.truthful", "must_be_true"),
        ("declarations.truthful", None, "declarations.truthful", "must_be_true"),
        ("declarations.truthful", 1, "declarations.truthful", "wrong_type"),
    ],
)
def test_a_wrong_answer_is_named_at_its_field(path: str, value: Any, at: str, code: str) -> None:
    assert refused(APPLICATION, changed(path, value)) == {at: [code]}


def test_overhead_above_the_cap_is_refused_with_the_figure() -> None:
    costs = [
        {**ANSWERS["budget"]["costs"][0], "amount": "38000"},
        {**ANSWERS["budget"]["costs"][1], "amount": "7000"},
    ]
    with pytest.raises(Invalid) as caught:
        APPLICATION.load(changed("budget.costs", costs))
    assert caught.value.fields == {
        "budget.costs": [Problem("overhead_too_high", {"percent": 15, "limit": 675_000})]
    }


def test_a_section_that_is_no_mapping_or_not_known_is_refused() -> None:
    assert refused(APPLICATION, {**ANSWERS, "account": "CH93"}) == {"account": ["wrong_type"]}
    assert refused(APPLICATION, {**ANSWERS, "extra": {"a": 1}}) == {"extra": ["unknown_field"]}


def test_only_reopened_sections_are_read() -> None:
    part = {"account": ANSWERS["account"]}
    assert set(APPLICATION.load(part, sections=["account"])) == {"account"}
    assert refused(APPLICATION, {**part, "plan": ANSWERS["plan"]}, sections=["account"]) == {
        "plan": ["unknown_field"]
    }


def test_a_draft_keeps_what_was_typed() -> None:
    draft = {
        "project": {"title": "Nur ein Titel", "period_from": "bald", "area": "language", "colour": "red"},
        "financing": {"requested": "38'000.50", "sources": [{"label": "Stiftung", "amount": "etwa 5000"}]},
        "declarations": {"truthful": False},
    }
    kept, problems = APPLICATION.load_partial(draft)
    assert kept["project"] == {"title": "Nur ein Titel", "period_from": "bald", "area": "language"}
    assert kept["financing"]["requested"] == 3_800_050
    assert kept["financing"]["sources"] == [{"label": "Stiftung", "amount": "etwa 5000"}]
    assert {path: found[0].code for path, found in problems.items()} == {
        "project.period_from": "not_a_date",
        "project.colour": "unknown_field",
        "financing.sources.0.amount": "not_money",
    }
    assert APPLICATION.load_partial(kept)[0] == kept


def test_what_is_missing_is_listed() -> None:
    assert APPLICATION.missing(ANSWERS) == []
    assert APPLICATION.missing(changed("attachments.statutes", [])) == ["attachments.statutes"]
    assert "account.iban" in APPLICATION.missing({})


def test_fields_of_other_outcomes_are_refused_and_not_required() -> None:
    check = FORMS["formal_check"]
    assert check.load({"check": {"complete": "on", "responsible": "on"}}, outcome="complete")
    ask = {"check": {"sections": ["budget"], "question": "Bitte Miete erläutern."}}
    assert check.load(ask, outcome="query")["check"]["sections"] == ["budget"]
    assert refused(check, ask, outcome="complete") == {
        "check.complete": ["must_be_true"],
        "check.responsible": ["must_be_true"],
        "check.sections": ["other_outcome"],
        "check.question": ["other_outcome"],
    }


def test_facts_of_the_case_bound_what_is_granted() -> None:
    decision = FORMS["decision"]
    answers = {"decision": {"amount": "32'000", "reasons": "Gut."}}
    facts = {"requested": 3_800_000, "proposed": 3_200_000}
    assert decision.facts(decision.load(answers, outcome="grant", facts=facts)) == {"granted": 3_200_000}
    facts = {"requested": 3_800_000, "proposed": 3_199_900}
    assert refused(decision, answers, outcome="grant", facts=facts) == {"decision.amount": ["more_than"]}


def test_a_revised_budget_meets_the_grant_and_is_not_needed_to_decline() -> None:
    form = FORMS["revised_budget"]
    answers = {"budget": ANSWERS["budget"], "financing": {"sources": ANSWERS["financing"]["sources"]}}
    assert form.load(answers, outcome="accept", facts={"granted": 3_800_000})
    assert refused(form, answers, outcome="accept", facts={"granted": 3_000_000}) == {
        "budget.costs": ["total_is_not"]
    }
    assert refused(form, {}, outcome="accept", facts={"granted": 3_000_000}) == {
        "budget.costs": ["total_is_not"]
    }
    assert form.load({}, outcome="decline", facts={"granted": 3_000_000}) == {"budget": {}, "financing": {}}


class Posted:
    """A posted form, as a browser sends it."""

    def __init__(self, *pairs: tuple[str, str]) -> None:
        self.pairs = pairs

    def getlist(self, key: str) -> list[str]:
        return [value for name, value in self.pairs if name == key]

    def __iter__(self) -> Iterator[str]:
        return iter(dict(self.pairs))


def test_html_names_become_answers() -> None:
    posted = Posted(
        ("csrf", "x"),
        ("budget.costs.10.label", "Miete"),
        ("budget.costs.2.kind", "staff"),
        ("budget.costs.2.amount", " 100 "),
        ("budget.costs.3.kind", ""),
        ("budget.costs.x.kind", "staff"),
        ("budget.costs.99999999999.kind", "staff"),
        ("project.goals", "everyday_language"),
        ("project.goals", "work_language"),
        ("particulars.training", "on"),
    )
    read = APPLICATION.parse_html(posted, ["budget", "project", "particulars"])
    assert set(read) == {"budget", "project", "particulars"}
    assert read["budget"]["costs"] == [{"kind": "staff", "amount": "100"}, {"label": "Miete"}]
    assert read["project"]["goals"] == ["everyday_language", "work_language"]
    assert read["particulars"]["training"] is True
    assert read["particulars"]["child_care"] is False


def test_answers_are_shown_as_people_read_them() -> None:
    fields = APPLICATION.fields()
    assert fields["financing.requested"].as_input(3_800_050) == "38'000.50"
    assert fields["financing.requested"].as_input("etwa 5") == "etwa 5"
    assert fields["financing.requested"].as_text(3_800_050, "de") == "CHF 38'000.50"
    assert fields["project.period_from"].as_text("2027-03-01", "de") == "01.03.2027"
    assert fields["project.area"].as_text("language", "en") == "Language"
    assert fields["account.iban"].as_text("CH9300762011623852957", "de") == "CH93 0076 2011 6238 5295 7"
    assert fields["particulars.training"].as_text(False, "de") == "Nein"
    assert fields["budget.costs"].sum([{"amount": 5}, {"amount": "x"}, {}], "amount") == 5


@pytest.mark.parametrize("code", PROBLEMS)
def test_every_problem_has_a_text_whose_figures_exist(code: str) -> None:
    params = dict.fromkeys(("min", "max", "left", "right", "total", "wanted", "percent", "limit"), 1_234_500)
    text = problem_text(Problem(code, {**params, "day": "2026-09-07", "value": "gone"}), "de")
    assert "{" not in text
    assert "ß" not in text


@pytest.mark.parametrize("form", [APPLICATION, FORMS["synthesis"]], ids=["application", "synthesis"])
def test_nothing_that_comes_in_breaks_a_form(form: Form) -> None:
    blank = st.none() | st.booleans() | st.integers() | st.text() | st.floats(allow_nan=False)
    anything = st.recursive(
        blank, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=5
    )
    sections = {s.code: st.fixed_dictionaries({f.code: anything for f in s.fields}) for s in form.sections}

    @settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.fixed_dictionaries(sections))
    def check(answers: Any) -> None:
        kept, problems = form.load_partial(answers)
        json.dumps(kept)
        assert form.load_partial(kept)[0] == kept
        assert all(problem_text(problem, "de") for found in problems.values() for problem in found)

    check()


@pytest.mark.parametrize(
    "field",
    [
        {"code": "Bad", "type": "text", "label": {"de": "x"}},
        {"code": "a", "type": "colour", "label": {"de": "x"}},
        {"code": "a", "type": "text", "label": {"de": "x"}, "requird": True},
        {"code": "a", "type": "choice", "label": {"de": "x"}, "options_from": "nowhere"},
        {"code": "a", "type": "table", "label": {"de": "x"}},
    ],
)
def test_malformed_forms_are_named(field: dict[str, Any]) -> None:
    data = {
        "form": "f",
        "title": {"de": "F"},
        "sections": [{"code": "s", "title": {"de": "S"}, "fields": [field]}],
    }
    with pytest.raises(RouteError, match=r"form_malformed at=f\.s"):
        Form.parse(data, {"somewhere": [Option("a", {"de": "A"})]})


def test_each_kind_of_applicant_is_asked_what_concerns_it() -> None:
    forms = {kind: FORMS["application"].asked_of(kind) for kind in ("non_state", "institution", "office")}
    asked = {kind: set(form.fields()) for kind, form in forms.items()}
    assert "attachments.statutes" in asked["non_state"] - asked["institution"] - asked["office"]
    assert "organisation.institution" in asked["institution"] - asked["non_state"] - asked["office"]
    assert "account.cost_centre" in asked["office"] - asked["non_state"] - asked["institution"]
    shares = {kind: [rule.params.get("at_least") for rule in form.rules] for kind, form in forms.items()}
    assert {kind for kind, found in shares.items() if 50 in found} == {"institution"}
    assert len({form.hash for form in (APPLICATION, *forms.values())}) == 1
