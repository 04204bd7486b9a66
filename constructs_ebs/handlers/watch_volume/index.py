"""Has a state machine look, at a volume's deadline and from then on, whether the volume is initialized."""

import json
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
    work = {"VolumeId": properties["VolumeId"], "Seconds": int(properties["Seconds"])}
    with suppress(STATES.exceptions.ExecutionAlreadyExists):  # the same event came before, and its execution has ended
        STATES.start_execution(stateMachineArn=machine, name=name, input=json.dumps(work))
    print(json.dumps({"StartExecution": {"name": name, "input": work}}))
    return {"PhysicalResourceId": f"{machine.replace(':stateMachine:', ':execution:')}:{name}"}
