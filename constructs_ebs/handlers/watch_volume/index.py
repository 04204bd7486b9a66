"""Has a state machine look, at a volume's deadline and from then on, whether the volume is initialized.

The deadline counts from when the volume was first watched: the input of each execution says since when that is.
"""

import json
import time
from contextlib import suppress
from typing import Any

import boto3
from botocore.config import Config

Event = dict[str, Any]
STATES: Any = boto3.client("stepfunctions", config=Config(retries={"mode": "standard", "total_max_attempts": 10}))


def on_event(event: Event, _context: object) -> Event:
    """Start an execution for the volume, or stop the one whose volume, deadline or alarm is gone."""
    if event["RequestType"] == "Delete":
        with suppress(STATES.exceptions.ExecutionDoesNotExist, STATES.exceptions.ValidationException):  # it has ended
            STATES.stop_execution(executionArn=event["PhysicalResourceId"])
        return {}
    properties = event["ResourceProperties"]
    machine, name = properties["StateMachineArn"], event["RequestId"]
    now = time.time()
    since = watched_since(event, now)
    left = max(round(since + int(properties["Seconds"]) - now), 0)
    work = {"VolumeId": properties["VolumeId"], "Alarm": properties["Alarm"], "Since": since, "Seconds": left}
    with suppress(STATES.exceptions.ExecutionAlreadyExists):  # the same event came before, and its execution has ended
        STATES.start_execution(stateMachineArn=machine, name=name, input=json.dumps(work))
    print(json.dumps({"StartExecution": {"name": name, "input": work}}))
    return {"PhysicalResourceId": f"{machine.replace(':stateMachine:', ':execution:')}:{name}"}


def watched_since(event: Event, now: float) -> float:
    """Return since when the same volume is watched, by the execution before this one."""
    if event.get("OldResourceProperties", {}).get("VolumeId") == event["ResourceProperties"]["VolumeId"]:
        with suppress(STATES.exceptions.ExecutionDoesNotExist):  # Step Functions forgets them after 90 days
            former = STATES.describe_execution(executionArn=event["PhysicalResourceId"])
            return float(json.loads(former["input"])["Since"])
    return now
