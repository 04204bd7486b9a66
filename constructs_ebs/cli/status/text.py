"""The status of volumes line by line, for pipes and files."""

from __future__ import annotations

from collections.abc import Iterator

from ..terminal_text import printable
from . import wording
from .tracker import StatusReport, TrackedVolume


def render(report: StatusReport, slowest: int) -> Iterator[str]:
    """Yield a line for each of the slowest volumes, and one for all."""
    for volume in report.volumes[:slowest]:
        yield printable(_line(volume))
    if len(report.volumes) > slowest:
        yield f"and {len(report.volumes) - slowest:,} more"
    yield printable(wording.summary(report))


def _line(volume: TrackedVolume) -> str:
    left = wording.time_left(volume)
    cells = (
        volume.volume_id,
        volume.state,
        wording.rate(volume),
        str(volume.owner),
        wording.attached(volume),
        wording.progress(volume),
        f"about {left} left" if left else "",
    )
    return "  ".join(filter(None, cells))
