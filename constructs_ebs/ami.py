"""An Amazon Machine Image."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
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
from .block_device import NAMES as DEVICE_NAMES
from .block_device import BlockDevice, check_devices, emitted
from .core.findings import Finding
from .core.rules import check_request, find

_NAMES = {
    **DEVICE_NAMES,
    "Name": "image_name",
    "RootDeviceName": "root_device_name",
    "Architecture": "architecture",
    "BootMode": "boot_mode",
    "ImdsSupport": "imds_support",
    "TpmSupport": "tpm_support",
    "SriovNetSupport": "sriov_net_support",
}
"""What messages call the parameters of RegisterImage and CreateImage."""

_ARCHITECTURES: Mapping[Any, str] = {
    ec2.InstanceArchitecture.ARM_64: "arm64",
    ec2.InstanceArchitecture.X86_64: "x86_64",
}
_TYPE = "Custom::EbsRegisterImage"


@jsii.implements(ec2.IMachineImage, cdk.ITaggableV2)
class Ami(Construct):
    """An AMI that the stack registers from snapshots, whose volumes initialize at their rates in what launches it.

    It goes wherever an ``ec2.IMachineImage`` goes. The rates follow it: ``LaunchTemplate``, ``Instance`` and
    ``SpotFleet`` give them to the devices that they do not map themselves.

    A change of anything but tags and what deletion does makes a new image, before the old one is removed; a fixed
    ``image_name`` must change with it. CloudFormation has no such resource: functions in the stack do it, which wait
    until the image is available, up to 54 minutes.
    """

    image_id: str
    """``ami-`` and so on, known at deployment."""
    image_name: str
    """The image's name, known at deployment."""
    snapshot_ids: list[str]
    """The snapshots behind the image's devices, in their order, known at deployment."""
    block_devices: tuple[BlockDevice, ...]
    """The devices that were given, with their rates."""
    root_device_name: str
    """The root device; known at deployment for an image of an instance."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        block_devices: Sequence[BlockDevice | ec2.BlockDevice | Mapping[str, Any]],
        root_device_name: str | None = None,
        image_name: str | None = None,
        description: str | None = None,
        architecture: ec2.InstanceArchitecture
        | Literal["i386", "x86_64", "arm64", "x86_64_mac", "arm64_mac"] = ec2.InstanceArchitecture.X86_64,
        boot_mode: Literal["legacy-bios", "uefi", "uefi-preferred"] | None = None,
        ena_support: bool = True,
        sriov_net_support: Literal["simple"] | None = None,
        imds_support: Literal["v2.0"] | None = None,
        tpm_support: Literal["v2.0"] | None = None,
        uefi_data: str | None = None,
        os_type: ec2.OperatingSystemType = ec2.OperatingSystemType.LINUX,
        user_data: ec2.UserData | None = None,
        tags: Mapping[str, str] | None = None,
        removal_policy: cdk.RemovalPolicy = cdk.RemovalPolicy.DESTROY,
        delete_snapshots: bool = False,
    ) -> None:
        """Register an AMI from snapshots.

        Args:
            scope: the construct it belongs to.
            id: its name there.
            block_devices: ours and upstream's, mixed as you like; the root device from a snapshot.
            root_device_name: one of the devices. Default: the first one.
            image_name: unique in the account and Region; 3 to 128 letters, digits and ``()[] ./-'@_``. Default: made of
                the stack's name and the construct's id, new for each new image.
            description: Default: none.
            architecture: of the software in it. Default: x86_64; EC2's own is i386.
            boot_mode: Default: that of the instance type.
            ena_support: whether the software has drivers for ENA, which current instance types need. Default: True.
            sriov_net_support: for the Intel 82599 interface of former instance types. Default: not set.
            imds_support: v2.0 makes instances ask for tokens at their metadata service. Default: as launched.
            tpm_support: v2.0 for NitroTPM, which boots by UEFI. Default: none.
            uefi_data: the UEFI variable store in Base64, as GetInstanceUefiData returns it. Default: empty.
            os_type: what upstream's constructs take it for. Default: Linux.
            user_data: what instances start with, unless they say otherwise. Default: empty, of that system.
            tags: of the image; those of ``cdk.Tags`` are added. They change in place. Default: none.
            removal_policy: RETAIN keeps the image when it is removed or replaced. Default: it is deregistered;
                instances that were launched from it go on.
            delete_snapshots: whether its snapshots go with it, those that no other image has. They are the ones that
                you gave. Default: False.

        Raises:
            EbsValidationError: for what EC2 would refuse, all of it at once; the codes are in ``.findings``.

        Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RegisterImage.html
        """
        arguments = {
            "root_device_name": root_device_name,
            "image_name": image_name,
            "description": description,
            "architecture": architecture,
            "boot_mode": boot_mode,
            "ena_support": ena_support,
            "sriov_net_support": sriov_net_support,
            "imds_support": imds_support,
            "tpm_support": tpm_support,
            "uefi_data": uefi_data,
            "os_type": os_type,
            "user_data": user_data,
            "removal_policy": removal_policy,
            "delete_snapshots": delete_snapshots,
        }
        kinds = _upstream.check_arguments(Ami.__init__, arguments)
        kinds += [*check_tags(tags), *check_removal(removal_policy)]
        devices, mappings, problems = check_devices(block_devices, ("BlockDeviceMappings",))
        root = root_device_name or next((device.device_name for device in devices), None)
        options: dict[str, Any] = {
            "Name": image_name,
            "Description": description,
            "Architecture": _ARCHITECTURES.get(architecture) or architecture,
            "BootMode": boot_mode,
            "EnaSupport": ena_support,
            "SriovNetSupport": sriov_net_support,
            "ImdsSupport": imds_support,
            "TpmSupport": tpm_support,
            "UefiData": uefi_data,
            "RootDeviceName": root,
            "VirtualizationType": "hvm",
        }
        options = {name: value for name, value in options.items() if value is not None}
        request = {name: _upstream.plain(value) for name, value in options.items()}
        problems += check_request("RegisterImage", {**request, "BlockDeviceMappings": mappings}, names=_NAMES)
        if root is None and not problems:
            problems.append(find("RootDeviceRequired", prop="block_devices", got=block_devices))
        warnings = _upstream.refuse(scope, id, kinds + problems)

        super().__init__(scope, id)
        self._os_type, self._user_data = os_type, user_data
        self.block_devices, self.root_device_name = tuple(devices), str(root)
        snapshots = [f"snapshot/{device.snapshot_id}" for device in devices if device.snapshot_id is not None]
        needed = [allow(self, ["RegisterImage"], *snapshots)]
        if delete_snapshots:
            needed.append(allow(self, ["CreateTags"], *snapshots, where=requested(self)))
        self._make("RegisterImage", options, needed, tags, removal_policy, delete_snapshots)
        _upstream.warn(self, warnings)

    @staticmethod
    def from_instance(
        scope: Construct,
        id: str,
        *,
        instance: ec2.IInstance | ec2.Instance | str,
        block_devices: Sequence[BlockDevice | ec2.BlockDevice | Mapping[str, Any]] | None = None,
        image_name: str | None = None,
        description: str | None = None,
        trigger: str | None = None,
        no_reboot: bool = False,
        os_type: ec2.OperatingSystemType | None = None,
        user_data: ec2.UserData | None = None,
        tags: Mapping[str, str] | None = None,
        removal_policy: cdk.RemovalPolicy = cdk.RemovalPolicy.DESTROY,
        delete_snapshots: bool = True,
    ) -> Ami:
        """Make an AMI of an instance, with snapshots of its volumes.

        EC2 takes no rate here: rate the devices of what launches the image, or register one from the snapshots. It is
        made once for one set of inputs, and anew when ``trigger`` changes.

        Args:
            scope: the construct it belongs to.
            id: its name there.
            instance: running or stopped; or its id.
            block_devices: what the image has beside the instance's volumes, and ``BlockDevice.from_image`` for one of
                these, of which only ``delete_on_termination`` can be changed. Default: the instance's volumes.
            image_name: as for a registered image.
            description: Default: none.
            trigger: any text; a new one makes the image anew. Default: none.
            no_reboot: whether the instance goes on, so that nobody knows in what state its file systems are. Default:
                False: EC2 shuts it down and starts it again.
            os_type: Default: the instance's.
            user_data: what instances start with, unless they say otherwise. Default: empty.
            tags: of the image and its snapshots; later changes are the image's. Default: those of ``cdk.Tags``.
            removal_policy: as for a registered image.
            delete_snapshots: whether its snapshots go with it, those that no other image has. Default: True.

        Raises:
            EbsValidationError: InitializationRateNotSupported, and others for what EC2 would refuse.

        Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateImage.html
        """
        return _OfInstance(
            scope,
            id,
            instance=instance,
            block_devices=block_devices,
            image_name=image_name,
            description=description,
            trigger=trigger,
            no_reboot=no_reboot,
            os_type=os_type,
            user_data=user_data,
            tags=tags,
            removal_policy=removal_policy,
            delete_snapshots=delete_snapshots,
        )

    @property
    def cdk_tag_manager(self) -> cdk.TagManager:
        """The image's tags."""
        return self._tags

    def get_image(self, scope: Construct) -> ec2.MachineImageConfig:  # noqa: ARG002
        """Return what upstream's constructs ask of an image."""
        windows = self._os_type is ec2.OperatingSystemType.WINDOWS
        user_data = self._user_data or (ec2.UserData.for_windows() if windows else ec2.UserData.for_linux())
        return ec2.MachineImageConfig(image_id=self.image_id, os_type=self._os_type, user_data=user_data)

    def _make(
        self,
        action: Literal["RegisterImage", "CreateImage"],
        options: Mapping[str, Any],
        needed: Sequence[iam.PolicyStatement],
        tags: Mapping[str, str] | None,
        removal_policy: cdk.RemovalPolicy,
        delete_snapshots: bool,
        trigger: str | None = None,
    ) -> cdk.CustomResource:
        mappings = [emitted(device) for device in self.block_devices]
        self._tags = tag_manager(_TYPE, tags)
        made = ["image/*", "snapshot/*"] if action == "CreateImage" else ["image/*"]
        tagging = {"ec2:CreateAction": action, **requested(self)}
        resource = custom_resource(
            self,
            "register_image",
            {
                "Action": action,
                "Trigger": trigger,
                "Request": {**options, "BlockDeviceMappings": mappings} if mappings else options,
                "Tags": self._tags.rendered_tags,
                "DeleteSnapshots": delete_snapshots,
            },
            [
                allow(self, [action], *made, where=requested(self)),
                allow(self, ["CreateTags"], *made, where=tagging),
                allow(self, ["CreateTags", "DeleteTags", "DeregisterImage"], "image/*", where=owned(self)),
                # Whatever delete_snapshots says: an update narrows the policy before it deletes what it has replaced.
                allow(self, ["DeleteSnapshot"], "snapshot/*", where=owned(self)),
                allow(self, ["DescribeImages"]),
            ],
            needed,
            removal_policy,
        )
        self.image_id, self.image_name = resource.ref, resource.get_att_string("ImageName")
        self.snapshot_ids = cdk.Fn.split(",", resource.get_att_string("SnapshotIds"))
        return resource


