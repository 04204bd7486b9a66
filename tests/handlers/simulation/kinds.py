"""The resource types: what each is given, how it changes, and what must be true of what it made."""

# ruff: noqa: A001, ARG002  (id, type and input are AWS's words; some kinds need not look at all that they are told)

from __future__ import annotations

import datetime
import functools
import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from .cloudformation import Resource
from .executions import STATE_MACHINE
from .images import STACK_TAG

if TYPE_CHECKING:
    from .cloud import Cloud
    from .cloudformation import Deployed, Stack
    from .records import Record

Properties = dict[str, Any]
SECRET = "U0VDUkVULVVTRVItREFUQQ=="  # user data

Living = list[tuple["Stack", str, "Deployed"]]
"""The custom resources that a stack manages now."""


class Kind:
    """A resource type in one schedule: its properties, what it stands on, and its promises."""

    type: ClassVar[str]

    def __init__(self, cloud: Cloud) -> None:
        self.cloud, self.rng = cloud, cloud.rng
        self.number = 0
        self.retain = "false"
        self.completed: dict[str, Properties] = {}
        """What was part of a deployment that succeeded, by its id, with the properties."""

    def properties(self) -> Properties:
        """Return the first properties."""
        raise NotImplementedError

    def change(self, properties: Properties) -> Properties:
        """Return other properties, which were never asked for before."""
        raise NotImplementedError

    def renewed(self, properties: Properties) -> Properties:
        """Return the same properties, without what a deletion that somebody asked for has taken away."""
        return properties

    def beside(self, root: str) -> dict[str, Resource]:
        """Return other resources of the template, which ours depends on."""
        return {}

    def read(self, properties: Mapping[str, Any], root: str) -> Properties:
        """Put in what is known only at deployment."""
        return dict(properties)

    def allows(self, properties: Mapping[str, Any]) -> set[str]:
        """Return the actions that the construct's policy allows for these properties."""
        raise NotImplementedError

    def id_of(self, deployed: Deployed) -> str | None:
        """Return the id of what a resource made, from its attributes."""
        raise NotImplementedError

    def made(self) -> dict[str, Record]:
        """Return everything of ours that exists, by id."""
        raise NotImplementedError

    def differs(self, deployed: Deployed, record: Record) -> Iterator[str]:
        """Yield in what something differs from its properties."""
        raise NotImplementedError

    def may_stay(self, id: str, record: Record) -> bool:
        """Tell whether something that no stack manages may exist."""
        return (self.retain == "true" and record.maker is not None) or id in self.given_up()

    def given_up(self) -> set[str | None]:
        """Return what CloudFormation gave up to delete in a cleanup: nothing ever comes back to it."""
        stacks = self.cloud.cloudformation.stacks.values()
        return {self.id_of(deployed) for stack in stacks for deployed in stack.given_up}

    def taken_by_others(self, record: Record) -> bool:
        """Tell whether somebody else removed or changed it."""
        return any(who == "somebody" for _, who, _ in record.history)

    def began(self, stack: Stack) -> None:
        """An operation of a stack begins."""

    def ended(self, stack: Stack, living: Living, success: bool, planned: str) -> None:
        """An operation of a stack ended."""
        if success:
            for _, _, deployed in living:
                if id := self.id_of(deployed):
                    self.completed[id] = dict(deployed.resource.properties)

    def answered(self, label: str, event: Mapping[str, Any]) -> None:
        """The functions said that a request is complete."""

    def wrong(self, living: Living) -> Iterator[str]:
        """Yield what breaks a promise once the dust has settled."""
        made, managed = self.made(), {}
        for stack, name, deployed in living:
            id = self.id_of(deployed)
            if id is None:
                yield f"{name} of {stack.name} has no attributes: {deployed.data}"
                continue
            if id in managed:
                yield f"{id} is shared by {name} of {stack.name} and {managed[id]}"
            managed[id] = f"{name} of {stack.name}"
            if id not in made:
                record = self.known(id)
                if record is None or not self.taken_by_others(record):
                    yield f"{id}, which is {name} of {stack.name}, does not exist"
            else:
                yield from (
                    f"{id}, which is {name} of {stack.name}, {text}" for text in self.differs(deployed, made[id])
                )
        for id, record in made.items():
            if id not in managed and not self.may_stay(id, record):
                maker = record.maker.name if record.maker else "nobody"
                yield f"{id}, made at {record.born - self.cloud.timeline.start:.1f} for {maker}, is left behind"
        for id, record in self.retained():
            if record.state is None and not self.taken_by_others(record):
                yield f"{id} should have been retained"
        yield from self.touched()

    def known(self, id: str) -> Record | None:
        """Return what has or had an id."""
        raise NotImplementedError

    def retained(self) -> list[tuple[str, Record]]:
        """Return what must exist for ever."""
        deleted = {self.id_of(deployed) for deployed in self.cloud.cloudformation.deleted_all_the_same}
        kept = [id for id, given in self.completed.items() if given.get("Retain") == "true" and id not in deleted]
        return [(id, record) for id in kept if (record := self.known(id)) is not None]

    def everything(self) -> Iterator[Record]:
        """Yield everything of this kind, ours and others'."""
        raise NotImplementedError

    def touched(self) -> Iterator[str]:
        """Yield what of others' was touched."""
        for record in self.everything():
            if record.owner == "theirs":
                for time, who, what in record.history:
                    if who == "ours":
                        elapsed = time - self.cloud.timeline.start
                        yield f"{record.id} is somebody else's: a function {what} at {elapsed:.1f}"


