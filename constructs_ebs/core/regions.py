"""The Regions of zones and snapshots, as their names, ids and ARNs tell."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from . import limits

_DIRECTION: Final = r"(?:north|south)?(?:east|west)?(?:central)?"
_ABBREVIATION: Final = {"north": "n", "south": "s", "east": "e", "west": "w", "central": "c"}
_ZONE_NAME: Final = rf"({limits.REGION})(?:[a-z]|-.+)"  # us-west-2a, us-west-2-lax-1a
_ZONE_ID: Final = r"([a-z]+\d+)-(?:[a-z0-9]+-)*(?:az|wlz)\d+"  # usw2-az1, usw2-lax1-az1
_SNAPSHOT_ARN: Final = rf"arn:[a-z-]+:ec2:({limits.REGION}):\d*:snapshot/.+"


def zones_elsewhere(zones: str, region: str) -> Iterator[tuple[str, str]]:
    """Yield those of some zones that are not of a Region, and what they are of; they are separated by commas.

    Local Zones and Wavelength Zones are of the Region whose name theirs begin with. What looks like no zone is passed
    over.
    """
    for zone in (each.strip() for each in zones.split(",")):
        by_name, by_id = re.fullmatch(_ZONE_NAME, zone), re.fullmatch(_ZONE_ID, zone)
        if by_name and by_name[1] != region:
            yield zone, by_name[1]
        elif by_id and by_id[1] != (_code(region) or by_id[1]):
            yield zone, by_id[1]


def region_of_snapshot(snapshot: str) -> str | None:
    """Return the Region of a snapshot's ARN; ``None`` for anything else."""
    arn = re.fullmatch(_SNAPSHOT_ARN, snapshot)
    return arn[1] if arn else None


@lru_cache
def _code(region: str) -> str | None:
    """Return the code of a Region in ids of zones: usw2 of us-west-2, apse1 of ap-southeast-1, usgw1 of us-gov-west-1.

    https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-availability-zones.html
    """
    parts = re.fullmatch(rf"([a-z]{{2}})-(gov-)?({_DIRECTION})-(\d+)", region)
    if parts is None:
        return None
    of_partition, gov, direction, number = parts.groups()
    letters = "".join(_ABBREVIATION[word] for word in re.findall("|".join(_ABBREVIATION), direction))
    return f"{of_partition}{'g' if gov else ''}{letters}{number}"
