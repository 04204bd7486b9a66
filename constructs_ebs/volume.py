"""An EBS volume."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from . import _upstream
from ._signatures import VolumeSignature
from .core.actions import RATE
from .core.findings import Finding
from .core.requests import UNKNOWN
from .core.rules import check_request
from .initialization_rate import InitializationRate, mebibytes, record

if TYPE_CHECKING:
    from aws_cdk import aws_events as events

    from . import initialization as waits
else:
    events, waits = _upstream.LazyModule("aws_cdk.aws_events"), _upstream.LazyModule("constructs_ebs.initialization")

_NAMES = {
    "AvailabilityZone": "availability_zone",
    "SnapshotId": "snapshot_id",
    "VolumeInitializationRate": "volume_initialization_rate",
    "Size": "size",
    "VolumeType": "volume_type",
    "Iops": "iops",
    "Throughput": "throughput",
    "Encrypted": "encrypted",
    "KmsKeyId": "encryption_key",
    "MultiAttachEnabled": "enable_multi_attach",
}
"""What messages call the parameters of CreateVolume."""

_DEFAULT_GP3 = "@aws-cdk/aws-ec2:ebsDefaultGp3Volume"
"""The feature flag that makes gp3 the type of a volume without one."""


class Volume(VolumeSignature):
    """``ec2.Volume`` with a volume initialization rate, checked against what EC2 takes today.

    The rate acts when the volume is created, and only then. What CloudFormation does when a rate is added to a volume
    that exists, or changed, is not known: the update may fail. The safe way is a new id, and so a new volume. The other
    properties are upstream's.
    """

    volume_initialization_rate: InitializationRate | cdk.Size | float | cdk.IResolvable | None
    """The given rate, if any."""
    snapshot_id: str | None
    """The given snapshot, if any."""

    def _create(self, scope: Construct, id: str, arguments: dict[str, Any]) -> None:
        rate, size = mebibytes(arguments["volume_initialization_rate"]), _upstream.gibibytes(arguments["size"])
        values = {**arguments, "volume_initialization_rate": rate, "size": size}
        problems = _upstream.check_arguments(Volume.__init__, arguments, judged=_NAMES.values())
        request, wrong = _upstream.translate({ec2_name: values[name] for ec2_name, name in _NAMES.items()}, _NAMES)
        findings, volume_type = _check(scope, request)
        warnings = _upstream.refuse(scope, id, problems + wrong + findings)

        given = {name: value for name, value in arguments.items() if value is not None}
        told = given.pop("volume_initialization_rate", None)
        upstream = _upstream.as_upstream(ec2.Volume.__init__, given)
        if volume_type is not None:
            upstream["volume_type"] = volume_type
        if isinstance(request.get("Size"), int) and size is given["size"]:
            upstream["size"] = _upstream.size_of_gibibytes(request["Size"])
        typed = _beyond_upstream(request, values, upstream)
        ec2.Volume.__init__(self, scope, id, **upstream)
        self._emit(rate, typed)
        record(self, [(told, RATE, None)])
        self.volume_initialization_rate, self.snapshot_id = told, given.get("snapshot_id")
        _upstream.warn(self, warnings)

    def _emit(self, rate: object, typed: dict[str, Any]) -> None:
        """Set on the L1 what upstream's arguments cannot hold."""
        if rate is None and not typed:
            return
        resource = cast("ec2.CfnVolume", self.node.default_child)
        for name, value in typed.items():
            setattr(resource, name, value)
        if rate is not None:
            resource.add_property_override(RATE, _upstream.emitted(rate))

    def on_initialized(
        self,
        id: str,
        *,
        target: _upstream.IRuleTarget | None = None,
        cross_stack_scope: Construct | None = None,
        description: str | None = None,
        event_pattern: events.EventPattern | Mapping[str, Any] | None = None,
        rule_name: str | None = None,
    ) -> events.Rule:
        """Make an EventBridge rule that matches when the volume is initialized.

        EC2 sends the event within 5 minutes after the end, on a best-effort basis, and not with fast snapshot restore.

        Args:
            id: the rule's name in the volume, or in ``cross_stack_scope``.
            target: where EventBridge sends the event. Default: nowhere, until ``add_target``.
            cross_stack_scope: the scope of the rule if its target is in another stack. Default: the volume.
            description: of the rule. Default: none.
            event_pattern: what the event must match as well. Default: nothing.
            rule_name: Default: generated.

        Raises:
            EbsValidationError: WrongType.

        Source: https://docs.aws.amazon.com/ebs/latest/userguide/ebs-initialize-monitor.html
        """
        from .initialization import on_volume_initialized

        scopes = {"cross_stack_scope": cross_stack_scope}
        _upstream.refuse(self, id, _upstream.check_arguments(Volume.on_initialized, scopes))
        return on_volume_initialized(
            cross_stack_scope or self,
            id,
            volume=self,
            target=target,
            description=description,
            event_pattern=event_pattern,
            rule_name=rule_name,
        )

    def wait_until_initialized(
        self, id: str, *, snapshot_data: cdk.Size | float | None = None
    ) -> waits.InitializationWait:
        """Make a deployment wait until the volume is initialized before it creates what depends on the returned wait.

        The wait is a sibling of the volume, so that what depends on the volume alone does not wait.

        Args:
            id: the wait's name in the scope of the volume.
            snapshot_data: the snapshot's full size (``FullSnapshotSizeInBytes``), not the volume's: a ``Size``, or GiB.
                Default: that of the rate.

        Raises:
            EbsValidationError: InitializationWaitTooLong if it may take more than the 54 minutes that a deployment can
                wait; InitializationWaitNeedsRate, SnapshotDataOutOfRange.
        """
        return waits.InitializationWait(
            cast("Construct", self.node.scope), id, volume=self, snapshot_data=snapshot_data
        )

    def alarm_when_late(
        self,
        id: str,
        *,
        snapshot_data: cdk.Size | float | None = None,
        deadline: cdk.Duration | timedelta | None = None,
        actions_enabled: bool | None = None,
        alarm_description: str | None = None,
        alarm_name: str | None = None,
    ) -> waits.InitializationAlarm:
        """Make an alarm for when the volume takes longer to initialize than planned; give it actions.

        Args:
            id: the alarm's name in the volume.
            snapshot_data: the snapshot's full size, a ``Size`` or GiB. The volume is late past the slow end of the
                rate's 10 % band plus the 5 minutes that EC2 may take to show the end. Default: that of the rate, unless
                there is a ``deadline``.
            deadline: the time from the deployment until the volume should be initialized. Default: computed from
                ``snapshot_data``.
            actions_enabled: Default: True.
            alarm_description: Default: one that names the construct.
            alarm_name: Default: generated.

        Raises:
            EbsValidationError: SnapshotDataOutOfRange or WrongType.
        """
        return waits.InitializationAlarm(
            self,
            id,
            volume=self,
            snapshot_data=snapshot_data,
            deadline=deadline,
            actions_enabled=actions_enabled,
            alarm_description=alarm_description,
            alarm_name=alarm_name,
        )