class Images(Kind):
    """Custom::EbsAmi."""

    type = "Custom::EbsAmi"

    def __init__(self, cloud: Cloud) -> None:
        super().__init__(cloud)
        images = cloud.ec2.images
        self.snapshots = [images.add_snapshot("theirs").id for _ in range(2)]
        self.instance = cloud.ec2.volumes.add_instance(2).id
        self.action = self.rng.choice(("RegisterImage", "RegisterImage", "CreateImage"))
        self.deletes = "true" if self.action == "CreateImage" else self.rng.choice(("false", "false", "true"))
        self.retain = self.rng.choice(("false",) * 5 + ("true",))
        other = "arn:aws:cloudformation:us-east-1:123456789012:stack/Other/1"
        for number in range(self.rng.choice((0, 2, 9))):
            images.add_image("theirs", Name=f"theirs {number}", Tags={STACK_TAG: other, "team": "blue"})

    def properties(self) -> Properties:
        self.number += 1
        request: Properties = {"Description": f"image {self.number}"}
        if self.action == "RegisterImage":
            mapping = {
                "SnapshotId": self.snapshots[0],
                "VolumeInitializationRate": "200",
                "DeleteOnTermination": "true",
            }
            request |= {
                "Architecture": "arm64",
                "VirtualizationType": "hvm",
                "RootDeviceName": "/dev/xvda",
                "EnaSupport": "true",
            }
            request["BlockDeviceMappings"] = [{"DeviceName": "/dev/xvda", "Ebs": mapping}]
        else:
            request |= {"InstanceId": self.instance, "NoReboot": "true"}
        if self.rng.random() < 0.2 and self.retain == "false":
            request["Name"] = f"golden {self.number}"
        properties = {"Action": self.action, "Request": request, "DeleteSnapshots": self.deletes, "Retain": self.retain}
        if self.rng.random() < 0.5:
            properties["Tags"] = [{"Key": "team", "Value": f"red {self.number}"}]
        return properties

    def renewed(self, properties: Properties) -> Properties:
        """Give another snapshot where the former one was deleted with its image."""
        images, text = self.cloud.ec2.images, json.dumps(properties)
        if images.snapshots[self.snapshots[0]].state is None and self.snapshots[0] in text:
            former, self.snapshots[0] = self.snapshots[0], images.add_snapshot("theirs").id
            text = text.replace(former, self.snapshots[0])
        return dict(json.loads(text))

    def change(self, properties: Properties) -> Properties:
        if self.rng.random() < 0.4:
            self.number += 1
            return {**properties, "Tags": [{"Key": "release", "Value": str(self.number)}]}
        if self.action == "CreateImage" and self.rng.random() < 0.5:
            self.number += 1
            request = {key: value for key, value in properties["Request"].items() if key != "Name"}
            return {**properties, "Request": request, "Trigger": str(self.number)}
        return self.properties()

    def allows(self, properties: Mapping[str, Any]) -> set[str]:
        return {self.action, "CreateTags", "DeleteTags", "DeregisterImage", "DeleteSnapshot", "DescribeImages"}

    def id_of(self, deployed: Deployed) -> str | None:
        return deployed.data.get("ImageId")

    def made(self) -> dict[str, Record]:
        return {id: image for id, image in self.cloud.ec2.images.living().items() if image.owner == "ours"}

    def known(self, id: str) -> Record | None:
        return self.cloud.ec2.images.images.get(id)

    def everything(self) -> Iterator[Record]:
        yield from self.cloud.ec2.images.images.values()

    def differs(self, deployed: Deployed, record: Record) -> Iterator[str]:
        state, properties = record.state or {}, deployed.resource.properties
        for key in ("Name", "Description", "Architecture", "RootDeviceName"):
            wanted = properties["Request"].get(key, state.get(key))
            if state.get(key) != wanted:
                yield f"has {key} {state.get(key)!r}, not {wanted!r}"
        tags = {tag["Key"]: tag["Value"] for tag in properties.get("Tags", [])}
        kept = {key: value for key, value in record.tags.items() if not key.startswith("constructs-ebs:")}
        if kept != tags:
            yield f"has the tags {kept}, not {tags}"
        if state["State"] not in ("available", "disabled"):
            yield f"is {state['State']}"
        snapshots = [mapping["Ebs"]["SnapshotId"] for mapping in state["BlockDeviceMappings"]]
        if deployed.data.get("SnapshotIds") != ",".join(snapshots):
            yield f"has the snapshots {snapshots}, not {deployed.data.get('SnapshotIds')}"
        if deployed.data.get("ImageName") != state["Name"]:
            yield f"has the name {state['Name']}, not {deployed.data.get('ImageName')}"

    def wrong(self, living: Living) -> Iterator[str]:
        yield from super().wrong(living)
        images = self.cloud.ec2.images
        for id, snapshot in images.snapshots.items():
            gone, theirs = snapshot.state is None, snapshot.owner == "theirs"
            if not theirs and not gone and not images.users(id) and not self._of_others(id):
                yield f"{id}, a snapshot of an image, is left behind"
            if theirs and gone and not self._was_completed(id):
                yield f"{id}, a snapshot of somebody's, was deleted, though no image of it was ever deployed"

    def _of_others(self, snapshot: str) -> bool:
        """Whether its image was deregistered by somebody, or retained."""
        for image in self.cloud.ec2.images.images.values():
            states = [state for _, state in image._states if state]
            if any(snapshot in str(state["BlockDeviceMappings"]) for state in states):
                return self.taken_by_others(image) or self.may_stay(image.id, image)
        return False

    def _was_completed(self, snapshot: str) -> bool:
        return self.deletes == "true" and any(
            snapshot in str(properties["Request"]) for properties in self.completed.values()
        )


