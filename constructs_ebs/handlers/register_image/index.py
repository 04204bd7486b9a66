"""Makes an AMI, from snapshots (RegisterImage) or from an instance (CreateImage), waits for it, and removes it.

Neither action takes a client token. What makes a call safe to repeat is the image's name, which is unique in an
account and Region: a name that is taken by an image with our tag was taken by this call before. The tag is a hash of
the request, so that rolling an update back finds the former image, which is only removed once an update has succeeded.
"""

import hashlib
import json
import time
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError, WaiterError

Event = dict[str, Any]
EC2: Any = boto3.client("ec2", config=Config(retries={"mode": "standard", "total_max_attempts": 10}))
PATIENCE = 54 * 60  # Seconds. CloudFormation waits an hour, and knows no id then of what is to be removed
STACK, REQUEST = "constructs-ebs:stack", "constructs-ebs:request"
ADVICE = {
    "InvalidAMIName.Duplicate": "choose another image_name, or omit it: each image then gets a name of its own",
    "InvalidSnapshot.NotFound": "give a snapshot of this Region that this account may use",
    "IncorrectState": "wait until the snapshot is completed, or the instance running or stopped, and deploy again",
    "InvalidInstanceID.NotFound": "give an instance of this Region and account",
    "OperationNotPermitted": "turn the image's deregistration protection off, or keep it with removal_policy RETAIN",
}


def log(params: Any = None, parsed: Any = None, model: Any = None, **_: object) -> None:
    """Log what was asked of EC2 and what it answered."""
    print(json.dumps({model.name: params or parsed}, default=str))


EC2.meta.events.register("provide-client-params.ec2", log)
EC2.meta.events.register("after-call.ec2", log)


def on_event(event: Event, _context: object) -> Event:
    """Start what CloudFormation asks for, and return the image's id."""
    properties, image = event["ResourceProperties"], event.get("PhysicalResourceId", "")
    if event["RequestType"] == "Delete":
        remove(image, properties["DeleteSnapshots"] == "true")
    elif event["RequestType"] == "Create" or hashed(event, "OldResourceProperties") != hashed(event):
        image = make(event, properties)
    else:
        retag(image, properties.get("Tags", []), event["OldResourceProperties"].get("Tags", []))
    return {"PhysicalResourceId": image, "Started": time.time()}


