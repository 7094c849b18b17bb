"""Bars as a picture (SVG 1.1): two values a bar, the lesser dark upon the greater.

Our own, because it is one kind of picture in forty lines; a library for charts brings hundreds of kinds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

NAMES, WIDTH, ROW, MARGIN = 340, 560, 22, 16
DARK, LIGHT = "#1d4f73", "#a9c7dc"


@dataclass(frozen=True, slots=True)
class Bar:
    name: str
    lesser: float
    greater: float


def chart(parts: Mapping[str, Sequence[Bar]], legend: str) -> str:
    """The document. All parts have one scale, so that their bars can be compared."""
    drawn, y = [_text(MARGIN, 24, legend, "#444")], 34
    most = max((bar.greater for bars in parts.values() for bar in bars), default=0) or 1
    for title, bars in parts.items():
        y += 30
        drawn.append(_text(MARGIN, y, title, "#000", bold=True))
        for bar in bars:
            y += ROW
            drawn += _bar(bar, y, WIDTH / most)
    width, height = NAMES + WIDTH + 110, y + MARGIN + 8
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}"'
            f' viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="13">',
            f'<rect width="{width}" height="{height}" fill="#fff"/>',
            *drawn,
            "</svg>\n",
        ]
    )


def _bar(bar: Bar, y: int, scale: float) -> Iterator[str]:
    yield _text(NAMES - 8, y, bar.name, "#000", anchor="end")
    for value, fill in ((bar.greater, LIGHT), (bar.lesser, DARK)):
        yield f'<rect x="{NAMES}" y="{y - 13}" width="{value * scale:.1f}" height="16" fill="{fill}"/>'
    both = f"{bar.lesser:.0f} / {bar.greater:.0f}" if bar.lesser != bar.greater else f"{bar.greater:.0f}"
    yield _text(NAMES + bar.greater * scale + 6, y, both, "#444")


def _text(x: float, y: float, text: str, fill: str, *, anchor: str = "start", bold: bool = False) -> str:
    weight = ' font-weight="bold"' if bold else ""
    return f'<text x="{x:.1f}" y="{y}" fill="{fill}" text-anchor="{anchor}"{weight}>{escape(text)}</text>'
