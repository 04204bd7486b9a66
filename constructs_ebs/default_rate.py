"""A default rate for all volumes from snapshots below a scope, and the report of what was rated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import aws_cdk as cdk
from constructs import IConstruct

from . import _upstream
from ._upstream import resource_reader
from .core.actions import RATE
from .core.cloudformation.custom_resources import REPLACEMENT
from .core.cloudformation.default_rate import REASONS, Demand, decide
from .core.cloudformation.resources import WITH_VOLUMES
from .core.findings import EbsValidationError, Finding
from .core.rules import check_request, find
from .initialization_rate import EC2_DEFAULT_MARK, InitializationRate, check_rate, mebibytes

_NAMES = {RATE: "rate", "SnapshotId": "fast_snapshot_restore_snapshot_ids"}


@dataclass(frozen=True, kw_only=True)
class InitializationRateDecision:
    """What became of one volume, or of one device of a launch template."""

    construct_path: str
    resource_type: str
    device_name: str | None
    """The device's name, if it is a mapped device whose name is known."""
    reason: str | None
    """The code of the reason why it was left alone, None if it was rated: the code of the finding that a rate there
    would cause, or ``RateSet``, ``SnapshotUncertain``, ``PlaceUncertain``, ``FastSnapshotRestore``, ``ImageDevice``,
    ``RootDeviceNotMapped``, ``Unknown`` or ``Unreadable``."""
    why: str
    """The reason in words."""

    def __str__(self) -> str:
        device = f" {self.device_name}" if self.device_name else ""
        return f"{self.construct_path}{device}" + (f": {self.why} [{self.reason}]" if self.reason else "")


@dataclass(frozen=True, kw_only=True)
class InitializationRateReport:
    """The volumes that got a default rate, and those that were left alone."""

    rated: tuple[InitializationRateDecision, ...] = ()
    left: tuple[InitializationRateDecision, ...] = ()

    def __str__(self) -> str:
        rows = [f"rated  {decision}" for decision in self.rated] + [f"left   {decision}" for decision in self.left]
        return "\n  ".join([f"{len(self.rated):,} rated, {len(self.left):,} left", *rows])


def set_default_initialization_rate(
    scope: IConstruct | cdk.Stack | cdk.Stage,
    rate: InitializationRate | cdk.Size | float | cdk.IResolvable,
    *,
    root_devices: Sequence[str] = (),
    fast_snapshot_restore_snapshot_ids: Sequence[str] = (),
) -> InitializationRateReport:
    """Rate every volume from a snapshot at and below a scope, whoever made it: L2s, L1s, raw and included resources.

    Call it after everything else: what is made afterwards is not rated. A rate that is already set wins, so set the
    default of an inner scope first. It leaves alone what a rate would make wrong: blank volumes, copies, volumes on
    Outposts and in Local Zones and Wavelength Zones, volumes that may turn out to have no snapshot, devices for which
    CloudFormation has no rate, such as those of an AWS::EC2::Instance, and root volume replacements, which a new rate
    would start again. It looks at each resource by itself: only ``EbsChecks`` sees in which subnets a group launches a
    template, and in which zone a subnet is. To leave a volume of ours alone, give it
    ``InitializationRate.EC2_DEFAULT``; for any other, use
    ``add_property_override("VolumeInitializationRate", cdk.Aws.NO_VALUE)``.

    Args:
        scope: an app, a stage, a stack or any construct.
        rate: MiB/s, 100 to 300, whole: an ``InitializationRate``, an int, a ``Size`` (per second) or a token. Its
            ``snapshot_data`` is not used.
        root_devices: names of the root devices of the AMIs that launch templates below name, such as ``/dev/xvda``.
            Such a device is rated although it names no snapshot. With a single name, a launch template that names an
            AMI and does not map that device gets a mapping for it. A launch fails if the AMI does not map the device
            to a snapshot. Default: none, root devices are left alone.
        fast_snapshot_restore_snapshot_ids: snapshots whose volumes are left alone, because a rate bypasses fast
            snapshot restore. Default: none.

    Returns:
        What was rated, and what was left and why; printable.

    Raises:
        EbsValidationError: InitializationRateOutOfRange, SnapshotIdMalformed or WrongType, about the arguments.

    Source: https://docs.aws.amazon.com/ebs/latest/userguide/initalize-volume.html
    """
    problems = _check(rate, root_devices, fast_snapshot_restore_snapshot_ids)
    if not hasattr(type(scope), "node"):
        fix = "give an app, a stage, a stack or another construct"
        wrong = find("WrongType", prop="scope", expected="a construct", got=scope, fix=fix)
        raise EbsValidationError("set_default_initialization_rate", [*problems, wrong])
    if problems:
        raise EbsValidationError(scope.node.path or "App", problems)
    return _rate(scope, rate, root_devices, fast_snapshot_restore_snapshot_ids)


