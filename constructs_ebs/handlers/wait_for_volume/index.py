"""Waits until a volume is initialized, by its state in DescribeVolumeStatus, for which boto3 has no waiter.

EC2 shows the state up to 5 minutes late. Progress and estimate are for people: an estimate of 0 is not the end.
"""

import json
import time
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

Event = dict[str, Any]
EC2: Any = boto3.client("ec2", config=Config(retries={"mode": "standard", "total_max_attempts": 10}))
PATIENCE = 54 * 60  # Seconds. CloudFormation waits an hour, the provider framework 55 minutes
GRACE = 2 * 60  # Seconds for which EC2 may not know a volume that it has just made
THROTTLED = ("RequestLimitExceeded", "Throttling", "ThrottlingException", "EC2ThrottledException")


def log(params: Any = None, parsed: Any = None, model: Any = None, **_: object) -> None:
    """Log what was asked of EC2 and what it answered."""
    print(json.dumps({model.name: params or parsed}, default=str))


EC2.meta.events.register("provide-client-params.ec2", log)
EC2.meta.events.register("after-call.ec2", log)


def on_event(event: Event, _context: object) -> Event:
    """Note the time, unless there is nothing to wait for: a volume that was waited for stays initialized."""
    volume, former = event["ResourceProperties"]["VolumeId"], event.get("PhysicalResourceId")
    if event["RequestType"] == "Delete" or volume == former:
        return {"PhysicalResourceId": former, "Started": None}
    return {"PhysicalResourceId": volume, "Started": time.time()}


def is_complete(event: Event, _context: object) -> Event:
    """Tell whether the volume is initialized; fail when it is gone, or when there is no more time to wait."""
    if event["Started"] is None:
        return {"IsComplete": True}
    volume, waited = event["PhysicalResourceId"], time.time() - event["Started"]
    try:
        statuses = EC2.describe_volume_status(VolumeIds=[volume])["VolumeStatuses"]
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code == "InvalidVolume.NotFound" and waited > GRACE:
            raise RuntimeError(f"{volume} is not there: it was deleted, or is of another account or Region") from error
        if code not in ("InvalidVolume.NotFound", *THROTTLED):
            raise
        statuses = []
    details = {detail["Name"]: detail["Status"] for status in statuses for detail in status["VolumeStatus"]["Details"]}
    if details.get("initialization-state") == "completed":
        return {"IsComplete": True}
    if waited > PATIENCE:
        found = statuses[0].get("InitializationStatusDetails", {}) if statuses else {}
        raise RuntimeError(
            f"{volume} is not initialized after {PATIENCE // 60} minutes, EC2 says {json.dumps(found)}; "
            "raise its volume_initialization_rate, or use on_initialized and do not wait"
        )
    return {"IsComplete": False}
