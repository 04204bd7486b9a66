"""Replaces an instance's root volume (CreateReplaceRootVolumeTask), once for one set of inputs, and waits for the task.

A replacement cannot be taken back: rolling an update back and deleting the resource leave the instance as it is. The
task's mark tells for which construct and which inputs it was started, without the stack's own id: a stack whose first
deployment failed is deployed again under another one, and finds the task.
"""

from __future__ import annotations

import time
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from . import stacks
from .aws import DENIED, Pending, advised, client, code_of, pages, shape, typed
from .requests import MARK, STACK, UNSEEN, ResourceRequest, hashed

Task = dict[str, Any]
RATE = "VolumeInitializationRate"
_ADVICE = {
    "IncorrectInstanceState": "start the instance: only a running one can have its root volume replaced",
    "InvalidAMIID.NotFound": "give an AMI of this Region with the instance's architecture and product codes",
    "InvalidInstanceID.NotFound": "give an instance of this Region and account",
    "InvalidSnapshot.NotFound": "give a snapshot of this Region that was taken of the instance's root volume",
    "InvalidVolume.NotFound": "give a volume of the instance's Availability Zone",
}
_FAILED = {
    "failed": "the instance still has its original root volume",
    "failed-detached": "the instance is left WITHOUT a root volume: attach one, or replace it again",
}
_NOT_SHOWN = ("InvalidInstanceID.NotFound", "InvalidVolume.NotFound")


def asked(_properties: dict[str, Any]) -> Any:
    """The id stays the same, so that a deletion is one of the resource and not of former inputs."""
    return []


def ensure(request: ResourceRequest) -> dict[str, str]:
    """Return the attributes of the replacement; start it, unless the last one had the same inputs."""
    tasks = sorted(_tasks(request), key=lambda task: str(task["StartTime"]))
    task = tasks[-1] if tasks else None
    if task and _mark_of(task) == _mark(request) and task["TaskState"] in _FAILED:
        reason = "EC2 gives no reason for it; check that the snapshot or image is one of this instance's"
        what = f"{task['ReplaceRootVolumeTaskId']} of {task['InstanceId']} is {task['TaskState']}"
        raise RuntimeError(f"{what}: {_FAILED[task['TaskState']]}. {reason}")
    if task and task["TaskState"] not in _FAILED and _mark_of(task)[:2] == _mark(request)[:2]:
        return _ended(request, task)
    unchanged = _inputs(request.old) == _inputs(request.properties)
    if request.type == "Update" and (unchanged or stacks.rolls_back(request.stack)):
        ended = [task for task in tasks if task["TaskState"] == "succeeded"]
        if ended:
            return _ended(request, ended[-1])
        return _attributes(task, _root_volume(request) or {})
    stacks.check(request)
    started = _start(request)
    raise Pending(f"{started} is not shown")


def remove(request: ResourceRequest) -> None:
    """Take the mark away, unless the stack rolls back: the next deployment of it finds the task then."""
    tasks = _tasks(request)
    if not stacks.rolls_back(request.stack):
        if tasks:
            stacks.check_removal(request)  # the tasks may be those of a stack that was made again since
            ids = [task["ReplaceRootVolumeTaskId"] for task in tasks]
            _unmark(request, ids)
    elif not tasks and request.waited < UNSEEN:
        raise Pending("no task is shown")


def _unmark(request: ResourceRequest, tasks: list[str]) -> None:
    """Take the mark away. The policy allows that while there is one: EC2 denies what it has done already."""
    try:
        client("ec2").delete_tags(Resources=tasks, Tags=[{"Key": MARK}])
    except ClientError as error:
        if code_of(error) not in DENIED or request.waited > 2 * UNSEEN:
            raise
        raise Pending("the mark is shown, and may be gone") from error


def _ended(request: ResourceRequest, task: Task) -> dict[str, str]:
    """Return the attributes once the task has succeeded and EC2 shows the new root volume."""
    if task["TaskState"] != "succeeded":
        raise Pending(f"{task['ReplaceRootVolumeTaskId']} is {task['TaskState']}", "see in EC2 what becomes of it")
    volume = _root_volume(request)
    since = time.time() - _seconds(task.get("CompleteTime") or task["StartTime"])
    if since <= UNSEEN and (volume is None or not _is_new(volume, task, request)):
        raise Pending(f"the new root volume of {task['InstanceId']} is not shown")
    return _attributes(task, volume or {})