def _rate(
    scope: IConstruct | cdk.Stack | cdk.Stage,
    rate: InitializationRate | cdk.Size | float | cdk.IResolvable,
    root_devices: Sequence[str],
    snapshots: Sequence[str],
) -> InitializationRateReport:
    """Read all resources in one call, decide about each volume, and write all rates in another call."""
    mebibytes_per_second = mebibytes(rate)
    left: list[InitializationRateDecision] = []
    chosen: list[InitializationRateDecision] = []
    changes: list[tuple[cdk.CfnResource, Any, Any]] = []
    # With another rate a root volume would be replaced once more.
    for emitted in resource_reader.below(scope, WITH_VOLUMES - {REPLACEMENT}, snapshots, EC2_DEFAULT_MARK):
        of = {"construct_path": emitted.path, "resource_type": emitted.kind}
        if emitted.properties is None:
            why = f"{REASONS['Unreadable']}: {emitted.error}"
            left.append(InitializationRateDecision(**of, device_name=None, reason="Unreadable", why=why))
            continue
        demand = Demand(_upstream.plain(mebibytes_per_second), root_devices, emitted.names)
        for volume in decide(emitted.kind, emitted.properties, demand):
            decision = InitializationRateDecision(**of, device_name=volume.device, reason=volume.reason, why=volume.why)
            if volume.reason:
                left.append(decision)
            else:
                chosen.append(decision)
                value = volume.value(_upstream.emitted(mebibytes_per_second))
                changes.append((emitted.resource, volume.path, value))
    done = resource_reader.override(changes)
    rated = tuple(decision for decision, possible in zip(chosen, done, strict=True) if possible)
    left += [
        replace(decision, reason="Unknown", why=REASONS["Unknown"])
        for decision, possible in zip(chosen, done, strict=True)
        if not possible
    ]
    return InitializationRateReport(rated=rated, left=tuple(left))


def _check(rate: object, root_devices: object, snapshot_ids: Sequence[str]) -> list[Finding]:
    lists = {"root_devices": root_devices, "fast_snapshot_restore_snapshot_ids": snapshot_ids}
    problems = _upstream.check_arguments(set_default_initialization_rate, lists)
    for name, value in lists.items():
        if not isinstance(value, str) and _upstream.is_list_token(value):
            problems.append(find("KnownAtDeploymentOnly", prop=name, expected="a list whose length is known"))
    for snapshot_id in () if problems else snapshot_ids:
        problems += check_request("CreateVolume", {"SnapshotId": _upstream.plain(snapshot_id)}, names=_NAMES)
    return check_rate(rate, _NAMES[RATE], required=True) + problems


class DefaultInitializationRate(cdk.Mixin):
    """``set_default_initialization_rate`` as a CDK mixin: ``Mixins.of(scope).apply(...)`` or ``construct.with_(...)``.

    CDK calls a mixin for every construct; for a whole app the function is faster.
    """

    __signature__ = _upstream.ConstructorSignature()

    report: InitializationRateReport
    """What the mixin has rated so far, and what it has left alone."""

    def __init__(
        self,
        rate: InitializationRate | cdk.Size | float | cdk.IResolvable,
        *,
        root_devices: Sequence[str] = (),
        fast_snapshot_restore_snapshot_ids: Sequence[str] = (),
    ) -> None:
        """Create a mixin; the arguments are those of ``set_default_initialization_rate``.

        Raises:
            EbsValidationError: InitializationRateOutOfRange, SnapshotIdMalformed or WrongType, about the arguments.
        """
        if problems := _check(rate, root_devices, fast_snapshot_restore_snapshot_ids):
            raise EbsValidationError(type(self).__name__, problems)
        super().__init__()
        self._demand = rate, root_devices, fast_snapshot_restore_snapshot_ids
        self.report = InitializationRateReport()

    def supports(self, construct: Any) -> bool:
        """Whether it is a resource; resources without volumes are passed over later."""
        return isinstance(construct, cdk.CfnResource)

    def apply_to(self, construct: Any) -> None:
        """Rate the volumes of one resource."""
        report = _rate(construct, *self._demand)
        self.report = InitializationRateReport(
            rated=self.report.rated + report.rated, left=self.report.left + report.left
        )
