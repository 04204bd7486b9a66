"""A launch template."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from aws_cdk import aws_ec2 as ec2

from . import _upstream
from .block_device import NAMES as DEVICE_NAMES
from .block_device import VOLUMES, BlockDevice, check_devices, check_image, known_flag, unjudged_flags
from .core.requests import UNKNOWN
from .core.rules import check_request

if TYPE_CHECKING:
    from constructs import Construct
    from typing_extensions import Unpack

    from ._upstream.options import LaunchTemplateOptions


SPOT_NAMES = {
    "MaxPrice": "spot_options.max_price",
    "SpotInstanceType": "spot_options.request_type",
    "InstanceInterruptionBehavior": "spot_options.interruption_behavior",
    "ValidUntil": "spot_options.valid_until",
}
"""What messages call the Spot options of a request."""

_NAMES = {**DEVICE_NAMES, **SPOT_NAMES}


class LaunchTemplate(ec2.LaunchTemplate):
    """``ec2.LaunchTemplate`` whose block devices carry volume initialization rates.

    EC2 checks a launch template only when something is launched from it; this one is checked at synth. The other
    properties are upstream's, and it can be used wherever upstream's can.
    """

    block_devices: tuple[BlockDevice, ...]
    """The devices as they are in the template."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        block_devices: Sequence[BlockDevice | ec2.BlockDevice | Mapping[str, Any]] | None = None,
        **props: Unpack[LaunchTemplateOptions],
    ) -> None:
        """Create a launch template.

        Args:
            scope: the construct it belongs to.
            id: its name there.
            block_devices: ours and upstream's, mixed as you like. An upstream device with a rate and no snapshot is
                taken for the image's own if it has a usual root device name. Those of an ``Ami`` that have rates and
                are not mapped here are added. Default: those of the AMI.
            **props: upstream's properties.

        Raises:
            EbsValidationError: for what EC2 would refuse at launch, all of it at once; the codes are in ``.findings``.

        Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateLaunchTemplate.html
        """
        kinds = _upstream.bind(ec2.LaunchTemplate.__init__, props, own=LaunchTemplate.__init__)
        path, image = ("LaunchTemplateData", "BlockDeviceMappings"), props.get("machine_image")
        devices, mappings, problems = check_devices(block_devices, path, image)
        problems += check_image(scope, image)
        data = {"BlockDeviceMappings": mappings, **spot_request(None if kinds else props.get("spot_options"))}
        problems += check_request("CreateLaunchTemplate", {"LaunchTemplateData": data}, names=_NAMES)
        warnings = _upstream.refuse(scope, id, kinds + problems)

        upstream = _upstream.as_upstream(ec2.LaunchTemplate.__init__, props)
        if block_devices is not None or devices:
            upstream["block_devices"] = [to_upstream(device) for device in devices]
        super().__init__(scope, id, **upstream)
        self.block_devices = tuple(devices)
        overrides = rate_overrides(devices)
        for index, device in enumerate(devices):
            if flags := unjudged_flags(device):
                overrides.setdefault(str(index), {"Ebs": {}})["Ebs"].update(flags)
            if device.throughput is not None and not _upstream_takes_throughput(device):
                overrides.setdefault(str(index), {"Ebs": {}})["Ebs"]["Throughput"] = _upstream.emitted(
                    device.throughput
                )
        if overrides:
            resource = cast("ec2.CfnLaunchTemplate", self.node.default_child)
            resource.add_property_override("LaunchTemplateData.BlockDeviceMappings", overrides)
        _upstream.warn(self, warnings)


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
    rates = ((str(index), device.volume_initialization_rate) for index, device in enumerate(devices))
    return {
        index: {"Ebs": {"VolumeInitializationRate": _upstream.emitted(_upstream.mebibytes(rate))}}
        for index, rate in rates
        if rate is not None
    }


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
