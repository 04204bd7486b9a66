"""A CloudFormation template seen as EC2 requests, and what each resource type's schema takes of them."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final, NamedTuple

from ..actions import ACTIONS, RATE, Action
from ..findings import Finding
from ..limits import VOLUME_TYPES
from ..requests import Request, read
from ..rules import RULES, check, find


class Resource(NamedTuple):
    """One place where a resource type's schema can ask for EBS volumes (cfn-lint 1.58.0's schemas, 2026-10-20)."""

    action: Action
    """The EC2 action that CloudFormation calls, with where the type's properties differ from its parameters."""
    rejects: frozenset[str] = frozenset()
    """Properties of a volume that the schema does not have."""
    instead: str = ""
    """What to do about them."""
    types: tuple[str, ...] = ()
    """The volume types that the schema lists, in this spelling; empty: any string."""
    ranges: Mapping[str, tuple[int, int]] = {}
    """Bounds of the schema, where they are narrower than EC2's."""


def _like(action: str, **changes: Any) -> Action:
    """An EC2 action as a resource type asks for it; what is not supported there, the type's schema says."""
    return replace(ACTIONS[action], unsupported={}, **changes)


REPLACEMENT: Final = "Custom::EbsReplaceRootVolume"
"""The custom resource of ``RootVolumeReplacement``."""

_TYPES = tuple(sorted(VOLUME_TYPES))
_PLACE = frozenset({"AvailabilityZone", "AvailabilityZoneId", "OutpostArn", "MultiAttachEnabled", "SourceVolumeId"})
_RATE_AND_PLACE = _PLACE | {RATE}
_IN_TEMPLATE = "move the device into an AWS::EC2::LaunchTemplate and launch from that"
_IN_LAUNCH = "rate the device where the image is launched: in an AWS::EC2::LaunchTemplate"
_RECIPE_TYPES = (*_TYPES, "gp3a", "io2a")
_RECIPE_RANGES = {"VolumeSize": (1, 16_000), "Iops": (100, 64_000), "Throughput": (125, 1_000)}

_AGENTS = ("ComputeConfiguration", "Ec2Configuration")
_AGENT_RANGES = {"Throughput": (125, 2_000)}
_IN_EPHEMERAL = "move the device into LaunchParameters.EphemeralVolumes"

RESOURCES: Final[Mapping[str, tuple[Resource, ...]]] = {
    "AWS::EC2::Volume": (Resource(_like("CreateVolume")),),
    "AWS::EC2::LaunchTemplate": (Resource(_like("CreateLaunchTemplate", one_kind=True), _PLACE, "omit it", _TYPES),),
    "AWS::ECS::Service": (
        Resource(
            _like(
                "CreateVolume",
                where=("VolumeConfigurations", "*", "ManagedEBSVolume"),
                spelling={"VolumeSize": "SizeInGiB"},
                default_type=None,
                key_encrypts=True,
            ),
            _PLACE,
            "omit it",
        ),
    ),
    "AWS::BedrockAgentCore::CapacityProvider": (
        Resource(
            _like(
                "RunInstances",
                where=(*_AGENTS, "LaunchTemplateSource", "LaunchParameters"),
                mappings="EphemeralVolumes",
                default_type="gp3",
                key_encrypts=True,
            ),
            _PLACE,
            "omit it",
            _TYPES,
            _AGENT_RANGES,
        ),
        Resource(
            _like(
                "CreateVolume",
                where=(*_AGENTS, "Volumes", "*", "EbsConfiguration"),
                spelling={"VolumeSize": "SizeGiB"},
                default_type="gp3",
                key_encrypts=True,
            ),
            _RATE_AND_PLACE,
            _IN_EPHEMERAL,
            _TYPES,
            _AGENT_RANGES,
        ),
        Resource(
            _like(
                "RunInstances",
                where=(*_AGENTS, "RootVolume"),
                mappings=None,
                default_type="gp3",
                key_encrypts=True,
            ),
            _RATE_AND_PLACE | {"SnapshotId", "VolumeSize"},
            "omit it",
            _TYPES,
            _AGENT_RANGES,
        ),
    ),
    "AWS::EC2::Instance": (
        Resource(_like("RunInstances", one_kind=True), _RATE_AND_PLACE | {"Throughput"}, _IN_TEMPLATE, _TYPES),
    ),
    "AWS::EC2::SpotFleet": (
        Resource(
            _like("RequestSpotFleet", where=("SpotFleetRequestConfigData", "LaunchSpecifications", "*"), one_kind=True),
            _RATE_AND_PLACE | {"Throughput", "KmsKeyId"},
            "move the device into an AWS::EC2::LaunchTemplate and name that in LaunchTemplateConfigs",
        ),
    ),
    "AWS::EC2::EC2Fleet": (Resource(_like("CreateFleet"), _RATE_AND_PLACE | {"Throughput"}, _IN_TEMPLATE, _TYPES),),
    "AWS::AutoScaling::LaunchConfiguration": (
        Resource(
            _like("RunInstances", one_kind=True),
            _RATE_AND_PLACE | {"KmsKeyId"},
            "replace the launch configuration by an AWS::EC2::LaunchTemplate",
            ranges={"VolumeSize": (1, 16_384), "Iops": (100, 20_000), "Throughput": (125, 1_000)},
        ),
    ),
    "AWS::ImageBuilder::ImageRecipe": (
        Resource(_like("RunInstances"), _RATE_AND_PLACE, _IN_LAUNCH, _RECIPE_TYPES, _RECIPE_RANGES),
    ),
    "AWS::ImageBuilder::ContainerRecipe": (
        Resource(
            _like("RunInstances", where=("InstanceConfiguration",)),
            _RATE_AND_PLACE,
            _IN_LAUNCH,
            _RECIPE_TYPES,
            _RECIPE_RANGES,
        ),
    ),
    "AWS::WorkspacesInstances::Volume": (
        Resource(
            _like("CreateVolume", spelling={"VolumeSize": "SizeInGB"}, default_type=None),
            _RATE_AND_PLACE - {"AvailabilityZone"},
            "omit it, or make an AWS::EC2::Volume",
            _TYPES,
            {"VolumeSize": (0, 16_384)},
        ),
    ),
    "AWS::WorkspacesInstances::WorkspaceInstance": (
        Resource(
            _like("RunInstances", where=("ManagedInstance",)),
            _RATE_AND_PLACE | {"SnapshotId"},
            "omit it",
            _TYPES,
        ),
    ),
    REPLACEMENT: (Resource(_like("CreateReplaceRootVolumeTask", where=("Request",))),),
}
"""The places of each resource type that can ask for EBS volumes."""


