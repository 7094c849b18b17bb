"""Which texts of a programme must be there in which language."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from workflow.engine.route import APPLICANT
from workflow.errors import RouteError
from workflow.funding.organisations import FORM
from workflow.funding.programme import Bundle, Programme
from workflow.texts import LANGUAGES

LABEL_LANGUAGES = frozenset({"de", "fr", "it", "rm", "en", *LANGUAGES})
"""The national languages, English and those of the pages: a mapping with such a key is a text."""

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


def misread_texts(page: Any, at: str = "") -> Iterator[RouteError]:
    """Texts that are cut or empty.

    `{de: Marktplatz 1, 1999 Arve}` is two keys in YAML, and nobody would read where Arve is.
    """
    for where, text in _labels(page, at):
        for key, said in text.items():
            if key not in LABEL_LANGUAGES:
                yield RouteError("text_cut", at=where, key=str(key))
            elif not isinstance(said, str):
                yield RouteError("wrong_value", at=f"{where}.{key}", key=key)
            elif not said.strip():
                yield RouteError("not_translated", at=where, language=key)


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
        named = LABEL_LANGUAGES & part.keys()  # codes may be spelt so too, of what is no text
        if named and (part.keys() <= LABEL_LANGUAGES or any(isinstance(part[one], str) for one in named)):
            yield at, part
        for key, value in part.items():
            yield from _labels(value, f"{at}.{key}".lstrip("."))
    if isinstance(part, list):
        for number, value in enumerate(part):
            name = value.get("code", number) if isinstance(value, Mapping) else number
            yield from _labels(value, f"{at}.{name}".lstrip("."))
