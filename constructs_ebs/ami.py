"""An AMI: made by the stack from snapshots or from an instance, or imported with its known rates."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import aws_cdk as cdk
import jsii
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from constructs import Construct

from . import _upstream
from ._custom_resources import (
    allow,
    check_named,
    check_removal,
    check_tags,
    custom_resource,
    instance_id,
    owned,
    requested,
    tag_manager,
)
from ._surroundings import surroundings
from .block_device import NAMES as DEVICE_NAMES
from .block_device import BlockDevice, check_devices, check_launch, emitted
from .core import limits
from .core.cloudformation.custom_resources import IMAGE
from .core.findings import Finding
from .core.rules import check_request, find

_PARAMETERS = {
    "Name": "image_name",
    "Description": "description",
    "RootDeviceName": "root_device_name",
    "Architecture": "architecture",
    "BootMode": "boot_mode",
    "EnaSupport": "ena_support",
    "SriovNetSupport": "sriov_net_support",
    "ImdsSupport": "imds_support",
    "TpmSupport": "tpm_support",
    "UefiData": "uefi_data",
    "NoReboot": "no_reboot",
}
"""The parameters of RegisterImage and CreateImage that are arguments."""

_NAMES = {**DEVICE_NAMES, **_PARAMETERS}

_ARCHITECTURES: Mapping[ec2.InstanceArchitecture, str] = {
    ec2.InstanceArchitecture.ARM_64: "arm64",
    ec2.InstanceArchitecture.X86_64: "x86_64",
}
_IMAGE_ID = limits.resource_id("ami") + "|resolve:ssm:.+"


@dataclass(frozen=True, kw_only=True)
class AmiSource:
    """What an AMI is made from. Use ``snapshots`` or ``instance``; the ``Ami`` that takes the source checks it."""

    action: Literal["RegisterImage", "CreateImage"]
    """The EC2 action that makes the AMI."""
    block_devices: Sequence[BlockDevice | ec2.BlockDevice | Mapping[str, Any]]
    arguments: Mapping[str, Any]
    """The other arguments, by name."""

    @staticmethod
    @_upstream.explains()
    def snapshots(
        block_devices: Sequence[BlockDevice | ec2.BlockDevice | Mapping[str, Any]],
        *,
        root_device_name: str | None = None,
        architecture: ec2.InstanceArchitecture
        | Literal["i386", "x86_64", "arm64", "x86_64_mac", "arm64_mac"] = ec2.InstanceArchitecture.X86_64,
        boot_mode: Literal["legacy-bios", "uefi", "uefi-preferred"] | None = None,
        ena_support: bool = True,
        sriov_net_support: Literal["simple"] | None = None,
        imds_support: Literal["v2.0"] | None = None,
        tpm_support: Literal["v2.0"] | None = None,
        uefi_data: str | None = None,
    ) -> AmiSource:
        """Register an AMI from snapshots; what launches it creates their volumes at these rates.

        Args:
            block_devices: the devices, ours or upstream's; the root device from a snapshot.
            root_device_name: one of the devices. Default: the first one.
            architecture: of the software in it. Default: x86_64; EC2's own is i386.
            boot_mode: Default: that of the instance type.
            ena_support: whether the software has drivers for ENA, which current instance types need. Default: True.
            sriov_net_support: for the Intel 82599 interface of older instance types. Default: not set.
            imds_support: v2.0 makes instances require IMDSv2. Default: as launched.
            tpm_support: v2.0 for NitroTPM, which requires UEFI. Default: none.
            uefi_data: the UEFI variable store in Base64, as GetInstanceUefiData returns it. Default: empty.

        Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RegisterImage.html
        """
        arguments = {
            "root_device_name": root_device_name,
            "architecture": architecture,
            "boot_mode": boot_mode,
            "ena_support": ena_support,
            "sriov_net_support": sriov_net_support,
            "imds_support": imds_support,
            "tpm_support": tpm_support,
            "uefi_data": uefi_data,
        }
        return AmiSource(action="RegisterImage", block_devices=block_devices, arguments=arguments)

    @staticmethod
    @_upstream.explains()
    def instance(
        instance: ec2.IInstance | ec2.Instance | str,
        *,
        block_devices: Sequence[BlockDevice | ec2.BlockDevice | Mapping[str, Any]] = (),
        trigger: str | None = None,
        no_reboot: bool = False,
    ) -> AmiSource:
        """Make an AMI from an instance, with snapshots of its volumes.

        EC2 takes no rate here: rate the devices where the image is launched, or register an image from the snapshots.
        The AMI is made once for a set of inputs, and again when ``trigger`` changes.

        Args:
            instance: running or stopped; or its id.
            block_devices: the devices that the image has besides the instance's volumes. ``BlockDevice.from_image``
                stands for one of these volumes, and can change only its ``delete_on_termination``. Default: the
                instance's volumes.
            trigger: any text; a new text makes the image again. Default: none.
            no_reboot: whether the instance keeps running, so that file systems in the image may be inconsistent.
                Default: False: EC2 shuts it down and starts it again.

        Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateImage.html
        """
        arguments = {"instance": instance, "trigger": trigger, "no_reboot": no_reboot}
        return AmiSource(action="CreateImage", block_devices=block_devices, arguments=arguments)


@jsii.implements(ec2.IMachineImage)
class IAmi(cdk.Resource):
    """An AMI of this app, or an imported one, whose rates follow it into what launches it.

    It goes wherever an ``ec2.IMachineImage`` goes. ``LaunchTemplate``, ``Instance`` and ``SpotFleet`` apply its rates
    to the devices that they do not map themselves.
    """

    image_id: str
    """``ami-`` and so on."""
    block_devices: tuple[BlockDevice, ...]
    """The devices that are known, with their rates."""
    root_device_name: str
    """The root device; for an AMI from an instance only the deployment knows it."""

    _os_type: ec2.OperatingSystemType
    _user_data: ec2.UserData | None

    def get_image(self, scope: Construct) -> ec2.MachineImageConfig:  # noqa: ARG002
        """Return the image as upstream's constructs take it."""
        windows = self._os_type is ec2.OperatingSystemType.WINDOWS
        user_data = self._user_data or (ec2.UserData.for_windows() if windows else ec2.UserData.for_linux())
        return ec2.MachineImageConfig(image_id=self.image_id, os_type=self._os_type, user_data=user_data)


