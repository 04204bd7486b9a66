"""A spot fleet, with the launch templates, roles and security groups that it needs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, cast

import aws_cdk as cdk
import jsii
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_elasticloadbalancing as elb
from aws_cdk import aws_iam as iam
from constructs import Construct

from . import _upstream
from ._custom_resources import check_tags
from ._lowering.devices import check_duration, upstream_devices
from ._lowering.fleet import NAMES, fleet_property, fleet_request, launch_template_property
from ._lowering.injection import complete_templates, lasting, settle
from ._lowering.key_grants import check_keys, grant_keys
from ._lowering.replacement_tags import check_room, replacement_tags
from ._surroundings import surroundings
from .block_device import BlockDevice
from .core.actions import ACTIONS
from .core.findings import Finding
from .core.requests import read
from .core.rules import check
from .launch_specification import ResolvedLaunch, SpotFleetLaunchSpecification, check_together, resolve
from .spot_fleet_interface import ImportedSpotFleet, ISpotFleet, principal_of

if TYPE_CHECKING:
    from aws_cdk import aws_elasticloadbalancingv2 as elbv2
else:
    elbv2 = _upstream.LazyModule("aws_cdk.aws_elasticloadbalancingv2")

_CONFIG = "SpotFleetRequestConfig"
_Service: Any = iam.ServicePrincipal  # which jsii does not declare to be an IPrincipal
_CHILDREN = ("Role", "SecurityGroup", "FleetRole", "Resource")
"""The ids of what a fleet makes besides launch templates."""


@jsii.implements(ec2.IConnectable, iam.IGrantable, elb.ILoadBalancerTarget)
class SpotFleet(ISpotFleet):
    """A Spot Fleet request whose volumes initialize at their rates.

    CloudFormation's spot fleet has no property for a rate, so each launch specification becomes a launch template, with
    the tags of the construct. In a fleet of type maintain, target capacity, launch specifications and the policy for
    excess capacity change in place; any other change replaces the fleet. EC2 cannot change a fleet of type request, so
    any change replaces it and its instances, even a change of a tag of the stack or of the image.

    AWS discourages new uses of Spot Fleet. ``LaunchTemplate`` serves Auto Scaling groups and EC2 Fleets.
    """

    __signature__ = _upstream.ConstructorSignature()

    launch_templates: tuple[ec2.ILaunchTemplate | ec2.LaunchTemplate, ...]
    """The launch template of each launch specification, in order: made by the fleet or given to it."""
    block_devices: tuple[BlockDevice, ...]
    """The devices of all launch templates, in order, as far as they are known."""
    role: iam.IRole | iam.Role | None
    """The role of the instances whose launch specification names no other; None if there are no such instances."""
    security_group: ec2.ISecurityGroup | ec2.SecurityGroup | None
    """The security group of the instances whose launch specification names no other; None if there are none."""
    fleet_role: iam.IRole | iam.Role
    """The role that the fleet acts as."""

    @_upstream.explains()
    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        vpc: ec2.IVpc | ec2.Vpc,
        target_capacity: float,
        launch_specifications: Sequence[SpotFleetLaunchSpecification | Mapping[str, Any]],
        vpc_subnets: ec2.SubnetSelection | Mapping[str, Any] | None = None,
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
        terminate_instances_with_expiration: bool | cdk.IResolvable | None = None,
        spot_price: float | None = None,
        spot_max_total_price: float | None = None,
        on_demand_max_total_price: float | None = None,
        capacity_rebalance: Literal["launch", "launch-before-terminate"] | None = None,
        termination_delay: cdk.Duration | None = None,
        excess_capacity_termination_policy: Literal["default", "noTermination"] | None = None,
        instance_interruption_behavior: Literal["terminate", "stop", "hibernate"] | None = None,
        instance_pools_to_use_count: float | None = None,
        replace_unhealthy_instances: bool | cdk.IResolvable | None = None,
        load_balancers: Sequence[elb.LoadBalancer] = (),
        target_groups: Sequence[elbv2.IApplicationTargetGroup | elbv2.INetworkTargetGroup | elbv2.ITargetGroup] = (),
        security_group: ec2.ISecurityGroup | ec2.SecurityGroup | None = None,
        role: iam.IRole | iam.Role | None = None,
        user_data: ec2.UserData | None = None,
        fleet_role: iam.IRole | iam.Role | None = None,
        request_tags: Mapping[str, str] | None = None,
    ) -> None:
        """Create a spot fleet.

        Args:
            scope: the construct it belongs to.
            id: its name there.
            vpc: the VPC that the instances are launched into.
            target_capacity: units to launch, 0 to 10,000, at least 1 for a fleet of type request. A unit is an
                instance, unless weights or ``target_capacity_unit_type`` say otherwise.
            launch_specifications: what the fleet may launch, one or more; each a ``SpotFleetLaunchSpecification``.
            vpc_subnets: the subnets, each in a different Availability Zone. Default: one subnet of each zone, of the
                kind that upstream chooses, private if there are any.
            on_demand_target_capacity: how many units of the target are On-Demand, up to all of them. Default: 0.
            allocation_strategy: how Spot capacity is spread over instance types and subnets. Default:
                priceCapacityOptimized, which EC2 recommends; EC2's own default is lowestPrice.
            on_demand_allocation_strategy: the order in which instance types are launched On-Demand. Default:
                lowestPrice.
            type: whether the fleet maintains its capacity or requests it once; any change replaces a fleet of type
                request. Default: maintain.
            target_capacity_unit_type: what a unit is, for specifications with instance requirements only. Default:
                units.
            valid_from: when the fleet starts, in UTC unless it has a time zone. Default: at once.
            valid_until: when it stops launching, in UTC unless it has a time zone. Default: when it is deleted.
            terminate_instances_with_expiration: whether its instances are terminated then too. Default: EC2's, True.
            spot_price: the highest price of a unit, in USD per hour, more than 0. Default: the On-Demand price.
            spot_max_total_price: the highest price of all Spot Instances, in USD per hour, more than 0. Default: no
                limit.
            on_demand_max_total_price: the highest price of all On-Demand Instances, in USD per hour, more than 0.
                Default: no limit.
            capacity_rebalance: what a fleet of type maintain does about an instance that is likely to be interrupted.
                Default: nothing.
            termination_delay: how long the old instance keeps running, 2 to 120 minutes; required by
                launch-before-terminate. Default: none.
            excess_capacity_termination_policy: whether a fleet of type maintain terminates instances when its target
                falls. Default: default, which does.
            instance_interruption_behavior: what an interruption does to an instance. Default: terminate.
            instance_pools_to_use_count: how many pools to spread over, 1 or more, with lowestPrice only. Default: 1.
            replace_unhealthy_instances: whether a fleet of type maintain replaces unhealthy instances. Default: False.
            load_balancers: Classic Load Balancers to register the instances with. Default: none.
            target_groups: target groups to register the instances with. Default: none.
            security_group: the security group of the instances. Default: a new one, if a specification needs one.
            role: the role of the instances; grants go to it. Default: a new one, if a specification needs one.
            user_data: the user data of the instances. Default: upstream's.
            fleet_role: the role that the fleet acts as. Default: a new one with AmazonEC2SpotFleetTaggingRole.
            request_tags: tags of the request itself; changing them replaces the fleet. Default: none.

        Raises:
            EbsValidationError: for everything that EC2 would refuse, all at once; the codes are in ``.codes``.

        Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_SpotFleetRequestConfigData.html
        """
        options = {
            "vpc": vpc,
            "target_capacity": target_capacity,
            "launch_specifications": launch_specifications,
            "vpc_subnets": vpc_subnets,
            "on_demand_target_capacity": on_demand_target_capacity,
            "allocation_strategy": allocation_strategy,
            "on_demand_allocation_strategy": on_demand_allocation_strategy,
            "type": type,
            "target_capacity_unit_type": target_capacity_unit_type,
            "valid_from": valid_from,
            "valid_until": valid_until,
            "terminate_instances_with_expiration": terminate_instances_with_expiration,
            "spot_price": spot_price,
            "spot_max_total_price": spot_max_total_price,
            "on_demand_max_total_price": on_demand_max_total_price,
            "capacity_rebalance": capacity_rebalance,
            "termination_delay": termination_delay,
            "excess_capacity_termination_policy": excess_capacity_termination_policy,
            "instance_interruption_behavior": instance_interruption_behavior,
            "instance_pools_to_use_count": instance_pools_to_use_count,
            "replace_unhealthy_instances": replace_unhealthy_instances,
            "load_balancers": load_balancers,
            "target_groups": target_groups,
            "security_group": security_group,
            "role": role,
            "user_data": user_data,
            "fleet_role": fleet_role,
            "request_tags": request_tags,
        }
        _upstream.refuse(scope, id, _check_types(options))
        around = surroundings(scope, "LaunchTemplate")
        launches = _resolve(scope, options, around.region)
        warnings = _upstream.refuse(scope, id, _check(options, launches, around.injected))

        super().__init__(scope, id)
        self.block_devices = tuple(device for launch in launches for device in launch.devices)
        self._load_balancers, self._user_data = [*load_balancers], user_data
        self._make_roles_and_groups(options, launches)
        self._launches = launches
        self.launch_templates = tuple(
            launch.specification.launch_template or self._make_template(launch) for launch in launches
        )
        self._id = self._make_request(options).ref
        warnings += settle(self, [*complete_templates(launches, self.launch_templates, around.injected)])
        warnings += check_keys(self.block_devices, "spotfleet", "the fleet")
        _upstream.warn(self, warnings)

    def _make_roles_and_groups(self, options: Mapping[str, Any], launches: Sequence[ResolvedLaunch]) -> None:
        specifications = [launch.specification for launch in launches if launch.makes_a_template]
        self.role = options["role"]
        if self.role is None and not all(each.role for each in specifications):
            self.role = iam.Role(self, "Role", assumed_by=_Service("ec2.amazonaws.com"))
        self.security_group = options["security_group"]
        if self.security_group is None and not all(each.security_groups for each in specifications):
            description = f"Instances of {self.node.path}"
            self.security_group = ec2.SecurityGroup(self, "SecurityGroup", vpc=options["vpc"], description=description)
        groups = [group for launch in launches for group in self._groups_of(launch)]
        self._connections = ec2.Connections(security_groups=list(dict.fromkeys(groups)))
        self.fleet_role = options["fleet_role"] or self._make_fleet_role()

    def _make_fleet_role(self) -> iam.Role:
        name = "service-role/AmazonEC2SpotFleetTaggingRole"
        policy = iam.ManagedPolicy.from_aws_managed_policy_name(name)
        role = iam.Role(self, "FleetRole", assumed_by=_Service("spotfleet.amazonaws.com"), managed_policies=[policy])
        finding = f"IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/{name}]"
        _upstream.acknowledge(role, {finding: "EC2 documents this policy for Spot Fleets, and keeps it up to date"})
        return role

    def _groups_of(self, launch: ResolvedLaunch) -> Sequence[Any]:
        """Return the security groups of what a specification launches, as far as they are known."""
        if launch.makes_a_template:
            return launch.specification.security_groups or [self.security_group]
        template: Any = launch.specification.launch_template
        try:
            return list(template.connections.security_groups)
        except (AttributeError, RuntimeError):  # an imported one, or one without
            return []

    def _make_template(self, launch: ResolvedLaunch) -> ec2.LaunchTemplate:
        specification, devices = launch.specification, launch.devices
        role: Any = specification.role or self.role
        first, *others = self._groups_of(launch)
        template = ec2.LaunchTemplate(
            self,
            launch.id,
            machine_image=specification.machine_image,
            block_devices=upstream_devices(devices, specification.block_devices),
            security_group=first,
            role=role,
            user_data=specification.user_data or self._user_data,
            key_pair=specification.key_pair,
            require_imdsv2=specification.require_imdsv2 is not False,
            detailed_monitoring=specification.detailed_monitoring,
        )
        for group in others:
            template.add_security_group(group)
        return template

    def _make_request(self, options: Mapping[str, Any]) -> ec2.CfnSpotFleet:
        configs = [
            launch_template_property(launch, template, self.stack)
            for launch, template in zip(self._launches, self.launch_templates, strict=True)
        ]
        request = ec2.CfnSpotFleet(
            self,
            "Resource",
            spot_fleet_request_config_data=fleet_property(
                options, self.fleet_role, configs, replacement_tags(options, self._launches, self.launch_templates)
            ),
        )
        request.node.add_dependency(self.fleet_role)
        for group in options["target_groups"]:  # the listener must be there before an instance is registered
            request.node.add_dependency(group.load_balancer_attached)
            if isinstance(group, elbv2.ApplicationTargetGroup):  # a network load balancer's opens nothing by itself
                group.register_connectable(self)
        for balancer in options["load_balancers"]:
            balancer.add_target(self)  # for its connections: the request itself registers the instances
        return request

    @property
    def spot_fleet_id(self) -> str:
        """The id of the Spot Fleet request, ``sfr-`` and a UUID, known at deployment."""
        return self._id

    @property
    def connections(self) -> ec2.Connections:
        """The network connections of the instances, through every security group that is known."""
        return self._connections

    @property
    def grant_principal(self) -> iam.IPrincipal:
        """The principal of the instances with the fleet's role; other roles need grants of their own."""
        return principal_of(self, self.role)

    @property
    def user_data(self) -> ec2.UserData | None:
        """The user data of the instances whose launch specification has none of its own."""
        return self._user_data

    def add_user_data(self, *commands: str) -> None:
        """Add commands to the user data of every launch template that the fleet makes.

        Raises:
            ValueError: if one of these has no user data. Give the fleet some: ``user_data=ec2.UserData.for_linux()``.
        """
        shared, templates = self._user_data, self._own_templates("user_data")
        each = [specification.user_data or shared or template.user_data for specification, template in templates]
        if None in each:
            raise ValueError("give the fleet user_data, such as ec2.UserData.for_linux(), to add commands to")
        for user_data in dict.fromkeys(each):
            cast("ec2.UserData", user_data).add_commands(*commands)

    def add_security_group(self, security_group: ec2.ISecurityGroup | ec2.SecurityGroup) -> None:
        """Add a security group to every launch template that the fleet makes.

        Raises:
            ValueError: if the fleet makes no launch template. Add the group to those that it was given.
        """
        group: Any = security_group
        for _, template in self._own_templates("security_group"):
            template.add_security_group(group)
        self._connections.add_security_group(group)

    def _own_templates(self, prop: str) -> list[tuple[SpotFleetLaunchSpecification, ec2.LaunchTemplate]]:
        """Return the launch templates that the fleet makes, with their specifications; raise if there are none."""
        pairs = [
            (launch.specification, cast("ec2.LaunchTemplate", template))
            for launch, template in zip(self._launches, self.launch_templates, strict=True)
            if launch.makes_a_template
        ]
        if not pairs:
            raise ValueError(f"give {prop} to the launch templates: the fleet makes none of its own")
        return pairs

    def grant_keys(self) -> None:
        """Let the service-linked role of Spot Fleets, which must exist, use the KMS keys: see docs/encryption.md.

        Raises:
            ValueError: for an imported key, with the statements that its owner must add.
        """
        grant_keys(self, self.block_devices, ["spotfleet"])

    def attach_to_classic_lb(self, load_balancer: elb.LoadBalancer) -> None:
        """Become a target of a Classic Load Balancer that the request names; called by CDK.

        Raises:
            ValueError: if the request does not name it: a load balancer cannot be added to an existing fleet.
        """
        if load_balancer not in self._load_balancers:
            raise ValueError("give the load balancer to the fleet, as one of its load_balancers")

    @staticmethod
    def from_spot_fleet_id(scope: Construct, id: str, spot_fleet_id: str) -> ISpotFleet:
        """Import a fleet by the id of its request, for its metrics and for grants to manage it."""
        return ImportedSpotFleet(scope, id, spot_fleet_id)

    @staticmethod
    @_upstream.explains()
    def from_spot_fleet_attributes(
        scope: Construct,
        id: str,
        *,
        spot_fleet_id: str,
        security_groups: Sequence[ec2.ISecurityGroup | ec2.SecurityGroup] | None = None,
        role: iam.IRole | iam.Role | None = None,
    ) -> ISpotFleet:
        """Import a fleet.

        Args:
            scope: the construct it belongs to.
            id: its name there.
            spot_fleet_id: the id of its request, ``sfr-`` and a UUID.
            security_groups: those of its instances, to connect to them. Default: not known.
            role: the role of its instances, for grants to them. Default: not known.
        """
        return ImportedSpotFleet(scope, id, spot_fleet_id, security_groups, role)


