"""A launch template."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from aws_cdk import aws_ec2 as ec2

from . import _upstream
from ._lowering import SPOT_NAMES, complete_devices, spot_request, to_upstream
from .block_device import NAMES as DEVICE_NAMES
from .block_device import BlockDevice, check_devices, check_image, check_launch

if TYPE_CHECKING:
    from constructs import Construct
    from typing_extensions import Unpack

    from ._upstream.options import LaunchTemplateOptions


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
            block_devices: ours and upstream's, in any combination. An upstream device with a rate and no snapshot is
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
        problems += check_launch("CreateLaunchTemplate", {"LaunchTemplateData": data}, _NAMES)
        warnings = _upstream.refuse(scope, id, kinds + problems)

        upstream = _upstream.as_upstream(ec2.LaunchTemplate.__init__, props)
        if block_devices is not None or devices:
            upstream["block_devices"] = [to_upstream(device) for device in devices]
        super().__init__(scope, id, **upstream)
        self.block_devices = tuple(devices)
        complete_devices(self, devices)
        _upstream.warn(self, warnings)