class _ImportedAmi(IAmi):
    pass


@jsii.implements(cdk.ITaggableV2)
class Ami(IAmi):
    """An AMI that the stack makes, from snapshots or from an instance.

    A change of anything but tags, ``removal_policy`` and ``delete_snapshots`` makes a new image before the old one is
    removed; an ``image_name`` of your own must change with it. CloudFormation has no such resource: functions in the
    stack make the image and wait until it is available, up to 54 minutes.
    """

    __signature__ = _upstream.ConstructorSignature()

    image_name: str
    """The image's name, known at deployment."""
    snapshot_ids: list[str]
    """The snapshots behind the image's devices, in their order, known at deployment."""

    @_upstream.explains(block_devices="give source=AmiSource.snapshots([...])")
    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        source: AmiSource,
        image_name: str | None = None,
        description: str | None = None,
        os_type: ec2.OperatingSystemType | None = None,
        user_data: ec2.UserData | None = None,
        tags: Mapping[str, str] | None = None,
        removal_policy: cdk.RemovalPolicy = cdk.RemovalPolicy.DESTROY,
        delete_snapshots: bool | None = None,
    ) -> None:
        """Make an AMI.

        Args:
            scope: the construct it belongs to.
            id: its name there.
            source: ``AmiSource.snapshots(...)`` or ``AmiSource.instance(...)``.
            image_name: unique in the account and Region; 3 to 128 letters, digits and ``()[] ./-'@_``. Default: the
                stack's name and the construct's id, with a suffix that is new for each new image.
            description: Default: none.
            os_type: the operating system in it. Default: the instance's, else Linux.
            user_data: of the instances that do not have their own. Default: empty, for that operating system.
            tags: of the image, and of the snapshots that EC2 takes of an instance; those of ``cdk.Tags`` are added.
                They change in place, on the image. Default: none.
            removal_policy: RETAIN keeps the image when it is removed or replaced. Default: it is deregistered, while
                instances that were launched from it keep running.
            delete_snapshots: whether its snapshots are deleted with it, except those that another image uses. Default:
                True for the snapshots that EC2 takes of an instance, False for those that you give.

        Raises:
            EbsValidationError: InitializationRateNotSupported for a rate with an instance as the source, and others for
                everything that EC2 would refuse, all at once; the codes are in ``.codes``.
        """
        given = {
            "source": source,
            "image_name": image_name,
            "description": description,
            "os_type": os_type,
            "user_data": user_data,
            "tags": tags,
            "removal_policy": removal_policy,
            "delete_snapshots": delete_snapshots,
        }
        kinds = [*_upstream.check_arguments(Ami.__init__, given, ("tags",)), *check_tags(tags)]
        _upstream.refuse(scope, id, [] if isinstance(source, AmiSource) else kinds)
        devices, options, problems = _read(source, {"image_name": image_name, "description": description})
        kinds += surroundings(scope, instance=source.arguments.get("instance")).elsewhere
        warnings = _upstream.refuse(scope, id, [*kinds, *check_removal(removal_policy), *problems])

        super().__init__(scope, id)
        instance = source.arguments.get("instance")
        systems: Any = os_type, getattr(instance, "os_type", None), ec2.OperatingSystemType.LINUX
        self._os_type = next(filter(None, systems))
        self._user_data, self.block_devices = user_data, tuple(devices)
        self._tags = tag_manager(IMAGE, tags)
        if delete_snapshots is None:
            delete_snapshots = instance is not None
        resource = self._make(source, options, delete_snapshots, removal_policy)
        self.image_id, self.image_name = resource.ref, resource.get_att_string("ImageName")
        self.snapshot_ids = cdk.Fn.split(",", resource.get_att_string("SnapshotIds"))
        self.root_device_name = options.get("RootDeviceName") or resource.get_att_string("RootDeviceName")
        _upstream.warn(self, warnings)

    @staticmethod
    @_upstream.explains()
    def from_image_id(
        scope: Construct,
        id: str,
        image_id: str,
        *,
        block_devices: Sequence[BlockDevice | ec2.BlockDevice | Mapping[str, Any]] = (),
        root_device_name: str | None = None,
        os_type: ec2.OperatingSystemType = ec2.OperatingSystemType.LINUX,
        user_data: ec2.UserData | None = None,
    ) -> IAmi:
        """Import an AMI with rates for its volumes, which follow it into what launches it.

        Args:
            scope: the construct it belongs to.
            id: its name there.
            image_id: ``ami-`` and 8 or 17 hexadecimal digits, ``resolve:ssm:`` and a parameter, or a token.
            block_devices: ``BlockDevice.from_image(...)`` for each device with a rate. Default: none.
            root_device_name: one of the devices. Default: the first one.
            os_type: the operating system in it. Default: Linux.
            user_data: of the instances that do not have their own. Default: empty, for that operating system.

        Raises:
            EbsValidationError: for everything that EC2 would refuse at launch, all at once; codes in ``.codes``.
        """
        given = {
            "image_id": image_id,
            "root_device_name": root_device_name,
            "os_type": os_type,
            "user_data": user_data,
        }
        problems = _upstream.check_arguments(Ami.from_image_id, given)
        problems += _upstream.check_text(
            "ResourceIdMalformed", "image_id", image_id, _IMAGE_ID, "an id like ami-0123456789abcdef0"
        )
        devices, mappings, wrong = check_devices(block_devices, ("BlockDeviceMappings",))
        problems += [*wrong, *check_launch("RunInstances", {"BlockDeviceMappings": mappings}, _NAMES)]
        warnings = _upstream.refuse(scope, id, problems)

        image = _ImportedAmi(scope, id)
        image.image_id, image.block_devices = image_id, tuple(devices)
        image.root_device_name = root_device_name or (devices[0].device_name if devices else "")
        image._os_type, image._user_data = os_type, user_data
        _upstream.warn(image, warnings)
        return image

    @property
    def cdk_tag_manager(self) -> cdk.TagManager:
        """The image's tags."""
        return self._tags

    def _make(
        self,
        source: AmiSource,
        options: Mapping[str, Any],
        delete_snapshots: bool,
        removal_policy: cdk.RemovalPolicy,
    ) -> cdk.CustomResource:
        mappings = [emitted(device) for device in self.block_devices]
        created = ["image/*", "snapshot/*"] if source.action == "CreateImage" else ["image/*"]
        tagging = {"ec2:CreateAction": source.action, **requested(self)}
        return custom_resource(
            self,
            "register_image",
            {
                "Action": source.action,
                "Trigger": source.arguments.get("trigger"),
                "Request": {**options, "BlockDeviceMappings": mappings} if mappings else options,
                "Tags": self._tags.rendered_tags,
                "DeleteSnapshots": delete_snapshots,
            },
            [
                allow(self, [source.action], *created, where=requested(self)),
                allow(self, ["CreateTags"], *created, where=tagging),
                allow(self, ["CreateTags", "DeleteTags", "DeregisterImage"], "image/*", where=owned(self)),
                # Whatever delete_snapshots says: an update narrows the policy before it deletes what it has replaced.
                allow(self, ["DeleteSnapshot"], "snapshot/*", where=owned(self)),
                allow(self, ["DescribeImages"]),
            ],
            self._allow_source(source.action, options, delete_snapshots),
            removal_policy,
        )

    def _allow_source(
        self, action: str, options: Mapping[str, Any], delete_snapshots: bool
    ) -> Sequence[iam.PolicyStatement]:
        """Allow the actions on the instance, or on the given snapshots."""
        if action == "CreateImage":
            return [allow(self, [action], f"instance/{options['InstanceId']}")]
        ids = [_upstream.text(device.snapshot_id) for device in self.block_devices]
        snapshots = [f"snapshot/{snapshot_id}" for snapshot_id in ids if snapshot_id is not None]
        tagging = [allow(self, ["CreateTags"], *snapshots, where=requested(self))] if delete_snapshots else []
        return [allow(self, [action], *snapshots), *tagging]


