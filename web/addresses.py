"""Addresses of pages, built once for each shape: a table has hundreds, which differ in the id alone."""

from __future__ import annotations

from functools import lru_cache
from typing import Any
from uuid import UUID

import flask
from flask import request

_STAND_INS = tuple(UUID(int=number) for number in range(4))
_SIMPLE = (str, int, type(None))


def url_for(endpoint: str, **values: Any) -> str:
    """As Flask's, of whose result it keeps those for plain values; ids are put in afterwards."""
    ids = [value for value in values.values() if type(value) is UUID]
    stand_ins = iter(_STAND_INS)
    shape = tuple(
        (name, next(stand_ins, None) if type(value) is UUID else value) for name, value in values.items()
    )
    plain = all(type(value) in _SIMPLE or type(value) is UUID for value in values.values())
    if not plain or len(ids) > len(_STAND_INS) or endpoint.startswith("."):
        return flask.url_for(endpoint, **values)
    url = _built(request.script_root, endpoint, shape)
    for stand_in, found in zip(_STAND_INS, ids, strict=False):
        url = url.replace(str(stand_in), str(found))
    return url


@lru_cache(maxsize=1000)
def _built(_root: str, endpoint: str, shape: tuple[tuple[str, Any], ...]) -> str:
    return flask.url_for(endpoint, **dict(shape))
