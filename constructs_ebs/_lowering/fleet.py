"""Lowers spot fleets to EC2's request, for the rules, and to the L1 of aws-cdk-lib."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from enum import Enum
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2

from .. import _upstream
from ..core.requests import UNKNOWN
from ..launch_specification import NAMES as SPECIFICATION_NAMES

if TYPE_CHECKING:
    from aws_cdk import aws_elasticloadbalancing as elb
    from aws_cdk import aws_elasticloadbalancingv2 as elbv2
    from aws_cdk import aws_iam as iam

    from ..launch_specification import ResolvedLaunch

FLEET_OPTIONS = {
    "TargetCapacity": "target_capacity",
    "OnDemandTargetCapacity": "on_demand_target_capacity",
    "AllocationStrategy": "allocation_strategy",
    "OnDemandAllocationStrategy": "on_demand_allocation_strategy",
    "Type": "type",
    "InstancePoolsToUseCount": "instance_pools_to_use_count",
    "InstanceInterruptionBehavior": "instance_interruption_behavior",
    "ExcessCapacityTerminationPolicy": "excess_capacity_termination_policy",
    "TargetCapacityUnitType": "target_capacity_unit_type",
    "SpotPrice": "spot_price",
    "SpotMaxTotalPrice": "spot_max_total_price",
    "OnDemandMaxTotalPrice": "on_demand_max_total_price",
}
"""Our names of a fleet's options, by those of RequestSpotFleet."""

NAMES = {
    **FLEET_OPTIONS,
    **SPECIFICATION_NAMES,
    "LaunchTemplateConfigs": "launch_specifications",
    "ReplacementStrategy": "capacity_rebalance",
    "TerminationDelay": "termination_delay",
}
"""What messages call the parameters of RequestSpotFleet."""

_PRICES = ("spot_price", "spot_max_total_price", "on_demand_max_total_price")
_NUMBERS = ("target_capacity", "on_demand_target_capacity", "instance_pools_to_use_count")
_FLAGS = ("terminate_instances_with_expiration", "replace_unhealthy_instances")


def fleet_request(options: Mapping[str, Any], launches: Sequence[ResolvedLaunch]) -> dict[str, Any]:
    """Return the configuration of a spot fleet as RequestSpotFleet has it, as far as rules read it."""
    request = {
        name: _upstream.plain(_typed(option, options[option]))
        for name, option in FLEET_OPTIONS.items()
        if options[option] is not None
    }
    strategy, delay = options["capacity_rebalance"], options["termination_delay"]
    if strategy is not None or delay is not None:
        seconds = _upstream.plain(_upstream.duration(delay, "seconds"))
        rebalance = {"ReplacementStrategy": _upstream.plain(strategy), "TerminationDelay": seconds}
        request["SpotMaintenanceStrategies"] = {"CapacityRebalance": rebalance}
    request["LaunchTemplateConfigs"] = [
        {
            "Overrides": [
                {
                    "InstanceType": pool.instance_type,
                    "InstanceRequirements": None if pool.instance_type else UNKNOWN,
                    "SubnetId": str(index),
                    "WeightedCapacity": _upstream.plain(pool.weighted_capacity),
                    "Priority": _upstream.plain(pool.priority),
                    "SpotPrice": _upstream.plain(_upstream.price(pool.spot_price)),
                }
                for pool in launch.pools
                for index in range(len(launch.subnets.ids))
            ]
        }
        for launch in launches
    ]
    return request


def fleet_property(
    options: Mapping[str, Any],
    fleet_role: iam.IRole | iam.Role,
    launch_templates: Sequence[ec2.CfnSpotFleet.LaunchTemplateConfigProperty],
    replacement_tags: Mapping[str, str],
) -> ec2.CfnSpotFleet.SpotFleetRequestConfigDataProperty:
    """Return the configuration of a spot fleet as CloudFormation has it."""
    tagged = {**(options["request_tags"] or {}), **replacement_tags}
    tags = [cdk.CfnTag(key=key, value=value) for key, value in tagged.items()]
    return ec2.CfnSpotFleet.SpotFleetRequestConfigDataProperty(
        iam_fleet_role=fleet_role.role_arn,
        launch_template_configs=launch_templates,
        valid_from=_upstream.timestamp(options["valid_from"]),
        valid_until=_upstream.timestamp(options["valid_until"]),
        spot_maintenance_strategies=_rebalance(options["capacity_rebalance"], options["termination_delay"]),
        load_balancers_config=_load_balancers(options["load_balancers"], options["target_groups"]),
        tag_specifications=[
            ec2.CfnSpotFleet.SpotFleetTagSpecificationProperty(resource_type="spot-fleet-request", tags=tags)
        ]
        if tags
        else None,
        **{option: _typed(option, options[option]) for option in (*FLEET_OPTIONS.values(), *_FLAGS)},
    )


