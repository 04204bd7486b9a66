"""Lowers our values to what aws-cdk-lib takes: block devices and Spot options as its structs and L1s."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import zip_longest
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2

from .. import _upstream
from .._upstream import construction
from ..block_device import FLAGS, PROPERTIES, VOLUMES, BlockDevice, volume_of
from ..core.actions import RATE
from ..core.findings import Finding
from ..core.requests import UNKNOWN
from ..core.rules import find
from ..initialization_rate import mebibytes, record

SPOT_NAMES = {
    "MaxPrice": "spot_options.max_price",
    "SpotInstanceType": "spot_options.request_type",
    "InstanceInterruptionBehavior": "spot_options.interruption_behavior",
    "BlockDurationMinutes": "spot_options.block_duration",
    "ValidUntil": "spot_options.valid_until",
}
"""What messages call the Spot options of a request."""


MAPPINGS = "LaunchTemplateData.BlockDeviceMappings"
"""The path of the devices in the properties of a launch template."""


def spot_request(spot: ec2.LaunchTemplateSpotOptions | Mapping[str, Any] | None) -> dict[str, Any]:
    """Return Spot options as a request has them, as far as rules read them; empty if there are none."""
    options = _upstream.as_struct(ec2.LaunchTemplateSpotOptions, spot)
    if not isinstance(options, ec2.LaunchTemplateSpotOptions):
        return {}
    request = {
        "MaxPrice": _upstream.plain(_upstream.price(options.max_price)),
        "SpotInstanceType": options.request_type and options.request_type.name.lower().replace("_", "-"),
        "InstanceInterruptionBehavior": options.interruption_behavior and options.interruption_behavior.name.lower(),
        "BlockDurationMinutes": _upstream.plain(_upstream.duration(options.block_duration, "minutes")),
        "ValidUntil": options.valid_until and UNKNOWN,
    }
    return {"InstanceMarketOptions": {"SpotOptions": request}}


def check_spot(request: Mapping[str, Any]) -> list[Finding]:
    """How long a Spot block lasts is known at synth: upstream calculates with it."""
    options = request.get("InstanceMarketOptions", {}).get("SpotOptions", {})
    if options.get("BlockDurationMinutes") is not UNKNOWN:
        return []
    return [find("KnownAtDeploymentOnly", prop=SPOT_NAMES["BlockDurationMinutes"], expected="a Duration")]


def check_duration(name: str, length: cdk.Duration | None, unit: str) -> list[Finding]:
    """A Duration is known at synth, or holds a token in the unit in which it is emitted."""
    if _upstream.duration(length, unit) is not UNKNOWN:
        return []
    return [find("KnownAtDeploymentOnly", prop=name, expected=f"a Duration in {unit}, or one that is known at synth")]


def rate_overrides(placed: Iterable[tuple[int, BlockDevice]]) -> dict[str, dict[str, Any]]:
    """Return one override for the rates of all devices: an object keyed by index merges into the list of mappings.

    A device is placed by its index in that list.
    """
    rates = ((str(index), mebibytes(device.volume_initialization_rate)) for index, device in placed)
    return {index: {"Ebs": {RATE: _upstream.emitted(rate)}} for index, rate in rates if rate is not None}


def record_rates(
    template: ec2.LaunchTemplate | ec2.CfnLaunchTemplate, placed: Iterable[tuple[int, BlockDevice]]
) -> None:
    """Write the snapshot data of the rates of its devices into the metadata of a launch template."""
    rates = [
        (device.volume_initialization_rate, f"{MAPPINGS}.{index}.Ebs.{RATE}", device.device_name)
        for index, device in placed
    ]
    record(template, rates)


def untyped(device: BlockDevice) -> dict[str, Any]:
    """Return what upstream's device cannot hold: flags that are tokens, and some throughputs."""
    return {
        name: _upstream.emitted(value)
        for name, value in volume_of(device).items()
        if (name in FLAGS and _upstream.plain(value) is UNKNOWN)
        or (name == "Throughput" and not _upstream_takes_throughput(device))
    }


def complete_devices(template: ec2.LaunchTemplate, devices: Sequence[BlockDevice]) -> None:
    """Add to a launch template, in one override, what upstream's devices cannot hold, and record its rates."""
    overrides = rate_overrides(enumerate(devices))
    for index, device in enumerate(devices):
        if properties := untyped(device):
            overrides.setdefault(str(index), {"Ebs": {}})["Ebs"].update(properties)
    if overrides:
        construction.override(template, MAPPINGS, overrides)
    record_rates(template, enumerate(devices))


