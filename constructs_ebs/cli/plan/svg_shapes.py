"""The elements of a picture in SVG: texts, lines and rectangles, each with the class that colors it."""

from __future__ import annotations

import unicodedata
from html import escape

from ..terminal_text import elided


def coordinate(number: float) -> str:
    """Write a coordinate, the same on every machine."""
    return f"{number:.1f}".removesuffix(".0")


def text(x: float, y: float, words: str, kind: str) -> str:
    return f'<text class="{kind}" x="{coordinate(x)}" y="{coordinate(y)}">{escape(words)}</text>'


def line(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    return f'<path class="{kind}" d="M{coordinate(x1)} {coordinate(y1)}L{coordinate(x2)} {coordinate(y2)}"/>'


def rectangle(x: float, y: float, width: float, height: float, kind: str) -> str:
    corner = f'x="{coordinate(x)}" y="{coordinate(y)}"'
    return f'<rect class="{kind}" {corner} width="{coordinate(width)}" height="{coordinate(height)}" rx="2"/>'


def text_width(words: str, size: float) -> float:
    """Estimate how wide a text is, generously."""
    return sum(_em(character) for character in words) * size


def _em(character: str) -> float:
    if unicodedata.east_asian_width(character) in "WF" or character in "mMW@%":
        return 1.0
    if character in "ijltfrI .,:;/|!'()[]-":
        return 0.4
    return 0.72 if character.isupper() or character == "w" else 0.62


def fitting(words: str, room: float, size: float) -> str:
    """Shorten a text that is too wide."""
    return elided(words, room, lambda shown: text_width(shown, size))
