"""A programme in parts: what is changed, compared and read as one piece; taken apart, put together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from typing import Any

import yaml

from workflow.funding.programme import Bundle

FIXED = ("code", "number", "languages")
"""Of the programme's own sections: what makes it this programme is no change to it."""

ONE_LINE = 100
"""Characters of a mapping that is written in one line."""

Parts = Mapping[str, Any]
"""Name → content as plain data, of a letter its text. Names: programme/<section>, routes/<code>,
forms/<code>, letters/<code>."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One place that differs: codes on the way to it, and what was and is there; None: nothing."""

    path: tuple[str, ...]
    was: Any
    now: Any


def parts_of(bundle: Bundle) -> dict[str, Any]:
    """Every part that can be changed, in the order of the folder."""
    sections = {f"programme/{name}": part for name, part in bundle.programme.items() if name not in FIXED}
    files: dict[str, Mapping[str, Any]] = {
        "routes": bundle.routes,
        "forms": bundle.forms,
        "letters": bundle.letters,
    }
    return sections | {
        f"{kind}/{code}": part for kind, found in files.items() for code, part in found.items()
    }


def with_parts(bundle: Bundle, changed: Parts) -> Bundle:
    """The programme with these parts in place of its own; None takes a part away."""
    whole: dict[str, dict[str, Any]] = {
        "programme": dict(bundle.programme),
        "routes": dict(bundle.routes),
        "forms": dict(bundle.forms),
        "letters": dict(bundle.letters),
    }
    for name, part in changed.items():
        kind, _, code = name.partition("/")
        if part is None:
            whole[kind].pop(code, None)
        else:
            whole[kind][code] = part
    return replace(bundle, **whole)


def written(part: Any, *, short: bool = True) -> str:
    """A part as people read and edit it: a letter as it is, all else as YAML (its comments are not kept).

    `short`: what fits goes into one line.
    """
    if isinstance(part, str):
        return part
    return yaml.dump(
        part,
        Dumper=_Dumper,
        allow_unicode=True,
        sort_keys=False,
        default_flow_style=None if short else False,
        width=110,
    )


class _Dumper(yaml.SafeDumper):
    """Writes as the programme's own files are written: what is short in one line, nothing by reference."""

    def ignore_aliases(self, _data: Any) -> bool:
        return True

    def represent_mapping(self, tag: str, mapping: Any, flow_style: bool | None = None) -> yaml.MappingNode:
        node = super().represent_mapping(tag, mapping, flow_style)
        node.flow_style = bool(node.flow_style) and len(str(mapping)) <= ONE_LINE
        return node


def differences(name: str, was: Any, now: Any) -> list[Difference]:
    """Where two versions of a part differ, in the order of the newer one; either may be None."""
    if isinstance(was, str) and isinstance(now, str):
        return list(_lines(was.splitlines(), now.splitlines()))
    if name == "programme/ceilings":
        with suppress(KeyError, TypeError):  # what somebody has mistyped is compared as it is
            was, now = _by_year(was or ()), _by_year(now or ())
    return list(_compared((), was, now))


def _compared(path: tuple[str, ...], was: Any, now: Any) -> Iterator[Difference]:
    if was == now:
        return
    if not (_is_keyed(was) and _is_keyed(now)):
        yield Difference(path, was, now)
        return
    often = Counter(_names(was)) | Counter(_names(now))
    before, after = _keyed(was, often), _keyed(now, often)
    for key in [*after, *(key for key in before if key not in after)]:
        yield from _compared((*path, key), before.get(key), after.get(key))
    if list(before) != list(after) and set(before) == set(after):
        yield Difference(path, list(before), list(after))  # the order alone, which counts in tables and pages


def _is_keyed(part: Any) -> bool:
    """A mapping, or a list of mappings; all else is one thing."""
    return isinstance(part, Mapping) or (
        isinstance(part, list) and bool(part) and all(isinstance(one, Mapping) for one in part)
    )


def _names(part: Any) -> list[str]:
    """What names each of a list, as far as it has a name."""
    if isinstance(part, Mapping):
        return []
    return [next((str(one[key]) for key in ("code", "area", "office") if key in one), "") for one in part]


def _keyed(part: Any, often: Mapping[str, int]) -> dict[str, Any]:
    if isinstance(part, Mapping):
        return {str(key): value for key, value in part.items()}
    keyed: dict[str, Any] = {}
    for number, (name, one) in enumerate(zip(_names(part), part, strict=True), 1):
        more = one.get("valid_from") or one.get("year") or number
        key = name if name and often[name] == 1 else f"{name} {more}".strip()
        keyed[key if key not in keyed else f"{key} {number}"] = one
    return keyed


def _by_year(ceilings: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [
        {"area": one["area"], "year": year, "amounts": one["amounts"]}
        for one in ceilings
        for year in one["years"]
    ]


def _lines(was: Sequence[str], now: Sequence[str]) -> Iterator[Difference]:
    for what, first, last, to, until in SequenceMatcher(None, was, now, autojunk=False).get_opcodes():
        if what != "equal":
            old, new = "\n".join(was[first:last]), "\n".join(now[to:until])
            yield Difference((str(to + 1),), old or None, new or None)