def _upstream_takes_throughput(device: BlockDevice) -> bool:
    """Upstream refuses tokens, throughput without a type and what EC2 raises."""
    throughput, iops = _upstream.plain(device.throughput), _upstream.plain(device.iops)
    return (
        device.volume_type is ec2.EbsDeviceVolumeType.GP3
        and isinstance(throughput, int)
        and 125 <= throughput <= 2_000
        and (not isinstance(iops, int) or throughput * 4 <= iops)
    )


def typed_volume(device: BlockDevice) -> dict[str, Any]:
    """Return the properties of a device's volume, except the rate, as upstream's typed properties take them."""
    values = {name: value for name, value in volume_of(device).items() if name != RATE}
    for name in values.keys() & {"VolumeSize", "Iops", "Throughput"}:
        values[name] = _upstream.number(values[name])
    for name in values.keys() & {*FLAGS}:
        values[name] = _upstream.flag(values[name])
    if "SnapshotId" in values:
        values["SnapshotId"] = _upstream.text(values["SnapshotId"])
    return values


def upstream_devices(
    devices: Sequence[BlockDevice], given: Sequence[BlockDevice | ec2.BlockDevice | Mapping[str, Any]] | None
) -> list[ec2.BlockDevice] | None:
    """Return devices without their rates as upstream takes them; ``given`` are those that the user wrote.

    None stands for no list at all, which is not an empty one. Upstream's own stay as they are if that suffices, and so
    does what is made of them: a device that is left out keeps its ``Ebs`` part.
    """
    if given is None and not devices:
        return None
    return [
        _to_upstream(device)
        if isinstance(original, BlockDevice) or exceeds_upstream(device, original)
        else _upstream.as_struct(ec2.BlockDevice, original)
        for device, original in zip_longest(devices, given or ())
    ]


def exceeds_upstream(device: BlockDevice, original: object) -> bool:
    """Whether upstream's instance would not do everything that was asked of a device.

    It has neither rates nor flags that are tokens, and ignores throughput, with a warning: so it did for whoever moves
    here with upstream's devices, and a launch template with the throughput would replace the instance.
    """
    rated = mebibytes(device.volume_initialization_rate) is not None
    throughput = device.throughput is not None and isinstance(original, BlockDevice)
    return rated or throughput or bool(untyped(device))


def _to_upstream(device: BlockDevice) -> ec2.BlockDevice:
    """Return the device without its rate as upstream's struct, whose typed properties Aspects and cdk-nag read."""
    if device.origin not in VOLUMES:
        volume = ec2.BlockDeviceVolume(None, device.virtual_name)
        disabled = False if device.origin == "none" else None
        return ec2.BlockDevice(device_name=device.device_name, volume=volume, mapping_enabled=disabled)
    typed = typed_volume(device)
    properties = ec2.EbsDeviceProps(**{PROPERTIES[name]: typed[name] for name in typed.keys() - untyped(device).keys()})
    volume = ec2.BlockDeviceVolume(properties, device.virtual_name)
    return ec2.BlockDevice(device_name=device.device_name, volume=volume)


def market_options(spot: ec2.LaunchTemplateSpotOptions) -> ec2.CfnLaunchTemplate.InstanceMarketOptionsProperty:
    """Return Spot options as CloudFormation has them in a launch template."""
    request = spot_request(spot)["InstanceMarketOptions"]["SpotOptions"]
    return ec2.CfnLaunchTemplate.InstanceMarketOptionsProperty(
        market_type="spot",
        spot_options=ec2.CfnLaunchTemplate.SpotOptionsProperty(
            block_duration_minutes=_upstream.duration(spot.block_duration, "minutes"),
            instance_interruption_behavior=request["InstanceInterruptionBehavior"],
            max_price=_upstream.price(spot.max_price),
            spot_instance_type=request["SpotInstanceType"],
            valid_until=_upstream.timestamp(spot.valid_until),
        ),
    )


def to_l1(device: BlockDevice) -> ec2.CfnLaunchTemplate.BlockDeviceMappingProperty:
    """Return the device without its rate as L1 properties, which Aspects and cdk-nag read."""
    ebs = None
    if device.origin in VOLUMES:
        typed = typed_volume(device)
        if device.kms_key:
            typed["KmsKeyId"] = device.kms_key.key_arn
        if device.volume_type:
            typed["VolumeType"] = device.to_mapping()["Ebs"]["VolumeType"]
        ebs = ec2.CfnLaunchTemplate.EbsProperty(**{_upstream.snake_case(name): typed[name] for name in typed})
    return ec2.CfnLaunchTemplate.BlockDeviceMappingProperty(
        device_name=device.device_name,
        virtual_name=device.virtual_name,
        no_device="" if device.origin == "none" else None,
        ebs=ebs,
    )
