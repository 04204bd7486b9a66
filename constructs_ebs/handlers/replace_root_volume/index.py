"""Replaces an instance's root volume (CreateReplaceRootVolumeTask), once for one set of inputs, and waits for the task.

A replacement cannot be taken back: rolling an update back and deleting the resource leave the instance as it is. The
task's tag tells which inputs the last one had, so that an update that is tried again after a rollback changes nothing.
"""

import hashlib
import json
import time
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

Event = dict[str, Any]
RETRIES = Config(retries={"mode": "standard", "total_max_attempts": 10})
EC2: Any = boto3.client("ec2", config=RETRIES)
CLOUDFORMATION: Any = boto3.client("cloudformation", config=RETRIES)
PATIENCE = 54 * 60  # Seconds. CloudFormation waits an hour
STACK, INPUTS, RATE = "constructs-ebs:stack", "constructs-ebs:inputs", "VolumeInitializationRate"
ADVICE = {
    "IncorrectInstanceState": "start the instance: only a running one can have its root volume replaced",
    "InvalidAMIID.NotFound": "give an AMI of this Region with the instance's architecture and product codes",
    "InvalidInstanceID.NotFound": "give an instance of this Region and account",
    "InvalidSnapshot.NotFound": "give a snapshot of this Region that was taken of the instance's root volume",
    "InvalidVolume.NotFound": "give a volume of the instance's Availability Zone",
}
UPDATE = "AWS renews runtimes Region by Region; deploy again later"
LEFT = {
    "failed": "the instance still has its original root volume",
    "failed-detached": "the instance is left WITHOUT a root volume: attach one, or replace it again",
}


def log(params: Any = None, parsed: Any = None, model: Any = None, **_: object) -> None:
    """Log what was asked of EC2 and what it answered."""
    print(json.dumps({model.name: params or parsed}, default=str))


EC2.meta.events.register("provide-client-params.ec2", log)
EC2.meta.events.register("after-call.ec2", log)


def on_event(event: Event, _context: object) -> Event:
    """Start the replacement, unless the last one had the same inputs, and return the task's id."""
    properties, former = event["ResourceProperties"], event.get("OldResourceProperties", {})
    inputs = [properties["Request"], properties.get("Trigger")]
    if (
        event["RequestType"] == "Delete"
        or inputs == [former.get("Request"), former.get("Trigger")]
        or (event["RequestType"] == "Update" and rolls_back(event["StackId"]))
    ):
        return {"PhysicalResourceId": event["PhysicalResourceId"], "Kept": True}
    mark = [hashed(event["StackId"], event["LogicalResourceId"]), hashed(*inputs), event["RequestId"]]
    ours = [task for task in tasks_of(properties) if mark_of(task)[0] == mark[0]]
    last: Event = max(ours, key=lambda task: task["StartTime"], default={})
    same = last and mark_of(last)[1] == mark[1] and last["TaskState"] not in LEFT
    again = last and mark_of(last)[2] == mark[2]  # the same event
    task = last["ReplaceRootVolumeTaskId"] if same or again else start(event, mark)
    return {"PhysicalResourceId": task, "Started": time.time()}


def is_complete(event: Event, _context: object) -> Event:
    """Tell whether the task has ended, and what the instance's root volume is then."""
    properties, task_id = event["ResourceProperties"], event["PhysicalResourceId"]
    if event["RequestType"] == "Delete":
        return {"IsComplete": True}
    task = next((task for task in tasks_of(properties) if task["ReplaceRootVolumeTaskId"] == task_id), None)
    if event.get("Kept"):  # EC2 forgets a task some time after it has ended
        state = task["TaskState"] if task else "forgotten"
        return done(task_id, state, root_volume(properties) or {"VolumeId": "", RATE: ""})
    state = task["TaskState"] if task else "pending"  # EC2 may take a while to know a new one
    if state in LEFT:
        reason = "EC2 gives no reason for it; check that the snapshot or image is one of this instance's"
        raise RuntimeError(f"{task_id} of {task and task['InstanceId']} is {state}: {LEFT[state]}. {reason}")
    if state == "succeeded" and (volume := root_volume(properties)):
        return done(task_id, state, volume)
    if time.time() - event["Started"] > PATIENCE:
        raise RuntimeError(f"{task_id} is {state} after {PATIENCE // 60} minutes; see what becomes of it in EC2")
    return {"IsComplete": False}


