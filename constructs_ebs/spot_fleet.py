"""A spot fleet."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import aws_cdk as cdk
import jsii
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam

from . import _upstream
from .block_device import NAMES as DEVICE_NAMES
from .block_device import BlockDevice, check_devices
from .core import limits
from .core.findings import Finding, Path, find
from .core.requests import UNKNOWN
from .core.rules import check_request
from .launch_template import LaunchTemplate

if TYPE_CHECKING:
    from aws_cdk import aws_elasticloadbalancing as elb
    from aws_cdk import aws_elasticloadbalancingv2 as elbv2
    from constructs import Construct
    from typing_extensions import Unpack

    from ._options import MetricOptions

    TargetGroup: TypeAlias = elbv2.IApplicationTargetGroup | elbv2.INetworkTargetGroup | elbv2.ITargetGroup

_CONFIG = "SpotFleetRequestConfig"
_NAMES = {
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


class SpotFleetBase(cdk.Resource):
    """What a fleet of this app and one of another have in common."""

    spot_fleet_request_id: str

    @property
    def spot_fleet_request_arn(self) -> str:
        """The ARN of the request."""
        name = self.spot_fleet_request_id
        return self.stack.format_arn(service="ec2", resource="spot-fleet-request", resource_name=name)

    def grant(self, grantee: iam.IGrantable, *actions: str) -> iam.Grant:
        """Let somebody do these actions on the request, ``ec2:ModifySpotFleetRequest`` for one."""
        return iam.Grant.add_to_principal(
            grantee=grantee, actions=[*actions], resource_arns=[self.spot_fleet_request_arn]
        )

    def metric(self, metric_name: str, **props: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """Return a metric of the fleet in the AWS/EC2Spot namespace, by default its average over 5 minutes.

        Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-fleet-cloudwatch-metrics.html
        """
        options: dict[str, Any] = {"statistic": "Average", **props}
        dimensions = {"FleetRequestId": self.spot_fleet_request_id}
        metric = cloudwatch.Metric(
            namespace="AWS/EC2Spot", metric_name=metric_name, dimensions_map=dimensions, **options
        )
        return metric.attach_to(self)

    def metric_target_capacity(self, **props: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """The target capacity, in units."""
        return self.metric("TargetCapacity", **props)

    def metric_fulfilled_capacity(self, **props: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """The capacity that EC2 has launched, in units."""
        return self.metric("FulfilledCapacity", **props)

    def metric_pending_capacity(self, **props: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """The difference of target and fulfilled capacity, in units."""
        return self.metric("PendingCapacity", **props)

    def metric_terminating_capacity(self, **props: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """The capacity that is being terminated, in units."""
        return self.metric("TerminatingCapacity", **props)

    def metric_available_instance_pools_count(self, **props: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """The number of pools in the request."""
        return self.metric("AvailableInstancePoolsCount", **props)

    def metric_eligible_instance_pool_count(self, **props: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """The number of pools that EC2 can launch from."""
        return self.metric("EligibleInstancePoolCount", **props)

    def metric_max_percent_capacity_allocation(self, **props: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """The largest share of the capacity in one pool, in percent."""
        return self.metric("MaxPercentCapacityAllocation", **props)


class _Imported(SpotFleetBase):
    def __init__(self, scope: Construct, id: str, spot_fleet_request_id: str) -> None:
        super().__init__(scope, id)
        self.spot_fleet_request_id = spot_fleet_request_id


@jsii.implements(ec2.IConnectable, iam.IGrantable)
class SpotFleet(SpotFleetBase):
    """A Spot Fleet request whose volumes initialize at their rates.

    CloudFormation's spot fleet has no place for a rate, so each launch specification becomes a launch template.
    Target capacity, launch specifications and the policy for excess capacity change in place; any other change replaces
    the fleet, request tags too. Tags of the construct go to its launch templates, and so to instances and volumes.

    AWS discourages new uses of Spot Fleet where an Auto Scaling group or EC2 Fleet will do; ``LaunchTemplate`` serves
    those.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        vpc: ec2.IVpc | ec2.Vpc,
        target_capacity: float,
        launch_specifications: Sequence[SpotFleetLaunchSpecification],
        vpc_subnets: ec2.SubnetSelection | None = None,
        on_demand_target_capacity: float | None = None,
        allocation_strategy: Literal[
            "priceCapacityOptimized",
            "capacityOptimized",
            "capacityOptimizedPrioritized",
            "diversified",
            "lowestPrice",
        ] = "priceCapacityOptimized",
        on_demand_allocation_strategy: Literal["lowestPrice", "prioritized"] | None = None,
        type: Literal["maintain", "request"] = "maintain",
        target_capacity_unit_type: Literal["units", "vcpu", "memory-mib"] | None = None,
        valid_from: datetime | cdk.Expiration | None = None,
        valid_until: datetime | cdk.Expiration | None = None,
        terminate_instances_with_expiration: bool | None = None,
        spot_price: float | None = None,
        spot_max_total_price: float | None = None,
        on_demand_max_total_price: float | None = None,
        capacity_rebalance: Literal["launch", "launch-before-terminate"] | None = None,
        termination_delay: cdk.Duration | None = None,
        excess_capacity_termination_policy: Literal["default", "noTermination"] | None = None,
        instance_interruption_behavior: Literal["terminate", "stop", "hibernate"] | None = None,
        instance_pools_to_use_count: float | None = None,
        replace_unhealthy_instances: bool | None = None,
        load_balancers: Sequence[elb.LoadBalancer] = (),
        target_groups: Sequence[TargetGroup] = (),
        security_group: ec2.ISecurityGroup | ec2.SecurityGroup | None = None,
        role: iam.IRole | iam.Role | None = None,
        fleet_role: iam.IRole | iam.Role | None = None,
        request_tags: Mapping[str, str] | None = None,
    ) -> None:
        """Create a spot fleet.

        Args:
            scope: the construct it belongs to.
            id: its name there.
            vpc: where the instances are launched.
            target_capacity: units: instances, unless weights or ``target_capacity_unit_type`` say otherwise.
            launch_specifications: what the fleet may launch, one or more.
            vpc_subnets: of different Availability Zones. Default: upstream's choice, private ones if any; one a zone.
            on_demand_target_capacity: how many units of the target are On-Demand. Default: none.
            allocation_strategy: Default: priceCapacityOptimized, which EC2 recommends; its own is lowestPrice.
            on_demand_allocation_strategy: Default: lowestPrice.
            type: whether the fleet keeps its capacity or asks for it once. Default: maintain.
            target_capacity_unit_type: with instance requirements only. Default: units.
            valid_from: Default: at once.
            valid_until: Default: until the fleet is deleted.
            terminate_instances_with_expiration: Default: True at EC2.
            spot_price: USD for a unit and hour. Default: the current price.
            spot_max_total_price: USD an hour for all Spot Instances. Default: no limit.
            on_demand_max_total_price: USD an hour for all On-Demand Instances. Default: no limit.
            capacity_rebalance: what to do when an instance is likely to be interrupted. Default: nothing.
            termination_delay: 2 to 120 minutes, for launch-before-terminate, which needs it.
            excess_capacity_termination_policy: for fleets of type maintain. Default: terminate.
            instance_interruption_behavior: Default: terminate.
            instance_pools_to_use_count: with lowestPrice only. Default: 1.
            replace_unhealthy_instances: Default: False.
            load_balancers: Classic Load Balancers to register the instances with.
            target_groups: target groups to register the instances with.
            security_group: the instances'. Default: a new one.
            role: the instances'. Default: a new one, which ``grant_principal`` is.
            fleet_role: what the fleet acts as. Default: a new one with AmazonEC2SpotFleetTaggingRole.
            request_tags: tags of the request itself. Default: none.

        Raises:
            EbsValidationError: for what EC2 would refuse, all of it at once; the codes are in ``.findings``.

        Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_SpotFleetRequestConfigData.html
        """
        default = vpc_subnets or ec2.SubnetSelection(one_per_az=True)
        lowered = [
            _Lowered(specification, index, vpc, default) for index, specification in enumerate(launch_specifications)
        ]
        config = {
            "TargetCapacity": target_capacity,
            "OnDemandTargetCapacity": on_demand_target_capacity,
            "AllocationStrategy": allocation_strategy,
            "OnDemandAllocationStrategy": on_demand_allocation_strategy,
            "Type": type,
            "InstancePoolsToUseCount": instance_pools_to_use_count,
            "InstanceInterruptionBehavior": instance_interruption_behavior,
            "ExcessCapacityTerminationPolicy": excess_capacity_termination_policy,
            "TargetCapacityUnitType": target_capacity_unit_type,
        }
        request = {name: _upstream.plain(value) for name, value in config.items() if value is not None}
        request["LaunchTemplateConfigs"] = [{"Overrides": one.request_overrides()} for one in lowered]
        findings = [finding for one in lowered for finding in one.findings]
        findings += check_request("RequestSpotFleet", {_CONFIG: request}, names=_NAMES)
        findings += _check_delay(capacity_rebalance, termination_delay)
        findings += _check_zones(lowered)
        findings += _check_rates(lowered, request.get("TargetCapacity"))
        warnings = _upstream.refuse(scope, id, findings)

        super().__init__(scope, id)
        self.role = role or iam.Role(self, "Role", assumed_by=_service("ec2"))
        self.security_group = security_group or ec2.SecurityGroup(
            self, "SecurityGroup", vpc=vpc, description=f"Instances of {self.node.path}"
        )
        self._connections = ec2.Connections(security_groups=[self.security_group])
        self.fleet_role = fleet_role or iam.Role(
            self,
            "FleetRole",
            assumed_by=_service("spotfleet"),
            managed_policies=[
                iam.ManagedPolicy.from_aws_managed_policy_name("service-role/AmazonEC2SpotFleetTaggingRole")
            ],
        )
        listed = ec2.CfnSpotFleet.ClassicLoadBalancersConfigProperty(
            classic_load_balancers=[
                ec2.CfnSpotFleet.ClassicLoadBalancerProperty(name=balancer.load_balancer_name)
                for balancer in load_balancers
            ]
        )
        groups = ec2.CfnSpotFleet.TargetGroupsConfigProperty(
            target_groups=[ec2.CfnSpotFleet.TargetGroupProperty(arn=group.target_group_arn) for group in target_groups]
        )
        resource = ec2.CfnSpotFleet(
            self,
            "Resource",
            spot_fleet_request_config_data=ec2.CfnSpotFleet.SpotFleetRequestConfigDataProperty(
                iam_fleet_role=self.fleet_role.role_arn,
                target_capacity=target_capacity,
                on_demand_target_capacity=on_demand_target_capacity,
                allocation_strategy=allocation_strategy,
                on_demand_allocation_strategy=on_demand_allocation_strategy,
                type=type,
                target_capacity_unit_type=target_capacity_unit_type,
                valid_from=_time(valid_from),
                valid_until=_time(valid_until),
                terminate_instances_with_expiration=terminate_instances_with_expiration,
                spot_price=_upstream.price(spot_price),
                spot_max_total_price=_upstream.price(spot_max_total_price),
                on_demand_max_total_price=_upstream.price(on_demand_max_total_price),
                spot_maintenance_strategies=ec2.CfnSpotFleet.SpotMaintenanceStrategiesProperty(
                    capacity_rebalance=ec2.CfnSpotFleet.SpotCapacityRebalanceProperty(
                        replacement_strategy=capacity_rebalance,
                        termination_delay=termination_delay.to_seconds() if termination_delay else None,
                    )
                )
                if capacity_rebalance
                else None,
                excess_capacity_termination_policy=excess_capacity_termination_policy,
                instance_interruption_behavior=instance_interruption_behavior,
                instance_pools_to_use_count=instance_pools_to_use_count,
                replace_unhealthy_instances=replace_unhealthy_instances,
                load_balancers_config=ec2.CfnSpotFleet.LoadBalancersConfigProperty(
                    classic_load_balancers_config=listed if load_balancers else None,
                    target_groups_config=groups if target_groups else None,
                )
                if load_balancers or target_groups
                else None,
                tag_specifications=[
                    ec2.CfnSpotFleet.SpotFleetTagSpecificationProperty(
                        resource_type="spot-fleet-request",
                        tags=[cdk.CfnTag(key=key, value=value) for key, value in request_tags.items()],
                    )
                ]
                if request_tags
                else None,
                launch_template_configs=[one.config(self) for one in lowered],
            ),
        )
        for group in target_groups:  # the listener must be there before an instance is registered
            resource.node.add_dependency(group.load_balancer_attached)
        self.spot_fleet_request_id = resource.ref
        _upstream.warn(self, warnings)

    @property
    def connections(self) -> ec2.Connections:
        """The network connections of the instances with the fleet's own security group."""
        return self._connections

    @property
    def grant_principal(self) -> iam.IPrincipal:
        """The principal of the instances with the fleet's own role."""
        return self.role.grant_principal

    @staticmethod
    def from_spot_fleet_request_id(scope: Construct, id: str, spot_fleet_request_id: str) -> SpotFleetBase:
        """Return a fleet that exists, for its metrics and grants."""
        return _Imported(scope, id, spot_fleet_request_id)