class Versions(Kind):
    """Custom::EbsLaunchTemplateVersion."""

    type = "Custom::EbsLaunchTemplateVersion"

    def __init__(self, cloud: Cloud) -> None:
        super().__init__(cloud)
        self.snapshot = cloud.ec2.images.add_snapshot("theirs").id
        data = [self._data(number) for number in range(self.rng.choice((1, 1, 2, 2, 3, 8, 9, 21)))]
        self.templates = cloud.ec2.launch_templates
        self.template = self.templates.add("web", data, self.rng.randint(1, len(data))).id
        self.sets_default = self.rng.random() < 0.5
        self.retain = self.rng.choice(("false",) * 5 + ("true",))
        self.before = self.templates.default(self.template)
        self.since = self.judged = 0
        self.defaults: set[str] = set()
        """What was the default when an operation ended: EC2 does not delete it."""
        self.expected: int | None = self.before
        """The default version as it must be; None where a deployment that succeeded set it."""

    def _data(self, number: int) -> Properties:
        return {
            "InstanceType": f"m7g.{number}xlarge",
            "UserData": SECRET,
            "BlockDeviceMappings": [
                {"DeviceName": "/dev/xvda", "Ebs": {"SnapshotId": self.snapshot, "VolumeSize": 8, "VolumeType": "gp3"}},
                {"DeviceName": "/dev/xvdg", "Ebs": {"VolumeSize": 100}},
            ],
        }

    def properties(self) -> Properties:
        self.number += 1
        template = {"LaunchTemplateId": self.template} if self.rng.random() < 0.7 else {"LaunchTemplateName": "web"}
        mapping = {"DeviceName": "/dev/xvdf", "Ebs": {"SnapshotId": self.snapshot, "VolumeInitializationRate": "300"}}
        return {
            "LaunchTemplate": template,
            "SourceVersion": self.rng.choice(("$Default", "$Latest", "1")),
            "VersionDescription": self.rng.choice(("", f"rated {self.number}", "x" * 150)),
            "VolumeInitializationRate": str(100 + self.number),
            "BlockDeviceMappings": self.rng.choice(([], [mapping])),
            "Changes": [],
            "SetDefaultVersion": "true" if self.sets_default else "false",
            "Retain": self.retain,
        }

    def change(self, properties: Properties) -> Properties:
        self.number += 1
        changed = {**properties, "VolumeInitializationRate": str(100 + self.number)}
        if self.rng.random() < 0.2:
            changed["SetDefaultVersion"] = "false" if properties["SetDefaultVersion"] == "true" else "true"
        return changed

    def allows(self, properties: Mapping[str, Any]) -> set[str]:
        versions = {"CreateLaunchTemplateVersion", "DeleteLaunchTemplateVersions", "DescribeLaunchTemplateVersions"}
        return {*versions, "ModifyLaunchTemplate"}

    def id_of(self, deployed: Deployed) -> str | None:
        number = deployed.data.get("VersionNumber")
        return None if number is None else f"{self.template}:{number}"

    def made(self) -> dict[str, Record]:
        living = self.templates.living(self.template)
        return {version.id: version for version in living.values() if version.owner == "ours"}

    def known(self, id: str) -> Record | None:
        return self.templates.versions[self.template].get(int(id.partition(":")[2]))

    def everything(self) -> Iterator[Record]:
        yield from self.templates.versions[self.template].values()

    def may_stay(self, id: str, record: Record) -> bool:
        return super().may_stay(id, record) or id in self.defaults

    def differs(self, deployed: Deployed, record: Record) -> Iterator[str]:
        state, properties = record.state or {}, deployed.resource.properties
        rates = {
            mapping["DeviceName"]: (mapping["Ebs"].get("VolumeInitializationRate"), mapping["Ebs"].get("SnapshotId"))
            for mapping in state["Data"]["BlockDeviceMappings"]
        }
        wanted = {
            "/dev/xvda": (int(properties["VolumeInitializationRate"]), self.snapshot),
            "/dev/xvdg": (None, None),
        }
        if properties["BlockDeviceMappings"]:
            wanted["/dev/xvdf"] = 300, self.snapshot
        if properties["SourceVersion"] != "1":  # others' versions may have a rate, which wins
            own = {rate for rate, _ in [rates.get("/dev/xvda", (0, ""))]}
            wanted["/dev/xvda"] = (
                min(own & self._rates_of_others(record))
                if own & self._rates_of_others(record)
                else wanted["/dev/xvda"][0],
                self.snapshot,
            )
        if rates != wanted:
            yield f"has the devices {rates}, not {wanted}"
        if not state["VersionDescription"].startswith(properties["VersionDescription"]):
            yield f"is described as {state['VersionDescription']!r}, not {properties['VersionDescription']!r}"

    def _rates_of_others(self, own: Record) -> set[int]:
        """The rates that versions of others have."""
        return {
            mapping["Ebs"]["VolumeInitializationRate"]
            for version in self.templates.versions[self.template].values()
            if version.maker is not own.maker
            for state in [version.state]
            if state
            for mapping in state["Data"]["BlockDeviceMappings"]
            if "VolumeInitializationRate" in mapping["Ebs"] and mapping["DeviceName"] == "/dev/xvda"
        }

    def began(self, stack: Stack) -> None:
        self.since = len(self.templates.defaults[self.template])
        self.before = self.templates.default(self.template)

    def ended(self, stack: Stack, living: Living, success: bool, planned: str) -> None:
        super().ended(stack, living, success, planned)
        theirs = self._set_by_others(self.judged if success else self.since)
        ours = [deployed for found, _, deployed in living if found.root is stack.root and self.began_with(deployed)]
        setting = [deployed for deployed in ours if deployed.resource.properties["SetDefaultVersion"] == "true"]
        if success and planned == "deploy" and setting:
            self.expected = None if self._set_by_others(self.since) else int(setting[0].data["VersionNumber"])
        elif theirs:
            self.expected = theirs[-1]
        elif not success:
            self.expected = self.before
        self.judged = len(self.templates.defaults[self.template])
        self.defaults.add(f"{self.template}:{self.templates.default(self.template)}")

    def _set_by_others(self, since: int) -> list[int]:
        """The default versions that others have set."""
        return [number for _, who, number in self.templates.defaults[self.template][since:] if who == "theirs"]

    def began_with(self, deployed: Deployed) -> bool:
        """Whether a deployment was about this resource."""
        number = int(deployed.data.get("VersionNumber", 0))
        return any(
            who == "ours" and made == number for _, who, made in self.templates.defaults[self.template][self.since :]
        )

    def wrong(self, living: Living) -> Iterator[str]:
        yield from super().wrong(living)
        default = self.templates.default(self.template)
        expected = [self.expected, *self._set_by_others(self.judged)][-1]
        # Under Retain nobody asks to give the default back.
        if expected is not None and default != expected and self.retain == "false":
            yield f"version {default} is the default, not {expected}"


