"""YAML as plain data: mappings, lists, texts, whole numbers, true and false; what JSON can keep."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, ClassVar

import yaml

from workflow.errors import RouteError
from workflow.texts import is_unwritable

MOST = 10**12
"""Of a number from outside, such as an amount in Rappen; columns and dates hold no more of any."""


def load_yaml(file: Path) -> dict[str, Any]:
    """A YAML file as JSON-ready data; RouteError (unreadable), also where a key stands twice."""
    return read_yaml(load_text(file), _place(file))


def load_text(file: Path) -> str:
    """A text file; RouteError (unreadable) where it is none, or of another encoding than UTF-8."""
    try:
        return file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RouteError("unreadable", at=_place(file), why=str(error)) from error


def _place(file: Path) -> str:
    return f"{file.parent.name}/{file.name}"


def read_yaml(text: str, at: str, *, trusted: bool = True) -> dict[str, Any]:
    """The same of a text. `trusted`: it may name a part and take it again, which can make it grow at will."""
    data = _parsed(text, at, trusted)
    if not isinstance(data, dict):
        raise RouteError("unreadable", at=at, why="it is no mapping")
    return data


def read_part(text: str, at: str) -> Any:
    """What somebody from outside wrote as one part of a programme, a mapping or a list."""
    data = _parsed(text, at, trusted=False)
    if not isinstance(data, dict | list):
        raise RouteError("unreadable", at=at, why="it is no mapping and no list")
    return data


def _parsed(text: str, at: str, trusted: bool) -> Any:
    try:
        if not trusted and any(isinstance(one, yaml.AliasEvent) for one in yaml.parse(text)):
            raise RouteError("unreadable", at=at, why="aliases (*) are for files of the programme alone")
        data = yaml.load(text, Loader=_FastLoader if trusted else _Loader)
        if not trusted:
            _check(data)
        return data
    except RecursionError:
        raise RouteError("unreadable", at=at, why="too many parts within each other") from None
    except yaml.reader.ReaderError as error:
        raise RouteError("unreadable", at=at, why=error.reason) from error
    except (
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
    ) as error:  # of a tag such as !!int
        raise RouteError("unreadable", at=at, why=str(error)) from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 0
        raise RouteError("unreadable", at=at, line=line, why=error.problem or str(error)) from error


def _check(data: Any) -> None:
    """Raises ValueError for what would not come back from the database as it was."""
    match data:
        case dict():
            for key, value in data.items():
                if not isinstance(key, str):
                    raise ValueError(f"{key!r} is no text, and every name is one")
                _check(key)
                _check(value)
        case list():
            for one in data:
                _check(one)
        case str() if is_unwritable(data):
            raise ValueError(f"{data[:40]!r} has characters that cannot be written")
        case int() if abs(data) > MOST:
            raise ValueError("a number is too great")
        case str() | int() | None:
            pass
        case _:
            raise ValueError(f"{data!r} is no text, no whole number, no list and no mapping")


class _Words:
    """Words stay words: `yes`, `no`, `on` and dates are text, because codes and JSON know neither."""

    yaml_implicit_resolvers: ClassVar = {
        first: [(tag, pattern) for tag, pattern in found if not tag.endswith((":bool", ":timestamp"))]
        for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> Any:
        seen = set()
        for name, _ in node.value:
            key = repr(self.construct_object(name, deep=True))  # type: ignore[attr-defined]
            if key in seen:
                raise yaml.constructor.ConstructorError(None, None, f"{key} stands twice", node.start_mark)
            seen.add(key)
        return super().construct_mapping(node, deep)  # type: ignore[misc]


for _first in "tf":
    _Words.yaml_implicit_resolvers.setdefault(_first, []).append(
        ("tag:yaml.org,2002:bool", re.compile("(?:true|false)$"))
    )


class _Loader(_Words, yaml.SafeLoader):
    """For texts from outside: enough brackets within each other kill the process in the other one."""


class _FastLoader(_Words, yaml.CSafeLoader):
    """For the programme's own files, eight times as fast."""
