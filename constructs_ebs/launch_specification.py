"""What a spot fleet may launch, and how that becomes launch templates and overrides."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam

from . import _upstream
from .block_device import NAMES as DEVICE_NAMES
from .block_device import BlockDevice, check_devices, check_image, check_launch
from .core.findings import Finding, Path
from .core.requests import UNKNOWN
from .core.rules import find
from .core.rules.spot_fleet import over_rate_quota
from .initialization_rate import mebibytes
from .launch_template import LaunchTemplate

if TYPE_CHECKING:
    from .spot_fleet import SpotFleet

CONFIG = "SpotFleetRequestConfig"
NAMES = {
    "TargetCapacity": "target_capacity",
    "OnDemandTargetCapacity": "on_demand_target_capacity",
    "AllocationStrategy": "allocation_strategy",
    "OnDemandAllocationStrategy": "on_demand_allocation_strategy",
    "Type": "type",
    "InstancePoolsToUseCount": "instance_pools_to_use_count",
    "InstanceInterruptionBehavior": "instance_interruption_behavior",
    "ExcessCapacityTerminationPolicy": "excess_capacity_termination_policy",
    "TargetCapacityUnitType": "target_capacity_unit_type",
    "LaunchTemplateConfigs": "launch_specifications",
    "ReplacementStrategy": "capacity_rebalance",
    "TerminationDelay": "termination_delay",
    "InstanceType": "instance_types",
    "InstanceRequirements": "instance_requirements",
    "WeightedCapacity": "weighted_capacity",
    "Priority": "priority",
    "SpotPrice": "spot_price",
    "SpotMaxTotalPrice": "spot_max_total_price",
    "OnDemandMaxTotalPrice": "on_demand_max_total_price",
}
"""What messages call the parameters of RequestSpotFleet."""

_OF_A_TEMPLATE = (
    *("machine_image", "block_devices", "security_groups", "role", "user_data", "key_pair"),
    *("require_imdsv2", "detailed_monitoring"),
)
"""What a launch specification says only without a launch template of the user's."""


@dataclass(frozen=True, kw_only=True)
class SpotFleetOverride:
    """An instance type with a weight, a price or a priority of its own."""

    instance_type: ec2.InstanceType
    weighted_capacity: float | None = None
    spot_price: float | None = None
    priority: float | None = None


@dataclass(frozen=True, kw_only=True)
class SpotFleetLaunchSpecification:
    """What a fleet may launch: an image, or a launch template, on any of some instance types in any of some subnets.

    It becomes a launch template, and an override for each instance type in each subnet. Weight, price and priority are
    those of all its types, unless a type has its own.
    """

    instance_types: Sequence[ec2.InstanceType | SpotFleetOverride] = ()
    instance_requirements: ec2.CfnSpotFleet.InstanceRequirementsRequestProperty | None = None
    """What instance types must have, vCPUs and memory at least, in place of a list of them."""
    machine_image: ec2.IMachineImage | None = None
    launch_template: ec2.ILaunchTemplate | None = None
    """A launch template that exists, in place of an image and all that goes with one."""
    version: str | None = None
    """Of ``launch_template``. Default: the construct's own."""
    block_devices: Sequence[BlockDevice | ec2.BlockDevice | Mapping[str, Any]] | None = None
    vpc_subnets: ec2.SubnetSelection | Mapping[str, Any] | None = None
    """Default: the fleet's."""
    security_groups: Sequence[ec2.ISecurityGroup | ec2.SecurityGroup] | None = None
    """Default: the fleet's one."""
    role: iam.IRole | iam.Role | None = None
    """The instances' role. Default: the fleet's one."""
    user_data: ec2.UserData | None = None
    key_pair: ec2.IKeyPair | ec2.KeyPair | None = None
    require_imdsv2: bool | None = None
    """Default: True, for the launch template that is made."""
    detailed_monitoring: bool | None = None
    weighted_capacity: float | None = None
    """How many units of the target capacity one instance is. Default: 1."""
    spot_price: float | None = None
    """USD for a unit and hour. Default: the current price."""
    priority: float | None = None
    """For the strategies that have an order, from 0; the lowest number goes first."""
    name: str | None = None
    """The launch template's id in the construct tree, and what errors call it. Default: LaunchSpecification0, ..."""


