"""Sends EC2's event about an initialized volume again, with the volume's tags, which EC2's own event lacks."""

import json
import os
from typing import Any

import boto3
from botocore.config import Config

Event = dict[str, Any]
RETRIES = Config(retries={"mode": "standard", "total_max_attempts": 10})
EC2: Any = boto3.client("ec2", config=RETRIES)
EVENTS: Any = boto3.client("events", config=RETRIES)


def announce(event: Event, _context: object) -> None:
    """Send it, unless the volume has no tags or is gone. Lambda calls again when this fails."""
    volumes = [arn.rpartition("/")[2] for arn in event["resources"]]
    found = EC2.describe_tags(Filters=[{"Name": "resource-id", "Values": volumes}])["Tags"]
    tags = {tag["Key"]: tag["Value"] for tag in found}
    print(json.dumps({"Volumes": volumes, "Tags": tags}))
    if not tags:
        return
    entry = {
        "Source": "constructs-ebs",
        "DetailType": "EBS Volume Initialized",
        "Resources": event["resources"],
        "Detail": json.dumps({**event["detail"], "tags": tags, "stack-id": os.environ["STACK_ID"]}),
    }
    answer = EVENTS.put_events(Entries=[entry])
    if answer["FailedEntryCount"]:
        raise RuntimeError(answer["Entries"][0].get("ErrorMessage", "EventBridge gives no reason"))
