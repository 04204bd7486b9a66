"""The subnets that a ``SubnetSelection`` selects in a VPC."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from .conversions import as_struct
from .values import is_list_token, is_token

if TYPE_CHECKING:
    from aws_cdk import aws_ec2 as ec2

_JS_ERROR = re.compile(r"^(?:\w+: )?")  # the class of an error of Node's, if it is before its message


class Subnets(NamedTuple):
    """The subnets of a selection: ids and Availability Zones.

    None stands for a zone that is unknown at synth, an empty one for a subnet that was imported without its zone.
    """

    ids: Sequence[str] = ()
    zones: Sequence[str | None] = ()
    problem: str = ""
    """Why there are none."""


def select_subnets(vpc: ec2.IVpc | ec2.Vpc, chosen: ec2.SubnetSelection | Mapping[str, Any] | None) -> Subnets:
    """Return the subnets of a selection: none, and no problem, before the VPC has been looked up."""
    from aws_cdk import aws_ec2

    selection = as_struct(aws_ec2.SubnetSelection, chosen or {})
    if selection.subnets is not None:
        subnets = selection.subnets
        return Subnets([subnet.subnet_id for subnet in subnets], [*map(_zone_of, subnets)], "" if subnets else "none")
    names = ("availability_zones", "one_per_az", "subnet_filters", "subnet_group_name", "subnet_type")
    try:
        selected = vpc.select_subnets(**{name: getattr(selection, name) for name in names})
    except RuntimeError as error:  # upstream's, for a kind of subnet that the VPC does not have
        return Subnets(problem=_JS_ERROR.sub("none: ", str(error).splitlines()[0]))
    if any(map(is_list_token, selected.subnet_ids)):
        return Subnets(problem="a list of ids that only the deployment knows")
    zones = [None if is_token(zone) else zone for zone in selected.availability_zones]
    return Subnets(selected.subnet_ids, zones, "" if selected.subnet_ids or selected.is_pending_lookup else "none")


def _zone_of(subnet: ec2.ISubnet) -> str | None:
    try:
        zone = subnet.availability_zone
    except RuntimeError:  # upstream's, for a subnet that was imported by its id
        return ""
    return None if is_token(zone) else zone
