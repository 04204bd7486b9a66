"""The findings of a check as annotations of a GitHub workflow.

https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
"""

from __future__ import annotations

from collections.abc import Iterator

from ..terminal_text import printable
from .report import CheckReport


def render(report: CheckReport) -> Iterator[str]:
    for entry in report.findings:
        finding, (line, column) = entry.finding, entry.position or (1, 1)
        properties = {"file": entry.file, "line": line, "col": column, "title": finding.code}
        shown = ",".join(f"{name}={_escaped(str(value), ':,')}" for name, value in properties.items())
        yield f"::{finding.severity} {shown}::{_escaped(f'{entry.subject}: {finding.message}')}"


def _escaped(text: str, more: str = "") -> str:
    """Escape what ends a message, and in the value of a property ``more`` that would end it."""
    special = "%" + more
    return "".join(f"%{ord(character):02X}" if character in special else character for character in printable(text))
