"""Every German text of pages, mails and refusals has its translation, with the same figures in it."""

import re
from pathlib import Path
from typing import Any

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from workflow.texts import CATALOGUES, label, texts

ROOT = Path(__file__).parents[2]
METHODS = [("**.py", "python"), ("**.html", "jinja2")]
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|\{[\w:]+\}")
Texts = tuple[str, ...]


@pytest.fixture(scope="module")
def german() -> set[Texts]:
    found = set()
    for part in ("workflow", "web", "tasks"):
        for _file, _line, text, _comments, _context in extract_from_dir(ROOT / part, METHODS):
            found.add((text,) if isinstance(text, str) else tuple(text))
    return found


@pytest.mark.parametrize("lang", CATALOGUES)
def test_a_catalogue_translates_all_texts_and_nothing_else(lang: str, german: set[Texts]) -> None:
    with CATALOGUES[lang].open("rb") as file:
        messages = [message for message in read_po(file, locale=lang) if message.id]
    assert not any(message.fuzzy for message in messages)
    catalogue = {_forms(message.id): _forms(message.string) for message in messages}
    assert set(catalogue) == german
    for text, said in catalogue.items():
        assert all(said), text
        wanted = set(PLACEHOLDER.findall(text[-1]))
        assert all(set(PLACEHOLDER.findall(one)) == wanted for one in said[-1:]), text
        assert all(set(PLACEHOLDER.findall(one)) <= wanted for one in said), text


def _forms(text: Any) -> Texts:
    """Singular and plural, or the one form there is."""
    return (text,) if isinstance(text, str) else tuple(text)


def test_a_catalogue_counts_as_its_language_does() -> None:
    def count(lang: str, n: int) -> str:
        return texts(lang).ngettext("%(n)s Gesuch", "%(n)s Gesuche", n) % {"n": n}

    assert [count("fr", n) for n in (0, 1, 2)] == ["0 demande", "1 demande", "2 demandes"]
    assert [count("de", n) for n in (0, 1, 2)] == ["0 Gesuche", "1 Gesuch", "2 Gesuche"]


def test_a_language_without_catalogue_is_german_and_a_label_without_it_is_there_all_the_same() -> None:
    assert texts("../fr").gettext("Ja") == texts("it").gettext("Ja") == "Ja"
    assert label({"fr": "Langue"}, "de") == "Langue"