def _check_types(options: Mapping[str, Any]) -> list[Finding]:
    tags = check_tags(options["request_tags"], "request_tags")
    return [*_upstream.check_arguments(SpotFleet.__init__, options, judged=("request_tags",)), *tags]


def _resolve(scope: object, options: Mapping[str, Any], region: str | None) -> list[ResolvedLaunch]:
    default = options["vpc_subnets"] or ec2.SubnetSelection(one_per_az=True)
    return [
        resolve(scope, specification, (_CONFIG, "LaunchTemplateConfigs", index), options["vpc"], default, region)
        for index, specification in enumerate(options["launch_specifications"])
    ]


def _check(options: Mapping[str, Any], launches: Sequence[ResolvedLaunch], injected: bool) -> Iterator[Finding]:
    """Check each specification, the request, and all specifications together."""
    for launch in launches:
        yield from lasting(launch.findings, injected)
    yield from check_duration("termination_delay", options["termination_delay"], "seconds")
    request = fleet_request(options, launches)
    yield from check(read(ACTIONS["RequestSpotFleet"], {_CONFIG: request}, names=NAMES, lenient=True))
    in_instances = options["target_capacity_unit_type"] in (None, "units")
    yield from check_together(launches, request.get("TargetCapacity") if in_instances else None, _CHILDREN)
    yield from check_room(options, launches)
