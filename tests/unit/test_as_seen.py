"""What people write is kept as others will see it."""

import pytest

from workflow.funding.compiling import pruned
from workflow.texts import as_seen


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("Deutsch \u202e000'09 FHC", "Deutsch 000'09 FHC"),
        ("\u2067Kurs\u2069 \u200e1", "Kurs 1"),
        ("\u200b\u200b\u2066", ""),
        ("\u00a0\u3164\ufeff", ""),
        ("دورة اللغة", "دورة اللغة"),
        ("می\u200cخواهم", "می\u200cخواهم"),  # Persian is spelt with it
        ("👩\u200d👧 Treff", "👩\u200d👧 Treff"),
        (" Kurs\n\n- eins ", "Kurs\n\n- eins"),
    ],
)
def test_nothing_that_is_written_turns_round_what_stands_beside_it(written: str, kept: str) -> None:
    assert as_seen(written) == kept
    assert pruned({"project": {"title": written}}) == ({"project": {"title": kept}} if kept else {})