class Replacements(Kind):
    """Custom::EbsRootVolumeReplacement."""

    type = "Custom::EbsRootVolumeReplacement"

    def __init__(self, cloud: Cloud) -> None:
        super().__init__(cloud)
        volumes = cloud.ec2.volumes
        self.volumes = volumes
        self.snapshot = cloud.ec2.images.add_snapshot("theirs").id
        self.instance = volumes.add_instance(1).id
        self.address = "c8f0" + "0" * 36
        self.generations: dict[str, int] = {}
        """How often somebody asked for the deletion, by root stack."""
        self.undone: dict[str, str] = {}
        """The trigger that a root stack rolled back to: the replacement that it rolled back stays."""
        self.asked: list[tuple[str, int, str]] = []
        """Each task: for whom, and after how many deletions."""
        self.counted = 0

    def properties(self) -> Properties:
        self.number += 1
        request = {"InstanceId": self.instance, "SnapshotId": self.snapshot, "VolumeInitializationRate": "200"}
        properties: Properties = {
            "Request": {**request, "DeleteReplacedRootVolume": self.rng.choice(("true", "false"))},
            "Trigger": str(self.number),
            "Address": self.address,
            "RootStackName": "",
        }
        if self.rng.random() < 0.5:
            properties["Tags"] = [{"Key": "team", "Value": "red"}]
        return properties

    def change(self, properties: Properties) -> Properties:
        self.number += 1
        if self.rng.random() < 0.2:
            return {**properties, "Tags": [{"Key": "team", "Value": f"blue {self.number}"}]}
        return {**properties, "Trigger": str(self.number)}

    def allows(self, properties: Mapping[str, Any]) -> set[str]:
        reads = {"DescribeInstances", "DescribeReplaceRootVolumeTasks", "DescribeVolumes"}
        return reads | {"CreateReplaceRootVolumeTask", "CreateTags", "DeleteTags"}

    def id_of(self, deployed: Deployed) -> str | None:
        return deployed.data.get("TaskId")

    def made(self) -> dict[str, Record]:
        return {}

    def known(self, id: str) -> Record | None:
        return self.volumes.tasks.get(id)

    def everything(self) -> Iterator[Record]:
        yield from self.volumes.tasks.values()

    def count(self) -> None:
        """Note the tasks that were started since the last time."""
        tasks = list(self.volumes.tasks.values())
        for task in tasks[self.counted :]:
            if task.maker:
                root = task.maker.root.name
                self.asked.append((root, self.generations.get(root, 0), task.id))
        self.counted = len(tasks)

    def ended(self, stack: Stack, living: Living, success: bool, planned: str) -> None:
        super().ended(stack, living, success, planned)
        self.count()
        root = stack.root.name
        if not success:
            triggers = [
                deployed.resource.properties["Trigger"] for found, _, deployed in living if found.root is stack.root
            ]
            self.undone[root] = triggers[0] if triggers else ""
        if planned == "delete" or (planned == "remove" and success):
            self.generations[root] = self.generations.get(root, 0) + 1

    def wrong(self, living: Living) -> Iterator[str]:
        self.count()
        done: dict[tuple[str, int, str], list[str]] = {}
        for root, generation, id in self.asked:
            state = self.volumes.tasks[id].state or {}
            inputs = self.triggers.get(id, "")
            if state["TaskState"] == "succeeded":
                done.setdefault((root, generation, inputs), []).append(id)
        for (root, generation, inputs), ids in done.items():
            if len(ids) > 1:
                after = f"after {generation} deletions that somebody asked for"
                yield f"{root} replaced the root volume {len(ids)} times for trigger {inputs} {after}"
        for stack, name, deployed in living:
            task = self.known(str(deployed.data.get("TaskId")))
            if task is None or (task.state or {}).get("TaskState") != "succeeded":
                yield f"{name} of {stack.name} has the task {deployed.data}, which did not succeed"
                continue
            if task.maker is None or task.maker.root.name != stack.root.name:
                yield f"{name} of {stack.name} has a task that was made for {task.maker and task.maker.name}"
            trigger = deployed.resource.properties["Trigger"]
            if trigger not in (self.undone.get(stack.root.name), self.triggers.get(task.id)):
                yield f"{name} of {stack.name} has the task {task.id} of trigger {self.triggers.get(task.id)}"
            volume, real = deployed.data.get("VolumeId"), (task.state or {}).get("Volume")
            if volume != real:
                yield f"{name} of {stack.name} says {volume!r}, not {real}"
        for root, _, id in self.asked:
            for status in self.volumes.states[id]:
                if status and ("ROLLBACK" in status or "DELETE" in status):
                    yield f"{id} was started for {root} while the stack was {status}"
        yield from self.touched()

    @property
    def triggers(self) -> dict[str, str]:
        """For which trigger each task was started."""
        return self.volumes.triggers


