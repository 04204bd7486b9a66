"""``InitializationRate``: chosen by a number, by a deadline or at deployment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from . import _upstream
from .core import estimate, limits, rules
from .core.actions import RATE
from .core.cloudformation import snapshot_data as metadata
from .core.estimate import InitializationEstimate
from .core.findings import EbsValidationError, Finding
from .core.requests import RATE_EXPECTED
from .core.rules import find

if TYPE_CHECKING:
    import aws_cdk as cdk
    import constructs
else:
    cdk, constructs = _upstream.LazyModule("aws_cdk"), _upstream.LazyModule("constructs")

EC2_DEFAULT_MARK = "constructs-ebs:ec2-default"
"""The metadata of a construct, not of a template, that lists where a resource is left at EC2's default rate; an empty
list means the whole resource."""


@dataclass(frozen=True, kw_only=True)
class InitializationRate:
    """The rate at which EC2 fetches a snapshot's blocks into a new volume, and how much data the snapshot holds.

    Every ``volume_initialization_rate`` accepts one. Make it with ``mebibytes_per_second``, ``within`` or
    ``parameter``, or use ``EC2_DEFAULT``. Its ``snapshot_data`` goes into the metadata of the template, where
    ``constructs-ebs plan``, waits and alarms find it.

    >>> InitializationRate.mebibytes_per_second(200).mebibytes
    200
    """

    mebibytes: float | cdk.IResolvable | None
    """MiB/s, 100 to 300; a token where only the deployment knows, None for EC2's default rate."""
    snapshot_data: float | None = None
    """The snapshot's full size in GiB, if it is known."""
    cfn_parameter: cdk.CfnParameter | None = None
    """The parameter that chooses the rate at deployment, if one does."""

    EC2_DEFAULT: ClassVar[InitializationRate]
    """EC2's variable rate, which costs nothing. A default rate leaves a volume with it alone. It adds nothing to the
    template, and blank volumes accept it too."""

    @classmethod
    @_upstream.explains()
    def mebibytes_per_second(
        cls, rate: float | cdk.IResolvable, *, snapshot_data: cdk.Size | float | None = None
    ) -> InitializationRate:
        """Make a rate from a number.

        Args:
            rate: MiB/s, 100 to 300, whole; or a token.
            snapshot_data: the snapshot's full size (``FullSnapshotSizeInBytes``), not the volume's: a ``Size``, or GiB.
                Default: unknown.

        Raises:
            EbsValidationError: InitializationRateOutOfRange, SnapshotDataOutOfRange or WrongType.
        """
        data, problems = _data(snapshot_data)
        if problems := [*check_rate(rate, "rate", required=True), *problems]:
            raise EbsValidationError("InitializationRate.mebibytes_per_second", problems)
        value = mebibytes(rate)
        return cls(mebibytes=value if _upstream.is_token(value) else int(value), snapshot_data=data)

    @classmethod
    @_upstream.explains()
    def within(cls, deadline: cdk.Duration | timedelta, *, snapshot_data: cdk.Size | float) -> InitializationRate:
        """Make the smallest rate that meets a deadline, even at the slow end of EC2's 10 % band.

        EC2 delivers within 10 % of the rate 99 % of the time.

        Args:
            deadline: the time from the volume's creation until it is fully initialized.
            snapshot_data: the snapshot's full size (``FullSnapshotSizeInBytes``), not the volume's: a ``Size``, or GiB.

        Raises:
            EbsValidationError: DeadlineTooShort, with the shortest possible time; SnapshotDataOutOfRange or WrongType.

        Source: https://docs.aws.amazon.com/ebs/latest/userguide/initalize-volume.html

        >>> from datetime import timedelta
        >>> InitializationRate.within(timedelta(minutes=45), snapshot_data=500).mebibytes
        211
        """
        seconds, (data, problems) = _upstream.seconds(deadline), _data(snapshot_data)
        if data is None and not problems:
            problems = estimate.check_data(None)
        wrong = _upstream.check_arguments(InitializationRate.within, {"deadline": deadline})
        if seconds is None and not wrong:
            wrong = [find("KnownAtDeploymentOnly", prop="deadline", expected="a Duration or a timedelta")]
        problems += wrong
        if problems or seconds is None or data is None:
            raise EbsValidationError("InitializationRate.within", problems)
        return cls(mebibytes=estimate.smallest_rate(data, seconds), snapshot_data=data)

    @classmethod
    @_upstream.explains()
    def parameter(
        cls,
        scope: constructs.Construct,
        id: str,
        *,
        default: int | None = None,
        description: str | None = None,
        snapshot_data: cdk.Size | float | None = None,
    ) -> InitializationRate:
        """Make a rate that is chosen at deployment, by a CloudFormation parameter, which is its ``cfn_parameter``.

        CloudFormation refuses a value outside 100 to 300 before it touches a resource. Another value in a later
        deployment is a change of the volumes that exist, and may fail their update.

        Args:
            scope: the construct it belongs to; parameters work in stacks that are deployed by themselves.
            id: its name there, and the parameter's in the template if the scope is a stack.
            default: MiB/s, 100 to 300. Default: none, so that every deployment must give a value.
            description: of the parameter, for whoever deploys. Default: one that names the unit and the range.
            snapshot_data: the snapshot's full size (``FullSnapshotSizeInBytes``), not the volume's: a ``Size``, or GiB.
                Default: unknown.

        Raises:
            EbsValidationError: InitializationRateOutOfRange, SnapshotDataOutOfRange or WrongType.
        """
        data, problems = _data(snapshot_data)
        problems += _upstream.check_arguments(InitializationRate.parameter, {"description": description})
        if _upstream.is_token(default) or isinstance(default, Mapping):
            problems.append(find("KnownAtDeploymentOnly", prop="default", expected=RATE_EXPECTED))
        elif default is not None:
            problems += _check_number(default, "default")
        _upstream.refuse(scope, id, problems)
        from aws_cdk import CfnParameter

        low, high = limits.RATE_MIN, limits.RATE_MAX
        parameter = CfnParameter(
            scope,
            id,
            type="Number",
            min_value=low,
            max_value=high,
            default=default,
            description=description or f"Volume initialization rate, {low} to {high} MiB/s",
            constraint_description=f"must be {low} to {high} (MiB/s)",
        )
        return cls(mebibytes=parameter.value_as_number, snapshot_data=data, cfn_parameter=parameter)

    def estimate(
        self, snapshot_data: cdk.Size | float | None = None, *, usd_per_gib: float | None = None
    ) -> InitializationEstimate:
        """Estimate how long the initialization of a volume takes at this rate, and what it costs.

        Args:
            snapshot_data: the snapshot's full size (``FullSnapshotSizeInBytes``), not the volume's: a ``Size``, or GiB.
                Default: the rate's own.
            usd_per_gib: the price of one GiB of snapshot data at this rate. Default: us-east-1's, from a public source
                of 2025 that AWS has not confirmed (0.0036 USD at 300 MiB/s, in proportion below).

        Raises:
            EbsValidationError: SnapshotDataOutOfRange; PriceOutOfRange; WrongType, also for a rate that only the
                deployment knows.

        >>> round(InitializationRate.mebibytes_per_second(300).estimate(10).seconds, 1)
        34.1
        """
        data: Any = self.snapshot_data if snapshot_data is None else known_gibibytes(snapshot_data)
        return estimate.estimate(data, _upstream.plain(self.mebibytes), usd_per_gib=usd_per_gib)


