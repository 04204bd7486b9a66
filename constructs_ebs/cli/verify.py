"""``constructs-ebs verify``: the rates that templates ask for, beside those that EC2 reports."""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from botocore import exceptions

from ..core.actions import RATE
from ..core.cloudformation.app import LAUNCHERS
from ..core.cloudformation.references import values
from ..core.requests import Unknown
from .aws import IDS, Aws, AwsError, chunks, code_of, pages
from .main import printable
from .stacks import INVISIBLE, REPLACEMENT, VERSION, Resource, Stack, instances_of, read_stacks, region_of
from .wanted import EVERY, IMAGE, Asked, Rates

SAME, DIFFERENT, UNKNOWN = "as asked", "different", "unknown"

SILENT: Final = (
    "DescribeAutoScalingGroups",
    "DescribeFleets",
    "DescribeInstances",
    "DescribeReplaceRootVolumeTasks",
    "DescribeSpotFleetInstances",
    "DescribeVolumeStatus",
)
"""Actions that describe what has volumes, and report no rate (the API model in botocore 1.44.5)."""

SAYS_NONE: Final = ("DescribeVolumes", "DescribeLaunchTemplateVersions", "GetLaunchTemplateData")
"""Actions where no rate means that none was asked for: "the value is null", says the API model.

It says nothing like that of the others' shape, EbsBlockDevice, and that DescribeImages does not support it.
"""

_TEMPLATE: Final = "AWS::EC2::LaunchTemplate"
_ELSEWHERE: Final = tuple(kind for kind in sorted(INVISIBLE) if not LAUNCHERS[kind].templates)
"""What makes volumes of its own that no stack lists."""


class Row(NamedTuple):
    """A rate that was asked for, and what one action reports of it."""

    resource: Resource
    device: str
    api: str
    id: str
    """What it reports of: a volume's, an instance's, a launch template's, an image's or a fleet's id."""
    asked: int | None
    reported: int | None
    result: str
    note: str = ""


def compare(
    resource: Resource, device: str, api: str, id: str, asked: Any, reported: int | None, note: str = ""
) -> Row:
    """Compare two rates, as far as both are known."""
    if isinstance(asked, Unknown):
        why = "the template's rate cannot be told from the deployed stack"
        return Row(resource, device, api, id, None, reported, UNKNOWN, why)
    if asked == reported:
        return Row(resource, device, api, id, asked, reported, SAME)
    if reported is None and api not in SAYS_NONE:
        return Row(resource, device, api, id, asked, None, UNKNOWN, note or f"{api} reports none, which need not be so")
    return Row(resource, device, api, id, asked, reported, DIFFERENT, note)


def unknown(resource: Resource, why: str, *, device: str = "", api: str = "", asked: Any = None) -> Row:
    rate = asked if isinstance(asked, int) else None
    return Row(resource, device, api, resource.physical_id, rate, None, UNKNOWN, why)


def _of_mappings(mappings: Iterable[Mapping[str, Any]]) -> dict[str, int | None]:
    """Return what EC2 reports of block device mappings."""
    return {one.get("DeviceName", ""): one["Ebs"].get(RATE) for one in mappings if "Ebs" in one}


def check_volumes(aws: Aws, asked: Asked) -> Iterator[Row]:
    """The stacks' own volumes."""
    own = {resource.physical_id: resource for resource in asked.of("AWS::EC2::Volume")}
    described = aws.existing(aws.ec2.describe_volumes, "Volumes", own)
    found = {one["VolumeId"]: one for one in described}
    for volume_id, resource in own.items():
        rate = asked.rates[resource].get("")
        if volume_id in found:
            yield compare(resource, "", "DescribeVolumes", volume_id, rate, found[volume_id].get(RATE))
        else:
            yield unknown(resource, "the volume is gone", api="DescribeVolumes", asked=rate)


Fleets = Iterable[tuple[Resource, Mapping[str, Any]]]
"""Spot fleets, and their configurations as EC2 reports them."""


def fleets_of(aws: Aws, asked: Asked) -> Iterator[tuple[Resource, Mapping[str, Any]]]:
    """Yield what EC2 reports of the stacks' spot fleets."""
    fleets = {resource.physical_id: resource for resource in asked.of("AWS::EC2::SpotFleet")}
    for chunk in chunks(fleets, IDS):
        call = aws.ec2.describe_spot_fleet_requests
        for one in pages(call, "SpotFleetRequestConfigs", SpotFleetRequestIds=chunk):
            yield fleets[one["SpotFleetRequestId"]], one["SpotFleetRequestConfig"]


