"""How long initialization takes, and what it costs."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeGuard

from . import limits
from .actions import RATE
from .findings import EbsValidationError, Finding
from .requests import UNKNOWN, Unknown
from .rules import check_rate, find


@dataclass(frozen=True, kw_only=True)
class InitializationEstimate:
    """The expected time and cost of one volume's initialization."""

    seconds: float
    """Time at exactly the requested rate."""
    fastest_seconds: float
    """Time at 10 % above it: EC2 delivers within 10 % of the rate, 99 % of the time."""
    slowest_seconds: float
    """Time at 10 % below it."""
    cost_usd: float
    """Price of the snapshot data at this rate, charged in full when the volume is available."""


def estimate(snapshot_data_gib: float, rate: int, *, usd_per_gib: float | None = None) -> InitializationEstimate:
    """Estimate the initialization of one volume created from a snapshot.

    Args:
        snapshot_data_gib: the snapshot's full size in GiB (``FullSnapshotSizeInBytes``), not the volume's.
        rate: the volume initialization rate in MiB/s, 100 to 300.
        usd_per_gib: the price of one GiB of snapshot data at this rate. Default: us-east-1's, from a public source of
            2025 that AWS has not confirmed (0.0036 USD at 300 MiB/s, in proportion below).

    Raises:
        EbsValidationError: SnapshotDataOutOfRange, InitializationRateOutOfRange, KnownAtDeploymentOnly,
            PriceOutOfRange, WrongType.

    Source: https://docs.aws.amazon.com/ebs/latest/userguide/initalize-volume.html

    >>> round(estimate(10, 300).seconds, 1)
    34.1
    """
    problems = check_data(snapshot_data_gib) + check_rate(rate, "rate")
    if isinstance(rate, Unknown):
        problems.append(find("KnownAtDeploymentOnly", prop="rate", expected="a whole number of MiB/s"))
    if usd_per_gib is not None and not (is_number(usd_per_gib) and usd_per_gib >= 0):
        problems.append(find("PriceOutOfRange", prop="usd_per_gib", got=usd_per_gib))
    if problems:
        raise EbsValidationError("InitializationRate.estimate", problems)
    seconds = snapshot_data_gib * 1024 / rate
    price = limits.USD_PER_GIB_AND_MIBPS * rate if usd_per_gib is None else usd_per_gib
    return InitializationEstimate(
        seconds=seconds,
        fastest_seconds=seconds / (1 + limits.RATE_BAND),
        slowest_seconds=seconds / (1 - limits.RATE_BAND),
        cost_usd=snapshot_data_gib * price,
    )


def smallest_rate(snapshot_data_gib: float, deadline_seconds: float) -> int:
    """Return the smallest rate, 100 to 300 MiB/s, that initializes the data in time at the slow end of EC2's band.

    Raises:
        EbsValidationError: SnapshotDataOutOfRange, DeadlineTooShort.
    """
    problems = check_data(snapshot_data_gib)
    if not problems:
        data = snapshot_data_gib * 1024 / (1 - limits.RATE_BAND)
        fastest = data / limits.RATE_MAX
        # Rounding must not make a deadline miss the rate that meets it exactly.
        if deadline_seconds > 0 and fastest <= deadline_seconds * (1 + 1e-9):
            return max(limits.RATE_MIN, math.ceil(data / deadline_seconds * (1 - 1e-9)))
        given = duration(deadline_seconds)
        problems.append(find("DeadlineTooShort", fastest=duration(fastest), data=snapshot_data_gib, given=given))
    raise EbsValidationError("InitializationRate.within", problems)


def seconds_until_shown(snapshot_data_gib: float, rate: float) -> float:
    """Return the time until EC2 shows that initialization is complete, at the slow end of its band."""
    return snapshot_data_gib * 1024 / (rate * (1 - limits.RATE_BAND)) + limits.STATE_LAG


def check_wait(snapshot_data_gib: object, rate: object, names: Mapping[str, str]) -> list[Finding]:
    """A deployment waits only for initialization that ends in time; ``rate`` is in EC2's range, unknown, or None."""
    prop, most = names[RATE], limits.DEPLOYMENT_WAIT
    fastest, slowest = limits.RATE_MAX, limits.RATE_MIN
    known = snapshot_data_gib is not UNKNOWN
    problems = check_data(snapshot_data_gib) if known else []
    if rate is None:
        problems.append(find("InitializationWaitNeedsRate", prop=prop, min=slowest, max=fastest))
    if problems:
        return problems
    if not is_number(snapshot_data_gib):
        needed = "the snapshot's full size, as it is at synth"
        return [find("InitializationWaitUnknown", prop="snapshot_data", max=duration(most), needed=needed)]
    least = math.ceil(snapshot_data_gib * 1024 / (1 - limits.RATE_BAND) / (most - limits.STATE_LAG))
    facts: dict[str, Any] = {"max": duration(most), "data": snapshot_data_gib}
    if least > fastest or (is_number(rate) and rate < least):
        at = rate if is_number(rate) else fastest
        top = duration(seconds_until_shown(snapshot_data_gib, fastest))
        fix = f"raise {prop} to {least} or more ({fastest}, the fastest, may take {top})"
        if least > fastest:
            fix = f"spread the data over more volumes ({fastest} MiB/s, the fastest, may take {top})"
        time = duration(seconds_until_shown(snapshot_data_gib, at))
        return [find("InitializationWaitTooLong", ("snapshot_data",), rate=at, time=time, fix=fix, **facts)]
    if rate is UNKNOWN and least > slowest:
        return [find("InitializationWaitUnknown", prop=prop, needed=f"at least {least} MiB/s", max=duration(most))]
    return []


def check_data(gib: object, prop: str = "snapshot_data") -> list[Finding]:
    """A snapshot holds more than 0 GiB of data."""
    return [] if is_number(gib) and gib > 0 else [find("SnapshotDataOutOfRange", prop=prop, got=gib)]


def is_number(value: object) -> TypeGuard[float]:
    """Whether it is a number that a size, a time or a price can be."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and -1e15 < value < 1e15


def duration(seconds: float) -> str:
    """Show a length of time, rounded up: ``2 h 55 min``, ``58 min 16 s``, ``34.13 s``."""
    if seconds < 60:
        return f"{seconds:.4g} s"
    step = 60 if seconds >= 3600 else 1
    minutes, rest = divmod(math.ceil(seconds / step) * step, 60)
    hours, minutes = divmod(minutes, 60)
    return " ".join(f"{count} {unit}" for count, unit in ((hours, "h"), (minutes, "min"), (rest, "s")) if count)
