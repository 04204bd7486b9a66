"""Block device mappings."""

from collections.abc import Iterator

from ..findings import Problem, Problems, Rule
from ..requests import DeviceMapping, Request, label_of
from .sources import MAPPING, TEMPLATES

_MAPPING_OF_A_TEMPLATE = TEMPLATES + "aws-properties-ec2-launchtemplate-blockdevicemapping.html"


@Rule(
    code="DeviceNameDuplicate",
    requirement="must differ for each device",
    given="{got} twice",
    advice="remove or rename one",
    source=MAPPING,
).of(Request)
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
    code="MappingAmbiguous",
    severity="warning",
    subject="a mapping",
    requirement="should have one of Ebs, VirtualName and NoDevice",
    given="{kinds}",
    advice="keep one of them",
    source=_MAPPING_OF_A_TEMPLATE,
).of(Request)
def mapping_unambiguous(request: Request) -> Problems:
    """EC2 is told one thing of a device."""
    if not request.action.one_kind:
        yield from _problems(request, (mapping for mapping in request.mappings if len(mapping.kinds) > 1))


@Rule(
    code="MappingNotInCloudFormation",
    subject="a mapping",
    requirement="must have exactly one of Ebs, VirtualName and NoDevice",
    given="{kinds}",
    advice="keep one of them",
    source=_MAPPING_OF_A_TEMPLATE,
).of(Request)
def mapping_of_one_kind(request: Request) -> Problems:
    """CloudFormation is told exactly one thing of a device."""
    if request.action.one_kind:
        odd = (mapping for mapping in request.mappings if len(mapping.kinds) > 1 or mapping.empty)
        yield from _problems(request, odd)


def _problems(request: Request, mappings: Iterator[DeviceMapping]) -> Problems:
    for path, device, kinds, _ in mappings:
        facts = {"kinds": " and ".join(kinds) or "none"}
        yield Problem("a mapping", facts, path, label=label_of(path, device, request.names))


ESTABLISHED_ELSEWHERE = (
    Rule(
        code="DeviceOriginUnknown",
        requirement="must be one of {origins}",
        advice="use BlockDevice.from_...",
        source=MAPPING,
    ),
    Rule(code="DeviceNameRequired", requirement="must be a device name", advice="use /dev/xvdf", source=MAPPING),
    Rule(
        code="DevicePropertyWithoutVolume",
        requirement="must be omitted for a device without an EBS volume",
        advice="omit it",
        source=MAPPING,
    ),
    Rule(
        code="DeviceSnapshotRequired",
        requirement="must be the snapshot's id",
        given="none",
        advice="give one, or use BlockDevice.from_image or blank",
        source=MAPPING,
    ),
    Rule(
        code="DeviceSizeRequired",
        requirement="must be given for a blank volume",
        given="none",
        advice="give a whole number of GiB",
        source=MAPPING,
    ),
    Rule(
        code="InstanceStoreIndexOutOfRange",
        requirement="must be a whole number from 0",
        advice="use 0",
        source=MAPPING,
    ),
)