def check_launch_templates(aws: Aws, asked: Asked, fleets: Fleets) -> Iterator[Row]:
    """The stacks' launch templates in their latest version, versions of others', and those that fleets launch."""
    wanted: dict[tuple[str, str], list[tuple[Resource, Rates]]] = defaultdict(list)
    for resource, rates in asked.of(_TEMPLATE).items():
        wanted[resource.physical_id, "$Latest"].append((resource, rates))
    for resource, rates in asked.of(VERSION).items():
        template, _, number = resource.physical_id.partition(":")
        wanted[template, number].append((resource, rates))
    own = {resource.physical_id: rates for resource, rates in asked.of(_TEMPLATE).items()}
    for fleet, config in fleets:
        for one in values(config, ("LaunchTemplateConfigs", "*", "LaunchTemplateSpecification")):
            if (template := one.get("LaunchTemplateId")) in own and "Version" in one:
                wanted[template, one["Version"]].append((fleet, own[template]))
    versions: dict[str, list[str]] = defaultdict(list)
    for template, number in wanted:
        versions[template].append(number)
    for template, numbers in versions.items():
        for number, found in _versions(aws, template, numbers):
            for resource, rates in wanted.get((template, number), ()):
                for row in _of_version(resource, rates, template, found):
                    if row.device in rates or resource not in asked.open:  # else the template may ask for it
                        yield row


def _versions(aws: Aws, template: str, numbers: list[str]) -> Iterator[tuple[str, Mapping[str, Any] | None]]:
    """Yield the versions asked for, by the names that they were asked for: $Latest is a number, too."""
    call, key = aws.ec2.describe_launch_template_versions, "LaunchTemplateVersions"
    try:
        found = list(pages(call, key, LaunchTemplateId=template, Versions=numbers))
    except exceptions.ClientError as error:
        if code_of(error) == "InvalidLaunchTemplateId.NotFound":
            found = []
        elif code_of(error) == "InvalidLaunchTemplateId.VersionNotFound":  # one that is gone: read all that there are
            found = list(pages(call, key, LaunchTemplateId=template, MaxResults=200))
        else:
            raise
    by_number = {str(one["VersionNumber"]): one for one in found}
    by_name = {
        "$Latest": max(found, key=lambda one: int(one["VersionNumber"]), default=None),
        "$Default": next((one for one in found if one.get("DefaultVersion")), None),
    }
    for number in numbers:
        yield number, by_number.get(number, by_name.get(number))


def _of_version(resource: Resource, rates: Rates, template: str, version: Mapping[str, Any] | None) -> Iterator[Row]:
    api = "DescribeLaunchTemplateVersions"
    if version is None:
        yield unknown(resource, "that version of the launch template is gone", api=api)
        return
    named = f"{template} version {version['VersionNumber']}"
    mappings = version["LaunchTemplateData"].get("BlockDeviceMappings", ())
    reported = _of_mappings(mappings)
    from_snapshots = {one.get("DeviceName", "") for one in mappings if one.get("Ebs", {}).get("SnapshotId")}
    for device in sorted({*rates, *reported} - {EVERY}):
        rate = rates.get(device)
        if rate is None and EVERY in rates:
            if device not in from_snapshots:
                continue
            rate = reported.get(device) or rates[EVERY]  # the source version's own rate goes first
        if resource.kind == VERSION and device not in rates and EVERY not in rates:
            continue  # it is as the source version had it
        row = compare(resource, device, api, named, rate, reported.get(device))
        if row.asked is not None or row.reported is not None or row.result == UNKNOWN:
            yield row


def check_fleets(asked: Asked, fleets: Fleets) -> Iterator[Row]:
    """The launch specifications that spot fleets have themselves."""
    for fleet, config in fleets:
        for specification in config.get("LaunchSpecifications", ()):
            for device, rate in _of_mappings(specification.get("BlockDeviceMappings", ())).items():
                wanted = asked.rates[fleet].get(device)
                if rate is not None or wanted is not None:
                    yield compare(fleet, device, "DescribeSpotFleetRequests", fleet.physical_id, wanted, rate)


def check_images(aws: Aws, asked: Asked) -> Iterator[Row]:
    """The images that stacks register; EC2 reports no rates of most."""
    rated = {one.physical_id: one for one, rates in asked.of(IMAGE).items() if any(rates.values())}
    found = {one["ImageId"]: one for one in aws.filtered(aws.ec2.describe_images, "Images", "image-id", rated)}
    for image_id, resource in rated.items():
        if image_id not in found:
            yield unknown(resource, "the image is gone", api="DescribeImages")
            continue
        rates = {device: rate for device, rate in asked.rates[resource].items() if rate is not None}
        api, reported = "DescribeImages", _of_mappings(found[image_id].get("BlockDeviceMappings", ()))
        if not all(reported.get(device) for device in rates):
            api, reported = _image_attribute(aws, image_id, reported)
        for device, rate in rates.items():
            row = compare(resource, device, api, image_id, rate, reported.get(device))
            yield row._replace(note=_OF_IMAGES) if row.result == UNKNOWN and row.asked else row


