"""Checks launch templates by what launches them, where what is right depends on that."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from ..regions import zones_elsewhere
from ..rules import RULES, find
from .launches import Launch
from .paths import values_at
from .references import App, Place, Reference
from .resources import RESOURCE_TYPES
from .templates import TemplateResource, VolumeRequest

if TYPE_CHECKING:
    from ..findings import Finding

_LAUNCH_TEMPLATE = "AWS::EC2::LaunchTemplate"
_RULES_OF_LAUNCHERS = {
    "AWS::EC2::Instance": "PersistentSpotRequest",
    "AWS::AutoScaling::AutoScalingGroup": "SpotGroupNeedsOneTime",
}
"""The rule about the persistent Spot requests of what launches a template."""


def persistent_requests(
    resource: TemplateResource, code: str = "PersistentSpotRequest", launcher: str = ""
) -> list[Finding]:
    """Find persistent Spot requests in a launch template, as problems of what launches it."""

    def judge(asked: VolumeRequest) -> Iterator[Finding]:
        if asked.request.values.get("SpotInstanceType") == "persistent":
            problem = asked.request.spot_problem("SpotInstanceType", got="persistent", launcher=launcher)
            yield RULES[code].found(problem).changed(logical_id=asked.logical_id)

    return resource.check(judge) if resource.kind == _LAUNCH_TEMPLATE else []


def check_spot_requests(
    app: App, launches: Iterable[Launch], persistent: Mapping[Place, TemplateResource]
) -> Iterator[tuple[int, list[Finding]]]:
    """Instances and Auto Scaling groups make one-time requests; each launch template is named once for each rule.

    ``persistent`` are the launch templates with persistent requests. Yields findings with the index of their template.
    """
    told: set[tuple[Place, str]] = set()
    for launch in launches:
        code = _RULES_OF_LAUNCHERS.get(str(app.kind(launch.launcher)))
        if code and launch.template in persistent and (launch.template, code) not in told:
            told.add((launch.template, code))
            found = persistent_requests(persistent[launch.template], code, launch.launcher.logical_id)
            yield launch.template.template, found


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
