"""The rules about a Spot Fleet as a whole: its capacity, its strategies, its launch specifications and overrides."""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from .. import limits
from ..findings import Finding, Path, find
from ..requests import UNKNOWN, Reader, Unknown, element_of, is_open

Findings = Iterator[Finding]

PRICES: Final = ("SpotPrice", "SpotMaxTotalPrice", "OnDemandMaxTotalPrice")
INTEGERS: Final = ("TargetCapacity", "OnDemandTargetCapacity", "InstancePoolsToUseCount")
_REBALANCE: Final = ("SpotMaintenanceStrategies", "CapacityRebalance")
_LISTS: Final = ("LaunchSpecifications", "LaunchTemplateConfigs")
_POOL: Final[Mapping[str, type]] = {
    "InstanceType": str,
    "SubnetId": str,
    "AvailabilityZone": str,
    "AvailabilityZoneId": str,
    "InstanceRequirements": dict,
}
CHOICES: Final[Mapping[str, tuple[str, ...]]] = {
    "AllocationStrategy": (
        "lowestPrice",
        "diversified",
        "capacityOptimized",
        "capacityOptimizedPrioritized",
        "priceCapacityOptimized",
    ),
    "OnDemandAllocationStrategy": ("lowestPrice", "prioritized"),
    "Type": ("maintain", "request"),
    "InstanceInterruptionBehavior": ("terminate", "stop", "hibernate"),
    "ExcessCapacityTerminationPolicy": ("default", "noTermination"),
    "TargetCapacityUnitType": ("units", "vcpu", "memory-mib"),
}
"""What each option may be: the EC2 API model, SpotFleetRequestConfigData."""
ANY_CASE: Final = ("OnDemandAllocationStrategy", "ExcessCapacityTerminationPolicy")
"""Those that CloudFormation takes in another case too: its schema lists both spellings, or none."""
_ABSURD: Final = 10**9  # Capacities and weights past it are wrong already, and too long for arithmetic.
REPLACEMENTS: Final = ("launch", "launch-before-terminate")


class Fleet(NamedTuple):
    """A Spot Fleet request, read."""

    values: Mapping[str, Any]
    overrides: Sequence[tuple[Mapping[str, Any], Path]]
    """The overrides of its launch templates, as far as they are known."""
    specifications: Sequence[tuple[Mapping[str, Any], Path]]
    """Its launch specifications, as far as they are known."""
    rebalance: Mapping[str, Any]
    """What to do with an instance at risk: strategy and delay."""
    path: Path
    names: Mapping[str, str]

    def known(self, name: str) -> Any:
        value = self.values.get(name)
        return None if isinstance(value, Unknown) else value

    def find(self, code: str, name: str, **facts: Any) -> Finding:
        facts.setdefault("got", self.values.get(name))
        return find(code, (*self.path, name), self.names, prop=self.names.get(name, name), **facts)

    def of_override(self, code: str, path: Path, name: str, **facts: Any) -> Finding:
        # The launch template is what a user writes, its overrides are what becomes of it.
        label = f"{element_of(path[:-2], self.names)}: "
        return find(code, (*path, name), self.names, label, prop=self.names.get(name, name), **facts)

    def of_rebalance(self, code: str, name: str, **facts: Any) -> Finding:
        path = (*self.path, *_REBALANCE, name)
        return find(code, path, self.names, prop=self.names.get(name, name), **facts)


