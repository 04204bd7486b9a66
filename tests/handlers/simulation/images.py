"""EC2's images and snapshots."""

# ruff: noqa: A001  (id, type and input are AWS's words; some kinds need not look at all that they are told)

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from .network import RefusedError, timestamp
from .records import Attributes, Record, matches, requested_tags, tag_dict, tag_list

if TYPE_CHECKING:
    from .cloud import Cloud

ACCOUNT = "123456789012"
STACK_TAG = "constructs-ebs:stack"
_SHOWN = (
    "Name",
    "Description",
    "Architecture",
    "BootMode",
    "EnaSupport",
    "ImdsSupport",
    "TpmSupport",
    "RootDeviceName",
)


class Images:
    """The images of an account and Region, and the snapshots behind them."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self.images: dict[str, Record] = {}
        self.snapshots: dict[str, Record] = {}

    def living(self) -> dict[str, Record]:
        """Return the images that exist."""
        return {id: image for id, image in self.images.items() if image.state is not None}

    def add_image(self, owner: str, **attributes: Any) -> Record:
        """Let an image exist."""
        state = {"State": "available", "Tags": {}, "BlockDeviceMappings": [], **attributes}
        image = Record(self._cloud, self._cloud.ids.new("ami"), state, owner)
        self.images[image.id] = image
        return image

    def add_snapshot(self, owner: str, tags: dict[str, str] | None = None) -> Record:
        """Let a snapshot exist."""
        snapshot = Record(self._cloud, self._cloud.ids.new("snap"), {"State": "completed", "Tags": tags or {}}, owner)
        self.snapshots[snapshot.id] = snapshot
        return snapshot

    # What EC2's actions do

    def register_image(self, params: Attributes) -> Attributes:
        self._check_name(params["Name"])
        mappings = params.get("BlockDeviceMappings", [])
        for mapping in mappings:
            snapshot = mapping.get("Ebs", {}).get("SnapshotId")
            if snapshot and (snapshot not in self.snapshots or self.snapshots[snapshot].state is None):
                raise RefusedError("InvalidSnapshot.NotFound", f"The snapshot '{snapshot}' does not exist.")
        root = params.get("RootDeviceName") or "/dev/sda1"
        if root not in [mapping["DeviceName"] for mapping in mappings]:
            raise RefusedError("InvalidBlockDeviceMapping", f"The root device {root} has no snapshot")
        return {"ImageId": self._make(params, mappings, root, 20)}

    def create_image(self, params: Attributes) -> Attributes:
        self._check_name(params["Name"])
        instance = self._cloud.ec2.volumes.instance(params["InstanceId"])
        tags = requested_tags(params, "snapshot")
        mappings = [
            {
                "DeviceName": device,
                "Ebs": {"SnapshotId": self.add_snapshot("ours", tags).id, "DeleteOnTermination": True},
            }
            for device in instance["Devices"]
        ]
        mappings += [mapping for mapping in params.get("BlockDeviceMappings", []) if "VirtualName" in mapping]
        return {"ImageId": self._make(params, mappings, instance["RootDeviceName"], 900)}

    def describe_images(self, params: Attributes) -> Attributes:
        found = []
        for id in params.get("ImageIds", self.images):
            state = self.images[id].seen() if id in self.images else None
            if state is not None and state["State"] == "disabled" and not params.get("IncludeDisabled"):
                state = None
            if state is None and "ImageIds" in params:
                raise RefusedError("InvalidAMIID.NotFound", f"The image id '[{id}]' does not exist")
            if state is None:
                continue
            attributes = {"image-id": id, "name": state.get("Name"), "state": state["State"], "owner-id": ACCOUNT}
            attributes |= {"description": state.get("Description"), "is-public": "false", "owner-alias": None}
            snapshots = [mapping.get("Ebs", {}).get("SnapshotId") for mapping in state["BlockDeviceMappings"]]
            for given in params.get("Filters", ()):
                if given["Name"] == "block-device-mapping.snapshot-id":
                    held = [snapshot for snapshot in snapshots if snapshot in given["Values"]]
                    attributes[given["Name"]] = held[0] if held else None
            if matches(params.get("Filters", ()), attributes, state["Tags"]):
                found.append(self._shown(id, state))
        return self._cloud.pages.of("Images", found, params)

    def deregister_image(self, params: Attributes) -> Attributes:
        image = self._seen_image(params["ImageId"])
        mappings = (image.state or {}).get("BlockDeviceMappings", [])
        image.remove("ours")
        answer: Attributes = {"Return": True}
        if params.get("DeleteAssociatedSnapshots"):
            answer["DeleteSnapshotResults"] = []
            for snapshot in [mapping["Ebs"]["SnapshotId"] for mapping in mappings if "Ebs" in mapping]:
                used, held = self.users(snapshot), self.snapshots[snapshot]
                permitted = held.tags.get(STACK_TAG) == self._cloud.lambdas.current.stack.id
                code = "skipped" if used else "success" if permitted else "missing-permissions"
                if code == "success" and held.state is not None:
                    held.remove("ours")
                answer["DeleteSnapshotResults"].append({"SnapshotId": snapshot, "ReturnCode": code})
        return answer

    def delete_snapshot(self, params: Attributes) -> Attributes:
        id = params["SnapshotId"]
        snapshot = self.snapshots.get(id)
        if snapshot is None or snapshot.seen() is None or snapshot.state is None:
            raise RefusedError("InvalidSnapshot.NotFound", f"The snapshot '{id}' does not exist.")
        if used := self.users(id):
            raise RefusedError("InvalidSnapshot.InUse", f"The snapshot {id} is currently in use by {used[0]}")
        snapshot.remove("ours")
        return {}

    def describe_snapshots(self, params: Attributes) -> Attributes:
        found = []
        for id in params.get("SnapshotIds", self.snapshots):
            state = self.snapshots[id].seen() if id in self.snapshots else None
            if state is None and "SnapshotIds" in params:
                raise RefusedError("InvalidSnapshot.NotFound", f"The snapshot '{id}' does not exist.")
            attributes = {"snapshot-id": id, "status": "completed", "owner-id": ACCOUNT}
            if state is not None and matches(params.get("Filters", ()), attributes, state["Tags"]):
                shown = {"SnapshotId": id, "State": "completed", "OwnerId": ACCOUNT}
                found.append({**shown, "Tags": tag_list(state["Tags"])})
        return self._cloud.pages.of("Snapshots", found, params)

    def create_tags(self, params: Attributes) -> Attributes:
        for id in params["Resources"]:
            record = self._seen_resource(id)
            record.change("ours", Tags={**record.tags, **tag_dict(params["Tags"])})
        return {}

    def delete_tags(self, params: Attributes) -> Attributes:
        for id in params["Resources"]:
            record = self._seen_resource(id)
            gone = {tag["Key"]: tag.get("Value") for tag in params.get("Tags", ())}
            kept = {key: value for key, value in record.tags.items() if gone.get(key, "") not in (None, value)}
            kept |= {key: value for key, value in record.tags.items() if key not in gone}
            record.change("ours", Tags=kept if "Tags" in params else {})
        return {}

    def describe_tags(self, params: Attributes) -> Attributes:
        found = []
        for id, record in {**self.images, **self.snapshots, **self._cloud.ec2.volumes.tasks}.items():
            for key, value in ((record.seen() or {}).get("Tags") or {}).items():
                kind = {"ami": "image", "snap": "snapshot"}.get(id.split("-")[0], "replace-root-volume-task")
                if matches(
                    params.get("Filters", ()),
                    {"resource-id": id, "resource-type": kind, "key": key, "value": value},
                    {},
                ):
                    found.append({"ResourceId": id, "ResourceType": kind, "Key": key, "Value": value})
        return self._cloud.pages.of("Tags", found, params)

    # Inside

    def users(self, snapshot: str) -> list[str]:
        """Return the images that use a snapshot."""
        return [
            id
            for id, image in self.living().items()
            for mapping in (image.state or {})["BlockDeviceMappings"]
            if mapping.get("Ebs", {}).get("SnapshotId") == snapshot
        ]

    def _check_name(self, name: str) -> None:
        if not re.fullmatch(r"[\w()\[\] ./'@-]{3,128}", name, re.ASCII):
            raise RefusedError("InvalidAMIName.Malformed", f"AMI names must be 3 to 128 characters, got {name!r}")
        for id, image in self.living().items():
            if (image.state or {}).get("Name") == name:
                raise RefusedError("InvalidAMIName.Duplicate", f"AMI name {name} is already in use by AMI {id}")

    def _make(self, params: Attributes, mappings: list[Attributes], root: str, longest: float) -> str:
        cloud = self._cloud
        shown = {key: params[key] for key in _SHOWN if key in params} | {"RootDeviceName": root}
        image = self.add_image(
            "ours",
            **{**shown, "BlockDeviceMappings": mappings, "Tags": requested_tags(params, "image"), "State": "pending"},
        )
        duration = cloud.rng.uniform(0, longest) if cloud.faults.on("slow") else cloud.rng.uniform(0, 15)
        if cloud.faults.strikes("failed images", 0.5):
            states = cloud.rng.choice(
                (["failed"], ["transient", "failed"], ["transient", "transient"], ["transient", "available"])
            )
        else:
            states = ["available"]
        for number, state in enumerate(states):
            reason = (
                {"Code": "Client.SimulatedFailure", "Message": "the simulation says so"} if state == "failed" else None
            )
            cloud.timeline.after(
                duration * (number + 1),
                lambda state=state, reason=reason: image.change("EC2", State=state, StateReason=reason),  # type: ignore[misc]
            )
        cloud.others.look_at_image(image)
        return image.id

    def _seen_image(self, id: str) -> Record:
        image = self.images.get(id)
        if image is None or image.seen() is None:
            raise RefusedError("InvalidAMIID.NotFound", f"The image id '[{id}]' does not exist")
        if image.state is None:
            raise RefusedError("InvalidAMIID.Unavailable", f"The image id '[{id}]' is no longer available")
        return image

    def _seen_resource(self, id: str) -> Record:
        if id.startswith("ami-"):
            return self._seen_image(id)
        record = {**self.snapshots, **self._cloud.ec2.volumes.tasks}.get(id)
        if record is None or record.seen() is None or record.state is None:
            raise RefusedError("InvalidID", f"The ID '{id}' is not valid")
        return record

    def _shown(self, id: str, state: Attributes) -> Attributes:
        shown = {key: state[key] for key in _SHOWN if key in state}
        shown |= {"ImageId": id, "State": state["State"], "OwnerId": ACCOUNT, "ImageType": "machine", "Public": False}
        shown |= {"CreationDate": timestamp(self.images[id].born), "Tags": tag_list(state["Tags"])}
        return {**shown, "StateReason": state.get("StateReason"), "BlockDeviceMappings": state["BlockDeviceMappings"]}