_OF_IMAGES: Final = "EC2 reports no rates of images: look at volumes of instances that were launched from it"


def _image_attribute(aws: Aws, image_id: str, known: dict[str, int | None]) -> tuple[str, dict[str, int | None]]:
    """Ask the other action that has a place for the rate; its attribute is deprecated, and EC2 refuses it to most."""
    try:
        answer = aws.ec2.describe_image_attribute(ImageId=image_id, Attribute="blockDeviceMapping")
    except exceptions.ClientError as error:
        if code_of(error) != "AuthFailure":
            raise
        return "DescribeImages", known
    return "DescribeImageAttribute", _of_mappings(answer.get("BlockDeviceMappings", ()))


def check_instances(aws: Aws, asked: Asked, stacks: list[Stack]) -> Iterator[Row]:
    """The volumes of instances, by the launch template that each was launched from, and by root replacements."""
    instances, invisible = instances_of(aws, stacks)
    for resource in (one for one in invisible if one.kind not in _ELSEWHERE):
        yield unknown(resource, "the instances of this cannot be found, and so not their volumes")
    owners = {one.instance_id: one.owner for one in instances}
    described: dict[str, Mapping[str, Any]] = {
        one["InstanceId"]: one
        for reservation in aws.filtered(aws.ec2.describe_instances, "Reservations", "instance-id", owners)
        for one in reservation["Instances"]
        if one.get("State", {}).get("Name") not in ("shutting-down", "terminated")
    }
    attached: dict[tuple[str, str], Mapping[str, Any]] = {
        (attachment["InstanceId"], attachment.get("Device", "")): volume
        for volume in aws.volumes("attachment.instance-id", described)
        for attachment in volume.get("Attachments", ())
    }
    replaced = _replaced(asked, stacks)
    rated: dict[str, Rates] = {}
    for instance_id, answer in described.items():
        template, version = _launched_from(answer)
        rates = dict(_of_launch(asked, template, version))
        root, owner = answer.get("RootDeviceName", ""), owners[instance_id]
        if instance_id in replaced:
            rates.pop(root, None)
            resource, rate = replaced[instance_id]
            if rate is not None:
                yield _of_volume(resource, root, rate, attached.get((instance_id, root)))
        rated[instance_id] = {device: rate for device, rate in rates.items() if rate is not None}
        for device, rate in rated[instance_id].items():
            note = f"launched from version {version} of {template}"
            yield _of_volume(owner, device, rate, attached.get((instance_id, device)), note)
    for api, named, instance_id, mappings in _second_opinions(aws, described, owners, rated):
        reported = _of_mappings(mappings)
        for device in rated[instance_id].keys() & reported.keys():
            yield compare(owners[instance_id], device, api, named, rated[instance_id][device], reported[device])


def _replaced(asked: Asked, stacks: list[Stack]) -> dict[str, tuple[Resource, Any]]:
    """Return what replaces the root volumes of instances."""
    found = {}
    for stack in (one for outer in stacks for one in outer.all):
        for resource in stack.resources.values():
            instance = next(values(stack.properties(resource), ("Request", "InstanceId")), None)
            if resource.kind == REPLACEMENT and isinstance(instance, str):
                found[instance] = resource, asked.rates[resource].get("")
    return found


def _launched_from(instance: Mapping[str, Any]) -> tuple[str, str]:
    """Return the launch template and its version, by the tags that EC2 gives to what it launches from one."""
    tags = {tag["Key"]: tag["Value"] for tag in instance.get("Tags", ())}
    return tags.get("aws:ec2launchtemplate:id", ""), tags.get("aws:ec2launchtemplate:version", "")


def _of_launch(asked: Asked, template: str, version: str) -> Rates:
    versions = {resource.physical_id: rates for resource, rates in asked.of(VERSION).items()}
    templates = {resource.physical_id: rates for resource, rates in asked.of(_TEMPLATE).items()}
    found = versions.get(f"{template}:{version}", templates.get(template, {}))
    return {device: rate for device, rate in found.items() if device != EVERY}