def check_fleet(config: object, path: Path, names: Mapping[str, str], lenient: bool) -> Findings:
    """Check the configuration of a Spot Fleet request."""
    reader = Reader(names, lenient)
    raw = reader.mapping(config, path)
    if raw is None:
        return
    values = {name: reader.read(raw.get(name), int, path, name) for name in INTEGERS}
    values |= {name: reader.read(raw.get(name), str, path, name) for name in (*CHOICES, *PRICES)}
    caseless = ANY_CASE if lenient else CHOICES
    values |= {name: _spelled(values[name], CHOICES[name]) for name in caseless}
    # An empty list is as good as none. What is wrong with these lists, their own readers say.
    lists = Reader(names, lenient)
    absent = UNKNOWN if is_open(raw) else None
    values |= {name: lists.read(raw.get(name), list, path, name) or absent for name in _LISTS}
    templates = list(reader.walk(raw.get("LaunchTemplateConfigs"), ("*",), (*path, "LaunchTemplateConfigs")))
    overrides = [
        ({**override, **_pool(override, at, reader)}, at)
        for template, template_at in templates
        for override, at in reader.walk(template, ("Overrides", "*"), template_at)
    ]
    specifications = list(lists.walk(raw.get("LaunchSpecifications"), ("*",), (*path, "LaunchSpecifications")))
    rebalance: dict[str, Any] = {}
    for given, at in reader.walk(raw.get(_REBALANCE[0]), _REBALANCE[1:], (*path, _REBALANCE[0])):
        rebalance["ReplacementStrategy"] = reader.read(given.get("ReplacementStrategy"), str, at, "ReplacementStrategy")
        rebalance["TerminationDelay"] = reader.read(given.get("TerminationDelay"), int, at, "TerminationDelay")
    fleet = Fleet(values, overrides, specifications, rebalance, path, names)
    yield from reader.findings
    for rule in FLEET_RULES:
        yield from rule(fleet)


def _spelled(value: Any, choices: Iterable[str]) -> Any:
    """Return a choice as EC2 spells it, anything else as it is."""
    same = (choice for choice in choices if isinstance(value, str) and choice.lower() == value.lower())
    return next(same, value)


def _pool(override: Mapping[str, Any], at: Path, reader: Reader) -> dict[str, Any]:
    """Return what an override launches, None for what AWS::NoValue leaves out."""
    return {name: reader.read(override.get(name), kind, at, name) for name, kind in _POOL.items()}


def choices_known(fleet: Fleet) -> Findings:
    """Each option is one of those that EC2 has."""
    for name, choices in CHOICES.items():
        value = fleet.known(name)
        if value is not None and value not in choices:
            yield fleet.find("SpotFleetOptionUnknown", name, choices=", ".join(choices))


def capacity_in_range(fleet: Fleet) -> Findings:
    """The capacities are not negative, On-Demand capacity is part of the target, and a one-time fleet has some."""
    target, on_demand = fleet.known("TargetCapacity"), fleet.known("OnDemandTargetCapacity")
    least = 1 if fleet.known("Type") == "request" else 0
    if target is not None and target < least:
        yield fleet.find("SpotFleetCapacityOutOfRange", "TargetCapacity", min=least)
    if on_demand is not None and on_demand < 0:
        yield fleet.find("SpotFleetCapacityOutOfRange", "OnDemandTargetCapacity", min=0)
    pools = fleet.known("InstancePoolsToUseCount")
    if pools is not None and pools < 1:
        yield fleet.find("SpotFleetCapacityOutOfRange", "InstancePoolsToUseCount", min=1)
    if on_demand is not None and target is not None and on_demand > max(target, 0):
        yield fleet.find("SpotFleetOnDemandAboveTarget", "OnDemandTargetCapacity", target=target)
    in_instances = fleet.known("TargetCapacityUnitType") in (None, "units")
    if target is not None and target > limits.FLEET_CAPACITY and in_instances:
        yield fleet.find("SpotFleetCapacityOverQuota", "TargetCapacity", quota=limits.FLEET_CAPACITY)


def one_kind_of_specification(fleet: Fleet) -> Findings:
    """A fleet has launch specifications or launch templates; On-Demand capacity needs the latter."""
    specifications, templates = map(fleet.known, _LISTS)
    if specifications and templates:
        yield fleet.find("SpotFleetSpecificationConflict", "LaunchSpecifications")
    elif all(fleet.values[name] is None for name in _LISTS):
        yield fleet.find("SpotFleetSpecificationRequired", "LaunchTemplateConfigs")
    if specifications and fleet.known("OnDemandTargetCapacity"):
        yield fleet.find("SpotFleetOnDemandNeedsTemplates", "OnDemandTargetCapacity")


