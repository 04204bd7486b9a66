"""A launch template."""

from __future__ import annotations

from typing import Any, Literal

from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from . import _upstream
from ._lowering.devices import SPOT_NAMES, check_spot, complete_devices, spot_request, upstream_devices
from ._lowering.injection import complete_injected_devices, lasting, settle
from ._lowering.key_grants import grant_keys
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

    def grant_keys(self, *launched_by: Literal["autoscaling", "ec2fleet", "spot", "spotfleet"]) -> None:
        """Let the service-linked roles that launch from the template use the KMS keys of its devices.

        Without that, an Auto Scaling group cannot launch volumes that a customer's key encrypts. The role must exist
        before the key's policy names it, or the deployment fails: see docs/encryption.md. Keys that an AMI's own
        devices use are not known here.

        Args:
            launched_by: what launches from the template: ``autoscaling`` for groups and EKS node groups, ``ec2fleet``,
                ``spot`` for single Spot Instances, ``spotfleet``.

        Raises:
            EbsValidationError: WrongType for something else.
            ValueError: for an imported key, with the statements that its owner must add.
        """
        grant_keys(self, self.block_devices, launched_by)
