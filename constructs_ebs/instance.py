"""An EC2 instance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from aws_cdk import aws_ec2 as ec2

from . import _upstream
from ._lowering import (
    SPOT_NAMES,
    market_options,
    rate_overrides,
    record_rates,
    spot_request,
    to_l1,
    to_upstream,
    untyped,
)
from .block_device import NAMES as DEVICE_NAMES
from .block_device import BlockDevice, check_devices, check_image, check_launch
from .core.rules import find
from .initialization_rate import mebibytes

if TYPE_CHECKING:
    from constructs import Construct
    from typing_extensions import Unpack

    from ._upstream.options import InstanceOptions

_NAMES = {**DEVICE_NAMES, **SPOT_NAMES}
"""What messages call the parameters of RunInstances."""

_METADATA = (
    "http_endpoint",
    "http_protocol_ipv6",
    "http_put_response_hop_limit",
    "http_tokens",
    "instance_metadata_tags",
)


class Instance(ec2.Instance):
    """``ec2.Instance`` whose block devices carry volume initialization rates, and that may be a Spot Instance.

    CloudFormation's instance has no place for a rate, for throughput or for Spot options. An instance that needs one
    gets a launch template of its own, which holds its devices, its Spot options and, with ``require_imdsv2``, that; any
    other stays as upstream makes it.

    A launch template cannot change under an instance: changing a device or a Spot option replaces the instance, and so
    does adding the first rate. Tags do not touch the template. A volume smaller than its snapshot fails at launch.
    Mapping the root device of a Windows AMI switches EC2 Fast Launch off. Upstream's InstanceRequireImdsv2Aspect leaves
    an instance with a launch template alone, with a warning: say ``require_imdsv2`` here.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        block_devices: Sequence[BlockDevice | ec2.BlockDevice | Mapping[str, Any]] | None = None,
        spot_options: ec2.LaunchTemplateSpotOptions | Mapping[str, Any] | None = None,
        require_imdsv2: bool | None = None,
        **props: Unpack[InstanceOptions],
    ) -> None:
        """Create an instance.

        Args:
            scope: the construct it belongs to.
            id: its name there.
            block_devices: ours and upstream's, in any combination. Those of an ``Ami`` that have rates and are not
                mapped here are added. Default: those of the AMI.
            spot_options: makes it a Spot Instance: request type, maximum price in USD an hour, what an interruption
                does, and until when a persistent request is valid. Default: an On-Demand Instance.
            require_imdsv2: whether the instance requires IMDSv2. Default: False.
            **props: upstream's properties.

        Raises:
            EbsValidationError: for what EC2 would refuse at launch, all of it at once; the codes are in ``.findings``.

        Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RunInstances.html
        """
        given = {**props, "require_imdsv2": require_imdsv2}
        kinds = _upstream.bind(ec2.Instance.__init__, given, own=Instance.__init__)
        image = props.get("machine_image")
        devices, mappings, problems = check_devices(block_devices, ("BlockDeviceMappings",), image)
        problems += check_image(scope, image)
        wrong_spot = _upstream.check_argument("spot_options", spot_options, ec2.LaunchTemplateSpotOptions | None)
        spot = None if wrong_spot else _upstream.as_struct(ec2.LaunchTemplateSpotOptions, spot_options)
        kinds += wrong_spot
        zone, selection = props.get("availability_zone"), props.get("vpc_subnets")
        rated = any(mebibytes(device.volume_initialization_rate) is not None for device in devices)
        if not kinds and (selection or (zone is None and rated)):
            subnets = _upstream.select_subnets(props["vpc"], selection)
            if subnets.problem:
                problems.append(find("SubnetsRequired", prop="vpc_subnets", given=subnets.problem))
            if zone is None and subnets.zones:
                zone = subnets.zones[0]  # upstream launches into the first subnet
        request = {
            "BlockDeviceMappings": mappings,
            "Placement": {"AvailabilityZone": _upstream.plain(zone)},
            **spot_request(spot),
        }
        metadata = [name for name in _METADATA if props.get(name) is not None]
        if require_imdsv2 and metadata:
            problems.append(find("MetadataOptionsConflict", prop="require_imdsv2", given=", ".join(metadata)))
        warnings = _upstream.refuse(scope, id, kinds + problems + check_launch("RunInstances", request, _NAMES))

        upstream = _upstream.as_upstream(ec2.Instance.__init__, props)
        templated = spot is not None or any(map(_needs_a_template, devices))
        if not templated:
            upstream["require_imdsv2"] = require_imdsv2
            if block_devices is not None:
                upstream["block_devices"] = [to_upstream(device) for device in devices]
        super().__init__(scope, id, **upstream)
        if templated:
            template = ec2.CfnLaunchTemplate(
                self,
                "LaunchTemplate",
                launch_template_data=ec2.CfnLaunchTemplate.LaunchTemplateDataProperty(
                    block_device_mappings=[to_l1(device) for device in devices] or None,
                    instance_market_options=market_options(spot) if spot else None,
                    metadata_options=ec2.CfnLaunchTemplate.MetadataOptionsProperty(http_tokens="required")
                    if require_imdsv2
                    else None,
                ),
            )
            record_rates(template, devices)
            if overrides := rate_overrides(devices):
                template.add_property_override("LaunchTemplateData.BlockDeviceMappings", overrides)
            self.instance.launch_template = ec2.CfnInstance.LaunchTemplateSpecificationProperty(
                launch_template_id=template.ref, version=template.attr_latest_version_number
            )
        _upstream.warn(self, warnings)


def _needs_a_template(device: BlockDevice) -> bool:
    """CloudFormation's instance knows neither rate nor throughput, upstream's no flags that the deployment knows."""
    return (
        bool(untyped(device))
        or mebibytes(device.volume_initialization_rate) is not None
        or device.throughput is not None
    )