class _Lowered:
    """A launch specification as the launch template and the overrides that it becomes."""

    def __init__(
        self, given: SpotFleetLaunchSpecification, index: int, vpc: ec2.IVpc | ec2.Vpc, default: ec2.SubnetSelection
    ) -> None:
        self.given = given
        self.id = given.name or f"LaunchSpecification{index}"
        self.path: Path = (_CONFIG, "LaunchTemplateConfigs", index)
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
        return find(code, self.path, _NAMES, self.label, prop=prop, **facts)

    def weights(self) -> list[Any]:
        own = (one.weighted_capacity for one in self.types) if self.types else (None,)
        return [self.given.weighted_capacity if weight is None else weight for weight in own]

    def request_overrides(self) -> list[dict[str, Any]]:
        """Return the overrides as a request has them, as far as rules read them."""
        weights = [_upstream.plain(weight) for weight in self.weights()]
        return [{"WeightedCapacity": weight, "SubnetId": UNKNOWN} for weight in weights for _ in self.subnets]

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


def _service(name: str) -> Any:
    return iam.ServicePrincipal(f"{name}.amazonaws.com")


def _time(moment: datetime | cdk.Expiration | None) -> str | None:
    if moment is None:
        return None
    when = moment if isinstance(moment, datetime) else moment.date
    return when.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def _check_delay(strategy: str | None, delay: cdk.Duration | None) -> Iterable[Finding]:
    """launch-before-terminate comes with a delay of 2 to 120 minutes, and only that does."""
    seconds = delay.to_seconds() if delay else None
    low, high = limits.FLEET_DELAY
    wanted = strategy == "launch-before-terminate"
    if wanted != (seconds is not None) or (seconds is not None and not low <= seconds <= high):
        path = (_CONFIG, "SpotMaintenanceStrategies", "CapacityRebalance", "TerminationDelay")
        yield find("SpotFleetTerminationDelay", path, given="none" if seconds is None else f"{seconds:g} s")


def _check_zones(lowered: Sequence[_Lowered]) -> Iterable[Finding]:
    """No two subnets of a fleet are in one Availability Zone."""
    by_zone: dict[str, str] = {}
    for one in lowered:
        for subnet in one.subnets:
            zone, subnet_id = subnet.availability_zone, subnet.subnet_id
            if by_zone.setdefault(zone, subnet_id) != subnet_id and not _upstream.is_token(zone):
                prop = "vpc_subnets"
                yield find("SpotFleetSubnetsShareAZone", one.path, _NAMES, one.label, prop=prop, zone=zone)
                break


def _check_rates(lowered: Sequence[_Lowered], target: object) -> Iterable[Finding]:
    """The rates of all volumes that a fleet may launch at once are within the account's quota."""
    if not isinstance(target, int):
        return
    for one in lowered:
        weights = [weight for weight in one.weights() if isinstance(weight, (int, float)) and weight > 0] or [1]
        instances = math.ceil(target / min(weights))
        if instances * one.rate > limits.RATE_QUOTA:
            total = instances * one.rate
            facts = {"instances": instances, "rate": one.rate, "total": total, "quota": limits.RATE_QUOTA}
            yield find("SpotFleetRatesOverQuota", one.path, _NAMES, one.label, **facts)
