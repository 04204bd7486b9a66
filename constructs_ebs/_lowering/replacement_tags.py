"""Tags of a Spot Fleet request by which CloudFormation replaces a fleet that EC2 cannot change.

CloudFormation replaces a fleet whose ``TagSpecifications`` change, and changes others in place by
ModifySpotFleetRequest. EC2 refuses that for fleets of type request ("is not a modifiable fleet request type"), and it
has no parameter for the unit of the capacity. So what CloudFormation would change in place there stands in tags too.
"""

from __future__ import annotations

import hashlib
import inspect
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2

from .. import _upstream
from ..core import limits
from ..core.findings import Finding
from ..core.rules import find

if TYPE_CHECKING:
    from ..launch_specification import ResolvedLaunch

KEY: Final = "constructs-ebs:configuration"
"""The key of the first tag; others have a number behind it."""

_UNIT: Final = "target_capacity_unit_type"
CHANGED_IN_PLACE: Final = (
    "target_capacity",
    "on_demand_target_capacity",
    "excess_capacity_termination_policy",
    _UNIT,
)
"""Our names of the options, besides launch templates, that AWS::EC2::SpotFleet's schema does not call create-only."""

_PER_TAG: Final = 4  # Values known at deployment: ids, names and numbers, mostly below 40 of a tag's 256 characters.


def replacement_tags(
    options: Mapping[str, Any],
    launches: Sequence[ResolvedLaunch],
    templates: Sequence[ec2.ILaunchTemplate | ec2.LaunchTemplate],
) -> dict[str, str]:
    """Return tags that change whenever something changes that EC2 cannot change in a fleet."""
    if options["type"] != "request":
        return {} if options[_UNIT] in (None, "units") else _tags([options[_UNIT]])
    values = [options[name] for name in CHANGED_IN_PLACE]
    for launch, template in zip(launches, templates, strict=True):
        values += _values(launch, template)
    return _tags(values)


def check_room(options: Mapping[str, Any], launches: Sequence[ResolvedLaunch]) -> Iterator[Finding]:
    """The user's tags leave room for those that replace the fleet; a launch template has two values, id and version."""
    subnets = {subnet for launch in launches for subnet in launch.subnets.ids if _upstream.is_token(subnet)}
    needed = math.ceil((1 + 2 * len(launches) + len(subnets)) / _PER_TAG)
    given = len(options["request_tags"] or {})
    most = limits.ALL_TAGS - needed
    if options["type"] == "request" and most < given <= limits.TAGS:  # of more than that, the check of tags says so
        yield find("TagsTooMany", ("Tags",), prop="request_tags", max=most, got=given)


def _values(launch: ResolvedLaunch, template: ec2.ILaunchTemplate | ec2.LaunchTemplate) -> Iterator[object]:
    """Yield everything that a launch template and its overrides say in the request."""
    specification: Any = launch.specification
    yield template.launch_template_id or template.launch_template_name
    yield specification.version or template.version_number
    yield from launch.subnets.ids
    for pool in launch.pools:
        yield from pool
    if specification.instance_requirements is not None:
        for name in inspect.signature(ec2.InstanceRequirementsConfig).parameters:
            value = getattr(specification.instance_requirements, name)
            yield cdk.Fn.join(",", value) if _upstream.is_list_token(value) else _upstream.mebibytes(value)


def _tags(values: Sequence[object]) -> dict[str, str]:
    """Return tags that change with any of the values: a digest of those known now, and the others as they are."""
    later = [*dict.fromkeys(value for value in values if _upstream.is_token(value))]
    known = [f"token {later.index(value)}" if _upstream.is_token(value) else value for value in values]
    digest = hashlib.sha256(json.dumps(known, default=str).encode()).hexdigest()[:16]
    shown = [digest, *map(_upstream.text, later)]
    parts = [shown[start : start + _PER_TAG] for start in range(0, len(shown), _PER_TAG)]
    return {f"{KEY}-{number}" if number else KEY: " ".join(part) for number, part in enumerate(parts)}