class Lowered:
    """A launch specification as the launch template and the overrides that it becomes."""

    def __init__(
        self,
        given: SpotFleetLaunchSpecification,
        index: int,
        vpc: ec2.IVpc | ec2.Vpc,
        default: ec2.SubnetSelection | Mapping[str, Any],
    ) -> None:
        self.given = given
        self.id = f"LaunchSpecification{index}" if given.name is None else given.name
        self.path: Path = (CONFIG, "LaunchTemplateConfigs", index)
        self.label = f"launch_specifications[{index}]{f' ({given.name})' if given.name else ''}"
        self.findings = self._wrong_kinds()
        self.subnets: Sequence[ec2.ISubnet] = ()
        self.types: list[SpotFleetOverride] = []
        self.rate = 0
        if self.findings:  # no more can be said of it
            return
        self.given = given = replace(given, instance_requirements=_requirements(given.instance_requirements))
        self.subnets, none = _upstream.select_subnets(vpc, given.vpc_subnets or default)
        self.types = [_typed(one) for one in given.instance_types]
        self.findings += [*self._check_devices(), *self._check(none)]

    @property
    def choices(self) -> Sequence[SpotFleetOverride | None]:
        """The instance types, or None for whatever has what is required."""
        return self.types or [None]

    @property
    def own_template(self) -> bool:
        """Whether the fleet makes its launch template."""
        return self.given.launch_template is None

    def _wrong_kinds(self) -> list[Finding]:
        judged, of = ("block_devices",), (self.path, self.label)
        found = _upstream.check_arguments(SpotFleetLaunchSpecification, vars(self.given), judged, *of)
        for one in self.given.instance_types if not found else ():
            if isinstance(one, SpotFleetOverride):
                found += _upstream.check_arguments(SpotFleetOverride, vars(one), (), *of)
        return found

    def _check_devices(self) -> Iterable[Finding]:
        path = (*self.path, "BlockDeviceMappings")
        devices, mappings, problems = check_devices(self.given.block_devices, path, self.given.machine_image)
        zones = ",".join(_upstream.zones_of(self.subnets))
        data = {"BlockDeviceMappings": mappings, "Placement": {"AvailabilityZone": zones}}
        problems += check_launch("CreateLaunchTemplate", {"LaunchTemplateData": data}, DEVICE_NAMES)
        if isinstance(self.given.launch_template, LaunchTemplate):
            devices = [*self.given.launch_template.block_devices]
        rates = (_upstream.plain(mebibytes(device.volume_initialization_rate)) for device in devices)
        self.rate = sum(rate for rate in rates if isinstance(rate, int))
        for finding in problems:
            yield replace(finding.within(self.label), path=(*self.path, *finding.path[1:]))

    def _check(self, no_subnets: str) -> Iterable[Finding]:
        given = self.given
        if given.launch_template is None and given.machine_image is None:
            yield self._find("MachineImageRequired", "machine_image")
        conflicting = [name for name in _OF_A_TEMPLATE if getattr(given, name) is not None]
        if given.launch_template is not None and conflicting:
            yield self._find("LaunchTemplateConflict", "launch_template", given=", ".join(conflicting))
        needed = given.instance_requirements
        if not self.types and needed is None:
            yield self._find("InstanceTypeRequired", "instance_types")
        if self.types and needed is not None:
            yield self._find("InstanceTypeConflict", "instance_types")
        if needed is not None and (needed.v_cpu_count is None or needed.memory_mib is None):
            yield self._find("InstanceRequirementsIncomplete", "instance_requirements")
        if not self.subnets and no_subnets:
            own = self.label if given.vpc_subnets else ""  # else it is the fleet's selection
            yield find("SubnetsRequired", self.path, NAMES, own, prop="vpc_subnets", given=no_subnets)

    def _find(self, code: str, prop: str, **facts: Any) -> Finding:
        return find(code, self.path, NAMES, self.label, prop=prop, **facts)

    def weights(self) -> list[Any]:
        """Return the weights of the types, None for 1."""
        return [_own(self.given, one, "weighted_capacity") for one in self.choices]

    def request_overrides(self) -> list[dict[str, Any]]:
        """Return the overrides as a request has them, as far as rules read them."""
        return [
            {
                "InstanceType": one.instance_type.to_string() if one else None,
                "InstanceRequirements": None if one else UNKNOWN,
                "SubnetId": str(index),
                "WeightedCapacity": _upstream.plain(_own(self.given, one, "weighted_capacity")),
                "Priority": _upstream.plain(_own(self.given, one, "priority")),
                "SpotPrice": _upstream.plain(_upstream.price(_own(self.given, one, "spot_price"))),
            }
            for one in self.choices
            for index in range(len(self.subnets))
        ]

    def config(self, fleet: SpotFleet) -> ec2.CfnSpotFleet.LaunchTemplateConfigProperty:
        """Make the launch template, and return it with its overrides."""
        template = self.given.launch_template or self._template(fleet)
        version = self.given.version or template.version_number
        specification = ec2.CfnSpotFleet.FleetLaunchTemplateSpecificationProperty(
            launch_template_id=template.launch_template_id,
            launch_template_name=None if template.launch_template_id else template.launch_template_name,
            version=version,
        )
        return ec2.CfnSpotFleet.LaunchTemplateConfigProperty(
            launch_template_specification=specification,
            overrides=[self._override(one, subnet) for one in self.choices for subnet in self.subnets],
        )

    def security_groups(self, fleet: SpotFleet) -> Sequence[Any]:
        """Return the security groups of what it launches, as far as they are known."""
        if self.given.launch_template is None:
            return self.given.security_groups or [fleet.security_group]
        template: Any = self.given.launch_template
        try:
            return list(template.connections.security_groups)
        except (AttributeError, RuntimeError):  # an imported one, or one without
            return []

    def _template(self, fleet: SpotFleet) -> LaunchTemplate:
        given = self.given
        first, *others = self.security_groups(fleet)
        template = LaunchTemplate(
            fleet,
            self.id,
            machine_image=given.machine_image,
            block_devices=given.block_devices,
            security_group=first,
            role=given.role or fleet.role,
            user_data=given.user_data,
            key_pair=given.key_pair,
            require_imdsv2=given.require_imdsv2 is not False,
            detailed_monitoring=given.detailed_monitoring,
        )
        for other in others:
            template.add_security_group(other)  # pyright: ignore[reportArgumentType]
        return template

    def _override(
        self, one: SpotFleetOverride | None, subnet: ec2.ISubnet
    ) -> ec2.CfnSpotFleet.LaunchTemplateOverridesProperty:
        return ec2.CfnSpotFleet.LaunchTemplateOverridesProperty(
            instance_type=one.instance_type.to_string() if one else None,
            instance_requirements=None if one else self.given.instance_requirements,
            subnet_id=subnet.subnet_id,
            weighted_capacity=_upstream.number(_own(self.given, one, "weighted_capacity")),
            spot_price=_upstream.price(_own(self.given, one, "spot_price")),
            priority=_upstream.number(_own(self.given, one, "priority")),
        )


