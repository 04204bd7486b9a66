"""``check_app``: checks the templates of an app, each by itself, and their launches and rates together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .. import limits
from ..actions import RATE
from ..requests import RequestedVolume
from ..rules import RULES, check_rate, find
from ..rules.origin import can_be_rated
from .launch_checks import check_keys, check_spot_requests, keys_of, persistent_requests
from .launches import Launch, follow_launches, largest_launches, sum_of_rates
from .references import App, AppTemplate, Place
from .subnet_zones import subnets_elsewhere
from .templates import TemplateResource, VolumeRequest, check_template, read_template

if TYPE_CHECKING:
    from ..findings import Finding, Severity


def check_app(
    templates: Sequence[AppTemplate],
    *,
    quota: int = limits.RATE_QUOTA,
    minimum_rate: int | None = None,
    severities: Mapping[str, Severity] | None = None,
) -> list[list[Finding]]:
    """Check the templates of an app, each as ``check_template`` does, and all of them together.

    Together they show the sum of the rates that may be requested at once in an account and Region, rated launch
    templates that are launched in subnets of Local Zones and Outposts, persistent Spot requests of instances, and KMS
    keys that what launches may not use. Never raises on odd templates.

    Args:
        templates: all templates, those of nested stacks included.
        quota: MiB/s that an account and Region has. Default: 5,000, EC2's own.
        minimum_rate: MiB/s, 100 to 300, that every volume from a snapshot must have. A rate that is added to a volume
            that exists may fail its update. Default: no minimum.
        severities: ``error`` or ``warning`` by code, in place of the code's own.

    Returns:
        The findings of each template, in the order of the templates.

    Raises:
        EbsValidationError: for an invalid quota, minimum rate or severity; never for the content of a template.

    >>> volume = {"Type": "AWS::EC2::Volume", "Properties": {"SnapshotId": "snap-01234567", "AvailabilityZone": "a"}}
    >>> [[finding]] = check_app(
    ...     [AppTemplate(name="Data", template={"Resources": {"Cold": volume}})], minimum_rate=200
    ... )
    >>> finding.code
    'InitializationRateBelowMinimum'
    """
    if problems := [*check_options(quota, minimum_rate, severities or {}), *_check_templates(templates)]:
        from ..findings import EbsValidationError

        raise EbsValidationError("check_app", problems)
    findings = _AppFindings(App(templates), len(templates))
    findings.check_resources(minimum_rate)
    findings.check_launches(quota)
    changed = severities or {}
    return [
        [finding.changed(severity=changed.get(finding.code, finding.severity)) for finding in of_template]
        for of_template in findings.found
    ]


class _AppFindings:
    """What is wrong with the templates of an app."""

    def __init__(self, app: App, given: int) -> None:
        self.app = app
        self.found: list[dict[Finding, None]] = [{} for _ in range(given)]
        """The findings of each template, each once, even if the template is deployed as several stacks."""
        self.rated: dict[Place, list[RequestedVolume]] = defaultdict(list)
        self.slow: dict[Place, list[Finding]] = defaultdict(list)
        self.persistent: dict[Place, TemplateResource] = {}
        self.keyed: dict[Place, dict[Place, RequestedVolume]] = {}

    def add(self, index: int, findings: Iterable[Finding]) -> None:
        self.found[self.app.origins[index]].update(dict.fromkeys(findings))

    def check_resources(self, minimum_rate: int | None) -> None:
        """Check each resource by itself, and note those about which more can be said when their launches are known."""
        for index, each in enumerate(self.app.templates):
            if not isinstance(each.template, Mapping):
                self.add(index, check_template(each.template))
            _, region = self.app.environment(index)
            for resource in read_template(each.template, self.app.evaluators[index], region):
                place = Place(index, resource.logical_id)
                if index < len(self.found):
                    self.add(index, resource.check())
                if minimum_rate is not None:
                    slow = _below_minimum(resource, minimum_rate)
                    if slow:
                        self.slow[place] = slow
                if persistent_requests(resource):
                    self.persistent[place] = resource
                if keys := keys_of(resource):
                    self.keyed[place] = keys
                volumes = [volume for request in resource.requests for volume in request.rated]
                if volumes:
                    self.rated[place] = volumes

    def check_launches(self, quota: int) -> None:
        """Check what launches launch templates, where rated volumes are created, and how many at once."""
        for index, finding in subnets_elsewhere(self.app):
            self.add(index, [finding])
        launched = self.rated.keys() | self.slow.keys() | self.persistent.keys() | self.keyed.keys()
        launches = [*follow_launches(self.app, launched)] if launched else []
        for index, findings in check_spot_requests(self.app, launches, self.persistent):
            self.add(index, findings)
        for index, findings in check_keys(self.app, launches, self.keyed):
            self.add(index, findings)
        launches = [launch for launch in launches if launch.template in self.rated or launch.template in self.slow]
        misplaced: dict[Place, dict[str, str]] = defaultdict(dict)
        for launch in launches:
            where = "" if launch.launcher == launch.template else f", where {launch.launcher.logical_id} launches it"
            for code, place_name in launch.places:
                misplaced[launch.template].setdefault(code, place_name + where)
        for place, codes in misplaced.items():
            self.slow.pop(place, None)  # no rate is possible
            self.add(place.template, _misplaced(self.app, place, self.rated.get(place, ()), codes))
        for place, findings in self.slow.items():
            self.add(place.template, findings)
        rates = {place: sum_of_rates(volumes) for place, volumes in self.rated.items()}
        rated = [launch for launch in launches if launch.template in self.rated]
        for place, finding in _over_quota(self.app, rated, rates, quota):
            self.add(place.template, [finding.changed(logical_id=place.logical_id)])


def _check_templates(templates: object) -> Iterator[Finding]:
    """An app is a list of ``AppTemplate``; the content of each may be anything."""
    if isinstance(templates, (AppTemplate, str, Mapping)) or not isinstance(templates, Sequence):
        expected, fix = "a list of AppTemplates", "use [AppTemplate(name=..., template=...)]"
        yield find("WrongType", prop="templates", expected=expected, got=templates, fix=fix)
        return
    for index, template in enumerate(templates):
        if not isinstance(template, AppTemplate):
            prop, fix = f"templates[{index}]", "use AppTemplate(name=..., template=...)"
            yield find("WrongType", prop=prop, expected="an AppTemplate", got=template, fix=fix)


def check_options(quota: object, minimum_rate: object, severities: object) -> list[Finding]:
    """Check the options of ``check_app``."""
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


def _below_minimum(resource: TemplateResource, minimum: int) -> list[Finding]:
    """Every volume that can have a rate has at least the minimum rate."""

    def judge(asked: VolumeRequest) -> Iterator[Finding]:
        for volume in asked.request.volumes:
            rate = volume.known(RATE)
            if rate is None and (RATE in volume.values or volume.open or not can_be_rated(volume)):
                continue
            if rate is None or rate < minimum:
                fix = asked.schema.instead if RATE in asked.schema.rejects else f"use {minimum}"
                problem = volume.problem(RATE, min=minimum, given=rate or "none", fix=fix)
                finding = RULES["InitializationRateBelowMinimum"].found(problem)
                yield finding.changed(logical_id=asked.logical_id)

    return resource.check(judge)


def _misplaced(
    app: App, place: Place, volumes: Iterable[RequestedVolume], codes: Mapping[str, str]
) -> Iterator[Finding]:
    """A launch template with rates is not launched in a Local Zone or on an Outpost; each of these is named once."""
    for code, shown in codes.items():
        for volume in volumes:
            problem = volume._replace(names={"OutpostArn": shown}).problem(RATE, zone=shown)
            finding = RULES[code].found(problem)
            origin = app.evaluators[place.template].origin(app.written(place), finding.path[3:])
            yield finding.changed(logical_id=place.logical_id, path=finding.path[:3] + origin)


def _over_quota(app: App, launches: Sequence[Launch], rates: Mapping[Place, int], quota: int) -> Iterator[Any]:
    """The rates that may be requested at once in an account and Region are within its quota."""
    accounts: dict[Any, list[tuple[int, Launch]]] = defaultdict(list)
    for launch in largest_launches(launches, rates):
        if share := launch.instances * rates[launch.template]:
            accounts[app.environment(launch.launcher.template)].append((share, launch))
    for (account, region), shares in accounts.items():
        total = sum(share for share, _ in shares)
        if total <= quota:
            continue
        shares.sort(key=lambda share: -share[0])
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
