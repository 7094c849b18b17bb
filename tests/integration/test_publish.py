"""A programme's folder that does not hold together is refused whole, and the refusal names the place."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.builders import MONDAY
from workflow.errors import RouteError
from workflow.publish import publish_folder
from workflow.settings import PROGRAMMES

CANTON = PROGRAMMES / "demo-canton"
Change = Callable[[Path], object]


def swap(file: str, old: str, new: str) -> Change:
    """A change to one file, which must be there to be changed."""

    def change(folder: Path) -> None:
        text = (folder / file).read_text("utf-8")
        assert old in text
        (folder / file).write_text(text.replace(old, new), "utf-8")

    return change


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            swap("programme.yaml", "years: [2026, 2027]\nhol", "years: [2026, 2027\nhol"),
            "unreadable at=.*line=",
        ),
        (swap("programme.yaml", "number: ARVE", "nombre: ARVE"), "missing_key at=number"),
        (swap("programme.yaml", "2026-01-01 00:00", "demain"), "wrong_value at=calls.permanent.opens"),
        (swap("programme.yaml", "languages: [fr, de]", "languages: [it]"), "no_catalogue language=it"),
        (
            swap("programme.yaml", "languages: [fr, de]", "languages: [fr, de]\napplicant_languages: [it]"),
            "not_translated at=programme.title language=it",
        ),
        (
            swap("programme.yaml", "{fr: Vivre ensemble, de: Z", "{de: Z"),
            "not_translated at=programme.themes.tog",
        ),
        (swap("programme.yaml", "form: application", "form: demande"), "unknown_form at=calls.permanent"),
        (
            swap("programme.yaml", "route: simple", "route: simpel"),
            "unknown_route at=sizes.petite route=simpel",
        ),
        (swap("routes/simple.yaml", "form: decision", "form: decisoin"), "unknown_form.*decide"),
        (
            swap("routes/simple.yaml", "template: granted", "template: grant"),
            "unknown_letter.*letter_granted",
        ),
        (
            swap("routes/simple.yaml", "route: simple", "route: other"),
            "named_otherwise at=routes/simple.yaml",
        ),
        (swap("routes/simple.yaml", "fr: Décision,", ""), "not_translated at=routes.simple.steps.decide"),
        (
            swap("forms/opinion.yaml", "type: longtext", "type: prose"),
            "form_malformed at=opinion.opinion.reasons",
        ),
        (lambda folder: (folder / "programme.yaml").unlink(), "unreadable at="),
        (lambda folder: (folder / "forms" / "application.yaml").unlink(), "unknown_form at=calls.permanent"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_published(
    db: sa.Engine, tmp_path: Path, change: Change, said: str
) -> None:
    folder = tmp_path / "demo-canton"
    shutil.copytree(CANTON, folder)
    change(folder)
    with pytest.raises(RouteError, match=said):
        publish_folder(db, folder, MONDAY)
    with db.connect() as tx:
        assert tx.execute(sa.text("SELECT count(*) FROM programmes")).scalar_one() == 0


def test_the_same_folder_twice_is_once(db: sa.Engine) -> None:
    assert publish_folder(db, CANTON, MONDAY) == publish_folder(db, CANTON, MONDAY)
