"""The comparisons of rates as one document for programs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from .comparison import SILENT, Comparison


def render(comparisons: Iterable[Comparison]) -> Iterator[str]:
    rates = [_object(comparison) for comparison in comparisons]
    yield json.dumps({"rates": rates, "actions_without_rates": SILENT}, indent=2)


def _object(comparison: Comparison) -> dict[str, Any]:
    return {
        "result": comparison.result.replace(" ", "_"),
        "stack": comparison.resource.stack,
        "logical_id": comparison.resource.logical_id,
        "device": comparison.device or None,
        "action": comparison.action or None,
        "id": comparison.id,
        "asked": comparison.asked,
        "reported": comparison.reported,
        "note": comparison.note or None,
    }
