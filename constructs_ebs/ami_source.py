"""What an AMI is made from: snapshots, or an instance."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2

from . import _upstream
from ._custom_resources import check_named, instance_id
from .block_device import NAMES as DEVICE_NAMES
from .block_device import BlockDevice, check_devices
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

NAMES = {**DEVICE_NAMES, **_PARAMETERS}
"""The arguments that stand for EC2's parameters."""

_ARCHITECTURES: Mapping[ec2.InstanceArchitecture, str] = {
    ec2.InstanceArchitecture.ARM_64: "arm64",
    ec2.InstanceArchitecture.X86_64: "x86_64",
}


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
        ena_support: bool | cdk.IResolvable = True,
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
        no_reboot: bool | cdk.IResolvable = False,
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


def read(source: AmiSource, about: Mapping[str, Any]) -> tuple[list[BlockDevice], dict[str, Any], list[Finding]]:
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
    problems += check_request(source.action, {**request, "BlockDeviceMappings": mappings}, names=NAMES)
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
            yield find("ParameterNotSupported", path, NAMES, label, prop=NAMES[name], got=value, **facts)
