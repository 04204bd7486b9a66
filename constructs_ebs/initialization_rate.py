"""Choosing a rate: at deployment, or by a deadline."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk

from . import _upstream
from .core import estimate, limits
from .core.findings import EbsValidationError
from .core.rules import check_rate, find

if TYPE_CHECKING:
    from datetime import timedelta

    from constructs import Construct


def initialization_rate_parameter(
    scope: Construct, id: str, *, default: int | None = None, description: str | None = None
) -> cdk.CfnParameter:
    """Make a rate that is chosen at deployment, and that CloudFormation checks before it touches anything.

    Give its ``value`` wherever a rate is taken.

    Args:
        scope: the construct it belongs to; parameters work in stacks that are deployed by themselves.
        id: its name there, and the parameter's in the template if the scope is a stack.
        default: MiB/s, 100 to 300. Default: none, so that every deployment must say.
        description: what the one who deploys reads. Default: one that names unit and range.

    Raises:
        EbsValidationError: InitializationRateOutOfRange or WrongType, about the default.
    """
    if default is not None:
        # A parameter's default is a literal: a token is no whole number here.
        rate = "a token" if _upstream.is_token(default) else _upstream.plain(default)
        _upstream.refuse(scope, id, check_rate(rate, "default"))
    low, high = limits.RATE_MIN, limits.RATE_MAX
    return cdk.CfnParameter(
        scope,
        id,
        type="Number",
        min_value=low,
        max_value=high,
        default=default,
        description=description or f"Volume initialization rate, {low} to {high} MiB/s",
        constraint_description=f"must be {low} to {high} (MiB/s)",
    )


def rate_for_deadline(snapshot_data: cdk.Size | float, deadline: cdk.Duration | timedelta, *, margin: float = 0) -> int:
    """Return the smallest rate that initializes a volume in time.

    Args:
        snapshot_data: the snapshot's full size (``FullSnapshotSizeInBytes``), not the volume's: a ``Size``, or GiB.
        deadline: the time from the volume's creation until it is fully initialized.
        margin: how far below the rate EC2 may deliver; 0.1 plans for the slow end of the 10 % band that EC2 keeps 99 %
            of the time. Default: 0.

    Returns:
        MiB/s, 100 to 300.

    Raises:
        EbsValidationError: DeadlineTooShort, with the fastest time possible; SnapshotDataOutOfRange, WrongType.

    Source: https://docs.aws.amazon.com/ebs/latest/userguide/initalize-volume.html

    >>> from datetime import timedelta
    >>> rate_for_deadline(500, timedelta(minutes=45))
    190
    """
    seconds = _upstream.seconds(deadline)
    if seconds is None:
        expected, fix = "a Duration or a timedelta", "give one that is known at synth"
        problem = find("WrongType", prop="deadline", expected=expected, got=deadline, fix=fix)
        raise EbsValidationError("rate_for_deadline", [problem])
    gib = _upstream.gibibytes(snapshot_data)
    if _upstream.is_token(gib):
        raise EbsValidationError("rate_for_deadline", estimate.check_data("a token"))
    return estimate.rate_for_deadline(gib, seconds, margin=margin)
