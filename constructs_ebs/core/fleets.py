"""Reads the configuration of a Spot Fleet request."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from .problems import Path, Problem
from .requests import UNKNOWN, Open, Reader, Request, Unknown, element_of

PRICES: Final = ("SpotPrice", "SpotMaxTotalPrice", "OnDemandMaxTotalPrice")
INTEGERS: Final = ("TargetCapacity", "OnDemandTargetCapacity", "InstancePoolsToUseCount")
_REBALANCE: Final = ("SpotMaintenanceStrategies", "CapacityRebalance")
LISTS: Final = ("LaunchSpecifications", "LaunchTemplateConfigs")
POOL: Final[Mapping[str, type]] = {
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
"""The options that CloudFormation also takes in another case: its schema lists both spellings, or none."""
REPLACEMENTS: Final = ("launch", "launch-before-terminate")


class Fleet(NamedTuple):
    """What was read from the configuration of a Spot Fleet request."""

    values: Mapping[str, Any]
    overrides: Sequence[tuple[Mapping[str, Any], Path]]
    """The overrides of its launch templates, as far as they are known."""
    specifications: Sequence[tuple[Mapping[str, Any], Path]]
    """Its launch specifications, as far as they are known."""
    rebalance: Mapping[str, Any]
    """What to do about an instance at risk of interruption: strategy and delay."""
    path: Path
    names: Mapping[str, str]

    def known(self, name: str) -> Any:
        value = self.values.get(name)
        return None if isinstance(value, Unknown) else value

    def problem(self, name: str, **facts: Any) -> Problem:
        """Return the problem of a rule about one property."""
        facts.setdefault("got", self.values.get(name))
        return Problem(self.names.get(name, name), facts, (*self.path, name), self.names)

    def override_problem(self, path: Path, name: str, **facts: Any) -> Problem:
        """Return the problem of a rule about an override, named by its launch template, which is what a user writes."""
        return Problem(
            self.names.get(name, name), facts, (*path, name), self.names, element_of(path[:-2], self.names) or ""
        )

    def rebalance_problem(self, name: str, **facts: Any) -> Problem:
        """Return the problem of a rule about an instance at risk."""
        facts["got"] = self.rebalance.get(name)
        return Problem(self.names.get(name, name), facts, (*self.path, *_REBALANCE, name), self.names)


def read_fleet(request: Request) -> tuple[Fleet | None, list[Problem]]:
    """Read the configuration of a Spot Fleet request, and the values of the wrong type in it."""
    if request.action.name != "RequestSpotFleet":
        return None, []
    reader = Reader(request.names, request.lenient)
    key = str(request.action.where[0])
    path: Path = (*request.path, key)
    raw = reader.mapping(request.params.get(key), path)
    if raw is None:
        return None, reader.misfits
    values = {name: reader.read(raw.get(name), int, path, name) for name in INTEGERS}
    values |= {name: reader.read(raw.get(name), str, path, name) for name in (*CHOICES, *PRICES)}
    values |= {name: _spelled(values[name], CHOICES[name]) for name in (ANY_CASE if request.lenient else CHOICES)}
    # An empty list is as good as none. What is wrong with these lists, their own readers say.
    lists = Reader(request.names, request.lenient)
    absent = UNKNOWN if isinstance(raw, Open) else None
    values |= {name: lists.read(raw.get(name), list, path, name) or absent for name in LISTS}
    templates = list(reader.walk(raw.get("LaunchTemplateConfigs"), ("*",), (*path, "LaunchTemplateConfigs")))
    overrides = [
        ({**override, **_pool(override, at, reader)}, at)
        for template, template_at in templates
        for override, at in reader.walk(template, ("Overrides", "*"), template_at)
    ]
    specifications = list(lists.walk(raw.get("LaunchSpecifications"), ("*",), (*path, "LaunchSpecifications")))
    rebalance: dict[str, Any] = {}
    for found, at in reader.walk(raw.get(_REBALANCE[0]), _REBALANCE[1:], (*path, _REBALANCE[0])):
        rebalance["ReplacementStrategy"] = reader.read(found.get("ReplacementStrategy"), str, at, "ReplacementStrategy")
        rebalance["TerminationDelay"] = reader.read(found.get("TerminationDelay"), int, at, "TerminationDelay")
    return Fleet(values, overrides, specifications, rebalance, path, request.names), reader.misfits


def _spelled(value: Any, choices: Iterable[str]) -> Any:
    """Return a choice as EC2 spells it, anything else as it is."""
    same = (choice for choice in choices if isinstance(value, str) and choice.lower() == value.lower())
    return next(same, value)


def _pool(override: Mapping[str, Any], at: Path, reader: Reader) -> dict[str, Any]:
    """Return the properties of an override that make a pool, ``None`` for those that it omits."""
    return {name: reader.read(override.get(name), kind, at, name) for name, kind in POOL.items()}
