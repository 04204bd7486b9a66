"""Compares the rates of launch templates with what EC2 reports: the stacks' own, their versions, those of fleets."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any, Final

from botocore import exceptions

from ...core.cloudformation.custom_resources import VERSION
from ...core.cloudformation.paths import values_at
from ..aws import Aws, code_of, pages
from ..stacks import StackResource
from .comparison import UNKNOWN, Comparison, compare, rates_of, unknown
from .resources import Fleets
from .template_rates import EVERY, Rates, TemplateRates

LAUNCH_TEMPLATE: Final = "AWS::EC2::LaunchTemplate"


def check_launch_templates(aws: Aws, asked: TemplateRates, fleets: Fleets) -> Iterator[Comparison]:
    """Compare the latest versions of the stacks' launch templates, ``LaunchTemplateVersion``s, and those of fleets."""
    for resource in asked.of(VERSION):
        if asked.version(resource) is None:
            yield from _of_version(resource, {}, "", None)
    wanted = _wanted(asked, fleets)
    numbers: dict[str, list[str]] = defaultdict(list)
    for template, number in wanted:
        numbers[template].append(number)
    for template in numbers:
        for number, version in _versions(aws, template, numbers[template]):
            for resource, rates in wanted[template, number]:
                for comparison in _of_version(resource, rates, template, version):
                    if comparison.device in rates or resource not in asked.open:  # else the template may ask for it
                        yield comparison


def _wanted(asked: TemplateRates, fleets: Fleets) -> dict[tuple[str, str], list[tuple[StackResource, Rates]]]:
    """Return which resources ask for which rates, by launch template and version."""
    wanted: dict[tuple[str, str], list[tuple[StackResource, Rates]]] = defaultdict(list)
    own = {resource.physical_id: rates for resource, rates in asked.of(LAUNCH_TEMPLATE).items()}
    for resource, rates in asked.of(LAUNCH_TEMPLATE).items():
        wanted[resource.physical_id, "$Latest"].append((resource, rates))
    for resource, rates in asked.of(VERSION).items():
        if (version := asked.version(resource)) is not None:
            wanted[version].append((resource, rates))
    for fleet, config in fleets:
        for specification in values_at(config, ("LaunchTemplateConfigs", "*", "LaunchTemplateSpecification")):
            template = specification.get("LaunchTemplateId")
            if template in own and "Version" in specification:
                wanted[template, specification["Version"]].append((fleet, own[template]))
    return wanted


def _versions(aws: Aws, template: str, numbers: list[str]) -> Iterator[tuple[str, Mapping[str, Any] | None]]:
    """Yield each version with the name by which it was requested: a number, $Latest or $Default."""
    call, key = aws.ec2.describe_launch_template_versions, "LaunchTemplateVersions"
    try:
        versions = list(pages(call, key, LaunchTemplateId=template, Versions=numbers))
    except exceptions.ClientError as error:
        if code_of(error) == "InvalidLaunchTemplateId.NotFound":
            versions = []
        elif code_of(error) == "InvalidLaunchTemplateId.VersionNotFound":  # one that is gone: read all that there are
            versions = list(pages(call, key, LaunchTemplateId=template, MaxResults=200))
        else:
            raise
    by_number = {str(version["VersionNumber"]): version for version in versions}
    by_name = {
        "$Latest": max(versions, key=lambda version: int(version["VersionNumber"]), default=None),
        "$Default": next((version for version in versions if version.get("DefaultVersion")), None),
    }
    for number in numbers:
        yield number, by_number.get(number, by_name.get(number))


def _of_version(
    resource: StackResource, rates: Rates, template: str, version: Mapping[str, Any] | None
) -> Iterator[Comparison]:
    action = "DescribeLaunchTemplateVersions"
    if version is None:
        yield unknown(resource, "that version of the launch template is gone", action=action)
        return
    name = f"{template} version {version['VersionNumber']}"
    mappings = version["LaunchTemplateData"].get("BlockDeviceMappings", ())
    reported = rates_of(mappings)
    from_snapshots = {mapping.get("DeviceName", "") for mapping in mappings if mapping.get("Ebs", {}).get("SnapshotId")}
    for device in sorted({*rates, *reported} - {EVERY}):
        rate = rates.get(device)
        if rate is None and EVERY in rates:
            if device not in from_snapshots:
                continue
            rate = reported.get(device) or rates[EVERY]  # the source version's own rate goes first
        if resource.kind == VERSION and device not in rates and EVERY not in rates:
            continue  # it is as the source version had it
        comparison = compare(resource, device, action, name, rate, reported.get(device))
        if comparison.asked is not None or comparison.reported is not None or comparison.result == UNKNOWN:
            yield comparison
