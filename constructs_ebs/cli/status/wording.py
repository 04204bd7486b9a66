"""The words of ``constructs-ebs status`` about volumes, on a screen and line by line."""

from __future__ import annotations

from ...core.estimate import duration
from ..terminal_text import counted
from .tracker import FAILED, GONE, INITIALIZING, PENDING, WARM, StatusReport, TrackedVolume


def summary(report: StatusReport) -> str:
    """Return one line about all volumes."""
    counts = report.counts
    words = {INITIALIZING: "initializing", PENDING: "not reported yet", FAILED: "failed", GONE: "gone"}
    parts = [f"{counts.get(WARM, 0):,} of {counted(len(report.volumes), 'volume')} warm"]
    parts += [f"{counts[state]:,} {word}" for state, word in words.items() if counts.get(state)]
    if report.coming:
        parts.append(f"none yet of {', '.join(report.coming)}")
    left = f"; about {duration(report.seconds_left)} left" if report.seconds_left else ""
    return ", ".join(parts) + left


def notes(report: StatusReport) -> list[str]:
    """Return a line for each thing that is unknown."""
    names = ", ".join(map(str, report.unknown))
    unknown = f"not looked at, because their volumes cannot be found: {names}" if names else ""
    error = f"AWS could not be asked, which may pass: {report.error}" if report.error else ""
    return [line for line in (unknown, error) if line]


def rate(volume: TrackedVolume) -> str:
    return f"{volume.rate} MiB/s" if volume.rate else "default rate"


def attached(volume: TrackedVolume) -> str:
    return " ".join(filter(None, (volume.device, volume.instance_id)))


def progress(volume: TrackedVolume) -> str:
    return "" if volume.progress is None or volume.state == WARM else f"{volume.progress} %"


def time_left(volume: TrackedVolume) -> str:
    return duration(volume.seconds_left) if volume.seconds_left else ""
