"""What a spot fleet may launch, and how that becomes launch templates and overrides."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aws_cdk import aws_ec2 as ec2

from . import _upstream
from .block_device import NAMES as DEVICE_NAMES
from .block_device import BlockDevice, check_devices
from .core.findings import Finding, Path, find
from .core.fleet import over_rate_quota
from .core.requests import UNKNOWN
from .core.rules import check_request
from .launch_template import LaunchTemplate

if TYPE_CHECKING:
    import aws_cdk as cdk
    from aws_cdk import aws_iam as iam

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
}
"""What messages call the parameters of RequestSpotFleet."""

_OF_A_TEMPLATE = ("machine_image", "block_devices", "security_groups", "role", "user_data", "key_pair")
"""What a launch specification says only without a launch template of the user's."""


@dataclass(frozen=True, kw_only=True)
class SpotFleetInstanceType:
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

    instance_types: Sequence[ec2.InstanceType | SpotFleetInstanceType] = ()
    instance_requirements: (
        ec2.CfnSpotFleet.InstanceRequirementsRequestProperty | dict[str, Any] | cdk.IResolvable | None
    ) = None
    """What instance types must have, in place of a list of them."""
    machine_image: ec2.IMachineImage | None = None
    launch_template: ec2.ILaunchTemplate | None = None
    """A launch template that exists, in place of an image and all that goes with one."""
    version: str | None = None
    """Of ``launch_template``. Default: the construct's own."""
    block_devices: Sequence[BlockDevice | ec2.BlockDevice | Mapping[str, Any]] | None = None
    vpc_subnets: ec2.SubnetSelection | None = None
    """Default: the fleet's."""
    security_groups: Sequence[ec2.ISecurityGroup | ec2.SecurityGroup] | None = None
    """Default: the fleet's one."""
    role: iam.IRole | iam.Role | None = None
    """The instances' role. Default: the fleet's one."""
    user_data: ec2.UserData | None = None
    key_pair: ec2.IKeyPair | ec2.KeyPair | None = None
    require_imdsv2: bool = True
    detailed_monitoring: bool | None = None
    weighted_capacity: float | None = None
    """How many units of the target capacity one instance is. Default: 1."""
    spot_price: float | None = None
    """USD for a unit and hour. Default: the current price."""
    priority: float | None = None
    """For the strategies that have an order; the highest goes first."""
    name: str | None = None
    """The launch template's id in the construct tree, and what errors call it. Default: LaunchSpecification0, ..."""


