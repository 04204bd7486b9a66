"""EC2's instances and volumes, how far these are initialized, and replacements of root volumes."""

# ruff: noqa: A001  (id, type and input are AWS's words; some kinds need not look at all that they are told)

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .network import RefusedError, timestamp
from .records import Attributes, Record, matches, requested_tags, tag_list

if TYPE_CHECKING:
    from .cloud import Cloud

_BETWEEN = 2
_ENDED = ("succeeded", "failed", "failed-detached")


class Volumes:
    """The instances and volumes of an account and Region."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self.instances: dict[str, Record] = {}
        self.volumes: dict[str, Record] = {}
        self.tasks: dict[str, Record] = {}
        self.triggers: dict[str, str] = {}
        """For which trigger each task was started."""
        self.states: dict[str, tuple[str, str]] = {}
        """In which state the stack, and its root, were then."""
        self._tokens: dict[str, str] = {}

    def add_volume(self, owner: str, initialized: float | None, **attributes: Any) -> Record:
        """Let a volume exist that is initialized after some seconds; None for one that is not from a snapshot."""
        now = self._cloud.timeline.now
        done = None if initialized is None else now + initialized
        state = {"State": "in-use", "Started": now, "Initialized": done, **attributes}
        volume = Record(self._cloud, self._cloud.ids.new("vol"), state, owner)
        self.volumes[volume.id] = volume
        return volume

    def add_instance(self, devices: int = 1) -> Record:
        """Let an instance exist."""
        names = ["/dev/xvda", "/dev/xvdf", "/dev/xvdg"][:devices]
        volumes = {name: self.add_volume("theirs", None).id for name in names}
        state = {"State": "running", "RootDeviceName": "/dev/xvda", "Devices": volumes}
        instance = Record(self._cloud, self._cloud.ids.new("i"), state, "theirs")
        self.instances[instance.id] = instance
        return instance

    def instance(self, id: str) -> Attributes:
        """Return what an instance really is."""
        if id not in self.instances or self.instances[id].state is None:
            raise RefusedError("InvalidInstanceID.NotFound", f"The instance ID '{id}' does not exist")
        return self.instances[id].state  # type: ignore[return-value]

    def root_volume(self, instance: str) -> str:
        """Return the root volume that an instance really has."""
        state = self.instance(instance)
        return str(state["Devices"][state["RootDeviceName"]])

    # What EC2's actions do

    def describe_instances(self, params: Attributes) -> Attributes:
        _one_way(params, "InstanceIds")
        found = []
        for id in params.get("InstanceIds", self.instances):
            state = self.instances[id].seen() if id in self.instances else None
            if state is None and "InstanceIds" in params:
                raise RefusedError("InvalidInstanceID.NotFound", f"The instance ID '{id}' does not exist")
            if state is None or not matches(params.get("Filters", ()), {"instance-id": id}, {}):
                continue
            mappings = [
                {"DeviceName": name, "Ebs": {"VolumeId": volume, "Status": "attached"}}
                for name, volume in state["Devices"].items()
            ]
            shown = {"InstanceId": id, "State": {"Code": 16, "Name": state["State"]}, "BlockDeviceMappings": mappings}
            found.append({"Instances": [{**shown, "RootDeviceName": state["RootDeviceName"]}]})
        return self._cloud.pages.of("Reservations", found, params)

    def describe_volumes(self, params: Attributes) -> Attributes:
        _one_way(params, "VolumeIds")
        found = []
        for id, state in self._seen(params):
            instance, device = self._attachment(id)
            attributes = {"volume-id": id, "attachment.instance-id": instance, "attachment.device": device}
            attributes |= {"snapshot-id": state.get("SnapshotId"), "status": state["State"]}
            if matches(params.get("Filters", ()), attributes, state.get("Tags", {})):
                attached = {"InstanceId": instance, "Device": device, "VolumeId": id, "State": "attached"}
                shown = {"VolumeId": id, "State": state["State"], "CreateTime": self.volumes[id].born}
                shown |= {"SnapshotId": state.get("SnapshotId"), "Attachments": [attached] if instance else []}
                found.append({**shown, "VolumeInitializationRate": state.get("VolumeInitializationRate")})
        return self._cloud.pages.of("Volumes", found, params)

    def describe_volume_status(self, params: Attributes) -> Attributes:
        _one_way(params, "VolumeIds")
        found = []
        for id, state in self._seen(params):
            details = [{"Name": "io-enabled", "Status": "passed"}]
            shown: Attributes = {"VolumeId": id}
            if state["Initialized"] is not None:
                left = state["Initialized"] + state.get("Late", 0) - self._cloud.timeline.now
                took = max(state["Initialized"] - state["Started"], 1)
                details.append({"Name": "initialization-state", "Status": "initializing" if left > 0 else "completed"})
                progress = 100 if left <= state.get("Late", 0) else int(100 - 100 * left / took)
                shown["InitializationStatusDetails"] = {
                    "InitializationType": "provisioned-rate",
                    "Progress": max(min(progress, 100), 0),
                    "EstimatedTimeToCompleteInSeconds": max(int(left), 0),
                }
            if matches(params.get("Filters", ()), {"volume-id": id}, {}):
                found.append({**shown, "VolumeStatus": {"Status": "ok", "Details": details}})
        return self._cloud.pages.of("VolumeStatuses", found, params)

    def create_replace_root_volume_task(self, params: Attributes) -> Attributes:
        token = params.get("ClientToken")
        if token in self._tokens:
            task = self.tasks[self._tokens[token]]
            if (task.state or {})["Params"] != {key: params[key] for key in params if key != "ClientToken"}:
                raise RefusedError("IdempotentParameterMismatch", "The token was used for another request")
            return {"ReplaceRootVolumeTask": self._shown(task.id, task.state or {})}
        instance = params["InstanceId"]
        self.instance(instance)
        for task in self.tasks.values():
            if task.state and task.state["InstanceId"] == instance and task.state["TaskState"] not in _ENDED:
                self._cloud.faults.happened.append("refusals")
                raise RefusedError("IncorrectState", f"A root volume of {instance} is being replaced: {task.id}")
        self._check_source(params)
        task = self._start(params)
        if token:
            self._tokens[token] = task.id
        return {"ReplaceRootVolumeTask": self._shown(task.id, task.state or {})}

    def describe_replace_root_volume_tasks(self, params: Attributes) -> Attributes:
        found = []
        for id in params.get("ReplaceRootVolumeTaskIds", self.tasks):
            state = self.tasks[id].seen() if id in self.tasks else None
            if state is None and "ReplaceRootVolumeTaskIds" in params:
                raise RefusedError("InvalidReplaceRootVolumeTaskId.NotFound", f"The task '{id}' does not exist")
            if state is not None and matches(
                params.get("Filters", ()), {"instance-id": state["InstanceId"]}, {}, False
            ):
                found.append(self._shown(id, state))
        return self._cloud.pages.of("ReplaceRootVolumeTasks", found, params)

    # Inside

    def _start(self, params: Attributes) -> Record:
        cloud, instance = self._cloud, params["InstanceId"]
        kept = {key: params[key] for key in params if key != "ClientToken"}
        state = {
            "InstanceId": instance,
            "TaskState": "pending",
            "Tags": requested_tags(params, "replace-root-volume-task"),
        }
        state |= {"Params": kept, "Volume": None}
        task = Record(cloud, cloud.ids.new("replacevol"), state, "ours")
        self.tasks[task.id] = task
        maker = cloud.lambdas.current.stack
        changed = max(event["Timestamp"] for event in (maker.events[-1], maker.root.events[-1]))
        unseen = cloud.timeline.now - changed < _BETWEEN  # nobody can look and act at once
        self.states[task.id] = ("", "") if unseen else (maker.status, maker.root.status)
        self.triggers[task.id] = cloud.lambdas.current.event["ResourceProperties"].get("Trigger", "")
        duration = cloud.rng.uniform(10, 900) if cloud.faults.on("slow") else cloud.rng.uniform(5, 25)
        ends = "succeeded"
        if cloud.faults.strikes("failed images", 0.4):
            ends = cloud.rng.choice(("failed", "failed", "failed-detached"))
        cloud.timeline.after(duration / 3, lambda: task.change("EC2", TaskState="in-progress"))
        if ends != "succeeded":
            failing = "failing" if ends == "failed" else "failing-detached"
            cloud.timeline.after(duration * 2 / 3, lambda: task.change("EC2", TaskState=failing))
        cloud.timeline.after(duration, lambda: self._end(task, ends))
        return task

    def _end(self, task: Record, ends: str) -> None:
        state = task.state
        assert state is not None
        if ends == "succeeded":
            params = state["Params"]
            rate = params.get("VolumeInitializationRate")
            volume = self.add_volume("replacement", 600, VolumeInitializationRate=rate)
            old = self.root_volume(state["InstanceId"])
            self.instances[state["InstanceId"]].change("EC2", Devices={
                **self.instance(state["InstanceId"])["Devices"], "/dev/xvda": volume.id,
            })  # fmt: skip
            if params.get("DeleteReplacedRootVolume"):
                self.volumes[old].remove("EC2")
            task.change("EC2", TaskState=ends, Volume=volume.id, CompleteTime=timestamp(self._cloud.timeline.now))
        else:
            task.change("EC2", TaskState=ends)

    def _check_source(self, params: Attributes) -> None:
        sources = [key for key in ("SnapshotId", "ImageId", "VolumeId") if key in params]
        if len(sources) > 1:
            raise RefusedError("InvalidParameterCombination", f"Give one of {', '.join(sources)}")
        known = {**self._cloud.ec2.images.snapshots, **self._cloud.ec2.images.images, **self.volumes}
        for source in sources:
            if params[source] not in known:
                raise RefusedError("InvalidSnapshot.NotFound", f"{source} {params[source]} does not exist")

    def _attachment(self, volume: str) -> tuple[str | None, str | None]:
        for id, instance in self.instances.items():
            for device, attached in (instance.seen() or {"Devices": {}})["Devices"].items():
                if attached == volume:
                    return id, device
        return None, None

    def _seen(self, params: Attributes) -> list[tuple[str, Attributes]]:
        found = []
        for id in params.get("VolumeIds", self.volumes):
            state = self.volumes[id].seen() if id in self.volumes else None
            if state is None and "VolumeIds" in params:
                raise RefusedError("InvalidVolume.NotFound", f"The volume '{id}' does not exist.")
            if state is not None:
                found.append((id, state))
        return found

    def _shown(self, id: str, state: Attributes) -> Attributes:
        shown = {"ReplaceRootVolumeTaskId": id, "InstanceId": state["InstanceId"], "TaskState": state["TaskState"]}
        shown |= {"StartTime": timestamp(self.tasks[id].born), "CompleteTime": state.get("CompleteTime")}
        shown |= {key: state["Params"].get(key) for key in ("SnapshotId", "ImageId", "DeleteReplacedRootVolume")}
        return {**shown, "Tags": tag_list(state["Tags"])}


def _one_way(params: Attributes, ids: str) -> None:
    if ids in params and "MaxResults" in params:
        raise RefusedError("InvalidParameterCombination", f"The parameter MaxResults cannot be used with {ids}")
