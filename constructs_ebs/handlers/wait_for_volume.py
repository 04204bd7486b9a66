"""Waits until volumes are initialized, by their state in DescribeVolumeStatus, for which boto3 has no waiter.

EC2 shows the state up to 5 minutes late. Progress and estimate are for people: an estimate of 0 is not the end.
"""

from __future__ import annotations

import json
from typing import Any

from botocore.exceptions import ClientError

from . import stacks
from .aws import Pending, client, code_of
from .requests import UNSEEN, ResourceRequest

_SLOW = "raise its volume_initialization_rate, or use on_initialized and do not wait"


def asked(properties: dict[str, Any]) -> Any:
    """Return what is waited for."""
    return properties["VolumeIds"]


def ensure(request: ResourceRequest) -> dict[str, str]:
    """Return the volumes once all are initialized. What was waited for stays initialized, and may be gone."""
    volumes: list[str] = request.properties["VolumeIds"]
    goes_back = request.type == "Update" and stacks.rolls_back(request.stack)
    if request.former != request.request and not goes_back:
        for volume in volumes:
            _check(volume, request)
    return {"VolumeIds": ",".join(volumes)}


def remove(_request: ResourceRequest) -> None:
    """Leave the volumes alone: a wait makes nothing."""


def _check(volume: str, request: ResourceRequest) -> None:
    """Tell whether a volume is initialized; fail when it is gone."""
    try:
        statuses = client("ec2").describe_volume_status(VolumeIds=[volume])["VolumeStatuses"]
    except ClientError as error:
        if code_of(error) != "InvalidVolume.NotFound":
            raise
        if request.waited > UNSEEN:
            raise RuntimeError(f"{volume} is not there: it was deleted, or is of another account or Region") from error
        raise Pending(f"{volume} is not shown") from error
    details = {detail["Name"]: detail["Status"] for status in statuses for detail in status["VolumeStatus"]["Details"]}
    if details.get("initialization-state") != "completed":
        found = statuses[0].get("InitializationStatusDetails", {}) if statuses else {}
        raise Pending(f"{volume} is not initialized (EC2 says {json.dumps(found)})", _SLOW)
