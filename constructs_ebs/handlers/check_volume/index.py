"""Reports to CloudWatch that a volume is not initialized in time. A state machine calls this until it is."""

import json
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

Event = dict[str, Any]
RETRIES = Config(retries={"mode": "standard", "total_max_attempts": 10})
EC2: Any = boto3.client("ec2", config=RETRIES)
THROTTLED = ("RequestLimitExceeded", "Throttling", "ThrottlingException", "EC2ThrottledException")
CLOUDWATCH: Any = boto3.client("cloudwatch", config=RETRIES)


def check(event: Event, _context: object) -> Event:
    """Tell whether the volume is late: it is there and not initialized, or EC2 refuses to say."""
    volume, alarm = event["VolumeId"], event["Alarm"]
    try:
        statuses = EC2.describe_volume_status(VolumeIds=[volume])["VolumeStatuses"]
        details = {
            detail["Name"]: detail["Status"] for status in statuses for detail in status["VolumeStatus"]["Details"]
        }
        late = details.get("initialization-state") != "completed"
        found: Any = statuses
    except ClientError as error:
        code, status = error.response["Error"]["Code"], error.response["ResponseMetadata"]["HTTPStatusCode"]
        if status >= 500 or code in THROTTLED:  # the state machine asks again
            raise
        late, found = code != "InvalidVolume.NotFound", str(error)
    print(json.dumps({"VolumeId": volume, "Late": late, "Found": found}, default=str))
    if late:
        dimensions = [{"Name": "VolumeId", "Value": volume}, {"Name": "Alarm", "Value": alarm}]
        metric = {"MetricName": "InitializationLate", "Dimensions": dimensions, "Value": 1, "Unit": "Count"}
        CLOUDWATCH.put_metric_data(Namespace="constructs-ebs", MetricData=[metric])
    return {"Late": late}
