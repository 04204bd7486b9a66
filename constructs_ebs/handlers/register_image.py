"""Makes an AMI, from snapshots (RegisterImage) or from an instance (CreateImage), waits for it, and removes it.

Neither action takes a client token. What makes a call safe to repeat is the image's name, which is unique in an account
and Region: while EC2 does not show what it has made, it refuses to make it again.
"""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from . import stacks
from .aws import Pending, advised, client, code_of, pages, shape, typed
from .requests import MARK, STACK, UNSEEN, ResourceRequest, mark_of

Image = dict[str, Any]
_ADVICE = {
    "InvalidAMIName.Duplicate": "choose another image_name, or omit it: each image then gets a name of its own",
    "InvalidSnapshot.NotFound": "give a snapshot of this Region that this account may use",
    "IncorrectState": "wait until the snapshot is completed, or the instance running or stopped, and deploy again",
    "InvalidInstanceID.NotFound": "give an instance of this Region and account",
    "OperationNotPermitted": "turn the image's deregistration protection off, or keep it with removal_policy RETAIN",
}
_NOT_SHOWN, _GONE = "InvalidAMIID.NotFound", "InvalidAMIID.Unavailable"
_UNFINISHED, _MADE = ("pending", "transient"), ("available", "disabled")
_DELETED = ("success", "skipped")  # skipped: another image has the snapshot


def asked(properties: dict[str, Any]) -> Any:
    """Return what makes it another image."""
    return [properties.get(name) for name in ("Action", "Request", "Trigger")]


def ensure(request: ResourceRequest) -> dict[str, str]:
    """Return the attributes of the image; make it if there is none."""
    images = _images(request)
    _remove_orphans(request, images)
    image = _made(request, images)
    if image is None:
        stacks.check(request)
        _make(request)
        raise Pending("the image is not shown")
    if image["State"] in _UNFINISHED:
        raise Pending(f"{image['ImageId']} is {image['State']}")
    if request.is_on("DeleteSnapshots") and request.old.get("DeleteSnapshots") == "false":
        _claim(request)
    _retag(request, image)
    _share(request, image["ImageId"])
    devices = image.get("BlockDeviceMappings", [])
    snapshots = [device["Ebs"]["SnapshotId"] for device in devices if "SnapshotId" in device.get("Ebs", {})]
    return {
        "ImageId": image["ImageId"],
        "ImageName": image["Name"],
        "RootDeviceName": image.get("RootDeviceName", ""),
        "SnapshotIds": ",".join(snapshots),
        "Inputs": request.request,
    }


def remove(request: ResourceRequest) -> None:
    """Deregister the image, and delete those of its snapshots that no other image has."""
    found = [image for image in _images(request) if request.made(mark_of(image))]
    if not found and request.waited < UNSEEN:
        raise Pending("no image is shown")
    if found:
        stacks.check_removal(request)
    deletes = request.is_on("DeleteSnapshots") and not (_are_given(request) and stacks.rolls_back(request.stack))
    for image in found:
        _deregister(request, image["ImageId"], deletes)


def _are_given(request: ResourceRequest) -> bool:
    """Tell whether the snapshots are the user's: the next deployment needs them if this one is rolled back."""
    return bool(request.properties["Action"] == "RegisterImage")


def _made(request: ResourceRequest, images: list[Image]) -> Image | None:
    """Return the image that this request asks for. One that failed in an earlier attempt is removed."""
    for image in images:
        if not request.made(mark := mark_of(image)):
            continue
        if image["State"] in (*_UNFINISHED, *_MADE):
            return image
        if mark.event == request.event:
            reason = image.get("StateReason", {}).get("Message", "EC2 gives no reason")
            raise RuntimeError(f"{image['ImageId']} is {image['State']}: {reason}")
        _deregister(request, image["ImageId"], request.is_on("DeleteSnapshots") and not _are_given(request))
    return None


def _remove_orphans(request: ResourceRequest, images: list[Image]) -> None:
    """Remove what an update made whose answer was lost, or which CloudFormation has cancelled."""
    if request.type != "Update" or request.keeps:
        return
    for image in images:
        if request.orphaned(mark_of(image)):
            stacks.check(request)  # a late duplicate of a rollback's event finds what was deployed since
            deletes = request.old.get("DeleteSnapshots") == "true" and not _are_given(request)
            _deregister(request, image["ImageId"], deletes)
    if request.former == request.request and request.waited < UNSEEN and stacks.rolls_back(request.stack):
        raise Pending("EC2 may not show yet what this rollback is to remove")


