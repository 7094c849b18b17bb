"""Why somebody does something."""

from __future__ import annotations

import pytest

from workflow.errors import Invalid
from workflow.reasons import read_reason


@pytest.mark.parametrize(
    ("text", "needed", "code"),
    [("  ", True, "required"), ("a\x00", False, "required"), ("a" * 11, False, "too_long")],
)
def test_what_is_no_reason_is_refused_and_nothing_is_cut_off(text: str, needed: bool, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_reason(text, 10, needed=needed)
    assert [one.code for one in refused.value.fields["reason"]] == [code]


def test_blanks_around_a_reason_do_not_count() -> None:
    assert read_reason(f" {'a' * 10} ", 10) == "a" * 10
    assert read_reason(" ", 10, needed=False) == ""


def test_a_line_break_counts_once_and_what_nobody_sees_is_no_reason() -> None:
    assert read_reason("a\r\nb", 3) == "a\nb"
    assert read_reason("Betrag \u202e1", 20) == "Betrag 1"
    with pytest.raises(Invalid):
        read_reason("\u200b\u2060", 20)
