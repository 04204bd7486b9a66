"""Compares the rates of the stacks' own volumes, fleets and images with what EC2 reports."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from botocore import exceptions

from ...core.actions import RATE
from ...core.cloudformation.custom_resources import IMAGE
from ..aws import IDS, Aws, chunks, code_of, pages
from ..stacks import StackResource
from .comparison import UNKNOWN, Comparison, compare, rates_of, unknown
from .template_rates import TemplateRates

Fleets = Iterable[tuple[StackResource, Mapping[str, Any]]]
"""Spot fleets, and their configurations as EC2 reports them."""

_OF_IMAGES: Final = "EC2 reports no rates of images: look at volumes of instances that were launched from it"


def check_volumes(aws: Aws, asked: TemplateRates) -> Iterator[Comparison]:
    """The stacks' own volumes."""
    own = {resource.physical_id: resource for resource in asked.of("AWS::EC2::Volume")}
    existing = aws.existing(aws.ec2.describe_volumes, "Volumes", own)
    volumes = {volume["VolumeId"]: volume for volume in existing}
    for volume_id, resource in own.items():
        rate = asked.rates[resource].get("")
        if volume_id in volumes:
            yield compare(resource, "", "DescribeVolumes", volume_id, rate, volumes[volume_id].get(RATE))
        else:
            yield unknown(resource, "the volume is gone", action="DescribeVolumes", asked=rate)


def fleets_of(aws: Aws, asked: TemplateRates) -> Iterator[tuple[StackResource, Mapping[str, Any]]]:
    """Yield what EC2 reports of the stacks' spot fleets."""
    fleets = {resource.physical_id: resource for resource in asked.of("AWS::EC2::SpotFleet")}
    for chunk in chunks(fleets, IDS):
        call = aws.ec2.describe_spot_fleet_requests
        for fleet in pages(call, "SpotFleetRequestConfigs", SpotFleetRequestIds=chunk):
            yield fleets[fleet["SpotFleetRequestId"]], fleet["SpotFleetRequestConfig"]


def check_fleets(asked: TemplateRates, fleets: Fleets) -> Iterator[Comparison]:
    """The launch specifications that spot fleets have themselves."""
    for fleet, config in fleets:
        for specification in config.get("LaunchSpecifications", ()):
            for device, rate in rates_of(specification.get("BlockDeviceMappings", ())).items():
                wanted = asked.rates[fleet].get(device)
                if rate is not None or wanted is not None:
                    yield compare(fleet, device, "DescribeSpotFleetRequests", fleet.physical_id, wanted, rate)


def check_images(aws: Aws, asked: TemplateRates) -> Iterator[Comparison]:
    """The images that stacks register; EC2 reports no rates of most."""
    rated = [resource for resource, rates in asked.of(IMAGE).items() if any(rates.values())]
    ids = {resource: asked.made(resource).get("ImageId", "") for resource in rated}
    described = aws.filtered(aws.ec2.describe_images, "Images", "image-id", filter(None, ids.values()))
    images = {image["ImageId"]: image for image in described}
    for resource, image_id in ids.items():
        if image_id not in images:
            yield unknown(resource, "the image is gone", action="DescribeImages")
            continue
        rates = {device: rate for device, rate in asked.rates[resource].items() if rate is not None}
        action, reported = "DescribeImages", rates_of(images[image_id].get("BlockDeviceMappings", ()))
        if not all(reported.get(device) for device in rates):
            action, reported = _image_attribute(aws, image_id, reported)
        for device, rate in rates.items():
            comparison = compare(resource, device, action, image_id, rate, reported.get(device))
            if comparison.result == UNKNOWN and comparison.asked:
                comparison = replace(comparison, note=_OF_IMAGES)
            yield comparison


def _image_attribute(aws: Aws, image_id: str, known: dict[str, int | None]) -> tuple[str, dict[str, int | None]]:
    """Ask the other action that has a place for the rate; its attribute is deprecated, and EC2 refuses it to most."""
    try:
        answer = aws.ec2.describe_image_attribute(ImageId=image_id, Attribute="blockDeviceMapping")
    except exceptions.ClientError as error:
        if code_of(error) != "AuthFailure":
            raise
        return "DescribeImages", known
    return "DescribeImageAttribute", rates_of(answer.get("BlockDeviceMappings", ()))
