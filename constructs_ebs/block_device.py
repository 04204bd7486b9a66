"""A block device: the one value that every construct takes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from . import _upstream
from .core import limits
from .core.findings import EbsValidationError, Finding, find
from .core.requests import UNKNOWN

if TYPE_CHECKING:
    import aws_cdk as cdk
    from aws_cdk import aws_ec2 as ec2
    from aws_cdk import aws_kms as kms

NAMES = {
    "BlockDeviceMappings": "block_devices",
    "DeviceName": "device_name",
    "SnapshotId": "snapshot_id",
    "VolumeInitializationRate": "volume_initialization_rate",
    "VolumeSize": "volume_size",
    "VolumeType": "volume_type",
    "Iops": "iops",
    "Throughput": "throughput",
    "Encrypted": "encrypted",
    "KmsKeyId": "kms_key",
    "DeleteOnTermination": "delete_on_termination",
}
"""What messages call the properties of a block device mapping."""


@dataclass(frozen=True, kw_only=True)
class BlockDevice:
    """One device of an instance, and the volume behind it.

    Make one by what the device is: ``from_snapshot``, ``from_image``, ``blank``, ``instance_store`` or ``none``. It is
    checked by the construct that takes it, together with everything else of that construct.

    >>> BlockDevice.from_snapshot("/dev/xvdf", "snap-0123456789abcdef0", volume_initialization_rate=200).origin
    'snapshot'
    """

    device_name: str
    """The device's name on the instance, ``/dev/xvdf``; unique among an instance's devices."""
    origin: Literal["snapshot", "image", "blank", "instance store", "none"]
    """What is behind the device."""
    snapshot_id: str | None = None
    volume_initialization_rate: cdk.Size | int | cdk.IResolvable | None = None
    """MiB/s, 100 to 300."""
    volume_size: cdk.Size | int | None = None
    """GiB."""
    volume_type: ec2.EbsDeviceVolumeType | None = None
    iops: float | None = None
    throughput: float | None = None
    """MiB/s."""
    encrypted: bool | None = None
    kms_key: kms.IKey | kms.Key | None = None
    delete_on_termination: bool | None = None
    virtual_name: str | None = None
    """``ephemeral0`` and so on, for an instance store volume."""

    @classmethod
    def from_snapshot(
        cls,
        device_name: str,
        snapshot_id: str,
        *,
        volume_initialization_rate: cdk.Size | int | cdk.IResolvable | None = None,
        volume_size: cdk.Size | int | None = None,
        volume_type: ec2.EbsDeviceVolumeType | None = None,
        iops: float | None = None,
        throughput: float | None = None,
        encrypted: bool | None = None,
        kms_key: kms.IKey | kms.Key | None = None,
        delete_on_termination: bool | None = None,
    ) -> BlockDevice:
        """Make a volume from a snapshot.

        Args:
            device_name: the device's name on the instance, ``/dev/xvdf``.
            snapshot_id: ``snap-`` and 8 or 17 hexadecimal digits, or a token.
            volume_initialization_rate: MiB/s at which the snapshot's blocks are fetched, 100 to 300, whole: an int, a
                ``Size`` (per second) or a token. With one, fast snapshot restore is not used. Default: EC2's variable
                rate.
            volume_size: GiB, at least the snapshot's. A launch with less fails. Default: the snapshot's.
            volume_type: Default: the image's for this device, else gp2.
            iops: required for io1 and io2; gp3 up to 80,000 and 500 per GiB. Default: 3,000 for gp3.
            throughput: MiB/s, for gp3 only, up to 2,000 and 0.25 per IOPS. Default: 125.
            encrypted: Default: as the snapshot, or as the account's encryption by default says.
            kms_key: needs ``encrypted=True``. Default: the account's key for EBS.
            delete_on_termination: whether the volume goes with the instance. Default: True at launch.

        Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_EbsBlockDevice.html
        """
        return cls(
            device_name=device_name,
            origin="snapshot",
            snapshot_id=snapshot_id,
            volume_initialization_rate=volume_initialization_rate,
            volume_size=volume_size,
            volume_type=volume_type,
            iops=iops,
            throughput=throughput,
            encrypted=encrypted,
            kms_key=kms_key,
            delete_on_termination=delete_on_termination,
        )

    @classmethod
    def from_image(
        cls,
        device_name: str,
        *,
        volume_initialization_rate: cdk.Size | int | cdk.IResolvable | None = None,
        volume_size: cdk.Size | int | None = None,
        volume_type: ec2.EbsDeviceVolumeType | None = None,
        iops: float | None = None,
        throughput: float | None = None,
        encrypted: bool | None = None,
        kms_key: kms.IKey | kms.Key | None = None,
        delete_on_termination: bool | None = None,
    ) -> BlockDevice:
        """Change a volume that the AMI maps to a snapshot of its own, its root volume for one.

        The launch fails if the AMI does not map ``device_name`` to a snapshot. Arguments as for ``from_snapshot``;
        what is omitted stays as the AMI has it.
        """
        return cls(
            device_name=device_name,
            origin="image",
            volume_initialization_rate=volume_initialization_rate,
            volume_size=volume_size,
            volume_type=volume_type,
            iops=iops,
            throughput=throughput,
            encrypted=encrypted,
            kms_key=kms_key,
            delete_on_termination=delete_on_termination,
        )

    @classmethod
    def blank(
        cls,
        device_name: str,
        *,
        volume_size: cdk.Size | int,
        volume_type: ec2.EbsDeviceVolumeType | None = None,
        iops: float | None = None,
        throughput: float | None = None,
        encrypted: bool | None = None,
        kms_key: kms.IKey | kms.Key | None = None,
        delete_on_termination: bool | None = None,
    ) -> BlockDevice:
        """Make an empty volume, which has nothing to initialize and so takes no rate.

        Arguments as for ``from_snapshot``.
        """
        return cls(
            device_name=device_name,
            origin="blank",
            volume_size=volume_size,
            volume_type=volume_type,
            iops=iops,
            throughput=throughput,
            encrypted=encrypted,
            kms_key=kms_key,
            delete_on_termination=delete_on_termination,
        )

    @classmethod
    def instance_store(cls, device_name: str, index: int) -> BlockDevice:
        """Map an instance store volume, numbered from 0. NVMe ones appear by themselves, mapped or not.

        Raises:
            EbsValidationError: WrongType, for an index that is no whole number from 0.
        """
        if not isinstance(index, int) or isinstance(index, bool) or index < 0:
            problem = find("WrongType", prop="index", expected="a whole number from 0", got=index, fix="use 0")
            raise EbsValidationError("BlockDevice.instance_store", [problem])
        return cls(device_name=device_name, origin="instance store", virtual_name=f"ephemeral{index}")

    @classmethod
    def none(cls, device_name: str) -> BlockDevice:
        """Leave out a device that the AMI maps."""
        return cls(device_name=device_name, origin="none")

    def to_mapping(self) -> dict[str, Any]:
        """Return the device as EC2's block device mapping, ``core.UNKNOWN`` standing for tokens."""
        if self.origin == "none":
            return {"DeviceName": _upstream.plain(self.device_name), "NoDevice": ""}
        if self.origin == "instance store":
            return {"DeviceName": _upstream.plain(self.device_name), "VirtualName": self.virtual_name}
        ebs = {
            "SnapshotId": self.snapshot_id,
            "VolumeInitializationRate": _upstream.mebibytes(self.volume_initialization_rate),
            "VolumeSize": _upstream.gibibytes(self.volume_size),
            "VolumeType": _upstream.volume_type_name(self.volume_type),
            "Iops": self.iops,
            "Throughput": self.throughput,
            "Encrypted": self.encrypted,
            "KmsKeyId": None if self.kms_key is None else UNKNOWN,
            "DeleteOnTermination": self.delete_on_termination,
        }
        return {
            "DeviceName": _upstream.plain(self.device_name),
            "Ebs": {name: _upstream.plain(value) for name, value in ebs.items() if value is not None},
        }