_ENDS_WITHIN = 900
OWN = "the stack's own volume"


class Waits(Kind):
    """Custom::EbsInitializationWait."""

    type = "Custom::EbsInitializationWait"

    def __init__(self, cloud: Cloud) -> None:
        super().__init__(cloud)
        self.volumes = cloud.ec2.volumes
        self.theirs = [
            self._volume("theirs", self.rng.uniform(20, 200)).id for _ in range(self.rng.choice((1, 1, 1, 2, 2, 5)))
        ]
        self.early: list[str] = []
        self.owned = self.rng.random() < 0.4
        self.own: dict[str, str] = {}
        """The volume that a stack itself has made last, by root stack."""

    def _volume(self, owner: str, initialized: float) -> Record:
        if "slow" in self.cloud.faults.kinds:
            initialized *= 5
        late = self.rng.uniform(0, 300 if self.rng.random() < 0.1 else 40)
        return self.volumes.add_volume(owner, initialized, Late=late)

    def beside(self, root: str) -> dict[str, Resource]:
        made = functools.partial(self._make, root)
        return {"Volume": Resource("AWS::EC2::Volume", seconds=5, made=made)} if self.owned else {}

    def _make(self, root: str, verb: str) -> None:
        if verb == "create":
            self.own[root] = self._volume("theirs", self.rng.uniform(20, 150)).id
        else:
            self.volumes.volumes[self.own[root]].remove("CloudFormation")

    def read(self, properties: Mapping[str, Any], root: str) -> Properties:
        return {"VolumeIds": [self.own[root] if id == OWN else id for id in properties["VolumeIds"]]}

    def properties(self) -> Properties:
        return {"VolumeIds": [*self.theirs, *([OWN] if self.owned else [])]}

    def change(self, properties: Properties) -> Properties:
        return {"VolumeIds": [*properties["VolumeIds"], self._volume("theirs", self.rng.uniform(20, 150)).id]}

    def allows(self, properties: Mapping[str, Any]) -> set[str]:
        return {"DescribeVolumeStatus"}

    def id_of(self, deployed: Deployed) -> str | None:
        return deployed.data.get("VolumeIds")

    def answered(self, label: str, event: Mapping[str, Any]) -> None:
        stack = self.cloud.cloudformation.stacks[event["StackId"]]
        wanted = ("CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS")
        if event["RequestType"] == "Delete" or stack.status not in wanted or stack.root.status not in wanted:
            return  # what CloudFormation has given up need not wait
        for id in event["ResourceProperties"]["VolumeIds"]:
            state = self.volumes.volumes[id].state
            if state and state["Initialized"] > self.cloud.timeline.now:
                self.early.append(f"{label} ended before {id} was initialized")

    def wrong(self, living: Living) -> Iterator[str]:
        yield from self.early
        for stack, name, deployed in living:
            wanted = ",".join(deployed.resource.properties["VolumeIds"])
            if deployed.data.get("VolumeIds") != wanted:
                yield f"{name} of {stack.name} has the attributes {deployed.data}, not {wanted}"
        for label, event, start, end in self.cloud.framework.waits:
            volumes = [self.volumes.volumes[id] for id in event["ResourceProperties"]["VolumeIds"]]
            gone = [volume.history[-1][0] for volume in volumes if volume.state is None]
            if gone and event["RequestType"] != "Delete" and end > max(min(gone), start) + _ENDS_WITHIN:
                yield f"{label} went on for {end - max(min(gone), start):.0f} s after a volume was gone"


