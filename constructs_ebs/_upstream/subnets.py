"""The subnets that a selection means."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .arguments import as_struct
from .values import is_token

if TYPE_CHECKING:
    from aws_cdk import aws_ec2 as ec2

_JS_ERROR = re.compile(r"^(?:\w+: )?")  # the class of an error of Node's, if it is before its message


def select_subnets(
    vpc: ec2.IVpc | ec2.Vpc, chosen: ec2.SubnetSelection | Mapping[str, Any] | None
) -> tuple[Sequence[Any], str]:
    """Return the subnets of a selection, or why there are none: nothing, before the VPC has been looked up."""
    from aws_cdk import aws_ec2

    selection = as_struct(aws_ec2.SubnetSelection, chosen or {})
    if selection.subnets is not None:
        return selection.subnets, "none"
    names = ("availability_zones", "one_per_az", "subnet_filters", "subnet_group_name", "subnet_type")
    try:
        selected = vpc.select_subnets(**{name: getattr(selection, name) for name in names})
    except RuntimeError as error:  # upstream's, for a kind of subnet that the VPC does not have
        return (), _JS_ERROR.sub("none: ", str(error).splitlines()[0])
    return selected.subnets, "" if selected.is_pending_lookup else "none"


def zones_of(subnets: Iterable[ec2.ISubnet]) -> list[str]:
    """Return the Availability Zones of subnets, as far as they are known at synth."""
    return [zone for subnet in subnets if (zone := _zone_of(subnet)) and not is_token(zone)]


def _zone_of(subnet: ec2.ISubnet) -> str | None:
    try:
        return subnet.availability_zone
    except RuntimeError:  # upstream's, for a subnet that was imported by its id
        return None
