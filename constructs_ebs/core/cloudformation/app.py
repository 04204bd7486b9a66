"""The templates of a whole app: each by itself, and what only all of them together show."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, NamedTuple

from .. import limits
from ..actions import RATE
from ..findings import EbsValidationError, Finding, Path, Severity
from ..requests import Volume
from ..rules import RULES, check_rate, find
from ..rules.origin import can_be_rated, special_zones
from ..rules.spot_fleet import instances_of
from .references import App, AppTemplate, Place, values, whole
from .resources import REPLACEMENT, Asked, check_asked, check_template, read_template


class Launcher(NamedTuple):
    """A resource type that makes volumes, its own or those of launch templates: how many times, and where."""

    templates: tuple[Path, ...] = ()
    """Where it names launch templates; empty: the volumes are its own."""
    each: Path = ()
    """Where a launch template stands with what belongs to it."""
    subnets: tuple[Path, ...] = ()
    zones: tuple[Path, ...] = ()
    """Below ``each``."""
    overrides: Path | None = None
    """Below ``each``: what may have weights, which are units of the capacity."""
    capacity: Path | None = None
    """The most units that it launches at once."""
    unit: Path | None = None
    """What a unit is, where that need not be an instance."""
    times: int = 1
    """How often it makes its volumes where no capacity is known."""
    exact: bool = True
    """Whether it makes them no more often than that."""


_FLEET = ("SpotFleetRequestConfigData",)
_OVERRIDES = ("Overrides", "*")
_MIXED = ("MixedInstancesPolicy", "LaunchTemplate")
_OF_A_FLEET: dict[str, Any] = {
    "templates": (("LaunchTemplateSpecification",),),
    "subnets": ((*_OVERRIDES, "SubnetId"),),
    "zones": ((*_OVERRIDES, "AvailabilityZone"),),
    "overrides": _OVERRIDES,
}
_INTERFACES = ("NetworkInterfaces", "*", "SubnetId")

LAUNCHERS: Final[Mapping[str, Launcher]] = {
    "AWS::EC2::Volume": Launcher(zones=(("AvailabilityZone",),)),
    REPLACEMENT: Launcher(),
    "AWS::EC2::LaunchTemplate": Launcher(subnets=(("LaunchTemplateData", *_INTERFACES),), times=0),
    "AWS::ECS::Service": Launcher(
        subnets=(("NetworkConfiguration", "AwsvpcConfiguration", "Subnets", "*"),), capacity=("DesiredCount",)
    ),
    "AWS::BedrockAgentCore::CapacityProvider": Launcher(
        subnets=(("ComputeConfiguration", "Ec2Configuration", "VpcConfiguration", "Subnets", "*"),), exact=False
    ),
    "AWS::EC2::Instance": Launcher(
        templates=(("LaunchTemplate",),),
        subnets=(("SubnetId",), _INTERFACES),
        zones=(("AvailabilityZone",),),
    ),
    "AWS::AutoScaling::AutoScalingGroup": Launcher(
        templates=(
            ("LaunchTemplate",),
            (*_MIXED, "LaunchTemplateSpecification"),
            (*_MIXED, *_OVERRIDES, "LaunchTemplateSpecification"),
        ),
        subnets=(("VPCZoneIdentifier", "*"),),
        zones=(("AvailabilityZones", "*"),),
        overrides=(*_MIXED, *_OVERRIDES),
        capacity=("MaxSize",),
    ),
    "AWS::EC2::SpotFleet": Launcher(
        each=(*_FLEET, "LaunchTemplateConfigs", "*"),
        capacity=(*_FLEET, "TargetCapacity"),
        unit=(*_FLEET, "TargetCapacityUnitType"),
        **_OF_A_FLEET,
    ),
    "AWS::EC2::EC2Fleet": Launcher(
        each=("LaunchTemplateConfigs", "*"),
        capacity=("TargetCapacitySpecification", "TotalTargetCapacity"),
        unit=("TargetCapacitySpecification", "TargetCapacityUnitType"),
        **_OF_A_FLEET,
    ),
    "AWS::EKS::Nodegroup": Launcher(
        templates=(("LaunchTemplate",),), subnets=(("Subnets", "*"),), capacity=("ScalingConfig", "MaxSize")
    ),
    "AWS::GameLift::GameServerGroup": Launcher(
        templates=(("LaunchTemplate",),),
        subnets=(("VpcSubnets", "*"),),
        overrides=("InstanceDefinitions", "*"),
        capacity=("MaxSize",),
    ),
    "AWS::PCS::ComputeNodeGroup": Launcher(
        templates=(("CustomLaunchTemplate",),),
        subnets=(("SubnetIds", "*"),),
        capacity=("ScalingConfiguration", "MaxInstanceCount"),
    ),
    "AWS::Batch::ComputeEnvironment": Launcher(
        templates=(("LaunchTemplate",), ("LaunchTemplate", *_OVERRIDES)),
        each=("ComputeResources",),
        subnets=(("Subnets", "*"),),
        exact=False,
    ),
}
"""What makes volumes with rates (cfn-lint 1.58.0's schemas, 2026-10-20).

How many instances a Batch environment or a capacity provider of agents launches, no template says: at least one.
"""


class Launch(NamedTuple):
    """A resource that makes rated volumes."""

    launcher: Place
    template: Place
    """Whose volumes they are: a launch template's, or the launcher's own."""
    instances: int
    """How often it can make them at once."""
    exact: bool
    """Whether that is all, else it is the least."""
    places: list[tuple[str, str]]
    """Where it makes them and no rate is possible: the code of what is wrong, and the place."""


def check_app(
    templates: Sequence[AppTemplate],
    *,
    quota: int = limits.RATE_QUOTA,
    minimum_rate: int | None = None,
    severities: Mapping[str, Severity] | None = None,
) -> list[list[Finding]]:
    """Check the templates of an app, each like ``check_template`` does, and what only all of them together show.

    That is the sum of the rates that an account and Region can be asked for at once, and rated launch templates that
    are launched in subnets of Local Zones and Outposts. Never raises on odd templates.

    Args:
        templates: nested stacks among them.
        quota: MiB/s that an account and Region has. Default: 5,000, EC2's own.
        minimum_rate: MiB/s, 100 to 300, that every volume from a snapshot must have. Default: none is demanded.
        severities: ``error`` or ``warning`` by code, in place of the code's own.

    Returns:
        The findings of each template, in the order of the templates.

    Raises:
        EbsValidationError: for a quota, minimum rate or severity that is none; not for anything in a template.

    >>> volume = {"Type": "AWS::EC2::Volume", "Properties": {"SnapshotId": "snap-01234567", "AvailabilityZone": "a"}}
    >>> [[finding]] = check_app([AppTemplate("Data", {"Resources": {"Cold": volume}})], minimum_rate=200)
    >>> finding.code
    'InitializationRateBelowMinimum'
    """
    if problems := [*check_options(quota, minimum_rate, severities or {}), *_check_templates(templates)]:
        raise EbsValidationError("check_app", problems)
    app = App(templates)
    found: list[dict[Finding, None]] = [{} for _ in templates]  # each once, of a template for several stacks too

    def add(index: int, findings: Iterable[Finding]) -> None:
        found[app.origins[index]].update(dict.fromkeys(findings))

    rated: dict[Place, list[Volume]] = defaultdict(list)
    slow: dict[Place, list[Finding]] = defaultdict(list)
    for index, one in enumerate(app.templates):
        if not isinstance(one.template, Mapping):
            add(index, check_template(one.template))
        for asked in read_template(one.template):
            place = Place(index, asked.logical_id)
            if index < len(templates):
                add(index, check_asked(asked))
            if minimum_rate is not None and (below := [*_below_minimum(asked, minimum_rate)]):
                slow[place] += below
            if volumes := rated_volumes(asked):
                rated[place] += volumes
    launches = [*follow_launches(app, rated.keys() | slow.keys())] if rated or slow else []
    misplaced: dict[Place, dict[str, str]] = defaultdict(dict)
    for launch in launches:
        where = "" if launch.launcher == launch.template else f", where {launch.launcher.logical_id} launches it"
        for code, place_name in launch.places:
            misplaced[launch.template].setdefault(code, place_name + where)
    for place, codes in misplaced.items():
        slow.pop(place, None)  # no rate is possible
        add(place.template, _misplaced(place, rated.get(place, ()), codes))
    for place, below in slow.items():
        add(place.template, below)
    rates = {place: sum_of_rates(volumes) for place, volumes in rated.items()}
    for place, finding in _over_quota(app, [one for one in launches if one.template in rated], rates, quota):
        add(place.template, [replace(finding, logical_id=place.logical_id)])
    changed = severities or {}
    return [[replace(one, severity=changed.get(one.code, one.severity)) for one in findings] for findings in found]


def _check_templates(templates: object) -> Iterator[Finding]:
    """An app's templates are a list of them; what is in one may be anything."""
    if isinstance(templates, (AppTemplate, str, Mapping)) or not isinstance(templates, Sequence):
        expected, fix = "a list of AppTemplates", "use [AppTemplate(name, template)]"
        yield find("WrongType", prop="templates", expected=expected, got=templates, fix=fix)
        return
    for index, one in enumerate(templates):
        if not isinstance(one, AppTemplate):
            prop, fix = f"templates[{index}]", "use AppTemplate(name, template)"
            yield find("WrongType", prop=prop, expected="an AppTemplate", got=one, fix=fix)


def check_options(quota: object, minimum_rate: object, severities: object) -> list[Finding]:
    """Check what ``check_app`` is asked for."""
    problems = []
    if not isinstance(quota, int) or isinstance(quota, bool) or quota <= 0:
        problems.append(find("QuotaOutOfRange", prop="quota", got=quota, quota=limits.RATE_QUOTA))
    if minimum_rate is not None:
        problems += check_rate(minimum_rate, "minimum_rate")
    if not isinstance(severities, Mapping):
        expected = 'a dict of codes and "error" or "warning"'
        problems.append(find("WrongType", prop="severities", expected=expected, got=severities, fix="use {}"))
        return problems
    for code, severity in severities.items():
        if code not in RULES:
            from difflib import get_close_matches

            close = get_close_matches(str(code), RULES, 1)
            fix = f"did you mean {close[0]}?" if close else "use one of those in docs/rules.md"
            problems.append(find("CodeUnknown", prop="severities", got=code, fix=fix))
        elif severity not in ("error", "warning"):
            problems.append(find("SeverityUnknown", prop=f"severities[{code!r}]", got=severity))
    return problems


def _below_minimum(asked: Asked, minimum: int) -> Iterator[Finding]:
    """A volume that can have a rate has at least the one that is demanded."""
    for volume in asked.request.volumes:
        rate = volume.known(RATE)
        if rate is None and (RATE in volume.values or volume.open or not can_be_rated(volume)):
            continue
        if rate is None or rate < minimum:
            fix = asked.row.instead if RATE in asked.row.rejects else f"use {minimum}"
            problem = volume.problem(RATE, min=minimum, given=rate or "none", fix=fix)
            finding = RULES["InitializationRateBelowMinimum"].found(problem)
            yield replace(finding, logical_id=asked.logical_id)


def rated_volumes(asked: Asked) -> list[Volume]:
    """Return the volumes with a rate, where CloudFormation has rates."""
    return [] if RATE in asked.row.rejects else [volume for volume in asked.request.volumes if volume.given(RATE)]


def sum_of_rates(volumes: Sequence[Volume]) -> int:
    """Return what volumes ask for together; a rate that is not known counts as none."""
    rates = (volume.known(RATE) or 0 for volume in volumes)
    return sum(rate for rate in rates if 0 < rate <= limits.RATE_MAX)


def follow_launches(app: App, rated: Collection[Place]) -> Iterator[Launch]:
    """Follow everything that makes rated volumes to its launch templates and subnets."""
    names = {
        (app.environment(place.template), name): place
        for place in rated
        if isinstance(name := app.properties(place).get("LaunchTemplateName"), str)
    }
    for index, resources in enumerate(app.resources):
        for logical_id, resource in resources.items():
            kind = resource.get("Type") if isinstance(resource, Mapping) else None
            launcher = LAUNCHERS.get(kind) if isinstance(kind, str) else None
            if launcher is None:
                continue
            place = Place(index, logical_id)
            if not (launcher.templates or place in rated):
                continue
            properties = app.properties(place)
            for each in values(properties, launcher.each):
                templates: list[Place | None] = [place]
                if launcher.templates:
                    named = (one for path in launcher.templates for one in values(each, path))
                    found = (_template(app, index, one, names) for one in named)
                    templates = [template for template in dict.fromkeys(found) if template in rated]
                if templates:
                    places = [*_without_rates(app, index, each, launcher)]
                    instances, exact = _instances(properties, each, launcher)
                    yield from (Launch(place, template, instances, exact, places) for template in templates if template)


def _template(app: App, index: int, specification: object, names: Mapping[Any, Place]) -> Place | None:
    """Return the launch template that a specification names, if it is one of the app's."""
    for key in ("LaunchTemplateId", "Id", "TemplateId", "LaunchTemplateName", "Name"):
        raw = specification.get(key) if isinstance(specification, Mapping) else None
        if isinstance(raw, str):
            return names.get((app.environment(index), raw))
        if target := app.target(index, raw):
            return target.place
    return None


def _instances(properties: object, each: object, launcher: Launcher) -> tuple[int, bool]:
    """Return how many instances a resource launches at once, at least one, and whether its template says so."""
    if launcher.capacity is None:
        return launcher.times, launcher.exact
    capacity = whole(next(values(properties, launcher.capacity), None))
    unit = next(values(properties, launcher.unit), "units") if launcher.unit else "units"
    if capacity is None or unit != "units":
        return 1, False
    overrides = values(each, launcher.overrides) if launcher.overrides else ()
    weights = [override.get("WeightedCapacity") for override in overrides if isinstance(override, Mapping)]
    units = [weight if weight is None else whole(weight) or weight for weight in weights]
    return instances_of(capacity, units), True


def _without_rates(app: App, index: int, each: object, launcher: Launcher) -> Iterator[tuple[str, str]]:
    """Yield the Local Zones and Outposts among the places where a resource makes volumes."""
    for raw in (one for path in launcher.zones for one in values(each, path)):
        if isinstance(raw, str) and launcher.templates:  # of its own volumes, the rules say so
            yield from (("InitializationRateInLocalZone", zone) for zone in special_zones(raw))
        elif (target := app.target(index, raw)) and target.attribute == "AvailabilityZone":
            yield from _of_subnet(app, target.place)
    for raw in (one for path in launcher.subnets for one in values(each, path)):
        if target := app.target(index, raw):
            yield from _of_subnet(app, target.place)


def _of_subnet(app: App, place: Place) -> Iterator[tuple[str, str]]:
    if app.kind(place) == "AWS::EC2::Subnet":
        properties = app.properties(place)
        for name in ("AvailabilityZone", "AvailabilityZoneId"):
            for zone in special_zones(properties.get(name)):
                yield "InitializationRateInLocalZone", f"{zone} (subnet {place.logical_id})"
        if properties.get("OutpostArn"):
            yield "InitializationRateOnOutpost", f"OutpostArn of subnet {place.logical_id}"


def _misplaced(place: Place, volumes: Iterable[Volume], codes: Mapping[str, str]) -> Iterator[Finding]:
    """A launch template with rates is launched in no Local Zone and on no Outpost; each is named once."""
    for code, shown in codes.items():
        for volume in volumes:
            problem = volume._replace(names={"OutpostArn": shown}).problem(RATE, zone=shown)
            finding = RULES[code].found(problem)
            yield replace(finding, logical_id=place.logical_id)


def largest_launches(launches: Sequence[Launch], rates: Mapping[Place, int]) -> list[Launch]:
    """Return for each launcher the launch that asks for most: its launch templates share its capacity."""
    largest: dict[Place, Launch] = {}
    for launch in launches:
        other = largest.setdefault(launch.launcher, launch)
        if launch.instances * rates[launch.template] > other.instances * rates[other.template]:
            largest[launch.launcher] = launch
    return list(largest.values())


def _over_quota(app: App, launches: Sequence[Launch], rates: Mapping[Place, int], quota: int) -> Iterator[Any]:
    """What an account and Region can be asked for at once is within its quota."""
    accounts: dict[Any, list[tuple[int, Launch]]] = defaultdict(list)
    for launch in largest_launches(launches, rates):
        if share := launch.instances * rates[launch.template]:
            accounts[app.environment(launch.launcher.template)].append((share, launch))
    for (account, region), shares in accounts.items():
        total = sum(share for share, _ in shares)
        if total <= quota:
            continue
        shares.sort(key=lambda one: -one[0])
        shown = [
            f"{app.templates[launch.launcher.template].name}/{launch.launcher.logical_id} "
            + (f"{launch.instances:,} x {rates[launch.template]:,}" if launch.instances > 1 else f"{share:,}")
            for share, launch in shares[:3]
        ]
        more = [f"{len(shares) - 3:,} more"] if len(shares) > 3 else []
        where = f"account {account or 'unknown'}, Region {region or 'unknown'}"
        first = shares[0][1].launcher
        path = ("Resources", first.logical_id, "Properties")
        shown_all = ", ".join(shown + more)
        yield first, find("InitializationRatesOverQuota", path, total=total, quota=quota, where=where, shares=shown_all)