def _make(request: ResourceRequest) -> None:
    """Register or create the image, unless its name shows that an earlier call did."""
    properties = request.properties
    action, given = properties["Action"], properties.get("Tags", [])
    wanted = typed(properties["Request"], shape(action))
    wanted.setdefault("Name", _own_name(request))
    tags = [*given, {"Key": STACK, "Value": request.stack}, {"Key": MARK, "Value": str(request.mark)}]
    kinds = ["image", "snapshot"] if action == "CreateImage" else ["image"]
    wanted["TagSpecifications"] = [{"ResourceType": kind, "Tags": tags} for kind in kinds]
    if request.is_on("DeleteSnapshots"):
        _claim(request)
    make = client("ec2").register_image if action == "RegisterImage" else client("ec2").create_image
    try:
        make(**wanted)
    except ClientError as error:
        shown = code_of(error) == "InvalidAMIName.Duplicate" and _is_shown(wanted["Name"], request)
        if code_of(error) != "InvalidAMIName.Duplicate" or shown or request.waited > UNSEEN:
            raise advised(error, _ADVICE) from error


def _own_name(request: ResourceRequest) -> str:
    """Return a name that is new for each request of each resource."""
    stack = request.stack.split("/")[1]
    return f"{stack}-{request.logical_id}"[:102] + f"-{request.resource}{request.request}"


def _is_shown(name: str, request: ResourceRequest) -> bool:
    """Tell whether EC2 shows somebody else's image of this name. Ours is one whose answer was lost."""
    filters = [{"Name": "name", "Values": [name]}]
    shown = pages("ec2", "describe_images", Owners=["self"], IncludeDisabled=True, Filters=filters)
    images = [image for page in shown for image in page["Images"] if image["State"] != "deregistered"]
    return any(not request.made(mark_of(image)) for image in images)


def _images(request: ResourceRequest) -> list[Image]:
    """Return the images of the stack, disabled ones too."""
    filters = [{"Name": f"tag:{STACK}", "Values": [request.stack]}]
    shown = pages("ec2", "describe_images", Owners=["self"], IncludeDisabled=True, Filters=filters)
    return [image for page in shown for image in page["Images"] if image["State"] != "deregistered"]


def _claim(request: ResourceRequest) -> None:
    """Tag the given snapshots that are to go with the image: the policy allows the deletion of tagged ones alone."""
    volumes = [device.get("Ebs", {}) for device in request.properties["Request"].get("BlockDeviceMappings", [])]
    ids = {volume["SnapshotId"] for volume in volumes if "SnapshotId" in volume}
    if ids:
        client("ec2").create_tags(Resources=sorted(ids), Tags=[{"Key": STACK, "Value": request.stack}])


def _retag(request: ResourceRequest, image: Image) -> None:
    """Change the image's tags in place."""
    tags = {tag["Key"]: tag["Value"] for tag in request.properties.get("Tags", [])}
    now = {tag["Key"]: tag["Value"] for tag in image.get("Tags", [])}
    gone = {tag["Key"] for tag in request.old.get("Tags", [])} & now.keys() - tags.keys()
    new = [{"Key": key, "Value": value} for key, value in tags.items() if now.get(key) != value]
    if gone or new:
        stacks.check(request)  # a late event has the tags of then
    if gone:
        client("ec2").delete_tags(Resources=[image["ImageId"]], Tags=[{"Key": key} for key in sorted(gone)])
    if new:
        client("ec2").create_tags(Resources=[image["ImageId"]], Tags=new)


def _share(request: ResourceRequest, image: str) -> None:
    """Give the launch permissions, and take those back that were given before; those of others stay."""
    wanted, former = (properties.get("LaunchPermissions", []) for properties in (request.properties, request.old))
    if not wanted and not former:
        return
    answer = client("ec2").describe_image_attribute(ImageId=image, Attribute="launchPermission")
    now = answer["LaunchPermissions"]
    change = {
        "Add": [permission for permission in wanted if permission not in now],
        "Remove": [permission for permission in former if permission in now and permission not in wanted],
    }
    if change := {name: permissions for name, permissions in change.items() if permissions}:
        client("ec2").modify_image_attribute(ImageId=image, LaunchPermission=change)


def _deregister(request: ResourceRequest, image: str, snapshots: bool) -> None:
    try:
        answer = client("ec2").deregister_image(ImageId=image, DeleteAssociatedSnapshots=snapshots)
    except ClientError as error:
        if code_of(error) == _NOT_SHOWN and request.waited < UNSEEN:  # it was, a moment ago
            raise Pending(f"{image} is shown, and is not") from error
        if code_of(error) in (_NOT_SHOWN, _GONE):
            return
        raise advised(error, _ADVICE) from error
    results = answer.get("DeleteSnapshotResults", [])
    kept = [
        f"{result['SnapshotId']} ({result['ReturnCode']})" for result in results if result["ReturnCode"] not in _DELETED
    ]
    if kept:
        raise RuntimeError(f"{image} is deregistered, these snapshots of it are left, delete them: {', '.join(kept)}")
