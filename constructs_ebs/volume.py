"""An EBS volume."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2

from . import _upstream
from .core.actions import RATE
from .core.findings import Finding
from .core.rules import check_request
from .initialization_rate import InitializationRate, mebibytes, record

if TYPE_CHECKING:
    from datetime import timedelta

    from aws_cdk import aws_events as events
    from constructs import Construct
    from typing_extensions import Unpack

    from ._upstream import RuleTarget
    from ._upstream.options import VolumeOptions
    from .initialization import InitializationAlarm, InitializationWait

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


class Volume(ec2.Volume):
    """``ec2.Volume`` with a volume initialization rate, checked by what EC2 takes today.

    The rate acts when the volume is created: changing it later changes nothing about a volume that exists. The other
    properties are upstream's.
    """

    volume_initialization_rate: InitializationRate | cdk.Size | float | cdk.IResolvable | None
    """The rate as it was given, if any."""
    snapshot_id: str | None
    """The snapshot as it was given, if any."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        volume_initialization_rate: InitializationRate | cdk.Size | float | cdk.IResolvable | None = None,
        size: cdk.Size | float | cdk.IResolvable | None = None,
        **props: Unpack[VolumeOptions],
    ) -> None:
        """Create a volume.

        Args:
            scope: the construct it belongs to.
            id: its name there.
            volume_initialization_rate: MiB/s at which the snapshot's blocks are fetched, 100 to 300, whole: an
                ``InitializationRate``, an int, a ``Size`` (per second) or a token. Needs ``snapshot_id``; not in Local
                Zones and Wavelength Zones. With it, fast snapshot restore is not used. Default: EC2's variable rate.
            size: GiB, an int or a ``Size``. Less than the snapshot's is raised to it. Default: the snapshot's.
            **props: upstream's properties.

        Raises:
            EbsValidationError: for what EC2 would refuse, all of it at once; the codes are in ``.findings``.

        Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateVolume.html
        """
        kinds = _upstream.bind(ec2.Volume.__init__, props, _NAMES.values(), own=Volume.__init__)
        rate, gib = mebibytes(volume_initialization_rate), _upstream.gibibytes(size)
        given: dict[str, Any] = {**props, "volume_initialization_rate": rate, "size": gib}
        values = {ec2_name: given.get(name) for ec2_name, name in _NAMES.items()}
        request, problems = _upstream.translate(values, _NAMES)
        findings, volume_type = _check(scope, request)
        warnings = _upstream.refuse(scope, id, kinds + problems + findings)

        upstream = {**_upstream.as_upstream(ec2.Volume.__init__, props), "size": size}
        if volume_type is not None:
            upstream["volume_type"] = volume_type
        if isinstance(request.get("Size"), int) and size is gib:
            upstream["size"] = _upstream.size_of_gibibytes(request["Size"])
        typed = _beyond_upstream(request, given, upstream)
        super().__init__(scope, id, **upstream)
        self.volume_initialization_rate, self.snapshot_id = volume_initialization_rate, props.get("snapshot_id")
        if rate is not None or typed:
            resource = cast("ec2.CfnVolume", self.node.default_child)
            for name, value in typed.items():
                setattr(resource, name, value)
            if rate is not None:
                resource.add_property_override("VolumeInitializationRate", _upstream.emitted(rate))
        record(self, [(volume_initialization_rate, RATE, None)])
        _upstream.warn(self, warnings)

    def on_initialized(
        self,
        id: str,
        *,
        target: RuleTarget | None = None,
        cross_stack_scope: Construct | None = None,
        description: str | None = None,
        event_pattern: events.EventPattern | None = None,
        rule_name: str | None = None,
    ) -> events.Rule:
        """Make a rule for when the volume is initialized.

        EC2 sends the event within 5 minutes after, on a best effort basis, and not with fast snapshot restore.

        Args:
            id: the rule's name in the volume, or in ``cross_stack_scope``.
            target: what is told. Default: nothing, until ``add_target``.
            cross_stack_scope: where the rule belongs if its target is in another stack. Default: the volume.
            description: of the rule. Default: none.
            event_pattern: what the event must match as well. Default: nothing.
            rule_name: Default: generated.

        Raises:
            EbsValidationError: WrongType.

        Source: https://docs.aws.amazon.com/ebs/latest/userguide/ebs-initialize-monitor.html
        """
        from .initialization import on_volume_initialized

        return on_volume_initialized(
            cross_stack_scope or self,
            id,
            volume=self,
            target=target,
            description=description,
            event_pattern=event_pattern,
            rule_name=rule_name,
        )

    def wait_until_initialized(self, id: str, *, snapshot_data: cdk.Size | float | None = None) -> InitializationWait:
        """Make deployments wait until the volume is initialized, for whatever depends on what this returns.

        It is made beside the volume, so that what depends on the volume alone does not wait.

        Args:
            id: the wait's name beside the volume.
            snapshot_data: the snapshot's full size (``FullSnapshotSizeInBytes``), not the volume's: a ``Size``, or GiB.
                Default: what the rate was told.

        Raises:
            EbsValidationError: InitializationWaitTooLong for more than fits into the 54 minutes that a deployment can
                wait; InitializationWaitNeedsRate, SnapshotDataOutOfRange.
        """
        from .initialization import InitializationWait

        return InitializationWait(cast("Construct", self.node.scope), id, volume=self, snapshot_data=snapshot_data)

    def alarm_when_late(
        self,
        id: str,
        *,
        snapshot_data: cdk.Size | float | None = None,
        deadline: cdk.Duration | timedelta | None = None,
        actions_enabled: bool | None = None,
        alarm_description: str | None = None,
        alarm_name: str | None = None,
    ) -> InitializationAlarm:
        """Make an alarm that the volume takes longer to initialize than planned; give it actions.

        Args:
            id: the alarm's name in the volume.
            snapshot_data: the snapshot's full size, a ``Size`` or GiB: late is what passes the slow end of the rate's
                10 % band and the 5 minutes that EC2 may take to show the end. Default: what the rate was told, unless
                there is a ``deadline``.
            deadline: the time from now until the volume should be initialized. Default: none, with ``snapshot_data``.
            actions_enabled: Default: True.
            alarm_description: Default: one that names the construct.
            alarm_name: Default: generated.

        Raises:
            EbsValidationError: SnapshotDataOutOfRange or WrongType.
        """
        from .initialization import InitializationAlarm

        return InitializationAlarm(
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

    Without a type a volume is gp2, or gp3 under a feature flag, which costs two calls to read: only where it matters.
    """
    findings = check_request("CreateVolume", request, names=_NAMES)
    if "VolumeType" in request:
        return findings, None
    as_gp3 = check_request("CreateVolume", {**request, "VolumeType": "gp3"}, names=_NAMES)
    if as_gp3 != findings and cdk.FeatureFlags.of(scope).is_enabled(_DEFAULT_GP3):
        return as_gp3, ec2.EbsDeviceVolumeType.GP3
    return findings, None


def _beyond_upstream(request: dict[str, Any], given: dict[str, Any], upstream: dict[str, Any]) -> dict[str, Any]:
    """Replace in ``upstream`` what its own check would refuse and EC2 accepts; return that, for the L1's properties.

    Upstream refuses tokens, dynamic references, gp3 IOPS and throughput that EC2 raises, io2 above 500 IOPS per GiB
    and, in the oldest version that works, gp3 and io2 above 16,384 GiB.
    """
    typed: dict[str, Any] = {}
    for name, ec2_name in (("encrypted", "encrypted"), ("enable_multi_attach", "multi_attach_enabled")):
        if _upstream.is_token(given.get(name)):
            typed[ec2_name], upstream[name] = given[name], name == "encrypted"  # which a key needs
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