class Asked(NamedTuple):
    """A resource, and the volumes that one of its places asks for."""

    logical_id: str
    kind: str
    row: Resource
    request: Request
    macros: bool = False
    """Whether a macro of the user's own rewrites the template: its values may be in a language of their own."""


def check_template(template: Mapping[str, Any]) -> list[Finding]:
    """Check a parsed CloudFormation template, every resource that can ask for an EBS volume.

    Intrinsic functions are not judged, numbers and booleans may be strings, as CloudFormation takes them. Never raises
    on odd input: what has the wrong type is a finding, or nothing where it is not about volumes.

    Returns:
        Errors for what CloudFormation's schema or EC2 refuses, warnings for what EC2 silently changes or ignores, each
        with its ``logical_id``; empty if nothing is wrong.
    """
    if not isinstance(template, Mapping):
        return [
            find("WrongType", prop="the template", expected="an object", got=template, fix="give a parsed template")
        ]
    return [finding for asked in read_template(template) for finding in check_asked(asked)]


def read_template(template: Mapping[str, Any]) -> Iterator[Asked]:
    """Read every resource that can ask for an EBS volume."""
    resources = template.get("Resources") if isinstance(template, Mapping) else None
    macros = isinstance(template, Mapping) and any(map(_has_macros, map(template.get, ("Transform", "Fn::Transform"))))
    for logical_id, resource in resources.items() if isinstance(resources, Mapping) else ():
        kind = resource.get("Type") if isinstance(resource, Mapping) else None
        if not isinstance(kind, str):
            continue
        for row in RESOURCES.get(kind, ()):
            path, properties = ("Resources", logical_id, "Properties"), resource.get("Properties") or {}
            own = [one.get("Fn::Transform") for one in (resource, properties) if isinstance(one, Mapping)]
            if own[0] is not None and isinstance(properties, Mapping):  # which may add properties
                properties = {**properties, "Fn::Transform": own[0]}
            request = read(row.action, properties, path, lenient=True)
            yield Asked(str(logical_id), kind, row, request, macros or any(map(_has_macros, own)))


def _has_macros(transform: object) -> bool:
    """Whether transforms other than AWS's own are declared."""
    given = transform if isinstance(transform, (list, tuple)) else [transform]
    names = [one.get("Name") if isinstance(one, Mapping) else one for one in given if one is not None]
    return not all(isinstance(name, str) and name.startswith("AWS::") for name in names)


def check_asked(asked: Asked) -> Iterator[Finding]:
    """Check what a resource asks for by EC2's rules and its schema."""
    for finding in _check(asked):
        if not (asked.macros and finding.code == "WrongType"):
            yield replace(finding, logical_id=asked.logical_id)


def _check(asked: Asked) -> Iterator[Finding]:
    kind, row = asked.kind, asked.row
    by_ec2 = [finding for finding in check(asked.request) if finding.path[-1] not in row.rejects]
    for stray in () if asked.macros else asked.request.strays:
        instead = row.instead if stray.meant in row.rejects else stray.instead
        facts: dict[str, Any] = {"prop": stray.path[-1], "type": kind, "instead": instead}
        yield find("PropertyNotInCloudFormation", stray.path, label=stray.label, **facts)
    for volume in asked.request.volumes:
        named = volume.known("VolumeType")
        if row.types and named is not None:
            at = (*volume.path, "VolumeType")
            by_ec2 = [finding for finding in by_ec2 if finding.path != at or finding.code != "VolumeTypeUnknown"]
            if named not in row.types:
                problem = volume.problem("VolumeType", type=kind, types=", ".join(row.types))
                yield RULES["VolumeTypeNotInCloudFormation"].found(problem)
        for name in sorted(row.rejects):
            if name in volume.values:  # whatever its value: an Fn::If is refused as soon as it has one
                code = "InitializationRateNotInCloudFormation" if name == RATE else "PropertyNotInCloudFormation"
                yield RULES[code].found(volume.problem(name, type=kind, instead=row.instead))
        for name, (low, high) in row.ranges.items():
            value = volume.known(name)
            if value is not None and not low <= value <= high:
                at = (*volume.path, row.action.spelling.get(name, name))
                by_ec2 = [finding for finding in by_ec2 if finding.path != at]
                nearest = min(max(value, low), high)
                problem = volume.problem(name, type=kind, min=low, max=high, nearest=nearest)
                yield RULES["OutsideCloudFormationRange"].found(problem)
    yield from by_ec2
