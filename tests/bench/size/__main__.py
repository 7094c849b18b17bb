"""`make size`: what people meet, over a system that runs as in production with some thousand cases.

Rooms: web (requests a second), eye (how soon an open page knows), load (fifty people at work, memory),
model (what saturates first at ten and a hundred times that; reads what the load left), partitions (events
in partitions beside events in one table).
Prints tables, writes a file of var/bench for each room, and leaves nothing else behind.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path

from tests.bench.figures import machine
from tests.bench.size import eye, load, model, partitions, rates
from tests.bench.size.house import house
from workflow import log

ROOMS = ("web", "eye", "load", "model", "partitions")
CASES = 1000
OUTPUT = Path("var/bench")


def main() -> None:
    """Measure, print the tables, write them as JSON, a file for each room."""
    parser = argparse.ArgumentParser(prog="make size", description=__doc__)
    parser.add_argument("rooms", nargs="*", metavar="ROOM", help=f"of {', '.join(ROOMS)}; all unless named")
    parser.add_argument("--cases", type=int, default=CASES)
    parser.add_argument("--minutes", type=float, default=10, help="of the load")
    parser.add_argument("--web", type=int, default=2, help="processes of the web server under the load")
    options = parser.parse_args()
    log.configure()
    for room in options.rooms or ROOMS:
        if room == "web":
            with house(options.cases, processes=()) as here:
                found = rates.rates(here)
            rates.tell(found)
            rates.draw(found, OUTPUT / "web.svg")
            _write(room, [asdict(one) for one in found])
        if room == "eye":
            with house(options.cases) as here:
                seen = eye.eye(here)
            eye.tell(seen)
            _write(room, asdict(seen))
        if room == "load":
            with house(options.cases, web=options.web) as here:
                report = load.load(here, options.minutes)
            load.tell(report)
            _write(room, asdict(report))
        if room == "model":
            cost = model.costs(json.loads((OUTPUT / "load.json").read_text("utf-8"))["found"])
            needed = model.needs(cost)
            model.tell(cost, needed)
            _write(room, [asdict(one) for one in needed])
        if room == "partitions":
            shapes = partitions.partitions(options.cases)
            partitions.tell(shapes)
            _write(room, [asdict(one) for one in shapes])


def _write(room: str, found: object) -> None:
    OUTPUT.mkdir(parents=True, exist_ok=True)
    file = OUTPUT / f"{room}.json"
    file.write_text(json.dumps({"machine": machine(), "found": found}, indent=1) + "\n", "utf-8")
    print(f"\nWritten to {file}")


if __name__ == "__main__":
    main()
