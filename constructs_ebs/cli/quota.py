"""The option ``--quota``, which several commands have."""

from __future__ import annotations

from collections.abc import Iterator

from ..core.limits import RATE_QUOTA


def wrong_quota(quota: int) -> Iterator[str]:
    """Yield what is wrong with a quota, if anything."""
    if quota <= 0:
        yield f"--quota must be a whole number of MiB/s above 0, got {quota}; use {RATE_QUOTA}, or omit it"
