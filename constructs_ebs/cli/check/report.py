"""What a check has found: the findings, each with its file and position."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from ...core.cloudformation.documents import Position
from ..input_files import UnusableFile

if TYPE_CHECKING:
    from ...core.findings import Finding


class LocatedFinding(NamedTuple):
    """A finding, and where it is for a reader: in which file, and of what."""

    file: str
    position: Position | None
    subject: str
    """The construct's path where CDK wrote it, else the logical id."""
    finding: "Finding"


class CheckReport(NamedTuple):
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
