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
from botocore.exceptions import ClientError

Event = dict[str, Any]
EC2: Any = boto3.client("ec2", config=Config(retries={"mode": "standard", "total_max_attempts": 10}))
PATIENCE = 54 * 60  # Seconds. CloudFormation waits an hour, and knows no id then of what is to be removed
UNSEEN = 180  # Seconds in which EC2 may not show what it has made
STACK, REQUEST = "constructs-ebs:stack", "constructs-ebs:request"
ADVICE = {
    "InvalidAMIName.Duplicate": "choose another image_name, or omit it: each image then gets a name of its own",
    "InvalidSnapshot.NotFound": "give a snapshot of this Region that this account may use",
    "IncorrectState": "wait until the snapshot is completed, or the instance running or stopped, and deploy again",
    "InvalidInstanceID.NotFound": "give an instance of this Region and account",
    "OperationNotPermitted": "turn the image's deregistration protection off, or keep it with removal_policy RETAIN",
}
GONE = ("InvalidAMIID.NotFound", "InvalidAMIID.Unavailable")
DELETED = ("success", "skipped")  # skipped: another image has the snapshot
UPDATE = "AWS renews runtimes Region by Region; deploy again later"


def log(params: Any = None, parsed: Any = None, model: Any = None, **_: object) -> None:
    """Log what was asked of EC2 and what it answered."""
    print(json.dumps({model.name: params or parsed}, default=str))


EC2.meta.events.register("provide-client-params.ec2", log)
EC2.meta.events.register("after-call.ec2", log)


def on_event(event: Event, _context: object) -> Event:
    """Start what CloudFormation asks for, and return the image's id."""
    properties, image = event["ResourceProperties"], event.get("PhysicalResourceId", "")
    if event["RequestType"] == "Delete":
        # An answer that took too long leaves CloudFormation with an id of its own invention.
        known = image if image.startswith("ami-") else find(name_of(event), hashed(event))
        if known:
            remove(known, properties["DeleteSnapshots"] == "true")
    elif (
        event["RequestType"] == "Create"
        or hashed(event, "OldResourceProperties") != hashed(event)
        or not described([{"Name": "image-id", "Values": [image]}])  # somebody deregistered it
    ):
        image = make(event)
    else:
        if event["OldResourceProperties"]["DeleteSnapshots"] != properties["DeleteSnapshots"]:
            claim(event)
        retag(image, properties.get("Tags", []), event["OldResourceProperties"].get("Tags", []))
    return {"PhysicalResourceId": image, "Started": time.time()}


def is_complete(event: Event, _context: object) -> Event:
    """Tell whether the image is available, and what EC2 knows of it then."""
    if event["RequestType"] == "Delete":
        return {"IsComplete": True}
    try:
        images = EC2.describe_images(ImageIds=[event["PhysicalResourceId"]])["Images"]
    except ClientError as error:
        if error.response["Error"]["Code"] not in GONE:
            raise
        images = []
    if not images and time.time() - event["Started"] > UNSEEN:
        raise RuntimeError(f"{event['PhysicalResourceId']} is gone: somebody deregistered it")
    [image] = images or [{"ImageId": event["PhysicalResourceId"], "State": "pending"}]
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


def make(event: Event) -> str:
    """Register or create the image, or find the one that an earlier call made."""
    properties, token = event["ResourceProperties"], hashed(event)
    action, given = properties["Action"], properties.get("Tags", [])
    request = typed(properties["Request"], EC2.meta.service_model.operation_model(action).input_shape)
    request["Name"] = name_of(event)
    tags = [*given, {"Key": STACK, "Value": event["StackId"]}, {"Key": REQUEST, "Value": token}]
    kinds = ["image", "snapshot"] if action == "CreateImage" else ["image"]
    request["TagSpecifications"] = [{"ResourceType": kind, "Tags": tags} for kind in kinds]
    claim(event)
    try:
        answer = EC2.register_image(**request) if action == "RegisterImage" else EC2.create_image(**request)
    except ClientError as error:
        if error.response["Error"]["Code"] != "InvalidAMIName.Duplicate":
            raise advised(error) from error
        image = find(request["Name"], token, UNSEEN)
        if not image:
            raise advised(error) from error
        retag(image, given, [])
        return image
    return str(answer["ImageId"])