def done(task: str, state: str, volume: Event) -> Event:
    """Return what the resource's attributes are."""
    return {"IsComplete": True, "Data": {"TaskId": task, "TaskState": state, **volume}}


def start(event: Event, mark: list[str]) -> str:
    """Ask for the replacement, by a token that is the same when the same event comes twice."""
    properties = event["ResourceProperties"]
    request = typed(
        properties["Request"], EC2.meta.service_model.operation_model("CreateReplaceRootVolumeTask").input_shape
    )
    own = [{"Key": STACK, "Value": event["StackId"]}, {"Key": INPUTS, "Value": "/".join(mark)}]
    try:
        task = EC2.create_replace_root_volume_task(
            **request,
            ClientToken=hashed(mark),
            TagSpecifications=[
                {"ResourceType": "replace-root-volume-task", "Tags": [*properties.get("Tags", []), *own]}
            ],
        )["ReplaceRootVolumeTask"]
    except ClientError as error:
        code, said = error.response["Error"]["Code"], error.response["Error"]["Message"]
        raise RuntimeError(f"{said} ({code}); {ADVICE[code]}" if code in ADVICE else str(error)) from error
    return str(task["ReplaceRootVolumeTaskId"])


def tasks_of(properties: Event) -> list[Event]:
    """Return the instance's replacements that EC2 remembers."""
    filters = [{"Name": "instance-id", "Values": [properties["Request"]["InstanceId"]]}]
    pages = EC2.get_paginator("describe_replace_root_volume_tasks").paginate(Filters=filters)
    return [task for page in pages for task in page["ReplaceRootVolumeTasks"]]


def mark_of(task: Event) -> list[str]:
    """Return what a task's tag says of the resource, the inputs and the event that it was started for."""
    mark = next((tag["Value"] for tag in task.get("Tags", []) if tag["Key"] == INPUTS), "//")
    return str(mark).split("/")


def root_volume(properties: Event) -> Event | None:
    """Return the root volume that the instance has now, and the rate that EC2 says it has; None if there is none."""
    try:
        answer = EC2.describe_instances(InstanceIds=[properties["Request"]["InstanceId"]])
        [instance] = [instance for reservation in answer["Reservations"] for instance in reservation["Instances"]]
        devices = {
            mapping["DeviceName"]: mapping["Ebs"]["VolumeId"]
            for mapping in instance["BlockDeviceMappings"]
            if "Ebs" in mapping
        }
        if instance.get("RootDeviceName") not in devices:
            return None
        [volume] = EC2.describe_volumes(VolumeIds=[devices[instance["RootDeviceName"]]])["Volumes"]
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("InvalidInstanceID.NotFound", "InvalidVolume.NotFound"):
            raise
        return None  # gone, or not shown yet
    return {"VolumeId": volume["VolumeId"], RATE: str(volume.get(RATE, "default"))}


def rolls_back(stack: str) -> bool:
    """Tell whether an update is being rolled back: CloudFormation's event looks like any other update's."""
    [described] = CLOUDFORMATION.describe_stacks(StackName=stack)["Stacks"]
    return bool(described["StackStatus"] == "UPDATE_ROLLBACK_IN_PROGRESS")


def hashed(*parts: Any) -> str:
    """Return a short name for what is the same."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:32]


def typed(value: Any, shape: Any) -> Any:
    """Return a property as EC2 has it: CloudFormation makes strings of numbers and booleans."""
    if shape.type_name == "structure":
        if unknown := value.keys() - shape.members.keys():
            raise RuntimeError(f"boto3 {boto3.__version__} of this runtime knows no {', '.join(unknown)}: {UPDATE}")
        return {name: typed(member, shape.members[name]) for name, member in value.items()}
    if shape.type_name == "boolean":
        return str(value).lower() == "true"
    return int(value) if shape.type_name in ("integer", "long") else value
