"""Follows groups, fleets and instances to the launch templates whose rated volumes they create: how many, and where."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from .. import limits
from ..actions import RATE
from ..requests import MAYBE, RequestedVolume, whole_number
from ..rules.origin import special_zones
from ..rules.spot_fleet import instances_of
from .paths import values_at
from .references import App, Place, Reference
from .resources import RESOURCE_TYPES, LaunchSchema


class Launch(NamedTuple):
    """A resource that creates rated volumes."""

    launcher: Place
    template: Place
    """What describes the volumes: a launch template, or the launcher itself."""
    instances: int
    """How many times it may create them at once."""
    exact: bool
    """Whether that is exact; otherwise it is a lower bound."""
    places: list[tuple[str, str]]
    """The places where it creates them although EC2 has no rates there: the code of the rule, and the place."""


def sum_of_rates(volumes: Sequence[RequestedVolume]) -> int:
    """Return the sum of the rates of volumes; an unknown rate counts as 0."""
    rates = (volume.known(RATE) or 0 for volume in volumes)
    return sum(rate for rate in rates if 0 < rate <= limits.RATE_MAX)


def follow_launches(app: App, rated: Collection[Place]) -> Iterator[Launch]:
    """Yield everything that creates rated volumes, with its launch template and its places."""
    names = {
        (app.environment(place.template), name): place
        for place in rated
        if isinstance(name := app.properties(place).get("LaunchTemplateName"), str)
    }
    for index, resources in enumerate(app.resources):
        for logical_id in resources:
            place = Place(index, logical_id)
            kind = app.kind(place)
            row = RESOURCE_TYPES.get(kind) if isinstance(kind, str) else None
            if row and row.launch and (row.launch.templates or place in rated):
                yield from _launches(app, place, row.launch, rated, names)


def _launches(
    app: App, launcher: Place, schema: LaunchSchema, rated: Collection[Place], names: Mapping[Any, Place]
) -> Iterator[Launch]:
    """Yield what one resource launches."""
    properties = app.properties(launcher)
    for each in values_at(properties, schema.each):
        templates: list[Place | None] = [launcher]
        if schema.templates:
            named = (specification for path in schema.templates for specification in values_at(each, path))
            found = dict.fromkeys(_template(app, launcher.template, specification, names) for specification in named)
            templates = [template for template in found if template in rated]
        if templates:
            places = [*_without_rates(app, each, schema)]
            instances, exact = _instances(properties, each, schema)
            for template in filter(None, templates):
                yield Launch(launcher, template, instances, exact, places)


def _template(app: App, index: int, specification: object, names: Mapping[Any, Place]) -> Place | None:
    """Return the launch template that a specification names, if it is one of the app's."""
    for key in ("LaunchTemplateId", "Id", "TemplateId", "LaunchTemplateName", "Name"):
        named = specification.get(key) if isinstance(specification, Mapping) else None
        if isinstance(named, str):
            return names.get((app.environment(index), named))
        if isinstance(named, Reference):
            return named.place
    return None


def _instances(properties: object, each: object, schema: LaunchSchema) -> tuple[int, bool]:
    """Return how many instances a resource launches at once, at least one, and whether its template says so."""
    if schema.capacity is None:
        return schema.times, schema.exact
    capacity = whole_number(next(values_at(properties, schema.capacity), None))
    unit = next(values_at(properties, schema.unit), "units") if schema.unit else "units"
    if capacity is None or unit != "units":
        return 1, False
    overrides = values_at(each, schema.overrides) if schema.overrides else ()
    weights = [override.get("WeightedCapacity") for override in overrides if isinstance(override, Mapping)]
    units = [weight if weight is None else whole_number(weight) or weight for weight in weights]
    return instances_of(capacity, units), True


def _without_rates(app: App, each: object, schema: LaunchSchema) -> Iterator[tuple[str, str]]:
    """Yield the Local Zones and Outposts among the places where a resource creates volumes."""
    for zone in (zone for path in schema.zones for zone in values_at(each, path)):
        if isinstance(zone, str) and schema.templates:  # of its own volumes, the rules say so
            yield from (("InitializationRateInLocalZone", special) for special in special_zones(zone))
        elif isinstance(zone, Reference) and zone.attribute == "AvailabilityZone":
            yield from _of_subnet(app, zone.place)
    for subnet in (subnet for path in schema.subnets for subnet in values_at(each, path)):
        if isinstance(subnet, Reference):
            yield from _of_subnet(app, subnet.place)


def _of_subnet(app: App, place: Place) -> Iterator[tuple[str, str]]:
    if app.kind(place) == "AWS::EC2::Subnet":
        properties = app.properties(place)
        for name in ("AvailabilityZone", "AvailabilityZoneId"):
            for zone in special_zones(properties.get(name)):
                yield "InitializationRateInLocalZone", f"{zone} (subnet {place.logical_id})"
        outpost = properties.get("OutpostArn")
        if outpost and outpost is not MAYBE:
            yield "InitializationRateOnOutpost", f"OutpostArn of subnet {place.logical_id}"


def largest_launches(launches: Sequence[Launch], rates: Mapping[Place, int]) -> list[Launch]:
    """Return for each launcher the launch with the highest sum of rates, since its templates share its capacity."""
    largest: dict[Place, Launch] = {}
    for launch in launches:
        other = largest.setdefault(launch.launcher, launch)
        if launch.instances * rates[launch.template] > other.instances * rates[other.template]:
            largest[launch.launcher] = launch
    return list(largest.values())
