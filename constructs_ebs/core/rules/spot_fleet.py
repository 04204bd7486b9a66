"""Rules about Spot Fleets: capacity, strategies, launch specifications and overrides."""

import math
from collections.abc import Iterable, Mapping
from typing import Any, Final

from .. import limits
from ..actions import RATE
from ..fleets import CHOICES, LISTS, POOL, PRICES, REPLACEMENTS, Fleet
from ..problems import Problem, Problems, Rule
from ..requests import Reader, Unknown
from .sources import API, FLEET, FLEET_QUOTAS, INITIALIZE, REBALANCE
from .spot import is_price

_ABSURD: Final = 10**9  # Capacities and weights past it are wrong already, and too long for arithmetic.


@Rule("SpotFleetOptionUnknown", "must be one of {choices}", "use one of them", FLEET).of(Fleet)
def choices_known(fleet: Fleet) -> Problems:
    """Each option is one of those that EC2 has."""
    for name, choices in CHOICES.items():
        value = fleet.known(name)
        if value is not None and value not in choices:
            yield fleet.problem(name, choices=", ".join(choices))
    strategy = fleet.rebalance.get("ReplacementStrategy")
    if isinstance(strategy, str) and strategy not in REPLACEMENTS:
        yield fleet.rebalance_problem("ReplacementStrategy", choices=", ".join(REPLACEMENTS))


@Rule("SpotFleetCapacityOutOfRange", "must be {min} or more", "raise it", FLEET).of(Fleet)
def capacity_in_range(fleet: Fleet) -> Problems:
    """No capacity is negative, and a one-time fleet has some."""
    least = {
        "TargetCapacity": 1 if fleet.known("Type") == "request" else 0,
        "OnDemandTargetCapacity": 0,
        "InstancePoolsToUseCount": 1,
    }
    for name, low in least.items():
        value = fleet.known(name)
        if value is not None and value < low:
            yield fleet.problem(name, min=low)


@Rule("SpotFleetOnDemandAboveTarget", "must be at most {TargetCapacity} ({target})", "lower it", FLEET).of(Fleet)
def on_demand_within_the_target(fleet: Fleet) -> Problems:
    """On-Demand capacity is part of the target."""
    target, on_demand = fleet.known("TargetCapacity"), fleet.known("OnDemandTargetCapacity")
    if on_demand is not None and target is not None and on_demand > max(target, 0):
        yield fleet.problem("OnDemandTargetCapacity", target=target)


@Rule(
    "SpotFleetCapacityOverQuota",
    "is over the quota of {quota:,}",
    "lower it, or have the quota raised",
    FLEET_QUOTAS,
    severity="warning",
).of(Fleet)
def capacity_in_quota(fleet: Fleet) -> Problems:
    """The target capacity is within the quota."""
    target, in_instances = fleet.known("TargetCapacity"), fleet.known("TargetCapacityUnitType") in (None, "units")
    if target is not None and target > limits.FLEET_CAPACITY and in_instances:
        yield fleet.problem("TargetCapacity", quota=limits.FLEET_CAPACITY)


@Rule(
    "SpotFleetSpecificationConflict",
    "must be omitted with {LaunchTemplateConfigs}",
    "keep one of them",
    FLEET,
    given=None,
).of(Fleet)
def one_kind_of_specification(fleet: Fleet) -> Problems:
    """A fleet has launch specifications or launch templates, not both."""
    if all(map(fleet.known, LISTS)):
        yield fleet.problem("LaunchSpecifications")


@Rule("SpotFleetSpecificationRequired", "must be given", "give one or more", FLEET, given="none").of(Fleet)
def something_to_launch(fleet: Fleet) -> Problems:
    """A fleet has launch specifications or launch templates."""
    if all(fleet.values[name] is None for name in LISTS):
        yield fleet.problem("LaunchTemplateConfigs")


@Rule(
    "SpotFleetOnDemandNeedsTemplates", "must be 0 with {LaunchSpecifications}", "use {LaunchTemplateConfigs}", FLEET
).of(Fleet)
def on_demand_of_templates(fleet: Fleet) -> Problems:
    """On-Demand capacity is launched from launch templates."""
    if fleet.known("LaunchSpecifications") and fleet.known("OnDemandTargetCapacity"):
        yield fleet.problem("OnDemandTargetCapacity")


@Rule(
    "SpotFleetPoolsNeedLowestPrice", "must be omitted with {AllocationStrategy} {strategy}", "omit one of them", FLEET
).of(Fleet)
def pools_with_lowest_price(fleet: Fleet) -> Problems:
    """The number of pools is given with the lowestPrice strategy only."""
    strategy = fleet.known("AllocationStrategy")
    if fleet.values.get("InstancePoolsToUseCount") is not None and strategy and strategy != "lowestPrice":
        yield fleet.problem("InstancePoolsToUseCount", strategy=strategy)