def is_complete(event: Event, _context: object) -> Event:
    """Tell whether the image is available, and what EC2 knows of it then."""
    if event["RequestType"] == "Delete":
        return {"IsComplete": True}
    try:
        images = EC2.describe_images(ImageIds=[event["PhysicalResourceId"]])["Images"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "InvalidAMIID.NotFound":
            raise
        images = []
    [image] = images or [{"ImageId": event["PhysicalResourceId"], "State": "pending"}]  # EC2 does not know it yet
    if image["State"] in ("pending", "transient"):
        if time.time() - event["Started"] > PATIENCE:
            raise RuntimeError(
                f"{image['ImageId']} is {image['State']} after {PATIENCE // 60} minutes; deploy it again"
            )
        return {"IsComplete": False}
    if image["State"] != "available":
        reason = image.get("StateReason", {}).get("Message", "EC2 gives no reason")
        raise RuntimeError(f"{image['ImageId']} is {image['State']}: {reason}")
    devices = image.get("BlockDeviceMappings", [])
    snapshots = [device["Ebs"]["SnapshotId"] for device in devices if "SnapshotId" in device.get("Ebs", {})]
    data = {"ImageName": image["Name"], "RootDeviceName": image.get("RootDeviceName", "")}
    return {"IsComplete": True, "Data": {**data, "SnapshotIds": ",".join(snapshots)}}


def make(event: Event, properties: Event) -> str:
    """Register or create the image, or find the one that an earlier call made."""
    action = properties["Action"]
    shape = EC2.meta.service_model.operation_model(action).input_shape
    request, token = typed(properties["Request"], shape), hashed(event)
    stack = event["StackId"].split("/")[1]
    name = request.setdefault("Name", f"{stack}-{event['LogicalResourceId']}"[:111] + f"-{token[:16]}")
    own = [{"Key": STACK, "Value": event["StackId"]}]
    tags = [*properties.get("Tags", []), *own, {"Key": REQUEST, "Value": token}]
    kinds = ["image", "snapshot"] if action == "CreateImage" else ["image"]
    request["TagSpecifications"] = [{"ResourceType": kind, "Tags": tags} for kind in kinds]
    if action == "RegisterImage" and properties["DeleteSnapshots"] == "true":
        volumes = [device.get("Ebs", {}) for device in request["BlockDeviceMappings"]]
        ids = {volume["SnapshotId"] for volume in volumes if "SnapshotId" in volume}
        EC2.create_tags(Resources=sorted(ids), Tags=own)  # what may delete them is told by the tag
    try:
        answer = EC2.register_image(**request) if action == "RegisterImage" else EC2.create_image(**request)
    except ClientError as error:
        code, said = error.response["Error"]["Code"], error.response["Error"]["Message"]
        if code == "InvalidAMIName.Duplicate" and (image := made_before(name, token)):
            return image
        raise RuntimeError(f"{said} ({code}); {ADVICE[code]}" if code in ADVICE else str(error)) from error
    return str(answer["ImageId"])


def made_before(name: str, token: str) -> str | None:
    """Return the image of that name if an earlier call with the same request made it; EC2 may take a while to know."""
    mine = [{"Name": "name", "Values": [name]}, {"Name": f"tag:{REQUEST}", "Values": [token]}]
    try:
        EC2.get_waiter("image_exists").wait(Filters=mine, WaiterConfig={"Delay": 3, "MaxAttempts": 5})
        return str(EC2.describe_images(Filters=mine)["Images"][0]["ImageId"])
    except WaiterError:
        return None


def remove(image: str, snapshots: bool) -> None:
    """Deregister the image, and delete those of its snapshots that no other image has."""
    try:
        answer = EC2.deregister_image(ImageId=image, DeleteAssociatedSnapshots=snapshots)
    except ClientError as error:
        code, said = error.response["Error"]["Code"], error.response["Error"]["Message"]
        if code in ("InvalidAMIID.NotFound", "InvalidAMIID.Unavailable"):  # somebody else did
            return
        raise RuntimeError(f"{said} ({code}); {ADVICE[code]}" if code in ADVICE else str(error)) from error
    results = answer.get("DeleteSnapshotResults", [])
    kept = [f"{one['SnapshotId']} ({one['ReturnCode']})" for one in results if one["ReturnCode"] not in DELETED]
    if kept:
        raise RuntimeError(f"{image} is deregistered, these snapshots of it are left, delete them: {', '.join(kept)}")


DELETED = ("success", "skipped")  # skipped: another image has the snapshot


def retag(image: str, tags: list[dict[str, str]], old: list[dict[str, str]]) -> None:
    """Change the image's tags in place."""
    gone = {tag["Key"] for tag in old} - {tag["Key"] for tag in tags}
    if gone:
        EC2.delete_tags(Resources=[image], Tags=[{"Key": key} for key in sorted(gone)])
    if tags:
        EC2.create_tags(Resources=[image], Tags=tags)


def hashed(event: Event, properties: str = "ResourceProperties") -> str:
    """Return what tells one image of this resource from another."""
    asked = [event["StackId"], event["LogicalResourceId"], event[properties]["Action"], event[properties]["Request"]]
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()


def typed(value: Any, shape: Any) -> Any:
    """Return a property as EC2 has it: CloudFormation makes strings of numbers and booleans."""
    if shape.type_name == "structure":
        if unknown := value.keys() - shape.members.keys():
            raise RuntimeError(f"boto3 {boto3.__version__} of this runtime knows no {', '.join(unknown)}: update it")
        return {name: typed(one, shape.members[name]) for name, one in value.items()}
    if shape.type_name == "list":
        return [typed(one, shape.member) for one in value]
    if shape.type_name == "boolean":
        return str(value).lower() == "true"
    return int(value) if shape.type_name in ("integer", "long") else value
