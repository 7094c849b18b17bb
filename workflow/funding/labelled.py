"""Which texts of a programme must be there in which language."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from workflow.engine.route import APPLICANT
from workflow.errors import RouteError
from workflow.funding.organisations import FORM
from workflow.funding.programme import Bundle, Programme
from workflow.texts import LANGUAGES

LABEL_LANGUAGES = frozenset({"de", "fr", "it", "rm", "en"})
"""The national languages and English: a mapping with such keys is a text that people read."""

STAFF_ALONE = frozenset({"departments", "roles", "stages", "pots", "sem_areas", "remedy"})
"""What a programme names that its applicants never read in their own language."""


def check_labels(bundle: Bundle, programme: Programme) -> None:
    """Raises RouteError for the first text that is not there in a language in which it is read.

    All of them in the programme's languages; what applicants read in `applicant_languages` as well.
    """
    if programme.languages[0] not in LANGUAGES:
        raise RouteError("no_catalogue", language=programme.languages[0], known=", ".join(LANGUAGES))
    wanted = (
        (_everything(bundle), programme.languages),
        (_for_applicants(bundle), programme.applicant_languages),
    )
    for parts, languages in wanted:
        for at, raw in parts:
            for where, text in _labels(raw, at):
                for language in languages:
                    if not text.get(language):
                        raise RouteError("not_translated", at=where, language=language)


def _everything(bundle: Bundle) -> Iterator[tuple[str, Any]]:
    yield "programme", bundle.programme
    yield from ((f"routes.{code}", raw) for code, raw in bundle.routes.items())
    yield from ((f"forms.{code}", raw) for code, raw in bundle.forms.items())


def _for_applicants(bundle: Bundle) -> Iterator[tuple[str, Any]]:
    """The programme, the forms that applicants fill in, and what of the routes is theirs to do or to open."""
    yield "programme", {key: part for key, part in bundle.programme.items() if key not in STAFF_ALONE}
    forms = {FORM, *(call["form"] for call in bundle.programme["calls"])}
    for code, route in bundle.routes.items():
        yield f"routes.{code}.title", route["title"]
        for kind in ("steps", "children"):
            for name, raw in route.get(kind, {}).items():
                if raw.get("who") == APPLICANT:
                    yield f"routes.{code}.{kind}.{name}", raw
                    forms.add(raw.get("form"))
    yield from ((f"forms.{code}", raw) for code, raw in bundle.forms.items() if code in forms)


def _labels(part: Any, at: str) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Every mapping that is keyed by languages, and where it stands."""
    if isinstance(part, Mapping):
        if part and part.keys() <= LABEL_LANGUAGES:
            yield at, part
        for key, value in part.items():
            yield from _labels(value, f"{at}.{key}")
    if isinstance(part, list):
        for number, value in enumerate(part):
            name = value.get("code", number) if isinstance(value, Mapping) else number
            yield from _labels(value, f"{at}.{name}")