@Rule(
    "SpotFleetPolicyIgnored",
    "applies only to fleets of {Type} maintain, and is ignored for others",
    "omit it",
    FLEET,
    severity="warning",
).of(Fleet)
def excess_of_a_maintained_fleet(fleet: Fleet) -> Problems:
    """A policy for excess capacity is given for a fleet that is maintained."""
    if fleet.known("Type") == "request" and fleet.values.get("ExcessCapacityTerminationPolicy") is not None:
        yield fleet.problem("ExcessCapacityTerminationPolicy")


@Rule(
    "SpotFleetPoolsOverQuota",
    "may span {quota} pools of instance type and subnet",
    "give fewer types or subnets",
    FLEET_QUOTAS,
    severity="warning",
    subject="a fleet",
    given="{pools}",
).of(Fleet)
def pools_in_quota(fleet: Fleet) -> Problems:
    """A fleet spans at most 300 pools: combinations of instance type and subnet."""
    pools = len(fleet.overrides)
    if pools > limits.FLEET_POOLS:
        yield fleet.problem("LaunchTemplateConfigs", pools=pools, quota=limits.FLEET_POOLS)


@Rule("SpotFleetPriceTooLow", "must be more than 0 USD an hour", "raise it, or omit it", FLEET).of(Fleet)
def prices_positive(fleet: Fleet) -> Problems:
    """Every price is more than 0."""
    for name in PRICES:
        price = fleet.known(name)
        if price is not None and not is_price(price, 0):
            yield fleet.problem(name)
    for override, path in fleet.overrides:
        price = override.get("SpotPrice")
        if isinstance(price, str) and not is_price(price, 0):
            yield fleet.override_problem(path, "SpotPrice", got=price)


@Rule("SpotFleetWeightOutOfRange", "must be more than 0", "raise or omit it", FLEET).of(Fleet)
def weights_positive(fleet: Fleet) -> Problems:
    """A weight is more than 0."""
    for override, path in fleet.overrides:
        weight = override.get("WeightedCapacity")
        if isinstance(weight, (int, float)) and not weight > 0:
            yield fleet.override_problem(path, "WeightedCapacity", got=weight)


@Rule("SpotFleetPriorityOutOfRange", "must be a whole number from 0", "the lowest goes first", FLEET).of(Fleet)
def priorities_whole(fleet: Fleet) -> Problems:
    """A priority is a whole number from 0."""
    for override, path in fleet.overrides:
        priority = override.get("Priority")
        if isinstance(priority, (int, float)) and not (priority >= 0 and priority % 1 == 0):
            yield fleet.override_problem(path, "Priority", got=priority)


@Rule(
    "SpotFleetOverrideDuplicate", "must name each type once", "remove one", FLEET, given="{got} twice for one subnet"
).of(Fleet)
def overrides_differ(fleet: Fleet) -> Problems:
    """No launch template has two overrides for the same instance type in the same subnet and zone."""
    seen: set[tuple[object, ...]] = set()
    for override, path in fleet.overrides:
        pool = [override[name] for name in POOL if name != "InstanceRequirements"]
        if pool[0] is None or any(isinstance(value, Unknown) for value in pool):
            continue
        key = (path[:-1], *pool)
        if key in seen:
            yield fleet.override_problem(path, "InstanceType", got=pool[0])
        seen.add(key)


@Rule(
    "InstanceTypeConflict",
    "must not both be given",
    "keep one of them",
    FLEET,
    subject="{InstanceType} and {InstanceRequirements}",
    given=None,
).of(Fleet)
def types_or_requirements(fleet: Fleet) -> Problems:
    """An override names an instance type or requirements, not both."""
    for override, path in fleet.overrides:
        if isinstance(override["InstanceType"], str) and isinstance(override["InstanceRequirements"], Mapping):
            yield Problem("InstanceRequirements", path=(*path, "InstanceRequirements"), names=fleet.names)


