"""Finds what custom resources of this package have made: its marks hold the physical ids of the resources."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from botocore import exceptions

from ..core.cloudformation.custom_resources import IMAGE, VERSION
from ..handlers.requests import STACK, mark_of, version_mark
from .aws import Aws, code_of, pages

_IMAGE_KIND, _VERSION_KIND = (kind.removeprefix("Custom::") for kind in (IMAGE, VERSION))


def find_images(aws: Aws, stack_id: str) -> dict[str, dict[str, str]]:
    """Return the attributes of the images that a stack made, by the physical ids of their resources."""
    images = aws.filtered(aws.ec2.describe_images, "Images", f"tag:{STACK}", [stack_id])
    return {mark_of(image).id(_IMAGE_KIND): {"ImageId": image["ImageId"]} for image in images}


def find_versions(aws: Aws, launch_template: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """Return the attributes of the versions that stacks made, by the physical ids of their resources."""
    call, found = aws.ec2.describe_launch_template_versions, {}
    try:
        for version in pages(call, "LaunchTemplateVersions", **launch_template):
            mark, *_ = version_mark(version)
            number = str(version["VersionNumber"])
            found[mark.id(_VERSION_KIND)] = {"LaunchTemplateId": version["LaunchTemplateId"], "VersionNumber": number}
    except exceptions.ClientError as error:
        if not code_of(error).startswith("InvalidLaunchTemplate"):  # else it is gone
            raise
    return found