def _check(scope: Construct, request: dict[str, Any]) -> tuple[list[Finding], ec2.EbsDeviceVolumeType | None]:
    """Check what will be built, and return the default type where upstream's own check would get it wrong.

    Without a type a volume is gp2, or gp3 under a feature flag. Reading the flag costs two calls, so it is read only
    where it matters.
    """
    findings = check_request("CreateVolume", request, names=_NAMES)
    if "VolumeType" in request:
        return findings, None
    as_gp3 = check_request("CreateVolume", {**request, "VolumeType": "gp3"}, names=_NAMES)
    if as_gp3 != findings and isinstance(scope, Construct) and cdk.FeatureFlags.of(scope).is_enabled(_DEFAULT_GP3):
        return as_gp3, ec2.EbsDeviceVolumeType.GP3
    return findings, None


def _beyond_upstream(request: dict[str, Any], given: dict[str, Any], upstream: dict[str, Any]) -> dict[str, Any]:
    """Replace in ``upstream`` what its own check refuses although EC2 accepts it; return that for the L1's properties.

    Upstream refuses tokens, dynamic references, gp3 IOPS and throughput that EC2 raises, io2 above 500 IOPS per GiB
    and, in its oldest supported version, gp3 and io2 above 16,384 GiB.
    """
    typed: dict[str, Any] = {}
    for name, ec2_name in (("encrypted", "encrypted"), ("enable_multi_attach", "multi_attach_enabled")):
        if _upstream.plain(given.get(name)) is UNKNOWN:
            typed[ec2_name], upstream[name] = _upstream.flag(given[name]), name == "encrypted"  # which a key needs
    if "{{resolve:" in (snapshot := str(given.get("snapshot_id"))):
        typed["snapshot_id"], upstream["snapshot_id"] = snapshot, "snap-00000000"
    kind, size, iops = request.get("VolumeType"), request.get("Size"), request.get("Iops")
    if not (
        _within(size, 1, 16_384)
        and _within(iops, 3_000 if kind in (None, "gp3") else 100, 256_000)
        and _within(request.get("Throughput"), 125, 2_000)
        and (size is None or iops is None or iops <= size * (50 if kind == "io1" else 500))
    ):
        for name in ("size", "iops", "throughput"):
            if given.get(name) is not None:
                typed[name] = _upstream.number(given[name])
                del upstream[name]
        if "size" in typed:
            upstream["size"] = _upstream.size_of_gibibytes(125)  # a size that every type has
        if kind in ("io1", "io2"):
            upstream["iops"] = 100
    return typed


def _within(value: Any, low: int, high: int) -> bool:
    return value is None or (isinstance(value, int) and low <= value <= high)
