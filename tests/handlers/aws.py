"""EC2 and its neighbours as a handler sees them, in memory.

Requests go through botocore, its validation and its retries: what is answered here is answered in place of the network.
"""

# ruff: noqa: N802, N803 (methods and parameters have EC2's names)

import json
from collections import defaultdict, deque
from itertools import count
from xml.sax.saxutils import escape

from botocore.awsrequest import AWSResponse
from botocore.exceptions import ReadTimeoutError

STACK_ID = "arn:aws:cloudformation:us-east-1:111122223333:stack/Prod/0f1e2d3c"


class RefusalError(Exception):
    """EC2 refuses a request, by an error code."""


class Ec2:
    """Names of images are unique, client tokens are kept, and the default version of a launch template stays."""

    def __init__(self):
        self.requests = []
        self.faults = defaultdict(deque)
        """What happens to the next requests of an action, each an error code or one of these.

        "lost": its answer never arrives. "hidden": it shows nothing, as EC2 may of what was just made.
        """
        self.images, self.snapshots, self.tasks = {}, {}, []
        self.instances = {"i-0": {"RootDeviceName": "/dev/xvda", "volumes": {"/dev/xvda": "vol-0"}}}
        self.volumes = {"vol-0": {}}
        self.tags = defaultdict(dict)
        self.initialization = {}
        """For volumes, their initialization states, one a look, of which the last stays; None: not shown yet."""
        self.now = 0.0
        """Seconds, as the handler's clock shows them."""
        self.executions, self.metrics, self.events, self.failed_entries = {}, [], [], 0
        self.template_id, self.versions, self.default = "lt-0", [], 1
        self.new_image_states, self.task_states = ["available"], ["pending", "in-progress", "succeeded"]
        self.stack_status = "UPDATE_IN_PROGRESS"
        self._ids, self._tokens = count(1), {}

    def sleep(self, seconds):
        self.now += seconds

    def attach(self, client):
        """Answer in place of the network."""
        asked = {}

        def note(params, model, **_):
            asked.update(params=params, model=model)

        def answer(**_):
            params, model = asked["params"], asked["model"]
            self.requests.append((model.name, params))
            fault = self.faults[model.name].popleft() if self.faults[model.name] else None
            try:
                if fault not in (None, "lost", "hidden"):
                    raise RefusalError(fault)
                members = model.output_shape.members if fault == "hidden" else {}
                nothing = {name: [] for name, member in members.items() if member.type_name == "list"}
                content = nothing or self._once(model.name, params)
            except RefusalError as refused:
                status = 503 if refused.args[0] == "RequestLimitExceeded" else 400
                if model.service_model.protocol == "json":
                    return _response(status, json.dumps({"__type": refused.args[0], "message": "AWS says no"}))
                code = f"<Code>{refused.args[0]}</Code><Message>EC2 says no</Message>"
                return _response(status, f"<Response><Errors><Error>{code}</Error></Errors></Response>")
            if fault == "lost":
                raise ReadTimeoutError(endpoint_url="https://ec2")
            if model.service_model.protocol not in ("ec2", "query"):
                return _response(200, json.dumps(content))
            body = _xml(content, model.output_shape)
            wrapper = (model.output_shape.serialization if model.output_shape else {}).get("resultWrapper")
            return _response(
                200,
                f"<{model.name}Response>{f'<{wrapper}>{body}</{wrapper}>' if wrapper else body}</{model.name}Response>",
            )

        client.meta.events.register("provide-client-params", note)
        client.meta.events.register("before-send", answer)

    def sent(self, action):
        """Return the parameters of every request of an action, those that were tried again too."""
        return [params for name, params in self.requests if name == action]

    def _once(self, action, params):
        token = params.get("ClientToken")
        if token not in self._tokens:
            answer = getattr(self, action)(**{name: value for name, value in params.items() if name != "ClientToken"})
            if token is None:
                return answer
            self._tokens[token] = answer
        return self._tokens[token]

    def _id(self, kind):
        return f"{kind}-{next(self._ids):017x}"

    # Images

    def _image(self, Name, BlockDeviceMappings=(), TagSpecifications=(), RootDeviceName="/dev/xvda", **_):
        if Name in {image["Name"] for image in self.images.values()}:
            raise RefusalError("InvalidAMIName.Duplicate")
        for device in BlockDeviceMappings:
            if device.get("Ebs", {}).get("SnapshotId", "snap-0") not in {"snap-0", *self.snapshots}:
                raise RefusalError("InvalidSnapshot.NotFound")
        tags = [tag for one in TagSpecifications if one["ResourceType"] == "image" for tag in one["Tags"]]
        image = {"ImageId": self._id("ami"), "Name": Name, "Tags": tags, "RootDeviceName": RootDeviceName}
        self.images[image["ImageId"]] = image | {
            "BlockDeviceMappings": BlockDeviceMappings,
            "states": deque(self.new_image_states),
        }
        return {"ImageId": image["ImageId"]}

    def RegisterImage(self, **params):
        return self._image(**params)

    def CreateImage(self, InstanceId, TagSpecifications, **params):
        params.pop("BlockDeviceMappings", None)
        [tags] = [one["Tags"] for one in TagSpecifications if one["ResourceType"] == "snapshot"]
        devices = []
        for name in self.instances[InstanceId]["volumes"]:
            snapshot = self._id("snap")
            self.snapshots[snapshot] = {tag["Key"]: tag["Value"] for tag in tags}
            devices.append({"DeviceName": name, "Ebs": {"SnapshotId": snapshot}})
        return self._image(BlockDeviceMappings=devices, TagSpecifications=TagSpecifications, **params)

    def DescribeImages(self, ImageIds=(), Filters=(), **_):
        wanted = {one["Name"]: one["Values"][0] for one in Filters}
        found = []
        for image in self.images.values():
            tags = {f"tag:{tag['Key']}": tag["Value"] for tag in image["Tags"]}
            if image["ImageId"] in ImageIds or (
                wanted and wanted.items() <= {**tags, "name": image["Name"], "image-id": image["ImageId"]}.items()
            ):
                states = image["states"]
                state = states.popleft() if len(states) > 1 else states[0]
                found.append({**image, "State": state, "StateReason": {"Message": "as the test asked"}})
        if ImageIds and not found:
            raise RefusalError("InvalidAMIID.NotFound")
        return {"Images": found}

    def DeregisterImage(self, ImageId, DeleteAssociatedSnapshots):
        if not ImageId.startswith("ami-"):
            raise RefusalError("InvalidAMIID.Malformed")
        if ImageId not in self.images:
            raise RefusalError("InvalidAMIID.Unavailable")
        image, results = self.images.pop(ImageId), []
        used = {snapshot for other in self.images.values() for snapshot in _snapshots(other)}
        for snapshot in sorted(_snapshots(image)) if DeleteAssociatedSnapshots else ():
            if snapshot not in used:
                self.snapshots.pop(snapshot, None)
            results.append({"SnapshotId": snapshot, "ReturnCode": "skipped" if snapshot in used else "success"})
        return {"Return": True, "DeleteSnapshotResults": results}

    def CreateTags(self, Resources, Tags):
        for resource in Resources:
            if resource in self.snapshots:
                self.snapshots[resource].update({tag["Key"]: tag["Value"] for tag in Tags})
            elif resource not in self.images:
                raise RefusalError("InvalidAMIID.NotFound")
            else:
                image, new = self.images[resource], {tag["Key"] for tag in Tags}
                image["Tags"] = [*(tag for tag in image["Tags"] if tag["Key"] not in new), *Tags]

    def DeleteTags(self, Resources, Tags):
        gone = {tag["Key"] for tag in Tags}
        for image in map(self.images.get, Resources):
            image["Tags"] = [tag for tag in image["Tags"] if tag["Key"] not in gone]

    # Root volumes

    def CreateReplaceRootVolumeTask(self, InstanceId, TagSpecifications, **params):
        number = next(self._ids)
        task = {
            "ReplaceRootVolumeTaskId": f"replacevol-{number:017x}",
            "InstanceId": InstanceId,
            "TaskState": "pending",
        }
        task |= {"StartTime": f"2026-11-23T00:00:{number:02}Z", "Tags": TagSpecifications[0]["Tags"]}
        self.tasks.append(task | {"states": deque(self.task_states)})
        volume = self._id("vol")
        self.volumes[volume] = {"VolumeInitializationRate": params.get("VolumeInitializationRate")}
        self.instances[InstanceId]["volumes"]["/dev/xvda"] = volume
        return {"ReplaceRootVolumeTask": task}

    def DescribeReplaceRootVolumeTasks(self, Filters):
        for task in self.tasks:
            states = task["states"]
            task["TaskState"] = states.popleft() if len(states) > 1 else states[0]
        return {"ReplaceRootVolumeTasks": [one for one in self.tasks if one["InstanceId"] in Filters[0]["Values"]]}

    def DescribeInstances(self, InstanceIds):
        if InstanceIds[0] not in self.instances:
            raise RefusalError("InvalidInstanceID.NotFound")
        instance = self.instances[InstanceIds[0]]
        devices = [{"DeviceName": name, "Ebs": {"VolumeId": volume}} for name, volume in instance["volumes"].items()]
        described = {"RootDeviceName": instance["RootDeviceName"], "BlockDeviceMappings": devices}
        return {"Reservations": [{"Instances": [described]}]}

    def DescribeVolumes(self, VolumeIds):
        return {"Volumes": [{"VolumeId": volume, **self.volumes[volume]} for volume in VolumeIds]}

    def DescribeVolumeStatus(self, VolumeIds):
        found = []
        for volume in VolumeIds:
            if volume not in self.initialization:
                raise RefusalError("InvalidVolume.NotFound")
            states = self.initialization[volume]
            state = states.pop(0) if len(states) > 1 else states[0]
            details = [{"Name": "io-enabled", "Status": "passed"}]
            details += [{"Name": "initialization-state", "Status": state}] if state else []
            progress = {"InitializationType": "provisioned-rate", "EstimatedTimeToCompleteInSeconds": 0, "Progress": 99}
            status = {"Status": "ok", "Details": details}
            found.append({"VolumeId": volume, "VolumeStatus": status, "InitializationStatusDetails": progress})
        return {"VolumeStatuses": found}

    def DescribeTags(self, Filters):
        [wanted] = [one["Values"] for one in Filters if one["Name"] == "resource-id"]
        tags = [(volume, *tag) for volume in wanted for tag in self.tags[volume].items()]
        return {"Tags": [{"ResourceId": volume, "Key": key, "Value": value} for volume, key, value in tags]}

    # Step Functions, CloudWatch and EventBridge

    def StartExecution(self, stateMachineArn, name, input):
        arn = f"{stateMachineArn.replace(':stateMachine:', ':execution:')}:{name}"
        if arn in self.executions and self.executions[arn] != json.loads(input):
            raise RefusalError("ExecutionAlreadyExists")
        self.executions[arn] = json.loads(input)
        return {"executionArn": arn, "startDate": 0}

    def DescribeExecution(self, executionArn):
        if executionArn not in self.executions:
            raise RefusalError("ExecutionDoesNotExist")
        made = {"executionArn": executionArn, "stateMachineArn": "arn:aws:states:...", "status": "RUNNING"}
        return {**made, "startDate": 0, "input": json.dumps(self.executions[executionArn])}

    def StopExecution(self, executionArn):
        if executionArn not in self.executions:
            raise RefusalError("ExecutionDoesNotExist")
        del self.executions[executionArn]
        return {"stopDate": 0}

    def PutMetricData(self, Namespace, MetricData):
        self.metrics += [(Namespace, one) for one in MetricData]

    def PutEvents(self, Entries):
        failed, self.failed_entries = self.failed_entries, 0
        if not failed:
            self.events += Entries
        return {"FailedEntryCount": failed, "Entries": [{"ErrorMessage": "as the test asked"}] if failed else []}

    # Launch templates

    def version(self, description="", **data):
        """Add a version, and return it."""
        number = max((one["VersionNumber"] for one in self.versions), default=0) + 1
        version = {"LaunchTemplateId": self.template_id, "LaunchTemplateName": "servers", "VersionNumber": number}
        self.versions.append(version | {"VersionDescription": description, "LaunchTemplateData": data})
        return self.versions[-1]

    def _versions(self):
        return [{**one, "DefaultVersion": one["VersionNumber"] == self.default} for one in self.versions]

    def CreateLaunchTemplateVersion(self, SourceVersion, VersionDescription, LaunchTemplateData, **_):
        if not any(LaunchTemplateData.values()):  # the query string has no place for an empty list
            raise RefusalError("MissingParameter")
        [source] = [one for one in self.versions if str(one["VersionNumber"]) == SourceVersion]
        version = self.version(VersionDescription, **source["LaunchTemplateData"] | LaunchTemplateData)
        devices = version["LaunchTemplateData"].get("BlockDeviceMappings", [])
        errors = [{"Code": "InvalidSnapshot.NotFound", "Message": "no"} for one in devices if "bad" in str(one)]
        return {"LaunchTemplateVersion": version, **({"Warning": {"Errors": errors}} if errors else {})}

    def DescribeLaunchTemplateVersions(self, LaunchTemplateId=None, LaunchTemplateName=None, Versions=()):
        if (LaunchTemplateId or LaunchTemplateName) not in (self.template_id, "servers"):
            raise RefusalError("InvalidLaunchTemplateId.NotFound")
        found = [one for one in self._versions() if not Versions or str(one["VersionNumber"]) in Versions]
        if not found:
            raise RefusalError("InvalidLaunchTemplateId.VersionNotFound")
        return {"LaunchTemplateVersions": found}

    def DeleteLaunchTemplateVersions(self, Versions, **_):
        if str(self.default) in Versions:
            raise RefusalError("OperationNotPermitted")
        self.versions = [one for one in self.versions if str(one["VersionNumber"]) not in Versions]
        return {}

    def ModifyLaunchTemplate(self, DefaultVersion, **_):
        self.default = int(DefaultVersion)
        return {}

    # CloudFormation

    def DescribeStacks(self, StackName):
        return {
            "Stacks": [
                {"StackName": StackName, "StackStatus": self.stack_status, "CreationTime": "2026-11-23T00:00:00Z"}
            ]
        }


