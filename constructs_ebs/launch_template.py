"""A launch template."""

from __future__ import annotations

from typing import Any

from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from . import _upstream
from ._injection import complete_injected_devices, lasting, settle
from ._lowering import SPOT_NAMES, check_spot, complete_devices, spot_request, upstream_devices
from ._signatures import LaunchTemplateSignature
from ._surroundings import surroundings
from .block_device import NAMES as DEVICE_NAMES
from .block_device import BlockDevice, check_devices, check_launch

_NAMES = {**DEVICE_NAMES, **SPOT_NAMES, "VersionDescription": "version_description"}


class LaunchTemplate(LaunchTemplateSignature):
    """``ec2.LaunchTemplate`` whose block devices carry volume initialization rates.

    EC2 checks a launch template only when something is launched from it; this one is checked at synth. The other
    properties are upstream's, and it can be used wherever upstream's can.
    """

    block_devices: tuple[BlockDevice, ...]
    """The devices of the template, those of an ``Ami`` with rates included."""

    def _create(self, scope: Construct, id: str, arguments: dict[str, Any]) -> None:
        problems = _upstream.check_arguments(LaunchTemplate.__init__, arguments, judged=("block_devices",))
        image, spot = arguments["machine_image"], None if problems else arguments["spot_options"]
        path = ("LaunchTemplateData", "BlockDeviceMappings")
        devices, mappings, wrong = check_devices(arguments["block_devices"], path, image)
        market = spot_request(spot)
        request = {
            "LaunchTemplateData": {"BlockDeviceMappings": mappings, **market},
            "VersionDescription": _upstream.plain(arguments["version_description"]),
        }
        around = surroundings(scope, "LaunchTemplate", machine_image=image)
        problems += [
            *wrong,
            *check_spot(market),
            *around.elsewhere,
            *check_launch("CreateLaunchTemplate", request, _NAMES),
        ]
        warnings = _upstream.refuse(scope, id, lasting(problems, around.injected))

        given = {name: value for name, value in arguments.items() if value is not None}
        mapped = given.pop("block_devices", None)
        upstream = _upstream.as_upstream(ec2.LaunchTemplate.__init__, given)
        upstream["block_devices"] = upstream_devices(devices, mapped)
        ec2.LaunchTemplate.__init__(self, scope, id, **upstream)
        if around.injected:
            warnings += settle(self, complete_injected_devices(self, devices, _NAMES))
        else:
            complete_devices(self, devices)
        self.block_devices = tuple(devices)
        _upstream.warn(self, warnings)
