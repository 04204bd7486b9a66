"""Compares the rates of the volumes of instances with what EC2 reports."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from ...core.actions import RATE
from ...core.cloudformation.custom_resources import REPLACEMENT, VERSION
from ...core.cloudformation.paths import values_at
from ...core.cloudformation.resources import RESOURCE_TYPES
from ..aws import Aws
from ..stacks import Stack, StackResource, find_instances
from .comparison import Comparison, compare, rates_of, unknown
from .launch_templates import LAUNCH_TEMPLATE
from .template_rates import EVERY, Rates, TemplateRates

MAKES_OWN_VOLUMES: Final = tuple(
    name for name, row in sorted(RESOURCE_TYPES.items()) if row.hidden and row.launch and not row.launch.templates
)
"""The resource types that make volumes of their own that no stack lists."""

Description = Mapping[str, Any]
"""What an EC2 action returns about an instance, a volume or a launch template."""


def check_instances(aws: Aws, asked: TemplateRates, stacks: list[Stack]) -> Iterator[Comparison]:
    """Compare the volumes of instances with their launch templates and with replacements of their root volumes."""
    instances, invisible = find_instances(aws, stacks)
    for resource in invisible:
        if resource.kind not in MAKES_OWN_VOLUMES:
            yield unknown(resource, "its instances cannot be found, so neither can their volumes")
    owners = {instance.instance_id: instance.owner for instance in instances}
    running = _running(aws, owners)
    attached = _attached(aws, running)
    replaced = _replaced(asked, stacks)
    rated: dict[str, Rates] = {}
    for instance_id, instance in running.items():
        template, version = _launched_from(instance)
        rates = dict(_of_launch(asked, template, version))
        if instance_id in replaced:
            root = instance.get("RootDeviceName", "")
            rates.pop(root, None)
            resource, rate = replaced[instance_id]
            if rate is not None:
                yield _of_volume(resource, root, rate, attached.get((instance_id, root)))
        rated[instance_id] = {device: rate for device, rate in rates.items() if rate is not None}
        for device, rate in rated[instance_id].items():
            note = f"launched from version {version} of {template}"
            yield _of_volume(owners[instance_id], device, rate, attached.get((instance_id, device)), note)
    for action, name, instance_id, mappings in _second_opinions(aws, running, owners, rated):
        reported = rates_of(mappings)
        for device in rated[instance_id].keys() & reported.keys():
            yield compare(owners[instance_id], device, action, name, rated[instance_id][device], reported[device])


def _running(aws: Aws, instance_ids: Iterable[str]) -> dict[str, Description]:
    """Describe the instances that are not shutting down or terminated."""
    reservations = aws.filtered(aws.ec2.describe_instances, "Reservations", "instance-id", instance_ids)
    return {
        instance["InstanceId"]: instance
        for reservation in reservations
        for instance in reservation["Instances"]
        if instance.get("State", {}).get("Name") not in ("shutting-down", "terminated")
    }


def _attached(aws: Aws, instance_ids: Iterable[str]) -> dict[tuple[str, str], Description]:
    """Describe the volumes of instances, by instance and device."""
    return {
        (attachment["InstanceId"], attachment.get("Device", "")): volume
        for volume in aws.volumes("attachment.instance-id", instance_ids)
        for attachment in volume.get("Attachments", ())
    }


def _replaced(asked: TemplateRates, stacks: list[Stack]) -> dict[str, tuple[StackResource, Any]]:
    """Return the replacements of instances' root volumes, with the rates that they ask for."""
    replaced = {}
    for stack in (stack for outer in stacks for stack in outer.all):
        for resource in stack.resources.values():
            if resource.kind == REPLACEMENT:
                instance = next(values_at(stack.properties(resource), ("Request", "InstanceId")), None)
                if isinstance(instance, str):
                    replaced[instance] = resource, asked.rates[resource].get("")
    return replaced


def _launched_from(instance: Description) -> tuple[str, str]:
    """Return the launch template and its version from the tags that EC2 puts on an instance."""
    tags = {tag["Key"]: tag["Value"] for tag in instance.get("Tags", ())}
    return tags.get("aws:ec2launchtemplate:id", ""), tags.get("aws:ec2launchtemplate:version", "")


def _of_launch(asked: TemplateRates, template: str, version: str) -> Rates:
    versions = {asked.version(resource): rates for resource, rates in asked.of(VERSION).items()}
    templates = {resource.physical_id: rates for resource, rates in asked.of(LAUNCH_TEMPLATE).items()}
    rates = versions.get((template, version), templates.get(template, {}))
    return {device: rate for device, rate in rates.items() if device != EVERY}


def _of_volume(
    resource: StackResource, device: str, rate: Any, volume: Description | None, note: str = ""
) -> Comparison:
    action = "DescribeVolumes"
    if volume is None:
        return unknown(resource, "no volume is attached there now", device=device, action=action, asked=rate)
    return compare(resource, device, action, volume["VolumeId"], rate, volume.get(RATE), note)


def _second_opinions(
    aws: Aws, running: Mapping[str, Description], owners: Mapping[str, StackResource], rated: Mapping[str, Rates]
) -> Iterator[tuple[str, str, str, Iterable[Description]]]:
    """Yield what other actions report about the stacks' own instances and about requests for Spot Instances."""
    for instance_id, rates in rated.items():
        if rates and owners[instance_id].kind == "AWS::EC2::Instance":
            data = aws.ec2.get_launch_template_data(InstanceId=instance_id)["LaunchTemplateData"]
            yield "GetLaunchTemplateData", instance_id, instance_id, data.get("BlockDeviceMappings", ())
    spot = [
        instance_id
        for instance_id, rates in rated.items()
        if rates and running[instance_id].get("SpotInstanceRequestId")
    ]
    call = aws.ec2.describe_spot_instance_requests
    for request in aws.filtered(call, "SpotInstanceRequests", "instance-id", spot):
        mappings = request.get("LaunchSpecification", {}).get("BlockDeviceMappings", ())
        yield "DescribeSpotInstanceRequests", request["SpotInstanceRequestId"], request["InstanceId"], mappings
