"""The findings of a check as lines for people."""

from __future__ import annotations

from collections.abc import Iterator

from ..input_files import located
from ..terminal_text import counted, printable
from .report import CheckReport


def render(report: CheckReport) -> Iterator[str]:
    for entry in report.findings:
        position, finding = located(entry.file, entry.position), entry.finding
        yield printable(f"{position}: {finding.severity}: {entry.subject}: {finding.message} [{finding.code}]")
    counts = f"{counted(report.errors, 'error')} and {counted(report.warnings, 'warning')}"
    yield f"{counts} in {counted(report.templates, 'template')}"