def from_upstream(
    devices: Iterable[BlockDevice | ec2.BlockDevice | Mapping[str, Any]],
) -> tuple[list[BlockDevice], list[Finding]]:
    """Return our devices for ours and upstream's, and what is wrong with the translation."""
    ours: list[BlockDevice] = []
    problems: list[Finding] = []
    for index, device in enumerate(devices):
        if isinstance(device, BlockDevice):
            ours.append(device)
        else:
            ours.append(_translate(device))
            problems += _check_origin(ours[-1], index)
    return ours, problems


def _translate(device: ec2.BlockDevice | Mapping[str, Any]) -> BlockDevice:
    from aws_cdk import aws_ec2

    if isinstance(device, Mapping):  # jsii takes a struct as a dict too
        device = aws_ec2.BlockDevice(**device)
    name = device.device_name
    if device.mapping_enabled is False:
        return BlockDevice.none(name)
    ebs = device.volume.ebs_device
    if ebs is None:
        return BlockDevice(device_name=name, origin="instance store", virtual_name=device.volume.virtual_name)
    rate: cdk.Size | None = getattr(ebs, "volume_initialization_rate", None)  # aws-cdk-lib 2.265
    shared: dict[str, Any] = {
        "volume_type": ebs.volume_type,
        "volume_size": ebs.volume_size,
        "iops": ebs.iops,
        "throughput": ebs.throughput,
        "encrypted": ebs.encrypted,
        "kms_key": ebs.kms_key,
        "delete_on_termination": ebs.delete_on_termination,
    }
    if ebs.snapshot_id is not None:
        return BlockDevice.from_snapshot(name, ebs.snapshot_id, volume_initialization_rate=rate, **shared)
    if rate is not None:
        return BlockDevice.from_image(name, volume_initialization_rate=rate, **shared)
    return BlockDevice.blank(name, **shared)


def _check_origin(device: BlockDevice, index: int) -> list[Finding]:
    """Believe a rate without a snapshot of root devices only: upstream cannot say that a device is the image's."""
    rate, name = device.volume_initialization_rate, device.device_name
    if device.origin != "image" or rate is None or name in limits.USUAL_ROOT_DEVICES or _upstream.is_token(name):
        return []
    path = ("LaunchTemplateData", "BlockDeviceMappings", index, "Ebs", "VolumeInitializationRate")
    facts = {"prop": NAMES["VolumeInitializationRate"], "device": name, "got": _upstream.mebibytes(rate)}
    return [find("InitializationRateOfUnknownOrigin", path, label=f"block_devices[{index}] ({name}): ", **facts)]
