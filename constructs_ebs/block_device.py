"""``BlockDevice``, which every construct with devices takes, and the checks of a list of devices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from . import _upstream
from .core import limits
from .core.findings import EbsValidationError, Finding
from .core.problems import Path
from .core.requests import UNKNOWN
from .core.rules import check_request, find
from .initialization_rate import InitializationRate, mebibytes

if TYPE_CHECKING:
    import aws_cdk as cdk
    from aws_cdk import aws_ec2 as ec2
    from aws_cdk import aws_kms as kms
else:
    cdk = _upstream.LazyModule("aws_cdk")
    ec2, kms = _upstream.LazyModule("aws_cdk.aws_ec2"), _upstream.LazyModule("aws_cdk.aws_kms")

PROPERTIES = {
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
"""The properties of a device's volume: EC2's names, and ours, which are upstream's."""

FLAGS = ("Encrypted", "DeleteOnTermination")
"""The properties that are true or false."""

NAMES = {"BlockDeviceMappings": "block_devices", "DeviceName": "device_name", **PROPERTIES}
"""What messages call the properties of a block device mapping."""

VOLUMES = ("snapshot", "image", "blank")
"""The origins of devices that are EBS volumes."""

_ORIGINS = (*VOLUMES, "instance store", "none")


@dataclass(frozen=True, kw_only=True)
class BlockDevice:
    """One device of an instance, and the volume behind it.

    Make one by what the device is: ``from_snapshot``, ``from_image``, ``blank``, ``instance_store`` or ``none``. The
    construct that takes it checks it, together with its other arguments.

    >>> BlockDevice.from_snapshot("/dev/xvdf", "snap-0123456789abcdef0", volume_initialization_rate=200).origin
    'snapshot'
    """

    device_name: str
    """The device's name on the instance, ``/dev/xvdf``; unique among an instance's devices."""
    origin: Literal["snapshot", "image", "blank", "instance store", "none"]
    """What is behind the device."""
    snapshot_id: str | None = None
    volume_initialization_rate: InitializationRate | cdk.Size | float | cdk.IResolvable | None = None
    """MiB/s, 100 to 300."""
    volume_size: cdk.Size | float | cdk.IResolvable | None = None
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
    @_upstream.explains()
    def from_snapshot(
        cls,
        device_name: str,
        snapshot_id: str,
        *,
        volume_initialization_rate: InitializationRate | cdk.Size | float | cdk.IResolvable | None = None,
        volume_size: cdk.Size | float | cdk.IResolvable | None = None,
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
            volume_initialization_rate: MiB/s at which the snapshot's blocks are fetched, 100 to 300, whole: an
                ``InitializationRate``, an int, a ``Size`` (per second) or a token. With one, fast snapshot restore is
                not used. Default: EC2's variable rate.
            volume_size: GiB, at least the snapshot's: a launch with less fails. Default: the snapshot's.
            volume_type: Default: that of the image for this device, else gp2.
            iops: required for io1 and io2; gp3 up to 80,000 and 500 per GiB. Default: 3,000 for gp3.
            throughput: MiB/s, for gp3 only, up to 2,000 and 0.25 per IOPS. Default: 125.
            encrypted: Default: as the snapshot, or as the account's setting for encryption by default.
            kms_key: requires ``encrypted=True``. Default: the account's key for EBS.
            delete_on_termination: whether EC2 deletes the volume with the instance. Default: True.

        Raises:
            EbsValidationError: DeviceArgumentsSwapped.

        Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_EbsBlockDevice.html
        """
        if str(device_name).startswith("snap-"):
            device = "/dev/xvdf" if str(snapshot_id).startswith("snap-") else snapshot_id
            problem = find(
                "DeviceArgumentsSwapped", prop="device_name", got=device_name, device=device, snapshot=device_name
            )
            raise EbsValidationError("BlockDevice.from_snapshot", [problem])
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
    @_upstream.explains()
    def from_image(
        cls,
        device_name: str,
        *,
        volume_initialization_rate: InitializationRate | cdk.Size | float | cdk.IResolvable | None = None,
        volume_size: cdk.Size | float | cdk.IResolvable | None = None,
        volume_type: ec2.EbsDeviceVolumeType | None = None,
        iops: float | None = None,
        throughput: float | None = None,
        encrypted: bool | None = None,
        kms_key: kms.IKey | kms.Key | None = None,
        delete_on_termination: bool | None = None,
    ) -> BlockDevice:
        """Change a volume that the AMI maps to a snapshot of its own, such as its root volume.

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
    @_upstream.explains(
        volume_initialization_rate="a blank volume has no snapshot to initialize from; use from_snapshot or from_image",
        snapshot_id="use from_snapshot",
    )
    def blank(
        cls,
        device_name: str,
        *,
        volume_size: cdk.Size | float | cdk.IResolvable,
        volume_type: ec2.EbsDeviceVolumeType | None = None,
        iops: float | None = None,
        throughput: float | None = None,
        encrypted: bool | None = None,
        kms_key: kms.IKey | kms.Key | None = None,
        delete_on_termination: bool | None = None,
    ) -> BlockDevice:
        """Make an empty volume; without a snapshot there is nothing to initialize, and no rate.

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
        """Map an instance store volume by its number, from 0. NVMe volumes appear without a mapping too.

        Raises:
            EbsValidationError: InstanceStoreIndexOutOfRange.
        """
        if not isinstance(index, int) or isinstance(index, bool) or index < 0:
            problem = find("InstanceStoreIndexOutOfRange", prop="index", got=index)
            raise EbsValidationError("BlockDevice.instance_store", [problem])
        return cls(device_name=device_name, origin="instance store", virtual_name=f"ephemeral{index}")

    @classmethod
    def none(cls, device_name: str) -> BlockDevice:
        """Leave out a device that the AMI maps."""
        return cls(device_name=device_name, origin="none")

    def to_mapping(self) -> dict[str, Any]:
        """Return the device as EC2's block device mapping, ``core.UNKNOWN`` standing for tokens."""
        return _translate(self)[0]


def check_devices(
    devices: Sequence[BlockDevice | ec2.BlockDevice | Mapping[str, Any]] | None, path: Path, image: object = None
) -> tuple[list[BlockDevice], list[Any], list[Finding]]:
    """Return all devices as ours, their mappings in a request, and the problems that no rule finds.

    ``path`` leads to the list of mappings in the request. Rated devices of an ``Ami`` are added if they are not mapped.
    """
    devices = () if devices is None else devices
    ours: list[BlockDevice] = []
    mappings: list[Any] = []
    problems: list[Finding] = []
    name = NAMES["BlockDeviceMappings"]
    if isinstance(devices, (str, Mapping)) or not isinstance(devices, Sequence):
        return ours, mappings, [_wrong(path, name, devices, "a list of block devices", "use [...]")]
    for index, device in enumerate(devices):
        at, prop = (*path, index), f"{name}[{index}]"
        if wrong := _check_kind(device, prop, at):
            problems += wrong
            mappings.append(UNKNOWN)
            continue
        translated = device if isinstance(device, BlockDevice) else _from_upstream(device)
        mapping, wrong = _translate(translated, at, f"{prop} ({translated.device_name})")
        ours.append(translated)
        mappings.append(mapping)
        problems += wrong
        problems += _check_origin(translated, device is translated, at, prop)
    mapped = [device.device_name for device in ours]
    for device in getattr(image, "block_devices", None) or ():
        if isinstance(device, BlockDevice) and device.device_name not in mapped:
            rate = device.volume_initialization_rate
            if mebibytes(rate) is not None:
                ours.append(BlockDevice.from_image(device.device_name, volume_initialization_rate=rate))
                mappings.append(ours[-1].to_mapping())
    return ours, mappings, problems


def check_launch(
    action: str, params: Mapping[str, Any], names: Mapping[str, str], region: str | None = None
) -> list[Finding]:
    """Check a request whose devices are checked: their origin is known, so that a rule's suspicion about it is moot."""
    findings = check_request(action, params, names=names, region=region)
    return [finding for finding in findings if finding.code != "InitializationRateMayLackSnapshot"]


def _translate(device: BlockDevice, path: Path = (), label: str = "") -> tuple[dict[str, Any], list[Finding]]:
    name = device.device_name
    mapping: dict[str, Any] = {"DeviceName": _upstream.plain(name) if isinstance(name, str) else UNKNOWN}
    if device.virtual_name is not None:
        mapping["VirtualName"] = device.virtual_name
    if device.origin == "none":
        mapping["NoDevice"] = ""
    if device.origin not in VOLUMES:
        return mapping, []
    mapping["Ebs"], problems = _upstream.translate(volume_of(device), NAMES, (*path, "Ebs"), label)
    return mapping, problems


def volume_of(device: BlockDevice) -> dict[str, Any]:
    """Return the properties of a device's volume by EC2's names, in EC2's units; tokens stay tokens."""
    values = {name: getattr(device, argument) for name, argument in PROPERTIES.items()}
    values["VolumeInitializationRate"] = mebibytes(device.volume_initialization_rate)
    values["VolumeSize"] = _upstream.gibibytes(device.volume_size)
    return {name: value for name, value in values.items() if value is not None}


def emitted(device: BlockDevice) -> dict[str, Any]:
    """Return the device as EC2's block device mapping, for a template: tokens stay tokens."""
    mapping = device.to_mapping()
    if "Ebs" in mapping:
        volume = {name: _upstream.emitted(value) for name, value in volume_of(device).items()}
        if device.kms_key:
            volume["KmsKeyId"] = device.kms_key.key_arn
        if device.volume_type:
            volume["VolumeType"] = mapping["Ebs"]["VolumeType"]
        mapping["Ebs"] = volume
    return {**mapping, "DeviceName": device.device_name}


def _check_kind(device: object, prop: str, path: Path) -> list[Finding]:
    """A device is ours, or upstream's, which jsii also takes as a dict."""
    if isinstance(device, BlockDevice):
        return []
    problems = _upstream.check_argument(prop, device, ec2.BlockDevice, path)
    if problems and not isinstance(device, (Mapping, ec2.BlockDevice)):
        return [_wrong(path, prop, device, "a BlockDevice, ours or upstream's", "use BlockDevice.from_...")]
    return problems


def _from_upstream(given: ec2.BlockDevice | Mapping[str, Any]) -> BlockDevice:
    device: ec2.BlockDevice = _upstream.as_struct(ec2.BlockDevice, given)
    if device.mapping_enabled is False:
        return BlockDevice.none(device.device_name)
    virtual_name, ebs = device.volume.virtual_name, device.volume.ebs_device
    if ebs is None:
        return BlockDevice(device_name=device.device_name, origin="instance store", virtual_name=virtual_name)
    # aws-cdk-lib has the rate from 2.265 on.
    properties: dict[str, Any] = {name: getattr(ebs, name, None) for name in PROPERTIES.values()}
    origin: Literal["snapshot", "image", "blank"] = "snapshot"
    if properties["snapshot_id"] is None:
        origin = "blank" if properties["volume_initialization_rate"] is None else "image"
    return BlockDevice(device_name=device.device_name, origin=origin, virtual_name=virtual_name, **properties)


def _check_origin(device: BlockDevice, ours: bool, path: Path, prop: str) -> list[Finding]:
    """A device matches its origin, and a rated one has a snapshot.

    Upstream's device cannot say that it comes from the image: without a snapshot, only a root device may have a rate.
    """
    name, rate = device.device_name, mebibytes(device.volume_initialization_rate)
    label, ebs = f"{prop} ({name})", (*path, "Ebs")
    problems: list[Finding] = []
    if device.origin not in _ORIGINS:
        facts = {"got": device.origin, "origins": ", ".join(_ORIGINS)}
        problems.append(find("DeviceOriginUnknown", path, NAMES, label, prop="origin", **facts))
    elif device.origin not in VOLUMES:
        for key, value in volume_of(device).items():
            if key != "VolumeInitializationRate":
                facts = {"prop": NAMES[key], "got": value}
                problems.append(find("DevicePropertyWithoutVolume", (*ebs, key), NAMES, label, **facts))
    if not isinstance(name, str):
        problems.append(_wrong((*path, "DeviceName"), f"{prop}.device_name", name, "a device name", "use /dev/xvdf"))
    elif not name:
        problems.append(find("DeviceNameRequired", (*path, "DeviceName"), prop=f"{prop}.device_name", got=name))
    else:
        problems += _upstream.check_argument(f"{prop}.device_name", name, str, (*path, "DeviceName"))
    if device.virtual_name is not None:
        problems += _upstream.check_argument("virtual_name", device.virtual_name, str, (*path, "VirtualName"), label)
    if device.origin == "snapshot" and device.snapshot_id is None:
        problems.append(find("DeviceSnapshotRequired", (*ebs, "SnapshotId"), NAMES, label, prop="snapshot_id"))
    if device.origin == "blank" and device.volume_size is None and ours:
        problems.append(find("DeviceSizeRequired", (*ebs, "VolumeSize"), NAMES, label, prop="volume_size"))
    if rate is not None:
        at, rated = (*ebs, "VolumeInitializationRate"), NAMES["VolumeInitializationRate"]
        if device.origin not in ("snapshot", "image"):
            problems.append(find("InitializationRateWithoutSnapshot", at, NAMES, label, prop=rated, got=rate))
        known = name in [*limits.USUAL_ROOT_DEVICES] or _upstream.is_token(name)
        if device.origin == "image" and not ours and not known:
            facts = {"got": rate, "device": name}
            problems.append(find("InitializationRateOfUnknownOrigin", at, NAMES, label, prop=rated, **facts))
    return problems


def _wrong(path: Path, prop: str, got: object, expected: str, fix: str) -> Finding:
    return find("WrongType", path, prop=prop, expected=expected, got=got, fix=fix)