class Alarms(Kind):
    """Custom::EbsInitializationAlarm."""

    type = "Custom::EbsInitializationAlarm"

    def __init__(self, cloud: Cloud) -> None:
        super().__init__(cloud)
        self.executions = cloud.executions
        self.initialized = self.rng.choice((10**6, 10**6, 700))
        self.volume = cloud.ec2.volumes.add_volume("theirs", self.initialized).id
        for number in range(self.rng.choice((0, 2, 30))):
            cloud.executions.add("theirs", STATE_MACHINE, f"theirs-{number}", "{}")
        self.since = 0.0
        self.first: dict[tuple[str, str], tuple[float, float]] = {}
        """When the deployment began and ended that first watched some volumes, by stack."""

    def properties(self) -> Properties:
        self.number += 1
        return {
            "VolumeIds": [self.volume],
            "Alarm": "",
            "Seconds": str(10000 + self.number),
            "StateMachineArn": STATE_MACHINE,
        }

    def change(self, properties: Properties) -> Properties:
        self.number += 1
        if self.rng.random() < 0.3:
            volume = self.cloud.ec2.volumes.add_volume("theirs", self.initialized).id
            return {**properties, "VolumeIds": [volume]}
        return {**properties, "Seconds": str(10000 + self.number)}

    def allows(self, properties: Mapping[str, Any]) -> set[str]:
        return {"StartExecution", "DescribeExecution", "StopExecution"}

    def id_of(self, deployed: Deployed) -> str | None:
        ours = [(arn, one) for arn, one in self.executions.executions.items() if one.owner == "ours"]
        found = [arn for arn, one in ours if (one.state or {})["status"] != "ABORTED" and self._is(one, deployed)]
        return found[-1] if found else None

    def taken_by_others(self, record: Record) -> bool:
        return (record.state or {})["status"] == "SUCCEEDED"

    def _is(self, execution: Record, deployed: Deployed) -> bool:
        input, properties = (execution.state or {})["input"], deployed.resource.properties
        return all(volume in input for volume in properties["VolumeIds"]) and properties["Alarm"] in input

    def made(self) -> dict[str, Record]:
        return {arn: one for arn, one in self.executions.running().items() if one.owner == "ours"}

    def given_up(self) -> set[str | None]:
        names = {found.physical_id for stack in self.cloud.cloudformation.stacks.values() for found in stack.given_up}
        return {arn for arn, one in self.made().items() if (one.state or {})["name"] in names}

    def known(self, id: str) -> Record | None:
        return self.executions.executions.get(id)

    def everything(self) -> Iterator[Record]:
        yield from self.executions.executions.values()

    def began(self, stack: Stack) -> None:
        self.since = self.cloud.timeline.now

    def ended(self, stack: Stack, living: Living, success: bool, planned: str) -> None:
        super().ended(stack, living, success, planned)
        if success:
            for found, _, deployed in living:
                key = found.id, str(deployed.resource.properties["VolumeIds"])
                self.first.setdefault(key, (self.since, self.cloud.timeline.now))
            now = {(found.id, str(deployed.resource.properties["VolumeIds"])) for found, _, deployed in living}
            self.first = {key: times for key, times in self.first.items() if key in now}

    def differs(self, deployed: Deployed, record: Record) -> Iterator[str]:
        properties, seconds = deployed.resource.properties, int(deployed.resource.properties["Seconds"])
        input = json.loads((record.state or {})["input"])
        assert record.maker is not None
        earliest, latest = self.first.get((record.maker.id, str(properties["VolumeIds"])), (0.0, 0.0))
        at = datetime.datetime.fromisoformat(input["At"].replace("Z", "+00:00")).timestamp()
        if not earliest - 1 <= at - seconds <= latest + 1:
            start = self.cloud.timeline.start
            yield f"counts from {at - seconds - start:.0f}, not from {earliest - start:.0f} to {latest - start:.0f}"


KINDS: dict[str, type[Kind]] = {kind.type: kind for kind in (Images, Versions, Replacements, Waits, Alarms)}
