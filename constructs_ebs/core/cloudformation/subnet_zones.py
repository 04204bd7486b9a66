"""Checks that what is launched into a subnet of the app is launched in the Region of the zone of that subnet."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ..regions import zones_elsewhere
from ..rules import find
from .paths import values_at
from .references import App, Place, Reference
from .resources import RESOURCE_TYPES

if TYPE_CHECKING:
    from ..findings import Finding


def subnets_elsewhere(app: App) -> Iterator[tuple[int, Finding]]:
    """What is launched into a subnet of the app is launched in the Region of its zone.

    Yields findings with the index of their template.
    """
    for index, resources in enumerate(app.resources):
        _, region = app.environment(index)
        for logical_id in resources if region else ():
            kind = app.kind(Place(index, logical_id))
            row = RESOURCE_TYPES.get(kind) if isinstance(kind, str) else None
            launch = row.launch if row else None
            for path in ((*launch.each, *subnets) for subnets in launch.subnets) if launch else ():
                for subnet in values_at(app.properties(Place(index, logical_id)), path):
                    for zone, there in _zones_of_subnet(app, subnet, str(region)):
                        known = path[: path.index("*")] if "*" in path else path
                        at = ("Resources", logical_id, "Properties", *known)
                        facts: dict[str, Any] = {"zone": zone, "there": there, "here": region}
                        finding = find("AvailabilityZoneOfAnotherRegion", at, prop=str(known[-1]), **facts)
                        yield index, finding.changed(logical_id=logical_id)


def _zones_of_subnet(app: App, subnet: object, region: str) -> Iterator[tuple[str, str]]:
    """Yield the zone of a subnet that is not of a Region, as messages show it, and what it is of."""
    if not isinstance(subnet, Reference) or app.kind(subnet.place) != "AWS::EC2::Subnet":
        return
    properties = app.properties(subnet.place)
    for name in ("AvailabilityZone", "AvailabilityZoneId"):
        named = properties.get(name)
        for zone, there in zones_elsewhere(named, region) if isinstance(named, str) else ():
            yield f"{zone} (subnet {subnet.place.logical_id})", there