class Resource:
    """One custom resource, and CloudFormation with CDK's provider framework around its handler."""

    def __init__(self, handler, ec2):
        self.handler, self.ec2, self.logical_id, self.stack_id = handler, ec2, "Made", STACK_ID
        self.id = self.properties = self.data = None
        self.looks = 20
        self._requests = count(1)

    def deploy(self, **properties):
        """Create or update it, go back when that fails, and remove what was replaced when it does not."""
        properties = _as_text(properties)
        former, old = self.id, self.properties
        try:
            self.id = self.send("Create" if old is None else "Update", properties, former, old)
        except Exception:
            if old is None:
                self._delete(self.reached, properties)
                raise
            made = self.reached
            self.ec2.stack_status = "UPDATE_ROLLBACK_IN_PROGRESS"
            self.id = self.send("Update", old, former, properties)
            self.ec2.stack_status = "UPDATE_IN_PROGRESS"
            if made != self.id:
                self._delete(made, properties)
            raise
        self.properties = properties
        if former not in (None, self.id):
            self._delete(former, old)
        return self.id

    def destroy(self):
        self._delete(self.id, self.properties)
        self.id = self.properties = None

    def send(self, kind, properties, physical_id=None, old=None, request=None):
        """Send an event, wait until it is complete, and return the physical id; ``request`` sends one again."""
        event = {"RequestType": kind, "RequestId": request or f"request-{next(self._requests)}"}
        event |= {
            "StackId": self.stack_id,
            "LogicalResourceId": self.logical_id,
            "ResourceProperties": properties,
            "ResponseURL": "https://secret",
        }
        event |= {} if physical_id is None else {"PhysicalResourceId": physical_id}
        event |= {} if old is None else {"OldResourceProperties": old}
        self.reached = physical_id
        event |= self.handler.on_event(dict(event), None)
        self.reached = event["PhysicalResourceId"]
        if not hasattr(self.handler, "is_complete"):
            self.data = event.get("Data")
            return self.reached
        for _ in range(self.looks):
            self.ec2.now += 10
            done = self.handler.is_complete(dict(event), None)
            if done["IsComplete"]:
                self.data = done.get("Data")
                return self.reached
        raise TimeoutError

    def _delete(self, physical_id, properties):
        if physical_id is not None:  # else the provider framework leaves the event out
            self.send("Delete", properties, physical_id)


def _as_text(value):
    """CloudFormation makes strings of numbers and booleans."""
    if isinstance(value, dict):
        return {name: _as_text(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_as_text(one) for one in value]
    return str(value).lower() if isinstance(value, bool) else str(value)


def _snapshots(image):
    return {device["Ebs"]["SnapshotId"] for device in image["BlockDeviceMappings"] if "SnapshotId" in device["Ebs"]}


def _response(status, body):
    response = AWSResponse("https://ec2", status, {}, None)
    response._content = body.encode()
    return response


def _xml(value, shape):
    if value is None or shape is None:
        return ""
    if shape.type_name == "structure":
        named = (
            (member.serialization.get("name", name), value.get(name), member) for name, member in shape.members.items()
        )
        return "".join(f"<{name}>{_xml(one, member)}</{name}>" for name, one, member in named if one is not None)
    if shape.type_name == "list":
        item = shape.member.serialization.get("name", "member")
        return "".join(f"<{item}>{_xml(one, shape.member)}</{item}>" for one in value)
    return str(value).lower() if isinstance(value, bool) else escape(str(value))