class _OfInstance(Ami):
    """An image of an instance."""

    def __init__(self, scope: Construct, id: str, **props: Any) -> None:
        arguments = {name: value for name, value in props.items() if name not in ("block_devices", "tags")}
        kinds = [*_upstream.check_arguments(Ami.from_instance, arguments), *check_named(instance=props["instance"])]
        kinds += [*check_tags(props["tags"]), *check_removal(props["removal_policy"])]
        devices, mappings, problems = check_devices(props["block_devices"], ("BlockDeviceMappings",))
        instance, os_type = props["instance"], props["os_type"]
        options: dict[str, Any] = {
            "InstanceId": None if kinds else instance_id(instance),
            "Name": props["image_name"],
            "Description": props["description"],
            "NoReboot": props["no_reboot"],
        }
        options = {name: value for name, value in options.items() if value is not None}
        request = {name: _upstream.plain(value) for name, value in options.items()}
        problems += check_request("CreateImage", {**request, "BlockDeviceMappings": mappings}, names=_NAMES)
        for index, device in enumerate(devices):
            problems += _unchangeable(device, index, mappings[index])
        warnings = _upstream.refuse(scope, id, kinds + problems)

        Construct.__init__(self, scope, id)
        self._os_type = os_type or getattr(instance, "os_type", ec2.OperatingSystemType.LINUX)
        self._user_data, self.block_devices = props["user_data"], tuple(devices)
        needed = [allow(self, ["CreateImage"], f"instance/{options['InstanceId']}")]
        policy, delete = props["removal_policy"], props["delete_snapshots"]
        resource = self._make("CreateImage", options, needed, props["tags"], policy, delete, props["trigger"])
        self.root_device_name = resource.get_att_string("RootDeviceName")
        _upstream.warn(self, warnings)


def _unchangeable(device: BlockDevice, index: int, mapping: Mapping[str, Any]) -> Iterable[Finding]:
    """Of the instance's own volumes only DeleteOnTermination can be changed, and the rules speak of the rate."""
    label = f"block_devices[{index}] ({device.device_name})"
    facts = {"action": "CreateImage", "instead": "change the instance's volume first"}
    for name, value in mapping.get("Ebs", {}).items() if device.origin == "image" else ():
        if name not in ("DeleteOnTermination", "VolumeInitializationRate", "KmsKeyId"):
            path = ("BlockDeviceMappings", index, "Ebs", name)
            yield find("ParameterNotSupported", path, _NAMES, label, prop=_NAMES[name], got=value, **facts)
