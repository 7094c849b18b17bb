"""The event log for process mining: XES 2.0 (IEEE Std 1849-2016), pseudonymous."""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from xml.sax.saxutils import quoteattr

HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<log xes.version="2.0" xmlns="http://www.xes-standard.org/">
  <extension name="Concept" prefix="concept" uri="http://www.xes-standard.org/concept.xesext"/>
  <extension name="Lifecycle" prefix="lifecycle" uri="http://www.xes-standard.org/lifecycle.xesext"/>
  <extension name="Organizational" prefix="org" uri="http://www.xes-standard.org/org.xesext"/>
  <extension name="Time" prefix="time" uri="http://www.xes-standard.org/time.xesext"/>
  <global scope="trace"><string key="concept:name" value="-"/></global>
  <global scope="event">
    <string key="concept:name" value="-"/>
    <string key="lifecycle:transition" value="complete"/>
    <date key="time:timestamp" value="1970-01-01T00:00:00.000+00:00"/>
  </global>
  <classifier name="Step" keys="concept:name lifecycle:transition"/>
"""
TRANSITIONS = {
    "Entered": "start",
    "Completed": "complete",
    "Lapsed": "autoskip",
    "Suspended": "suspend",
    "Resumed": "resume",
    "WayTaken": "pi_abort",
    "Withdrawn": "withdraw",
    "Recused": "reassign",
    "Reseated": "reassign",
}
"""The standard's words for what happened; everything else is "complete"."""


@dataclass(frozen=True, slots=True)
class Trace:
    """One case. `facts`: codes and amounts; `events`: (name, data, actor, at)."""

    number: str
    facts: Mapping[str, Any]
    events: Iterable[tuple[str, Mapping[str, Any], str, datetime]]


def xes(traces: Iterable[Trace], secret: bytes | None) -> Iterator[str]:
    """The document, piece by piece. With a `secret`, people and cases have names that only it can make."""

    def name(text: str) -> str:
        return hmac.new(secret, text.encode(), "sha256").hexdigest()[:12] if secret else text

    yield HEAD
    for trace in traces:
        yield "  <trace>\n" + _string("concept:name", name(trace.number), 4)
        for key, value in sorted(trace.facts.items()):
            yield _value(key, value)
        for kind, data, actor, at in trace.events:
            yield "    <event>\n"
            yield _string("concept:name", str(data.get("step") or kind), 6)
            yield _string("lifecycle:transition", TRANSITIONS.get(kind, "complete"), 6)
            yield f'      <date key="time:timestamp" value="{at.isoformat(timespec="milliseconds")}"/>\n'
            yield _string("org:resource", actor if actor == "system" else name(actor), 6)
            if data.get("outcome"):
                yield _string("outcome", str(data["outcome"]), 6)
            yield _string("event", kind, 6)
            yield "    </event>\n"
        yield "  </trace>\n"
    yield "</log>\n"


def _string(key: str, value: str, indent: int) -> str:
    return f"{' ' * indent}<string key={quoteattr(key)} value={quoteattr(value)}/>\n"


def _value(key: str, value: Any) -> str:
    if isinstance(value, bool):
        return f"    <boolean key={quoteattr(key)} value={quoteattr(str(value).lower())}/>\n"
    if isinstance(value, int):
        return f"    <int key={quoteattr(key)} value={quoteattr(str(value))}/>\n"
    return _string(key, str(value), 4)