def _requirements(given: Any) -> ec2.CfnSpotFleet.InstanceRequirementsRequestProperty | None:
    kind: Any = ec2.CfnSpotFleet.InstanceRequirementsRequestProperty
    return cast("ec2.CfnSpotFleet.InstanceRequirementsRequestProperty | None", _upstream.as_struct(kind, given))


def _typed(one: ec2.InstanceType | SpotFleetOverride) -> SpotFleetOverride:
    return one if isinstance(one, SpotFleetOverride) else SpotFleetOverride(instance_type=one)


def _own(given: SpotFleetLaunchSpecification, one: SpotFleetOverride | None, name: str) -> Any:
    """Return a type's own weight, price or priority, else the specification's."""
    value = getattr(one, name, None)
    return getattr(given, name) if value is None else value


def check_names(lowered: Sequence[Lowered], taken: Iterable[str]) -> Iterable[Finding]:
    """Each launch template has an id of its own."""
    seen = set(taken)
    for one in lowered:
        if one.own_template and isinstance(one.id, str):
            if one.id in seen or not one.id or _upstream.is_token(one.id) or "/" in one.id:
                yield find("LaunchSpecificationNameTaken", one.path, NAMES, one.label, prop="name", got=one.id)
            seen.add(one.id)


def check_images(lowered: Sequence[Lowered], scope: object) -> Iterable[Finding]:
    """Each image of ours is in the fleet's Region."""
    for one in lowered:
        for finding in check_image(scope, one.given.machine_image):
            yield replace(finding.within(one.label), path=one.path)


def check_zones(lowered: Sequence[Lowered]) -> Iterable[Finding]:
    """No two subnets of a fleet are in one Availability Zone."""
    by_zone: dict[str, str] = {}
    for one in lowered:
        for subnet in one.subnets:
            for zone in _upstream.zones_of([subnet]):
                if by_zone.setdefault(zone, subnet.subnet_id) != subnet.subnet_id:
                    yield find("SpotFleetSubnetsShareAZone", one.path, NAMES, one.label, prop="vpc_subnets", zone=zone)


def check_rates(lowered: Sequence[Lowered], target: object) -> Iterable[Finding]:
    """The rates of all volumes that a fleet may launch at once are within the account's quota.

    ``target`` is in units of instances or weights.
    """
    for one in lowered:
        if facts := over_rate_quota(one.rate, target, one.weights()):
            yield find("SpotFleetRatesOverQuota", one.path, NAMES, one.label, **facts)
