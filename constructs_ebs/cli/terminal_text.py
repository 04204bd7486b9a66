"""Formats text for a terminal: numbers with their nouns, no control characters, names shortened to fit."""

from __future__ import annotations

from collections.abc import Callable


def counted(number: int, noun: str) -> str:
    """Return a number and what it counts: ``1 volume``, ``1,200 volumes``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def printable(text: str) -> str:
    """Return a text without line ends and terminal codes: it may come from anybody's template."""
    if text.isprintable():
        return text
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode() for character in text
    )


def elided(text: str, room: float, width: Callable[[str], float] = len) -> str:
    """Leave out the middle of a text that is too wide: both ends of a construct's path say the most."""
    if width(text) <= room:
        return text
    keep = len(text)
    while keep > 2 and width(_ends(text, keep)) > room:
        keep -= 1
    return _ends(text, keep)


def _ends(text: str, keep: int) -> str:
    """Return a third of the characters to keep from the beginning, and the others from the end."""
    head = keep // 3
    return text[:head] + "…" + text[len(text) - (keep - head) :]
