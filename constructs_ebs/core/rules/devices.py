"""Rules about block device mappings and ``BlockDevice``."""

from collections.abc import Iterator

from ..problems import Problem, Problems, Rule
from ..requests import DeviceMapping, Request, label_of
from .sources import MAPPING, TEMPLATES

_MAPPING_OF_A_TEMPLATE = TEMPLATES + "aws-properties-ec2-launchtemplate-blockdevicemapping.html"


@Rule("DeviceNameDuplicate", "must differ for each device", "remove or rename one", MAPPING, given="{got} twice").of(
    Request
)
def device_names_differ(request: Request) -> Problems:
    """No device is mapped twice."""
    prop = request.names.get("DeviceName", "DeviceName")
    for devices in request.devices:
        seen: set[str] = set()
        for device, path in devices:
            if device in seen:
                yield Problem(prop, {"got": device}, path, label=label_of(path, device, request.names))
            seen.add(device)


@Rule(
    "MappingAmbiguous",
    "should have one of Ebs, VirtualName and NoDevice",
    "keep one of them",
    _MAPPING_OF_A_TEMPLATE,
    severity="warning",
    subject="a mapping",
    given="{kinds}",
).of(Request)
def mapping_unambiguous(request: Request) -> Problems:
    """A mapping maps a device to one thing."""
    odd = (mapping for mapping in request.mappings if len(mapping.kinds) > 1)
    yield from _problems(request, (mapping for mapping in odd if not request.action.one_kind or _is_left_out(mapping)))


@Rule(
    "MappingNotInCloudFormation",
    "must have exactly one of Ebs, VirtualName and NoDevice",
    "keep one of them",
    _MAPPING_OF_A_TEMPLATE,
    subject="a mapping",
    given="{kinds}",
).of(Request)
def mapping_of_one_kind(request: Request) -> Problems:
    """In CloudFormation, a mapping maps a device to exactly one thing."""
    if request.action.one_kind:
        odd = (mapping for mapping in request.mappings if len(mapping.kinds) > 1 or mapping.empty)
        yield from _problems(request, (mapping for mapping in odd if not _is_left_out(mapping)))


def _is_left_out(mapping: DeviceMapping) -> bool:
    """Whether ``NoDevice`` leaves a volume out, which CloudFormation takes: aws-cloudformation/cfn-lint#1617."""
    return {*mapping.kinds} == {"Ebs", "NoDevice"}


def _problems(request: Request, mappings: Iterator[DeviceMapping]) -> Problems:
    for path, device, kinds, _ in mappings:
        facts = {"kinds": " and ".join(kinds) or "none"}
        yield Problem("a mapping", facts, path, label=label_of(path, device, request.names))


ESTABLISHED_ELSEWHERE = (
    Rule("DeviceOriginUnknown", "must be one of {origins}", "use BlockDevice.from_...", MAPPING),
    Rule("DeviceNameRequired", "must be a device name", "use /dev/xvdf", MAPPING),
    Rule(
        "DeviceArgumentsSwapped",
        "must come first, and the snapshot's id second",
        'use BlockDevice.from_snapshot("{device}", "{snapshot}")',
        MAPPING,
        subject="device_name",
    ),
    Rule("DevicePropertyWithoutVolume", "must be omitted for a device without an EBS volume", "omit it", MAPPING),
    Rule(
        "DeviceSnapshotRequired",
        "must be the snapshot's id",
        "give one, or use BlockDevice.from_image or blank",
        MAPPING,
        given="none",
    ),
    Rule("DeviceSizeRequired", "must be given for a blank volume", "give a whole number of GiB", MAPPING, given="none"),
    Rule(
        "RatedDeviceRemoved",
        "must still map {device}, which has a rate",
        "have the property injector keep the device and its name",
        MAPPING,
        given="a list that a property injector has changed",
    ),
    Rule("InstanceStoreIndexOutOfRange", "must be a whole number from 0", "use 0", MAPPING),
)
