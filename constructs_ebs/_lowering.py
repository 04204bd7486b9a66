"""Our values as upstream's types and as L1 properties: block devices and Spot options."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from aws_cdk import aws_ec2 as ec2

from . import _upstream
from .block_device import VOLUMES, BlockDevice, known_flag, unjudged_flags
from .core.requests import UNKNOWN
from .core.rules import RATE
from .initialization_rate import mebibytes, record

SPOT_NAMES = {
    "MaxPrice": "spot_options.max_price",
    "SpotInstanceType": "spot_options.request_type",
    "InstanceInterruptionBehavior": "spot_options.interruption_behavior",
    "ValidUntil": "spot_options.valid_until",
}
"""What messages call the Spot options of a request."""


def spot_request(spot: ec2.LaunchTemplateSpotOptions | Mapping[str, Any] | None) -> dict[str, Any]:
    """Return Spot options as a request has them, as far as rules read them; nothing for what are none."""
    given = _upstream.as_struct(ec2.LaunchTemplateSpotOptions, spot)
    if not isinstance(given, ec2.LaunchTemplateSpotOptions):
        return {}
    options = {
        "MaxPrice": _upstream.plain(_upstream.price(given.max_price)),
        "SpotInstanceType": given.request_type and given.request_type.name.lower().replace("_", "-"),
        "InstanceInterruptionBehavior": given.interruption_behavior and given.interruption_behavior.name.lower(),
        "ValidUntil": given.valid_until and UNKNOWN,
    }
    return {"InstanceMarketOptions": {"SpotOptions": options}}


def rate_overrides(devices: Sequence[BlockDevice]) -> dict[str, dict[str, Any]]:
    """Return one override for the rates of all devices: an object keyed by index merges into the list of mappings."""
    rates = ((str(index), mebibytes(device.volume_initialization_rate)) for index, device in enumerate(devices))
    return {index: {"Ebs": {RATE: _upstream.emitted(rate)}} for index, rate in rates if rate is not None}


def record_rates(template: ec2.LaunchTemplate | ec2.CfnLaunchTemplate, devices: Sequence[BlockDevice]) -> None:
    """Keep in a launch template what the rates of its devices were told."""
    path = "LaunchTemplateData.BlockDeviceMappings"
    rates = [
        (device.volume_initialization_rate, f"{path}.{index}.Ebs.{RATE}", device.device_name)
        for index, device in enumerate(devices)
    ]
    record(template, rates)


def untyped(devices: Sequence[BlockDevice]) -> dict[str, dict[str, Any]]:
    """Return one override for what upstream's devices cannot say: rates, flags of the deployment, some throughputs."""
    overrides = rate_overrides(devices)
    for index, device in enumerate(devices):
        properties = unjudged_flags(device)
        if device.throughput is not None and not _upstream_takes_throughput(device):
            properties["Throughput"] = _upstream.emitted(device.throughput)
        if properties:
            overrides.setdefault(str(index), {"Ebs": {}})["Ebs"].update(properties)
    return overrides


def _upstream_takes_throughput(device: BlockDevice) -> bool:
    """Upstream refuses tokens, throughput without a type and what EC2 raises; 2.196 more than 1,000 MiB/s too."""
    throughput, iops = _upstream.plain(device.throughput), _upstream.plain(device.iops)
    return (
        device.volume_type is ec2.EbsDeviceVolumeType.GP3
        and isinstance(throughput, int)
        and 125 <= throughput <= 1_000
        and (not isinstance(iops, int) or throughput * 4 <= iops)
    )


def to_upstream(device: BlockDevice) -> ec2.BlockDevice:
    """Return the device as upstream's typed properties, which Aspects and cdk-nag read, without its rate."""
    if device.origin not in VOLUMES:
        volume = ec2.BlockDeviceVolume(None, device.virtual_name)
        disabled = False if device.origin == "none" else None
        return ec2.BlockDevice(device_name=device.device_name, volume=volume, mapping_enabled=disabled)
    properties = ec2.EbsDeviceProps(
        snapshot_id=_upstream.text(device.snapshot_id),
        volume_size=_upstream.number(_upstream.gibibytes(device.volume_size)),
        volume_type=device.volume_type,
        iops=_upstream.number(device.iops),
        throughput=device.throughput if _upstream_takes_throughput(device) else None,
        encrypted=known_flag(device.encrypted),
        kms_key=cast("Any", device.kms_key),  # a Key, which pyright takes for no IKey
        delete_on_termination=known_flag(device.delete_on_termination),
    )
    volume = ec2.BlockDeviceVolume(properties, device.virtual_name)
    return ec2.BlockDevice(device_name=device.device_name, volume=volume)


def market_options(spot: ec2.LaunchTemplateSpotOptions) -> ec2.CfnLaunchTemplate.InstanceMarketOptionsProperty:
    request = spot_request(spot)["InstanceMarketOptions"]["SpotOptions"]
    return ec2.CfnLaunchTemplate.InstanceMarketOptionsProperty(
        market_type="spot",
        spot_options=ec2.CfnLaunchTemplate.SpotOptionsProperty(
            block_duration_minutes=spot.block_duration.to_minutes() if spot.block_duration else None,
            instance_interruption_behavior=request["InstanceInterruptionBehavior"],
            max_price=_upstream.price(spot.max_price),
            spot_instance_type=request["SpotInstanceType"],
            valid_until=_upstream.timestamp(spot.valid_until),
        ),
    )


def to_l1(device: BlockDevice) -> ec2.CfnLaunchTemplate.BlockDeviceMappingProperty:
    """Return the device as typed properties, which Aspects and cdk-nag read, without its rate."""
    mapping = device.to_mapping()
    ebs = mapping.get("Ebs", {})
    return ec2.CfnLaunchTemplate.BlockDeviceMappingProperty(
        device_name=device.device_name,
        virtual_name=device.virtual_name,
        no_device=mapping.get("NoDevice"),
        ebs=ec2.CfnLaunchTemplate.EbsProperty(
            delete_on_termination=device.delete_on_termination,
            encrypted=device.encrypted,
            iops=_upstream.number(device.iops),
            kms_key_id=device.kms_key.key_arn if device.kms_key else None,
            snapshot_id=_upstream.text(device.snapshot_id),
            throughput=_upstream.number(device.throughput),
            volume_size=_upstream.number(_upstream.gibibytes(device.volume_size)),
            volume_type=ebs.get("VolumeType"),
        )
        if device.origin in VOLUMES
        else None,
    )