def _is_new(volume: dict[str, Any], task: Task, request: ResourceRequest) -> bool:
    """Tell whether this is the root volume since the task, not the former one, which EC2 may show for a while."""
    given = request.properties["Request"].get("VolumeId")
    if given is not None:
        return bool(volume["VolumeId"] == given)
    return bool(volume["CreateTime"].timestamp() >= _seconds(task["StartTime"]))


def _seconds(time: str) -> float:
    return datetime.fromisoformat(time.replace("Z", "+00:00")).timestamp()


def _attributes(task: Task | None, volume: dict[str, Any]) -> dict[str, str]:
    """Return the attributes; EC2 forgets a task some time after it has ended."""
    return {
        "TaskId": task["ReplaceRootVolumeTaskId"] if task else "",
        "TaskState": task["TaskState"] if task else "forgotten",
        "VolumeId": volume.get("VolumeId", ""),
        RATE: str(volume.get(RATE, "default")) if volume else "",
    }


def _start(request: ResourceRequest) -> str:
    """Ask for the replacement, by a token that is the same when the same request comes twice."""
    properties = request.properties
    wanted = typed(properties["Request"], shape("CreateReplaceRootVolumeTask"))
    mark = "/".join(_mark(request))
    own = [{"Key": STACK, "Value": request.stack}, {"Key": MARK, "Value": mark}]
    tags = [{"ResourceType": "replace-root-volume-task", "Tags": [*properties.get("Tags", []), *own]}]
    token = hashed(mark, request.stack)
    try:
        answer = client("ec2").create_replace_root_volume_task(**wanted, ClientToken=token, TagSpecifications=tags)
    except ClientError as error:
        raise advised(error, _ADVICE) from error
    return str(answer["ReplaceRootVolumeTask"]["ReplaceRootVolumeTaskId"])


def _inputs(properties: dict[str, Any]) -> str:
    """Return what makes it another replacement: of an image that the stack makes, what that is made of, not its id."""
    asked = properties.get("Request", {})
    if "ImageInputs" in properties:
        asked = asked | {"ImageId": properties["ImageInputs"]}
    return hashed(asked, properties.get("Trigger"))


def _mark(request: ResourceRequest) -> tuple[str, str, str]:
    """Return the construct and the name of its root stack, the inputs, and the request."""
    place = f"{request.properties['Address']}/{request.properties['RootStackName']}"
    return place, _inputs(request.properties), request.event


def _mark_of(task: Task) -> tuple[str, ...]:
    """Return what a task's tag says."""
    mark = next((tag["Value"] for tag in task.get("Tags", []) if tag["Key"] == MARK), "//")
    return tuple(mark.rsplit("/", 2))


def _tasks(request: ResourceRequest) -> list[Task]:
    """Return the instance's replacements for this construct that EC2 remembers."""
    filters = [{"Name": "instance-id", "Values": [request.properties["Request"]["InstanceId"]]}]
    shown = pages("ec2", "describe_replace_root_volume_tasks", Filters=filters)
    tasks = [task for page in shown for task in page["ReplaceRootVolumeTasks"]]
    return [task for task in tasks if _mark_of(task)[0] == _mark(request)[0]]


def _root_volume(request: ResourceRequest) -> dict[str, Any] | None:
    """Return the root volume that the instance has now; None if there is none, or it is not shown."""
    try:
        answer = client("ec2").describe_instances(InstanceIds=[request.properties["Request"]["InstanceId"]])
        [instance] = [instance for reservation in answer["Reservations"] for instance in reservation["Instances"]]
        devices = {
            mapping["DeviceName"]: mapping["Ebs"]["VolumeId"]
            for mapping in instance["BlockDeviceMappings"]
            if "Ebs" in mapping
        }
        if instance.get("RootDeviceName") not in devices:
            return None
        [volume] = client("ec2").describe_volumes(VolumeIds=[devices[instance["RootDeviceName"]]])["Volumes"]
    except ClientError as error:
        if code_of(error) not in _NOT_SHOWN:
            raise
        return None
    return dict(volume)
