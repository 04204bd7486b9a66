"""What a check has found: the findings, each with where it is for a reader."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...core.cloudformation.documents import Position
from ...core.findings import Finding
from ..input_files import UnusableFile


@dataclass(frozen=True, kw_only=True)
class LocatedFinding:
    """A finding, and where it is for a reader: in which file, and of what."""

    file: str
    position: Position | None
    subject: str
    """The construct's path where CDK wrote it, else the logical id."""
    finding: Finding


@dataclass(frozen=True, kw_only=True)
class CheckReport:
    """All findings that nobody ignores, and what could not be checked."""

    findings: Sequence[LocatedFinding]
    unusable: Sequence[UnusableFile]
    templates: int
    """How many templates were checked."""

    @property
    def errors(self) -> int:
        return sum(located.finding.severity == "error" for located in self.findings)

    @property
    def warnings(self) -> int:
        return len(self.findings) - self.errors
