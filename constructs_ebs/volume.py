"""An EBS volume."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from . import _upstream
from ._lowering.injection import check_built, lasting, settle
from ._signatures import VolumeSignature
from ._surroundings import surroundings
from ._upstream.construction import UncheckedVolume
from .core.actions import RATE
from .core.findings import Finding
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


class Volume(VolumeSignature, UncheckedVolume):
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
        around = surroundings(scope, "Volume")
        findings = [*problems, *wrong, *_check(scope, request, around.region)]
        warnings = _upstream.refuse(scope, id, lasting(findings, around.injected, own_zone=True))

        given = {name: value for name, value in arguments.items() if value is not None}
        told = given.pop("volume_initialization_rate", None)
        overrides = {} if rate is None else {RATE: _upstream.emitted(rate)}
        self._make(scope, id, _props(given, size), overrides)
        record(self, [(told, RATE, None)])
        self.volume_initialization_rate, self.snapshot_id = told, given.get("snapshot_id")
        if around.injected:
            built = check_built(self, "AWS::EC2::Volume", "CreateVolume", _NAMES, around.region)
            warnings += settle(self, built)
            self._read_what_was_injected()
        _upstream.warn(self, warnings)

    def _read_what_was_injected(self) -> None:
        """Take a rate and a snapshot from a property injector where none was given."""
        resource: Any = self.node.default_child
        self.snapshot_id = resource.snapshot_id
        if self.volume_initialization_rate is None:
            # aws-cdk-lib has the rate from 2.265 on.
            self.volume_initialization_rate = getattr(resource, "volume_initialization_rate", None)

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


def _check(scope: Construct, request: dict[str, Any], region: str | None) -> list[Finding]:
    """Check what will be built.

    Without a type a volume is gp2, or gp3 under a feature flag. Reading the flag costs two calls, so it is read only
    where it matters.
    """
    findings = check_request("CreateVolume", request, names=_NAMES, region=region)
    if "VolumeType" in request:
        return findings
    as_gp3 = check_request("CreateVolume", {**request, "VolumeType": "gp3"}, names=_NAMES, region=region)
    if as_gp3 != findings and isinstance(scope, Construct) and cdk.FeatureFlags.of(scope).is_enabled(_DEFAULT_GP3):
        return as_gp3
    return findings


def _props(given: dict[str, Any], size: Any) -> dict[str, Any]:
    """Return upstream's arguments with the types that its resource takes, which takes tokens."""
    props = _upstream.as_upstream(ec2.Volume.__init__, given)
    for name in props.keys() & {"encrypted", "enable_multi_attach"}:
        props[name] = _upstream.flag(props[name])
    if "size" in props and size is given["size"]:
        props["size"] = _upstream.size_of_gibibytes(_upstream.number(size))
    return props
