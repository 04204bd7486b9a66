"""Rules about the devices, options and names of images, and about launch template versions."""

import re

from .. import limits
from ..limits import VOLUME_TYPES
from ..problems import Problems, Rule
from ..requests import Request
from .size_and_performance import kind_of
from .sources import API, CREATE_VOLUME, REGISTER_IMAGE


def _root_of(request: Request) -> str | None:
    """Return the root device of an image to register, unless the image is in S3."""
    root = request.values.get("RootDeviceName")
    return root if isinstance(root, str) and request.values.get("ImageLocation") is None else None


@Rule("RootDeviceNotMapped", "must be one of the mapped devices", "map {got} to its snapshot", REGISTER_IMAGE).of(
    "RegisterImage"
)
def root_device_mapped(request: Request) -> Problems:
    """An image's root device is mapped."""
    root = _root_of(request)
    if root is not None and request.complete and not _is_mapped(request, root):
        yield request.problem("RootDeviceName", got=root)


@Rule(
    "RootDeviceWithoutSnapshot",
    "must be given for the root device {device}",
    "give it, by BlockDevice.from_snapshot in Python",
    REGISTER_IMAGE,
    subject="{SnapshotId}",
    given="none",
).of("RegisterImage")
def root_device_has_a_snapshot(request: Request) -> Problems:
    """An image's root device is mapped to a snapshot of its own."""
    root = _root_of(request)
    if root is None:
        return
    volumes = [volume for volume in request.volumes if volume.known("DeviceName") == root]
    if not volumes and request.complete and _is_mapped(request, root):
        yield request.problem("RootDeviceName", device=root)
    for volume in volumes:
        if volume.absent("SnapshotId"):
            yield volume.problem("SnapshotId", device=root)


@Rule(
    "BootVolumeTypeNotSupported",
    "of the root device {device} must not be {got}, which cannot boot",
    "use gp3",
    CREATE_VOLUME,
    given=None,
).of("RegisterImage")
def root_device_boots(request: Request) -> Problems:
    """An image's root device has a volume type that boots."""
    root = _root_of(request)
    for volume in request.volumes if root is not None else ():
        kind = kind_of(volume)
        if volume.known("DeviceName") == root and kind and not VOLUME_TYPES[kind].boots:
            yield volume.problem("VolumeType", device=root)


def _is_mapped(request: Request, root: str) -> bool:
    return any(device == root for devices in request.devices for device, _ in devices)


@Rule("ImageNameMalformed", "must be 3 to 128 letters, digits and ()[] ./-'@_", "correct it", REGISTER_IMAGE).of(
    "RegisterImage", "CreateImage"
)
def image_name_well_formed(request: Request) -> Problems:
    """An image's name is 3 to 128 of the characters that EC2 takes."""
    name = request.values.get("Name")
    if isinstance(name, str) and not re.fullmatch(limits.IMAGE_NAME, name):
        yield request.problem("Name", got=name)


@Rule("ImageOptionUnknown", "must be one of {choices}", "use one of them", REGISTER_IMAGE).of("RegisterImage")
def image_options_known(request: Request) -> Problems:
    """An image's options are ones that EC2 has."""
    for name, choices in limits.IMAGE_OPTIONS.items():
        option = request.values.get(name)
        if isinstance(option, str) and option not in choices:
            yield request.problem(name, got=option, choices=", ".join(choices))


@Rule(
    "VersionDescriptionTooLong",
    "must be at most {max} characters",
    "shorten it",
    API + "CreateLaunchTemplateVersion.html",
    given="{length}",
).of("CreateLaunchTemplate", "CreateLaunchTemplateVersion")
def version_description_fits(request: Request) -> Problems:
    """A launch template version's description is not too long for EC2."""
    text = request.values.get("VersionDescription")
    if isinstance(text, str) and len(text) > limits.VERSION_DESCRIPTION:
        yield request.problem("VersionDescription", max=limits.VERSION_DESCRIPTION, length=len(text))


ESTABLISHED_ELSEWHERE = (
    Rule("RootDeviceRequired", "must have the root device", "give BlockDevice.from_snapshot(...)", REGISTER_IMAGE),
    Rule(
        "ImageOfAnotherRegion",
        "must be an image of the Region that launches it ({here})",
        "register it in a stack of {here}",
        REGISTER_IMAGE,
        given="{of} of {there}",
    ),
    Rule(
        "ImageOfAnotherAccount",
        "must be an image of the account that launches it ({here}), or shared with it",
        "register it in a stack of account {here}, or share it with that account",
        API + "ModifyImageAttribute.html",
        given="{of} of account {there}",
    ),
    Rule(
        "ResourceOfAnotherRegion",
        "must be in {here}, the Region in which this construct asks EC2 for it",
        "make this construct in a stack of {there}",
        API + "DescribeVolumeStatus.html",
        given="{of} in {there}",
    ),
    Rule(
        "ResourceOfAnotherAccount",
        "must be of {here}, the account in which this construct asks EC2 for it",
        "make this construct in a stack of account {there}",
        API + "DescribeVolumeStatus.html",
        given="{of} of account {there}",
    ),
    Rule(
        "LaunchTemplateVersionMalformed",
        "must be a number, $Default or $Latest",
        "correct it",
        API + "CreateLaunchTemplateVersion.html",
    ),
)
