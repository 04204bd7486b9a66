"""The launch specifications of a spot fleet: filling in the fleet's defaults, and checking what comes of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields, replace
from typing import Any, NamedTuple

from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam

from . import _upstream
from ._surroundings import surroundings
from .block_device import NAMES as DEVICE_NAMES
from .block_device import BlockDevice, check_devices, check_launch
from .core.findings import Finding
from .core.problems import Path, with_article
from .core.rules import find
from .core.rules.spot_fleet import over_rate_quota
from .initialization_rate import mebibytes

NAMES = {
    "InstanceType": "instance_types",
    "InstanceRequirements": "instance_requirements",
    "WeightedCapacity": "weighted_capacity",
    "Priority": "priority",
    "SpotPrice": "spot_price",
}
"""What messages call the parameters of a launch template's overrides."""

_OF_A_TEMPLATE = (
    *("machine_image", "block_devices", "security_groups", "role", "user_data", "key_pair"),
    *("require_imdsv2", "detailed_monitoring"),
)
"""The fields that must be omitted with an existing launch template."""

_REQUIRED = {"v_cpu_count_min", "memory_min"}
"""The required fields of instance requirements."""


@dataclass(frozen=True, kw_only=True)
class SpotFleetOverride:
    """An instance type with a weight, a price or a priority of its own."""

    instance_type: ec2.InstanceType
    """The instance type."""
    weighted_capacity: float | None = None
    """How many units of the target capacity an instance is, more than 0. Default: the launch specification's."""
    spot_price: float | None = None
    """The highest price of a unit, in USD per hour, more than 0. Default: the launch specification's."""
    priority: float | None = None
    """A whole number from 0; the lowest goes first. Default: the launch specification's."""


@dataclass(frozen=True, kw_only=True)
class SpotFleetLaunchSpecification:
    """What a fleet may launch: an image or a launch template, on any of its instance types, in any of its subnets.

    It becomes a launch template, and an override for each instance type in each subnet. Its weight, price and priority
    apply to every type that has none of its own.
    """

    instance_types: Sequence[ec2.InstanceType | SpotFleetOverride | Mapping[str, Any]] = ()
    """The instance types; a ``SpotFleetOverride`` gives one its own terms. Default: ``instance_requirements``."""
    instance_requirements: ec2.InstanceRequirementsConfig | Mapping[str, Any] | None = None
    """What instance types must have, in place of a list of types: at least a number of vCPUs and memory."""
    machine_image: ec2.IMachineImage | None = None
    """The image. Default: that of ``launch_template``."""
    launch_template: ec2.ILaunchTemplate | None = None
    """An existing launch template, in place of an image and everything that belongs to it."""
    version: str | None = None
    """The version of ``launch_template``. Default: its ``version_number``."""
    block_devices: Sequence[BlockDevice | ec2.BlockDevice | Mapping[str, Any]] | None = None
    """The devices of the instances. Default: those of the image."""
    vpc_subnets: ec2.SubnetSelection | Mapping[str, Any] | None = None
    """The subnets, each in a different Availability Zone. Default: the fleet's."""
    security_groups: Sequence[ec2.ISecurityGroup | ec2.SecurityGroup] | None = None
    """The security groups of the instances. Default: the fleet's."""
    role: iam.IRole | iam.Role | None = None
    """The role of the instances. Default: the fleet's."""
    user_data: ec2.UserData | None = None
    """The user data of the instances. Default: the fleet's."""
    key_pair: ec2.IKeyPair | ec2.KeyPair | None = None
    """The key pair of the instances. Default: none."""
    require_imdsv2: bool | None = None
    """Whether the instances require IMDSv2. Default: True."""
    detailed_monitoring: bool | None = None
    """Whether metrics come every minute. Default: False."""
    weighted_capacity: float | None = None
    """How many units of the target capacity an instance is, more than 0. Default: 1."""
    spot_price: float | None = None
    """The highest price of a unit, in USD per hour, more than 0. Default: the fleet's."""
    priority: float | None = None
    """A whole number from 0, for the strategies that have an order; the lowest goes first. Default: none."""
    name: str | None = None
    """The launch template's id in the construct tree, and its name in errors. Default: LaunchSpecification0, ..."""


class Pool(NamedTuple):
    """An instance type that a fleet may launch, with its weight, price and priority.

    The type is None for instance requirements.
    """

    instance_type: str | None
    weighted_capacity: float | None
    spot_price: float | None
    priority: float | None


