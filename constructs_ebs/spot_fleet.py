"""A spot fleet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, TypeAlias

import aws_cdk as cdk
import jsii
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_elasticloadbalancing as elb
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_iam as iam
from constructs import Construct

from . import _upstream
from ._custom_resources import check_tags
from ._signatures import SpotFleetMetrics
from .core.requests import ACTIONS, read
from .core.rules import check
from .launch_specification import (
    CONFIG,
    NAMES,
    Lowered,
    SpotFleetLaunchSpecification,
    check_images,
    check_names,
    check_rates,
    check_zones,
)

TargetGroup: TypeAlias = elbv2.IApplicationTargetGroup | elbv2.INetworkTargetGroup | elbv2.ITargetGroup


class SpotFleetBase(SpotFleetMetrics):
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

    def _metric(self, metric_name: str, options: dict[str, Any]) -> cloudwatch.Metric:
        given: dict[str, Any] = {name: value for name, value in options.items() if value is not None}
        dimensions = {**given.pop("dimensions_map", {}), "FleetRequestId": self.spot_fleet_request_id}
        metric = {"namespace": "AWS/EC2Spot", "metric_name": metric_name, "statistic": "Average", **given}
        return cloudwatch.Metric(dimensions_map=dimensions, **metric).attach_to(self)


class _Imported(SpotFleetBase):
    def __init__(self, scope: Construct, id: str, spot_fleet_request_id: str) -> None:
        super().__init__(scope, id)
        self.spot_fleet_request_id = spot_fleet_request_id


@jsii.implements(ec2.IConnectable, iam.IGrantable, elb.ILoadBalancerTarget)
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
            valid_from: UTC unless it says otherwise. Default: at once.
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
            security_group: the instances'. Default: a new one, if a specification needs one.
            role: the instances'. Default: a new one, if a specification needs one; grants go to it.
            fleet_role: what the fleet acts as. Default: a new one with AmazonEC2SpotFleetTaggingRole.
            request_tags: tags of the request itself. Default: none.

        Raises:
            EbsValidationError: for what EC2 would refuse, all of it at once; the codes are in ``.findings``.

        Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_SpotFleetRequestConfigData.html
        """
        arguments = {
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
            "fleet_role": fleet_role,
        }
        kinds = _upstream.check_arguments(SpotFleet.__init__, arguments)
        kinds += [one._replace(message=f"request_{one.message}") for one in check_tags(request_tags)]
        _upstream.refuse(scope, id, kinds)
        default = vpc_subnets or ec2.SubnetSelection(one_per_az=True)
        lowered = [Lowered(given, index, vpc, default) for index, given in enumerate(launch_specifications)]
        tags = [cdk.CfnTag(key=key, value=value) for key, value in (request_tags or {}).items()]
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
            "SpotPrice": _upstream.price(spot_price),
            "SpotMaxTotalPrice": _upstream.price(spot_max_total_price),
            "OnDemandMaxTotalPrice": _upstream.price(on_demand_max_total_price),
        }
        request = {name: _upstream.plain(value) for name, value in config.items() if value is not None}
        if capacity_rebalance or termination_delay:
            seconds = termination_delay and _upstream.plain(termination_delay.to_seconds())
            rebalance = {"ReplacementStrategy": capacity_rebalance, "TerminationDelay": seconds}
            request["SpotMaintenanceStrategies"] = {"CapacityRebalance": rebalance}
        request["LaunchTemplateConfigs"] = [{"Overrides": one.request_overrides()} for one in lowered]
        findings = [finding for one in lowered for finding in one.findings]
        findings += check(read(ACTIONS["RequestSpotFleet"], {CONFIG: request}, names=NAMES, lenient=True))
        findings += check_zones(lowered)
        findings += check_images(lowered, scope)
        findings += check_names(lowered, ("Role", "SecurityGroup", "FleetRole", "Resource"))
        if target_capacity_unit_type in (None, "units"):
            findings += check_rates(lowered, request.get("TargetCapacity"))
        warnings = _upstream.refuse(scope, id, findings)

        super().__init__(scope, id)
        own = [one.given for one in lowered if one.given.launch_template is None]
        self.role = role
        if role is None and any(given.role is None for given in own):
            self.role = iam.Role(self, "Role", assumed_by=_service("ec2"))
        self.security_group = security_group
        if security_group is None and any(not given.security_groups for given in own):
            description = f"Instances of {self.node.path}"
            self.security_group = ec2.SecurityGroup(self, "SecurityGroup", vpc=vpc, description=description)
        groups = [group for one in lowered for group in one.security_groups(self)]
        self._connections = ec2.Connections(security_groups=list(dict.fromkeys(groups)))
        self._load_balancers = [*load_balancers]
        self.fleet_role = fleet_role or iam.Role(
            self,
            "FleetRole",
            assumed_by=_service("spotfleet"),
            managed_policies=[
                iam.ManagedPolicy.from_aws_managed_policy_name("service-role/AmazonEC2SpotFleetTaggingRole")
            ],
        )
        balancers = [
            ec2.CfnSpotFleet.ClassicLoadBalancerProperty(name=balancer.load_balancer_name)
            for balancer in load_balancers
        ]
        targets = [ec2.CfnSpotFleet.TargetGroupProperty(arn=group.target_group_arn) for group in target_groups]
        resource = ec2.CfnSpotFleet(
            self,
            "Resource",
            spot_fleet_request_config_data=ec2.CfnSpotFleet.SpotFleetRequestConfigDataProperty(
                iam_fleet_role=self.fleet_role.role_arn,
                target_capacity=_upstream.number(target_capacity),
                on_demand_target_capacity=_upstream.number(on_demand_target_capacity),
                allocation_strategy=allocation_strategy,
                on_demand_allocation_strategy=on_demand_allocation_strategy,
                type=type,
                target_capacity_unit_type=target_capacity_unit_type,
                valid_from=_upstream.timestamp(valid_from),
                valid_until=_upstream.timestamp(valid_until),
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
                instance_pools_to_use_count=_upstream.number(instance_pools_to_use_count),
                replace_unhealthy_instances=replace_unhealthy_instances,
                load_balancers_config=ec2.CfnSpotFleet.LoadBalancersConfigProperty(
                    classic_load_balancers_config=ec2.CfnSpotFleet.ClassicLoadBalancersConfigProperty(
                        classic_load_balancers=balancers
                    )
                    if balancers
                    else None,
                    target_groups_config=ec2.CfnSpotFleet.TargetGroupsConfigProperty(target_groups=targets)
                    if targets
                    else None,
                )
                if balancers or targets
                else None,
                tag_specifications=[
                    ec2.CfnSpotFleet.SpotFleetTagSpecificationProperty(resource_type="spot-fleet-request", tags=tags)
                ]
                if tags
                else None,
                launch_template_configs=[one.config(self) for one in lowered],
            ),
        )
        resource.node.add_dependency(self.fleet_role)
        for group in target_groups:  # the listener must be there before an instance is registered
            resource.node.add_dependency(group.load_balancer_attached)
            if isinstance(group, elbv2.ApplicationTargetGroup):  # a network load balancer's opens nothing by itself
                group.register_connectable(self)
        for balancer in load_balancers:
            balancer.add_target(self)  # for its connections: the request itself registers the instances
        self.spot_fleet_request_id = resource.ref
        _upstream.warn(self, warnings)

    @property
    def connections(self) -> ec2.Connections:
        """The network connections of the instances, by every security group that the fleet knows of."""
        return self._connections

    @property
    def grant_principal(self) -> iam.IPrincipal:
        """The principal of the instances with the fleet's role; other roles need grants of their own."""
        unknown: Any = iam.UnknownPrincipal(resource=self)
        return self.role.grant_principal if self.role else unknown

    def attach_to_classic_lb(self, load_balancer: elb.LoadBalancer) -> None:
        """Be a target of a Classic Load Balancer, which the request must name.

        Raises:
            ValueError: if it does not: a load balancer can not be added to a fleet that exists.
        """
        if load_balancer not in self._load_balancers:
            raise ValueError("give the load balancer to the fleet, as one of its load_balancers")

    @staticmethod
    def from_spot_fleet_request_id(scope: Construct, id: str, spot_fleet_request_id: str) -> SpotFleetBase:
        """Return a fleet that exists, for its metrics and grants."""
        return _Imported(scope, id, spot_fleet_request_id)


def _service(name: str) -> Any:
    return iam.ServicePrincipal(f"{name}.amazonaws.com")