def pools_with_lowest_price(fleet: Fleet) -> Findings:
    """The number of pools is given with the lowestPrice strategy only."""
    strategy = fleet.known("AllocationStrategy")
    if fleet.values.get("InstancePoolsToUseCount") is not None and strategy and strategy != "lowestPrice":
        yield fleet.find("SpotFleetPoolsNeedLowestPrice", "InstancePoolsToUseCount", strategy=strategy)


def excess_of_a_maintained_fleet(fleet: Fleet) -> Findings:
    """A policy for excess capacity is given for a fleet that is maintained."""
    if fleet.known("Type") == "request" and fleet.values.get("ExcessCapacityTerminationPolicy") is not None:
        yield fleet.find("SpotFleetPolicyIgnored", "ExcessCapacityTerminationPolicy")


def pools_in_quota(fleet: Fleet) -> Findings:
    """A fleet spans at most 300 pools: combinations of instance type and subnet."""
    pools = len(fleet.overrides)
    if pools > limits.FLEET_POOLS:
        yield fleet.find("SpotFleetPoolsOverQuota", "LaunchTemplateConfigs", pools=pools, quota=limits.FLEET_POOLS)


def types_or_requirements(fleet: Fleet) -> Findings:
    """An override names an instance type or requirements, not both."""
    for override, path in fleet.overrides:
        if isinstance(override["InstanceType"], str) and isinstance(override["InstanceRequirements"], Mapping):
            yield find("InstanceTypeConflict", (*path, "InstanceRequirements"), fleet.names)