@Rule(
    "SpotFleetWeightDoesNotDivide",
    "should be a multiple of the weight {weight} ({instances} such instances make {units:g})",
    "change one of the two",
    FLEET,
    severity="warning",
).of(Fleet)
def weights_divide(fleet: Fleet) -> Problems:
    """The target is a whole number of instances of each weight."""
    target = fleet.known("TargetCapacity")
    weights = [override.get("WeightedCapacity") for override, _ in fleet.overrides]
    for weight in sorted({weight for weight in weights if isinstance(weight, (int, float)) and 0 < weight < _ABSURD}):
        if target is not None and 0 < target < _ABSURD and target % weight:
            instances = -(-target // weight)
            facts = {"weight": weight, "instances": int(instances), "units": instances * weight}
            yield fleet.problem("TargetCapacity", **facts)


@Rule(
    "SpotFleetUnitNeedsRequirements",
    "must be units without {InstanceRequirements}",
    "omit it, or give requirements",
    FLEET,
).of(Fleet)
def unit_of_requirements(fleet: Fleet) -> Problems:
    """Capacity is counted in vCPUs or memory with instance requirements only."""
    unit = fleet.known("TargetCapacityUnitType")
    required = [override["InstanceRequirements"] for override, _ in fleet.overrides]
    if unit in ("vcpu", "memory-mib") and required and all(requirements is None for requirements in required):
        yield fleet.problem("TargetCapacityUnitType")


@Rule(
    "SpotFleetRebalanceNeedsMaintain",
    "must be omitted for fleets of {Type} request",
    "omit it, or use maintain",
    REBALANCE,
).of(Fleet)
def rebalance_of_a_maintained_fleet(fleet: Fleet) -> Problems:
    """Only a maintained fleet rebalances."""
    if fleet.rebalance.get("ReplacementStrategy") is not None and fleet.known("Type") == "request":
        yield fleet.rebalance_problem("ReplacementStrategy")


@Rule(
    "SpotFleetTerminationDelay",
    "must be {min:,} to {max:,} seconds with {ReplacementStrategy} launch-before-terminate, and omitted without it",
    "set or omit it",
    REBALANCE,
).of(Fleet)
def delay_with_launch_before_terminate(fleet: Fleet) -> Problems:
    """A delay is given with launch-before-terminate, and only then."""
    strategy, delay = fleet.rebalance.get("ReplacementStrategy"), fleet.rebalance.get("TerminationDelay")
    if isinstance(strategy, Unknown) or isinstance(delay, Unknown):
        return
    low, high = limits.FLEET_DELAY
    wanted = strategy == "launch-before-terminate"
    if wanted != (delay is not None) or (delay is not None and not low <= delay <= high):
        yield fleet.rebalance_problem("TerminationDelay", min=low, max=high)


@Rule(
    "SpotFleetRatesOverQuota",
    "need {total:,} MiB/s at once, over the quota of {quota:,} MiB/s per account and Region: launches beyond it fail",
    "lower the rates or the capacity, or have the quota raised",
    INITIALIZE,
    severity="warning",
    subject="{instances} instances with {rate} MiB/s each",
    given=None,
).of(Fleet)
def rates_in_quota(fleet: Fleet) -> Problems:
    """The rates of all volumes that a fleet may launch at once are within the account's quota."""
    for specification, path in fleet.specifications:
        devices = Reader(fleet.names, True).walk(specification, ("BlockDeviceMappings", "*", "Ebs"), path)
        rates = [ebs.get(RATE) for ebs, _ in devices]
        rate = sum(rate for rate in rates if isinstance(rate, int) and 0 < rate <= limits.RATE_MAX)
        if facts := over_rate_quota(rate, fleet.known("TargetCapacity"), [specification.get("WeightedCapacity")]):
            yield Problem("", facts, path, fleet.names)


def over_rate_quota(rate: int, target: object, weights: Iterable[object]) -> dict[str, Any] | None:
    """Return the numbers if the instances exceed the quota; ``rate`` is the sum of the rates of one instance."""
    if not isinstance(target, int) or not 0 < target < _ABSURD:
        return None
    instances = instances_of(target, weights)
    if instances * rate <= limits.RATE_QUOTA:
        return None
    return {"instances": instances, "rate": rate, "total": instances * rate, "quota": limits.RATE_QUOTA}


def instances_of(target: int, weights: Iterable[object]) -> int:
    """Return the most instances that a capacity can consist of, each with one of these weights; ``None`` is 1."""
    units = [1 if weight is None else weight for weight in weights]
    known = [unit for unit in units if isinstance(unit, (int, float)) and unit > 0]
    return math.ceil(min(max(target, 0), _ABSURD) / max(min(known, default=1), 1 / _ABSURD))


ESTABLISHED_ELSEWHERE = (
    Rule("InstanceTypeRequired", "must be given, or instance_requirements", "give one of them", FLEET, given="neither"),
    Rule(
        "InstanceRequirementsIncomplete",
        "must have v_cpu_count_min and memory_min",
        "give both",
        API + "InstanceRequirementsRequest.html",
        given="one or none",
    ),
    Rule("LaunchSpecificationNameTaken", "must be a name that nothing else in the fleet has", "choose another", FLEET),
    Rule("MachineImageRequired", "must be given, or a launch_template", "give one of them", FLEET, given="neither"),
    Rule(
        "LaunchTemplateConflict",
        "must be omitted with a launch_template, which has its own",
        "omit it, or the template",
        FLEET,
        subject="{given}",
        given=None,
    ),
    Rule("SubnetsRequired", "must select at least one subnet", "select others", FLEET, given="{given}"),
    Rule(
        "SpotFleetSubnetsShareAZone",
        "must be in different Availability Zones in one fleet",
        "select one_per_az",
        FLEET_QUOTAS,
        given="two in {zone}",
    ),
)