class Lowered:
    """A launch specification as the launch template and the overrides that it becomes."""

    def __init__(
        self, given: SpotFleetLaunchSpecification, index: int, vpc: ec2.IVpc | ec2.Vpc, default: ec2.SubnetSelection
    ) -> None:
        self.given = given
        self.id = given.name or f"LaunchSpecification{index}"
        self.path: Path = (CONFIG, "LaunchTemplateConfigs", index)
        self.label = f"launch_specifications[{index}]{f' ({given.name})' if given.name else ''}: "
        self.subnets, self.no_subnets = _select(vpc, given.vpc_subnets or default)
        self.types = [
            one if isinstance(one, SpotFleetInstanceType) else SpotFleetInstanceType(instance_type=one)
            for one in given.instance_types
        ]
        devices, self.mappings, problems = check_devices(given.block_devices or (), (*self.path, "BlockDeviceMappings"))
        rates = (_upstream.plain(_upstream.mebibytes(device.volume_initialization_rate)) for device in devices)
        self.rate: int = sum(rate for rate in rates if isinstance(rate, int))
        request = {"LaunchTemplateData": {"BlockDeviceMappings": self.mappings}}
        problems += check_request("CreateLaunchTemplate", request, names=DEVICE_NAMES)
        self.findings = [
            finding._replace(message=self.label + finding.message, path=(*self.path, *finding.path[1:]))
            for finding in problems
        ]
        self.findings += self._check()

    def _check(self) -> Iterable[Finding]:
        given = self.given
        if given.launch_template is None and given.machine_image is None:
            yield self._find("MachineImageRequired", "machine_image")
        conflicting = [name for name in _OF_A_TEMPLATE if getattr(given, name) is not None]
        if given.launch_template is not None and conflicting:
            yield self._find("LaunchTemplateConflict", "launch_template", given=", ".join(conflicting))
        if not self.types and given.instance_requirements is None:
            yield self._find("InstanceTypeRequired", "instance_types")
        if self.types and given.instance_requirements is not None:
            yield self._find("InstanceTypeConflict", "instance_types")
        if not self.subnets:
            yield self._find("SubnetsRequired", "vpc_subnets", given=self.no_subnets)

    def _find(self, code: str, prop: str, **facts: Any) -> Finding:
        return find(code, self.path, NAMES, self.label, prop=prop, **facts)

    def weights(self) -> list[Any]:
        own = (one.weighted_capacity for one in self.types) if self.types else (None,)
        return [self.given.weighted_capacity if weight is None else weight for weight in own]

    def request_overrides(self) -> list[dict[str, Any]]:
        """Return the overrides as a request has them, as far as rules read them."""
        kind = "InstanceType" if self.types else "InstanceRequirements"
        weights = [_upstream.plain(weight) for weight in self.weights()]
        return [{kind: UNKNOWN, "WeightedCapacity": weight} for weight in weights for _ in self.subnets]

    def config(self, fleet: SpotFleet) -> ec2.CfnSpotFleet.LaunchTemplateConfigProperty:
        """Make the launch template, and return it with its overrides."""
        template = self.given.launch_template or self._template(fleet)
        version = self.given.version or template.version_number
        specification = ec2.CfnSpotFleet.FleetLaunchTemplateSpecificationProperty(
            launch_template_id=template.launch_template_id,
            launch_template_name=None if template.launch_template_id else template.launch_template_name,
            version=version,
        )
        types: Sequence[SpotFleetInstanceType | None] = self.types or [None]
        return ec2.CfnSpotFleet.LaunchTemplateConfigProperty(
            launch_template_specification=specification,
            overrides=[self._override(one, subnet) for one in types for subnet in self.subnets],
        )

    def _template(self, fleet: SpotFleet) -> LaunchTemplate:
        given = self.given
        first, *others = given.security_groups or [fleet.security_group]
        template = LaunchTemplate(
            fleet,
            self.id,
            machine_image=given.machine_image,
            block_devices=given.block_devices,
            security_group=first,
            role=given.role or fleet.role,
            user_data=given.user_data,
            key_pair=given.key_pair,
            require_imdsv2=given.require_imdsv2,
            detailed_monitoring=given.detailed_monitoring,
        )
        for other in others:
            template.add_security_group(other)  # pyright: ignore[reportArgumentType]
        return template

    def _override(
        self, one: SpotFleetInstanceType | None, subnet: ec2.ISubnet
    ) -> ec2.CfnSpotFleet.LaunchTemplateOverridesProperty:
        def own(name: str) -> Any:
            value = getattr(one, name, None)
            return getattr(self.given, name) if value is None else value

        return ec2.CfnSpotFleet.LaunchTemplateOverridesProperty(
            instance_type=one.instance_type.to_string() if one else None,
            instance_requirements=None if one else self.given.instance_requirements,
            subnet_id=subnet.subnet_id,
            weighted_capacity=own("weighted_capacity"),
            spot_price=_upstream.price(own("spot_price")),
            priority=own("priority"),
        )


def _select(vpc: ec2.IVpc | ec2.Vpc, chosen: ec2.SubnetSelection) -> tuple[Sequence[ec2.ISubnet], str]:
    """Return the subnets of a selection, or why there are none."""
    names = ("availability_zones", "one_per_az", "subnet_filters", "subnet_group_name", "subnets", "subnet_type")
    try:
        return vpc.select_subnets(**{name: getattr(chosen, name) for name in names}).subnets, "none"
    except RuntimeError as error:  # upstream's, for a kind of subnet that the VPC does not have
        return (), str(error).splitlines()[0]


def check_zones(lowered: Sequence[Lowered]) -> Iterable[Finding]:
    """No two subnets of a fleet are in one Availability Zone."""
    by_zone: dict[str, str] = {}
    for one in lowered:
        for subnet in one.subnets:
            zone, subnet_id = subnet.availability_zone, subnet.subnet_id
            if by_zone.setdefault(zone, subnet_id) != subnet_id and not _upstream.is_token(zone):
                prop = "vpc_subnets"
                yield find("SpotFleetSubnetsShareAZone", one.path, NAMES, one.label, prop=prop, zone=zone)
                break


def check_rates(lowered: Sequence[Lowered], target: object) -> Iterable[Finding]:
    """The rates of all volumes that a fleet may launch at once are within the account's quota."""
    for one in lowered:
        if facts := over_rate_quota(one.rate, target, one.weights()):
            yield find("SpotFleetRatesOverQuota", one.path, NAMES, one.label, **facts)
