"""Waterfalls as a picture (SVG 1.1): what each whole loses, step by step, until what is left of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

NAMES, WIDTH, STEP, MARGIN, GAP = 500, 520, 20, 16, 14
FILLS = ("#535353", "#1b5268", "#32834a", "#ffaa00", "#a5a5a5")
"""The whole, three parts that are taken from it, and what is left: to be told apart in grey too."""


@dataclass(frozen=True, slots=True)
class Fall:
    """A whole and what is taken from it, in this order; what then remains is `left`. All of one unit."""

    name: str
    whole: int
    parts: tuple[int, int, int]

    @property
    def left(self) -> int:
        return self.whole - sum(self.parts)


def waterfall(falls: Sequence[Fall], steps: Sequence[str], figures: Sequence[Sequence[str]]) -> str:
    """The document. `steps`: what the five bars of each are called; `figures`: theirs, as people read it."""
    most = max((fall.whole for fall in falls), default=0) or 1
    drawn: list[str] = []
    y = MARGIN
    for fall, said in zip(falls, figures, strict=True):
        drawn.append(_text(MARGIN, y + 14, fall.name, bold=True))
        drawn += _bars(fall, steps, said, y, WIDTH / most)
        y += len(FILLS) * STEP + GAP
    width, height = NAMES + WIDTH + 130, y + MARGIN
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}"'
            f' viewBox="0 0 {width} {height}" font-family="Inter, sans-serif" font-size="13">',
            f'<rect width="{width}" height="{height}" fill="#fff"/>',
            *drawn,
            "</svg>\n",
        ]
    )


def _bars(fall: Fall, steps: Sequence[str], said: Sequence[str], y: int, scale: float) -> Iterator[str]:
    """The whole from nothing; each part hangs where the one before it ended; what is left stands below."""
    ends = [fall.whole - sum(fall.parts[: number + 1]) for number in range(len(fall.parts))]
    places = [(0, fall.whole), *zip(ends, fall.parts, strict=True), (0, fall.left)]
    for number, (start, length) in enumerate(places):
        top = y + number * STEP
        yield _text(NAMES - 8, top + 14, steps[number], anchor="end")
        x, wide = NAMES + start * scale, max(length, 0) * scale
        yield f'<rect x="{x:.1f}" y="{top + 2}" width="{wide:.1f}" height="14" fill="{FILLS[number]}"/>'
        yield _text(NAMES + max(fall.whole, 0) * scale + 8, top + 14, said[number])


def _text(x: float, y: float, text: str, *, anchor: str = "start", bold: bool = False) -> str:
    weight = ' font-weight="bold"' if bold else ""
    return f'<text x="{x:.1f}" y="{y}" fill="#333" text-anchor="{anchor}"{weight}>{escape(text)}</text>'