@dataclass(frozen=True, kw_only=True)
class ResolvedLaunch:
    """A launch specification with the defaults of its fleet filled in, and what is wrong with it."""

    specification: SpotFleetLaunchSpecification
    path: Path
    label: str
    pools: Sequence[Pool] = ()
    subnets: _upstream.Subnets = field(default_factory=_upstream.Subnets)
    devices: Sequence[BlockDevice] = ()
    findings: Sequence[Finding] = ()

    @property
    def id(self) -> str:
        """The id of the launch template in the construct tree."""
        return f"LaunchSpecification{self.path[-1]}" if self.specification.name is None else self.specification.name

    @property
    def makes_a_template(self) -> bool:
        """Whether the fleet makes the launch template."""
        return self.specification.launch_template is None

    @property
    def rate(self) -> int:
        """The rates of an instance's devices together, in MiB/s, as far as they are known."""
        rates = (_upstream.plain(mebibytes(device.volume_initialization_rate)) for device in self.devices)
        return sum(rate for rate in rates if isinstance(rate, int))

    def find(self, code: str, prop: str, **facts: Any) -> Finding:
        """Word a finding about a property of this specification."""
        return find(code, self.path, NAMES, self.label, prop=prop, **facts)


def resolve(
    scope: object,
    given: SpotFleetLaunchSpecification | Mapping[str, Any],
    path: Path,
    vpc: ec2.IVpc | ec2.Vpc,
    default: ec2.SubnetSelection | Mapping[str, Any],
    region: str | None,
) -> ResolvedLaunch:
    """Resolve a launch specification, at ``path`` in the request; ``default`` selects its subnets if it does not.

    ``region`` is the fleet's, if it is known.
    """
    specification, findings = _read(given, path)
    name = f" ({specification.name})" if specification.name else ""
    label = f"launch_specifications[{path[-1]}]{name}"
    findings = [finding.within(label) for finding in findings]
    launch = ResolvedLaunch(specification=specification, path=path, label=label, findings=findings)
    if findings:  # no more can be said of it
        return launch
    subnets = _upstream.select_subnets(vpc, specification.vpc_subnets or default)
    devices, problems = _devices(specification, subnets, region)
    problems += surroundings(scope, machine_image=specification.machine_image).elsewhere
    choices: list[Any] = [*specification.instance_types] or [None]
    pools = [_pool(choice, specification) for choice in choices]
    launch = replace(launch, pools=pools, subnets=subnets, devices=devices)
    labelled = [replace(finding.within(label), path=(*path, *finding.path[1:])) for finding in problems]
    return replace(launch, findings=[*labelled, *_check(launch)])


def _read(
    given: SpotFleetLaunchSpecification | Mapping[str, Any], path: Path
) -> tuple[SpotFleetLaunchSpecification, list[Finding]]:
    """Return a launch specification with structs in place of dicts, and findings for values of the wrong type."""
    specification, findings = _from_dict(SpotFleetLaunchSpecification, "a launch specification", given, path)
    if findings:
        return SpotFleetLaunchSpecification(), findings
    requirements = specification.instance_requirements
    if (
        isinstance(requirements, Mapping)
        and not {_upstream.snake_case(str(name)) for name in requirements} >= _REQUIRED
    ):
        return specification, [find("InstanceRequirementsIncomplete", path, prop="instance_requirements")]
    findings = _upstream.check_arguments(SpotFleetLaunchSpecification, vars(specification), ("block_devices",), path)
    if findings:
        return specification, findings
    types: list[Any] = []
    for index, choice in enumerate(specification.instance_types):
        override, wrong = _from_dict(SpotFleetOverride, f"instance_types[{index}]", choice, path)
        if isinstance(override, SpotFleetOverride):
            wrong += _upstream.check_arguments(SpotFleetOverride, vars(override), (), path)
        types.append(override)
        findings += wrong
    requirements = _upstream.as_struct(ec2.InstanceRequirementsConfig, requirements)
    return replace(specification, instance_types=types, instance_requirements=requirements), findings