def claim(event: Event) -> None:
    """Mark the snapshots that are to go with the image: what may delete them is told by the tag."""
    properties = event["ResourceProperties"]
    if properties["Action"] == "RegisterImage" and properties["DeleteSnapshots"] == "true":
        volumes = [device.get("Ebs", {}) for device in properties["Request"]["BlockDeviceMappings"]]
        ids = {volume["SnapshotId"] for volume in volumes if "SnapshotId" in volume}
        EC2.create_tags(Resources=sorted(ids), Tags=[{"Key": STACK, "Value": event["StackId"]}])


def name_of(event: Event) -> str:
    """Return the image's name, the user's or one that is new for each request."""
    stack = event["StackId"].split("/")[1]
    own = f"{stack}-{event['LogicalResourceId']}"[:111] + f"-{hashed(event)[:16]}"
    return str(event["ResourceProperties"]["Request"].get("Name", own))


def find(name: str, token: str, patience: int = 0) -> str | None:
    """Return the image of that name if an earlier call with the same request made it; EC2 may take a while to know."""
    end = time.time() + patience
    while not (found := described([{"Name": "name", "Values": [name]}])):
        if time.time() >= end:
            return None
        time.sleep(5)
    mine = {"Key": REQUEST, "Value": token} in found[0].get("Tags", [])
    return str(found[0]["ImageId"]) if mine else None


def described(filters: list[Event]) -> list[Event]:
    """Return the images of this account that pass."""
    return list(EC2.describe_images(Owners=["self"], Filters=filters)["Images"])


def advised(error: ClientError) -> RuntimeError:
    """Return what EC2 said, and what to do about it."""
    code, said = error.response["Error"]["Code"], error.response["Error"]["Message"]
    return RuntimeError(f"{said} ({code}); {ADVICE[code]}" if code in ADVICE else str(error))


def remove(image: str, snapshots: bool) -> None:
    """Deregister the image, and delete those of its snapshots that no other image has."""
    try:
        answer = EC2.deregister_image(ImageId=image, DeleteAssociatedSnapshots=snapshots)
    except ClientError as error:
        if error.response["Error"]["Code"] in GONE:  # somebody else did
            return
        raise advised(error) from error
    results = answer.get("DeleteSnapshotResults", [])
    kept = [
        f"{result['SnapshotId']} ({result['ReturnCode']})" for result in results if result["ReturnCode"] not in DELETED
    ]
    if kept:
        raise RuntimeError(f"{image} is deregistered, these snapshots of it are left, delete them: {', '.join(kept)}")


def retag(image: str, tags: list[dict[str, str]], old: list[dict[str, str]]) -> None:
    """Change the image's tags in place."""
    gone = {tag["Key"] for tag in old} - {tag["Key"] for tag in tags}
    if gone:
        EC2.delete_tags(Resources=[image], Tags=[{"Key": key} for key in sorted(gone)])
    if tags:
        EC2.create_tags(Resources=[image], Tags=tags)


def hashed(event: Event, properties: str = "ResourceProperties") -> str:
    """Return what tells one image of this resource from another."""
    given = [event[properties].get(name) for name in ("Action", "Request", "Trigger")]
    asked = [event["StackId"], event["LogicalResourceId"], *given]
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()


def typed(value: Any, shape: Any) -> Any:
    """Return a property as EC2 has it: CloudFormation makes strings of numbers and booleans."""
    if shape.type_name == "structure":
        if unknown := value.keys() - shape.members.keys():
            raise RuntimeError(f"boto3 {boto3.__version__} of this runtime knows no {', '.join(unknown)}: {UPDATE}")
        return {name: typed(member, shape.members[name]) for name, member in value.items()}
    if shape.type_name == "list":
        return [typed(element, shape.member) for element in value]
    if shape.type_name == "boolean":
        return str(value).lower() == "true"
    return int(value) if shape.type_name in ("integer", "long") else value