def _read(source: AmiSource, about: Mapping[str, Any]) -> tuple[list[BlockDevice], dict[str, Any], list[Finding]]:
    """Return an image's devices, the other parameters of the action that makes it, and what is wrong with them."""
    of_snapshots = source.action == "RegisterImage"
    kinds = _upstream.check_arguments(AmiSource.snapshots if of_snapshots else AmiSource.instance, source.arguments)
    devices, mappings, problems = check_devices(source.block_devices, ("BlockDeviceMappings",))
    arguments = {**source.arguments, **about}
    options = {
        name: arguments[argument] for name, argument in _PARAMETERS.items() if arguments.get(argument) is not None
    }
    if of_snapshots:
        options["VirtualizationType"] = "hvm"
        if isinstance(architecture := options.get("Architecture"), ec2.InstanceArchitecture):
            options["Architecture"] = _ARCHITECTURES[architecture]
        if devices:
            options.setdefault("RootDeviceName", devices[0].device_name)
    else:
        kinds += check_named(instance=arguments["instance"])
        if not kinds:
            options["InstanceId"] = instance_id(arguments["instance"])
    request = {name: _upstream.plain(value) for name, value in options.items()}
    problems += check_request(source.action, {**request, "BlockDeviceMappings": mappings}, names=_NAMES)
    if of_snapshots and "RootDeviceName" not in options and not problems:
        problems.append(find("RootDeviceRequired", prop="block_devices", got=source.block_devices))
    if not of_snapshots:
        for index, device in enumerate(devices):
            problems += _unchangeable(device, index, mappings[index])
    return devices, options, kinds + problems


def _unchangeable(device: BlockDevice, index: int, mapping: Mapping[str, Any]) -> Iterable[Finding]:
    """Only DeleteOnTermination of the instance's own volumes can be changed; a rate is left to the rules."""
    label = f"block_devices[{index}] ({device.device_name})"
    facts = {"action": "CreateImage", "instead": "change the instance's volume first"}
    for name, value in mapping.get("Ebs", {}).items() if device.origin == "image" else ():
        if name not in ("DeleteOnTermination", "VolumeInitializationRate", "KmsKeyId"):
            path = ("BlockDeviceMappings", index, "Ebs", name)
            yield find("ParameterNotSupported", path, _NAMES, label, prop=_NAMES[name], got=value, **facts)