def _from_dict(kind: type[Any], name: str, value: Any, path: Path) -> tuple[Any, list[Finding]]:
    """Turn a dict, with keys as in Python or as in jsii, into one of our dataclasses; any other value stays."""
    if not isinstance(value, Mapping):
        return value, []
    known = {each.name: each.default is MISSING for each in fields(kind)}
    given = {_upstream.snake_case(str(key)): item for key, item in value.items()}
    findings: list[Finding] = []
    facts: dict[str, Any]
    for key in given.keys() - known.keys():
        fix = _upstream.suggestion(key, known) or "omit it"
        facts = {"expected": f"{with_article(kind.__name__)}, which has no {key!r}", "got": value, "fix": fix}
        findings.append(find("WrongType", path, prop=name, **facts))
    for key in [key for key, required in known.items() if required and key not in given]:
        facts = {"expected": "given", "got": None, "fix": f"give {key!r}"}
        findings.append(find("WrongType", path, prop=f"{name}.{key}", **facts))
    return (value if findings else kind(**given)), findings


def _devices(
    specification: SpotFleetLaunchSpecification, subnets: _upstream.Subnets, region: str | None
) -> tuple[Sequence[BlockDevice], list[Finding]]:
    path = ("LaunchTemplateData", "BlockDeviceMappings")
    devices, mappings, problems = check_devices(specification.block_devices, path, specification.machine_image)
    zones = ",".join(zone for zone in subnets.zones if zone)
    data = {"BlockDeviceMappings": mappings, "Placement": {"AvailabilityZone": zones}}
    names = {**DEVICE_NAMES, "AvailabilityZone": "vpc_subnets"}
    problems += check_launch("CreateLaunchTemplate", {"LaunchTemplateData": data}, names, region)
    if specification.launch_template is not None:
        of_template = getattr(specification.launch_template, "block_devices", ())
        devices = [device for device in of_template if isinstance(device, BlockDevice)]
    return devices, problems


def _pool(choice: Any, specification: SpotFleetLaunchSpecification) -> Pool:
    override = choice if isinstance(choice, SpotFleetOverride) else None
    instance_type: Any = override.instance_type if override else choice
    type_name = instance_type.to_string() if instance_type else None

    def term(name: str) -> Any:
        own = getattr(override, name, None)
        return getattr(specification, name) if own is None else own

    return Pool(type_name, term("weighted_capacity"), term("spot_price"), term("priority"))


def _check(launch: ResolvedLaunch) -> Iterator[Finding]:
    """A launch specification says what to launch, on which types and in which subnets, each once."""
    specification, subnets = launch.specification, launch.subnets
    template, requirements = specification.launch_template, specification.instance_requirements
    if template is None and specification.machine_image is None:
        yield launch.find("MachineImageRequired", "machine_image")
    conflicting = [name for name in _OF_A_TEMPLATE if getattr(specification, name) is not None]
    if template is not None and conflicting:
        yield launch.find("LaunchTemplateConflict", "launch_template", given=", ".join(conflicting))
    if not specification.instance_types and requirements is None:
        yield launch.find("InstanceTypeRequired", "instance_types")
    if specification.instance_types and requirements is not None:
        yield launch.find("InstanceTypeConflict", "instance_types")
    if subnets.problem:
        label = launch.label if specification.vpc_subnets else ""  # else it is the fleet's selection
        yield find("SubnetsRequired", launch.path, NAMES, label, prop="vpc_subnets", given=subnets.problem)


def check_together(launches: Sequence[ResolvedLaunch], instances: object, taken: Sequence[str]) -> Iterator[Finding]:
    """Check all launch specifications of a fleet together.

    ``instances`` is the target capacity where its units are instances or weights; ``taken`` are ids of the fleet's own.
    """
    ids, subnet_of = {*taken}, dict[str, str]()
    for launch in launches:
        if launch.makes_a_template and isinstance(launch.id, str):
            if launch.id in ids or not launch.id or _upstream.is_token(launch.id) or "/" in launch.id:
                yield launch.find("LaunchSpecificationNameTaken", "name", got=launch.id)
            ids.add(launch.id)
        for zone, subnet in zip(launch.subnets.zones, launch.subnets.ids, strict=True):
            if zone and subnet_of.setdefault(zone, subnet) != subnet:
                yield launch.find("SpotFleetSubnetsShareAZone", "vpc_subnets", zone=zone)
        weights = [pool.weighted_capacity for pool in launch.pools]
        if facts := over_rate_quota(launch.rate, instances, weights):
            yield launch.find("SpotFleetRatesOverQuota", "launch_specifications", **facts)
