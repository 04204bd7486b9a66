"""Compares the rate that a template asks for with the rate that an EC2 action reports."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from ...core.actions import RATE
from ...core.requests import Unknown
from ..stacks import StackResource

SAME, DIFFERENT, UNKNOWN = "as asked", "different", "unknown"

SILENT: Final = (
    "DescribeAutoScalingGroups",
    "DescribeFleets",
    "DescribeInstances",
    "DescribeReplaceRootVolumeTasks",
    "DescribeSpotFleetInstances",
    "DescribeVolumeStatus",
)
"""Actions that describe resources with volumes, but report no rate (the API model in botocore 1.44.5)."""

SAYS_NONE: Final = ("DescribeVolumes", "DescribeLaunchTemplateVersions", "GetLaunchTemplateData")
"""Actions where no rate means that none was asked for: "the value is null", says the API model.

About the shape of the others, EbsBlockDevice, it says no such thing, and that DescribeImages does not support it.
"""


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """The rate that a template asks for, and the rate that one action reports."""

    resource: StackResource
    device: str
    action: str
    id: str
    """The id of what the action describes: a volume, an instance, a launch template, an image or a fleet."""
    asked: int | None
    reported: int | None
    result: str
    note: str = ""


def compare(
    resource: StackResource, device: str, action: str, id: str, asked: Any, reported: int | None, note: str = ""
) -> Comparison:
    """Compare two rates, as far as both are known."""
    result = SAME if asked == reported else DIFFERENT
    if isinstance(asked, Unknown):
        result, asked, note = UNKNOWN, None, "the deployed stack does not show the template's rate"
    elif result == SAME:
        note = ""
    elif reported is None and action not in SAYS_NONE:
        result, note = UNKNOWN, note or f"{action} reports none, which does not mean that there is none"
    return Comparison(
        resource=resource,
        device=device,
        action=action,
        id=id,
        asked=asked,
        reported=reported,
        result=result,
        note=note,
    )


def unknown(resource: StackResource, why: str, *, device: str = "", action: str = "", asked: Any = None) -> Comparison:
    """Return the comparison of a rate that no action reports."""
    return Comparison(
        resource=resource,
        device=device,
        action=action,
        id=resource.physical_id,
        asked=asked if isinstance(asked, int) else None,
        reported=None,
        result=UNKNOWN,
        note=why,
    )


def rates_of(mappings: Iterable[Mapping[str, Any]]) -> dict[str, int | None]:
    """Return the rates that EC2 reports for block device mappings, by device."""
    return {mapping.get("DeviceName", ""): mapping["Ebs"].get(RATE) for mapping in mappings if "Ebs" in mapping}
