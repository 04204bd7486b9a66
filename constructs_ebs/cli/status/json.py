"""The status of volumes as a document for programs."""

from __future__ import annotations

import json
from typing import Any

from .tracker import SLOWEST_FIRST, StatusReport, TrackedVolume


def render(report: StatusReport, indent: int | None) -> str:
    """Return the report in one line, or indented."""
    document = {
        "warm": report.warm,
        "progress": round(report.progress, 1),
        "seconds_left": report.seconds_left,
        "counts": {state: report.counts.get(state, 0) for state in reversed(SLOWEST_FIRST)},
        "volumes": [_volume(volume) for volume in report.volumes],
        "no_volumes_yet": list(report.coming),
        "not_looked_at": [str(resource) for resource in report.unknown],
        "error": report.error,
    }
    return json.dumps(document, indent=indent)


def _volume(volume: TrackedVolume) -> dict[str, Any]:
    return {
        "volume_id": volume.volume_id,
        "stack": volume.owner.stack,
        "logical_id": volume.owner.logical_id,
        "state": volume.state,
        "progress": volume.progress,
        "seconds_left": volume.seconds_left,
        "volume_initialization_rate": volume.rate,
        "initialization_type": volume.initialization_type,
        "size_gib": volume.size_gib,
        "snapshot_id": volume.snapshot_id,
        "instance_id": volume.instance_id,
        "device": volume.device,
    }