def launch_template_property(
    launch: ResolvedLaunch, template: ec2.ILaunchTemplate | ec2.LaunchTemplate, stack: cdk.Stack
) -> ec2.CfnSpotFleet.LaunchTemplateConfigProperty:
    """Return a launch template with an override for each pool in each subnet."""
    specification, template_id = launch.specification, template.launch_template_id
    required: Any = specification.instance_requirements
    required = instance_requirements(required, stack) if required else None
    return ec2.CfnSpotFleet.LaunchTemplateConfigProperty(
        launch_template_specification=ec2.CfnSpotFleet.FleetLaunchTemplateSpecificationProperty(
            launch_template_id=template_id,
            launch_template_name=None if template_id else template.launch_template_name,
            version=_upstream.text(specification.version) or template.version_number,
        ),
        overrides=[
            ec2.CfnSpotFleet.LaunchTemplateOverridesProperty(
                instance_type=pool.instance_type,
                instance_requirements=required,
                subnet_id=subnet,
                weighted_capacity=_upstream.number(pool.weighted_capacity),
                spot_price=_upstream.price(pool.spot_price),
                priority=_upstream.number(pool.priority),
            )
            for pool in launch.pools
            for subnet in launch.subnets.ids
        ],
    )


_RANGES = {
    "v_cpu_count": "v_cpu_count",
    "memory": "memory_mib",
    "memory_per_v_cpu": "memory_gib_per_v_cpu",
    "accelerator_count": "accelerator_count",
    "accelerator_total_memory": "accelerator_total_memory_mib",
    "baseline_ebs_bandwidth_mbps": "baseline_ebs_bandwidth_mbps",
    "network_bandwidth_gbps": "network_bandwidth_gbps",
    "network_interface_count": "network_interface_count",
    "total_local_storage_gb": "total_local_storage_gb",
}
"""CloudFormation's names of the ranges in instance requirements, by upstream's names without _min and _max."""


def instance_requirements(
    config: ec2.InstanceRequirementsConfig, stack: cdk.Stack
) -> ec2.CfnSpotFleet.InstanceRequirementsRequestProperty:
    """Return instance requirements as CloudFormation has them."""
    names = [*inspect.signature(ec2.InstanceRequirementsConfig).parameters]
    values = {name: value for name in names if (value := getattr(config, name)) is not None}
    requirements: dict[str, Any] = {}
    for name, property_name in _RANGES.items():
        read = _upstream.gibibytes if property_name.startswith("memory_gib") else _upstream.mebibytes
        bounds = {bound: values.pop(f"{name}_{bound}", None) for bound in ("min", "max")}
        if any(bound is not None for bound in bounds.values()):
            requirements[property_name] = {bound: read(value) for bound, value in bounds.items()}
    enums = {name: value for name, value in values.items() if _holds_enums(value)}
    if enums:  # Python has only the names of upstream's enums: resolving gives the values that EC2 knows
        values |= stack.resolve(enums)
    return ec2.CfnSpotFleet.InstanceRequirementsRequestProperty(**requirements, **values)


def _holds_enums(value: object) -> bool:
    return all(isinstance(item, Enum) for item in value) if isinstance(value, list) else isinstance(value, Enum)


def _typed(option: str, value: Any) -> Any:
    """Return an option of a fleet as upstream's typed properties take it."""
    if option in _PRICES:
        return _upstream.price(value)
    if option in _FLAGS:
        return value
    return _upstream.number(value) if option in _NUMBERS else _upstream.text(value)


def _rebalance(
    strategy: str | None, delay: cdk.Duration | None
) -> ec2.CfnSpotFleet.SpotMaintenanceStrategiesProperty | None:
    if strategy is None:
        return None
    rebalance = ec2.CfnSpotFleet.SpotCapacityRebalanceProperty(
        replacement_strategy=_upstream.text(strategy), termination_delay=_upstream.duration(delay, "seconds")
    )
    return ec2.CfnSpotFleet.SpotMaintenanceStrategiesProperty(capacity_rebalance=rebalance)


def _load_balancers(
    balancers: Sequence[elb.LoadBalancer], target_groups: Sequence[elbv2.ITargetGroup]
) -> ec2.CfnSpotFleet.LoadBalancersConfigProperty | None:
    classic = [ec2.CfnSpotFleet.ClassicLoadBalancerProperty(name=balancer.load_balancer_name) for balancer in balancers]
    groups = [ec2.CfnSpotFleet.TargetGroupProperty(arn=group.target_group_arn) for group in target_groups]
    if not classic and not groups:
        return None
    return ec2.CfnSpotFleet.LoadBalancersConfigProperty(
        classic_load_balancers_config=ec2.CfnSpotFleet.ClassicLoadBalancersConfigProperty(
            classic_load_balancers=classic
        )
        if classic
        else None,
        target_groups_config=ec2.CfnSpotFleet.TargetGroupsConfigProperty(target_groups=groups) if groups else None,
    )