def _of_volume(resource: Resource, device: str, rate: Any, volume: Mapping[str, Any] | None, note: str = "") -> Row:
    api = "DescribeVolumes"
    if volume is None:
        return unknown(resource, "no volume is attached there now", device=device, api=api, asked=rate)
    return compare(resource, device, api, volume["VolumeId"], rate, volume.get(RATE), note)


def _second_opinions(
    aws: Aws,
    described: Mapping[str, Mapping[str, Any]],
    owners: Mapping[str, Resource],
    rated: Mapping[str, Rates],
) -> Iterator[tuple[str, str, str, Iterable[Mapping[str, Any]]]]:
    """Yield what EC2 reports of the stacks' own instances, and of requests for Spot Instances."""
    for instance_id, rates in rated.items():
        if rates and owners[instance_id].kind == "AWS::EC2::Instance":
            data = aws.ec2.get_launch_template_data(InstanceId=instance_id)["LaunchTemplateData"]
            yield "GetLaunchTemplateData", instance_id, instance_id, data.get("BlockDeviceMappings", ())
    spot = [one for one, rates in rated.items() if rates and described[one].get("SpotInstanceRequestId")]
    call = aws.ec2.describe_spot_instance_requests
    for request in aws.filtered(call, "SpotInstanceRequests", "instance-id", spot):
        mappings = request.get("LaunchSpecification", {}).get("BlockDeviceMappings", ())
        yield "DescribeSpotInstanceRequests", request["SpotInstanceRequestId"], request["InstanceId"], mappings


def verify(arguments: argparse.Namespace) -> int:
    """Compare the rates that stacks ask for with what EC2 reports, and print it."""
    aws = Aws(arguments.profile, arguments.region or region_of(arguments.stacks))
    stacks = read_stacks(aws, arguments.stacks)
    asked = Asked(stacks)
    if not asked.rates:
        raise AwsError(f"{', '.join(arguments.stacks)}: nothing there takes a rate")
    fleets = list(fleets_of(aws, asked))
    rows = [
        *check_volumes(aws, asked),
        *check_launch_templates(aws, asked, fleets),
        *check_fleets(asked, fleets),
        *check_images(aws, asked),
        *(check_instances(aws, asked, stacks) if asked.any else ()),
    ]
    rows += [unknown(one, "its block devices cannot be told from the deployed stack") for one in sorted(asked.open)]
    for kind in _ELSEWHERE:
        for resource, rates in asked.of(kind).items():
            if any(rate is not None for rate in rates.values()):
                rows.append(unknown(resource, "it makes its volumes as it goes, and no stack lists them"))
    (_print_json if arguments.json else _print_text)(rows)
    failing = (DIFFERENT, UNKNOWN) if arguments.strict else (DIFFERENT,)
    return 1 if any(row.result in failing for row in rows) else 0


def _print_text(rows: list[Row]) -> None:
    grouped: dict[Row, list[str]] = defaultdict(list)
    for row in rows:
        if row.asked is not None or row.reported is not None or row.result == UNKNOWN:
            grouped[row._replace(id="")].append(row.id)
    order = (DIFFERENT, UNKNOWN, SAME)
    for row, ids in sorted(grouped.items(), key=lambda item: (order.index(item[0].result), str(item[0]))):
        of = ids[0] + (f" and {len(ids) - 1:,} more" if len(ids) > 1 else "")
        where = " ".join(filter(None, (str(row.resource), row.device)))
        reports = (
            f", {row.api} reports {_shown(row.reported)} for {of}" if row.result != UNKNOWN or row.reported else ""
        )
        note = f" ({row.note})" if row.note else ""
        print(printable(f"{row.result}: {where}: asked {_shown(row.asked, row.result)}{reports}{note}"))
    counts = {result: sum(len(ids) for row, ids in grouped.items() if row.result == result) for result in order}
    print(f"{counts[SAME]:,} as asked, {counts[DIFFERENT]:,} different, {counts[UNKNOWN]:,} unknown")
    if rows:
        print(f"No rates are reported by {', '.join(SILENT)}, nor by CloudFormation itself.")


def _shown(rate: int | None, result: str = "") -> str:
    return f"{rate} MiB/s" if rate is not None else "unknown" if result == UNKNOWN else "none"


def _print_json(rows: list[Row]) -> None:
    shown = [
        {
            "result": row.result.replace(" ", "_"),
            "stack": row.resource.stack,
            "logical_id": row.resource.logical_id,
            "device": row.device or None,
            "action": row.api or None,
            "id": row.id,
            "asked": row.asked,
            "reported": row.reported,
            "note": row.note or None,
        }
        for row in rows
    ]
    print(json.dumps({"rates": shown, "actions_without_rates": SILENT}, indent=2))