InitializationRate.EC2_DEFAULT = InitializationRate(mebibytes=None)


def mebibytes(rate: object) -> Any:
    """Return a rate's MiB/s, a token as it is; None for EC2's default rate."""
    return rate.mebibytes if isinstance(rate, InitializationRate) else _upstream.mebibytes(rate)


def known_gibibytes(snapshot_data: object) -> Any:
    """Return snapshot data in GiB, ``UNKNOWN`` for what is not known at synth."""
    return _upstream.plain(_upstream.gibibytes(snapshot_data))


def data_of(rate: object) -> float | None:
    """Return the snapshot data that a rate carries, in GiB."""
    return rate.snapshot_data if isinstance(rate, InitializationRate) else None


def check_rate(rate: object, prop: str, *, required: bool = False) -> list[Finding]:
    """Find what is wrong with a rate for a volume from a snapshot. EC2's default rate is not a required one."""
    value = mebibytes(rate)
    if value is None:
        expected, fix = f"{limits.RATE_MIN} to {limits.RATE_MAX} MiB/s", f"use {limits.RATE_MAX}"
        return [find("WrongType", prop=prop, expected=expected, got=rate, fix=fix)] if required else []
    return _check_number(value, prop)


def _check_number(value: object, prop: str) -> list[Finding]:
    request, problems = _upstream.translate({RATE: value}, {RATE: prop})
    return problems + rules.check_rate(request[RATE], prop)


def record(construct: Any, rates: Iterable[tuple[object, str, str | None]]) -> None:
    """Write into a resource's metadata the snapshot data of its rates, and mark where EC2's default rate is meant.

    The construct is the resource or its L2. Each rate comes with its path in the resource's properties and, in a launch
    template, the name of its device.
    """
    data: dict[str | None, float] = {}
    at_default = []
    for rate, path, device in rates:
        if not isinstance(rate, InitializationRate):
            continue
        if rate.mebibytes is None:
            at_default.append(path.split("."))
        if rate.snapshot_data is not None and not _upstream.is_token(device):
            data[device] = rate.snapshot_data
    if not data and not at_default:
        return
    resource = construct if hasattr(type(construct), "add_metadata") else construct.node.default_child
    if data:
        resource.add_metadata(metadata.KEY, metadata.write(data))
    if at_default:
        resource.node.add_metadata(EC2_DEFAULT_MARK, at_default)


def _data(snapshot_data: object) -> tuple[float | None, list[Finding]]:
    """Return snapshot data in GiB, if any is given, and what is wrong with it."""
    if snapshot_data is None:
        return None, []
    gib = known_gibibytes(snapshot_data)
    return gib, estimate.check_data(gib)
