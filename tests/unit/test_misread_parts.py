"""Whatever somebody types as a part of the programme, the comparison with what is there can be shown."""

from __future__ import annotations

from typing import Any

import pytest

from tests.builders import KIP3
from workflow.funding.parts import differences, parts_of
from workflow.funding.programme import load_folder

PARTS = parts_of(load_folder(KIP3))


@pytest.mark.parametrize("typed", [[1], {"a": 1}, [], {}, [[1]], [None], [{"years": 1}], [{"years": [1]}]])
def test_what_is_mistyped_is_compared_as_it_is(typed: Any) -> None:
    for name, part in PARTS.items():
        if not name.startswith("letters/"):
            assert differences(name, part, typed)