def weights_divide(fleet: Fleet) -> Findings:
    """The target is a whole number of instances of each weight."""
    target = fleet.known("TargetCapacity")
    weights = [override.get("WeightedCapacity") for override, _ in fleet.overrides]
    for weight in sorted({weight for weight in weights if isinstance(weight, (int, float)) and 0 < weight < _ABSURD}):
        if target is not None and 0 < target < _ABSURD and target % weight:
            instances = -(-target // weight)
            facts = {"weight": weight, "instances": int(instances), "units": instances * weight}
            yield fleet.find("SpotFleetWeightDoesNotDivide", "TargetCapacity", **facts)


def prices_positive(fleet: Fleet) -> Findings:
    """A price is more than nothing."""
    for name in PRICES:
        price = fleet.known(name)
        if price is not None and not is_price(price, 0):
            yield fleet.find("SpotPriceTooLow", name, min=0)
    for override, path in fleet.overrides:
        price = override.get("SpotPrice")
        if isinstance(price, str) and not is_price(price, 0):
            yield fleet.of_override("SpotPriceTooLow", path, "SpotPrice", got=price, min=0)


def weights_and_priorities_in_range(fleet: Fleet) -> Findings:
    """A weight is more than 0, a priority a whole number from 0."""
    for override, path in fleet.overrides:
        weight, priority = override.get("WeightedCapacity"), override.get("Priority")
        if isinstance(weight, (int, float)) and not weight > 0:
            yield fleet.of_override("SpotFleetWeightOutOfRange", path, "WeightedCapacity", got=weight)
        if isinstance(priority, (int, float)) and not (priority >= 0 and priority % 1 == 0):
            yield fleet.of_override("SpotFleetPriorityOutOfRange", path, "Priority", got=priority)


def overrides_differ(fleet: Fleet) -> Findings:
    """No launch template has two overrides for the same instance type in the same subnet and zone."""
    seen: set[tuple[object, ...]] = set()
    for override, path in fleet.overrides:
        pool = [override[name] for name in _POOL if name != "InstanceRequirements"]
        if pool[0] is None or any(isinstance(one, Unknown) for one in pool):
            continue
        key = (path[:-1], *pool)
        if key in seen:
            yield fleet.of_override("SpotFleetOverrideDuplicate", path, "InstanceType", got=pool[0])
        seen.add(key)


def is_price(text: str, above: float) -> bool:
    """Whether it is a number of USD above that."""
    try:
        return above < float(text) < math.inf
    except ValueError:
        return False


def unit_of_requirements(fleet: Fleet) -> Findings:
    """Capacity is counted in vCPUs or memory with instance requirements only."""
    unit = fleet.known("TargetCapacityUnitType")
    required = [override["InstanceRequirements"] for override, _ in fleet.overrides]
    if unit in ("vcpu", "memory-mib") and required and all(one is None for one in required):
        yield fleet.find("SpotFleetUnitNeedsRequirements", "TargetCapacityUnitType")


def rebalance_fits(fleet: Fleet) -> Findings:
    """A maintained fleet may rebalance; launch-before-terminate comes with a delay, and only that does."""
    strategy, delay = fleet.rebalance.get("ReplacementStrategy"), fleet.rebalance.get("TerminationDelay")
    if isinstance(strategy, str) and strategy not in REPLACEMENTS:
        facts = {"choices": ", ".join(REPLACEMENTS), "got": strategy}
        yield fleet.of_rebalance("SpotFleetOptionUnknown", "ReplacementStrategy", **facts)
    if strategy is not None and fleet.known("Type") == "request":
        yield fleet.of_rebalance("SpotFleetRebalanceNeedsMaintain", "ReplacementStrategy", got=strategy)
    if isinstance(strategy, Unknown) or isinstance(delay, Unknown):
        return
    low, high = limits.FLEET_DELAY
    wanted = strategy == "launch-before-terminate"
    if wanted != (delay is not None) or (delay is not None and not low <= delay <= high):
        yield fleet.of_rebalance("SpotFleetTerminationDelay", "TerminationDelay", got=delay, min=low, max=high)


def rates_in_quota(fleet: Fleet) -> Findings:
    """The rates of all volumes that a fleet may launch at once are within the account's quota."""
    for specification, path in fleet.specifications:
        devices = Reader(fleet.names, True).walk(specification, ("BlockDeviceMappings", "*", "Ebs"), path)
        rates = [ebs.get("VolumeInitializationRate") for ebs, _ in devices]
        rate = sum(rate for rate in rates if isinstance(rate, int) and 0 < rate <= limits.RATE_MAX)
        if facts := over_rate_quota(rate, fleet.known("TargetCapacity"), [specification.get("WeightedCapacity")]):
            yield find("SpotFleetRatesOverQuota", path, fleet.names, **facts)


def over_rate_quota(rate: int, target: object, weights: Iterable[object]) -> dict[str, Any] | None:
    """Return the arithmetic if so many instances, each with volumes of this rate together, pass the quota."""
    if not isinstance(target, int) or not 0 < target < _ABSURD:
        return None
    instances = instances_of(target, weights)
    if instances * rate <= limits.RATE_QUOTA:
        return None
    return {"instances": instances, "rate": rate, "total": instances * rate, "quota": limits.RATE_QUOTA}


def instances_of(target: int, weights: Iterable[object]) -> int:
    """Return the most instances that a capacity may be, each of one of these weights; ``None`` is 1."""
    units = [1 if weight is None else weight for weight in weights]
    known = [unit for unit in units if isinstance(unit, (int, float)) and unit > 0]
    return math.ceil(min(max(target, 0), _ABSURD) / max(min(known, default=1), 1 / _ABSURD))


FLEET_RULES: Final[tuple[Callable[[Fleet], Findings], ...]] = (
    choices_known,
    capacity_in_range,
    one_kind_of_specification,
    pools_with_lowest_price,
    excess_of_a_maintained_fleet,
    pools_in_quota,
    prices_positive,
    weights_and_priorities_in_range,
    overrides_differ,
    types_or_requirements,
    weights_divide,
    unit_of_requirements,
    rebalance_fits,
    rates_in_quota,
)
