"""EC2 and its neighbours as the handlers see them, in memory.

Requests go through botocore, its validation and its retries: what is answered here is answered in place of the network.
Every list comes in pages of one, of events in pages of three.
"""

# ruff: noqa: N802, N803 (methods and parameters have EC2's names)

import json
from collections import defaultdict, deque
from datetime import datetime, timezone
from itertools import count
from xml.sax.saxutils import escape

from botocore.awsrequest import AWSResponse
from botocore.exceptions import ReadTimeoutError

STACK_ID = "arn:aws:cloudformation:us-east-1:111122223333:stack/Prod/0f1e2d3c"
STACK = "constructs-ebs:stack"
_DENIALS = {"ec2": "UnauthorizedOperation", "cloudformation": "AccessDenied", "stepfunctions": "AccessDeniedException"}
_STATUS = {"RequestLimitExceeded": 503, "ServiceUnavailable": 503, "InternalError": 500}


class RefusalError(Exception):
    """EC2 refuses a request, by an error code."""


class Killed(BaseException):
    """The function is gone in the middle of a request: nothing in it can catch that."""


class Ec2:
    """Names of images are unique, client tokens are kept, and the default version of a launch template stays."""

    def __init__(self):
        self.now = datetime(2026, 11, 23, tzinfo=timezone.utc).timestamp()
        """Seconds, as every clock shows them."""
        self.requests = []
        self.faults = defaultdict(deque)
        """What happens to the next requests of an action, each an error code or one of these.

        None: nothing. "lost": its answer never arrives. "hidden": it shows nothing, as EC2 may of what was just made.
        "refused": it cannot even be sent.
        """
        self.allowed_from = {}
        """For actions, when the policy that allows them works."""
        self.kill_at = 0
        """The number of the request after which the function is gone."""
        self.lag = 0
        """Seconds for which nothing is shown of what was made."""
        self.images, self.snapshots, self.tasks = {}, {}, []
        self.instances = {"i-0": {"RootDeviceName": "/dev/xvda", "volumes": {"/dev/xvda": "vol-0"}}}
        self.former_roots = {}
        """For instances, the root volume that EC2 shows until a time."""
        self.volumes = {"vol-0": {"CreateTime": self.now - 1e6}}
        self.initialization = {}
        """For volumes, their initialization states, one a look, of which the last stays; None: not shown yet."""
        self.executions = {}
        self.template_id, self.versions, self.default = "lt-0", [], 1
        self.refuses_by_error = False
        """How EC2 refuses to delete a default version: by an error, or in its answer."""
        self.new_image_states, self.task_states = ["available"], ["pending", "in-progress", "succeeded"]
        self.events, self.parents = defaultdict(list), {}
        self._ids, self._tokens, self._shown = count(1), {}, {}

    def sleep(self, seconds):
        self.now += seconds

    def attach(self, client):
        """Answer in place of the network."""
        asked = {}

        def note(params, model, **_):
            asked.update(params=params, model=model)

        def answer(**_):
            return self._answer(asked["model"], asked["params"])

        client.meta.events.register("provide-client-params", note)
        client.meta.events.register("before-send", answer)

    def sent(self, action):
        """Return the parameters of every request of an action, those that were tried again too."""
        return [params for name, params in self.requests if name == action]

    def done(self):
        """Return the actions that change something, in their order."""
        return [name for name, _ in self.requests if not name.startswith("Describe")]

    def _answer(self, model, params):
        self.requests.append((model.name, params))
        fault = self.faults[model.name].popleft() if self.faults[model.name] else None
        if self.now < self.allowed_from.get(model.name, 0):
            fault = _DENIALS[model.service_model.service_name.replace("states", "stepfunctions")]
        if fault == "refused":
            raise ReadTimeoutError(endpoint_url="https://ec2")
        try:
            if fault not in (None, "lost", "hidden"):
                raise RefusalError(fault)
            members = model.output_shape.members if fault == "hidden" else {}
            nothing = {name: [] for name, member in members.items() if member.type_name == "list"}
            content = nothing or self._once(model.name, params)
        except RefusalError as refused:
            return _refusal(model, refused.args[0])
        finally:
            self._kill()
        if fault == "lost":
            raise ReadTimeoutError(endpoint_url="https://ec2")
        if model.service_model.protocol not in ("ec2", "query"):
            return _response(200, json.dumps(content))
        body = _xml(content, model.output_shape)
        if wrapper := (model.output_shape.serialization if model.output_shape else {}).get("resultWrapper"):
            body = f"<{wrapper}>{body}</{wrapper}>"
        return _response(200, f"<{model.name}Response>{body}</{model.name}Response>")

    def _kill(self):
        if len(self.requests) == self.kill_at:
            raise Killed

    def _once(self, action, params):
        token = params.get("ClientToken")
        if token is None:
            return getattr(self, action)(**params)
        if token not in self._tokens:
            answer = getattr(self, action)(**{name: value for name, value in params.items() if name != "ClientToken"})
            self._tokens[token] = params, answer
        if self._tokens[token][0] != params:
            raise RefusalError("IdempotentParameterMismatch")
        return self._tokens[token][1]

    def _id(self, kind):
        return f"{kind}-{next(self._ids):017x}"

    def _page(self, name, find, token, size=1):
        """Return a page of what there was when the first one was asked for."""
        if token is None:
            self._shown[name] = find()
        number, shown = int(token or 0), self._shown[name]
        more = {"NextToken": str(number + size)} if number + size < len(shown) else {}
        return {name: shown[number : number + size], **more}

    def _is_shown(self, thing):
        return thing["made"] + self.lag <= self.now

    # Images

    def image(self, Name, Tags=(), states=("available",), BlockDeviceMappings=(), **more):
        """Add an image, and return its id."""
        image = {"ImageId": self._id("ami"), "Name": Name, "Tags": list(Tags), "RootDeviceName": "/dev/xvda"}
        image |= {"BlockDeviceMappings": BlockDeviceMappings, "made": self.now, "states": deque(states), **more}
        self.images[image["ImageId"]] = image
        return image["ImageId"]

    def _image(self, Name, BlockDeviceMappings=(), TagSpecifications=(), RootDeviceName="/dev/xvda", **_):
        if Name in {image["Name"] for image in self.images.values() if image.get("owner", "self") == "self"}:
            raise RefusalError("InvalidAMIName.Duplicate")
        for device in BlockDeviceMappings:
            if device.get("Ebs", {}).get("SnapshotId", "snap-0") not in {"snap-0", *self.snapshots}:
                raise RefusalError("InvalidSnapshot.NotFound")
        tags = [tag for one in TagSpecifications if one["ResourceType"] == "image" for tag in one["Tags"]]
        given = {"BlockDeviceMappings": BlockDeviceMappings, "RootDeviceName": RootDeviceName}
        return {"ImageId": self.image(Name, tags, self.new_image_states, **given)}

    def RegisterImage(self, **params):
        return self._image(**params)

    def CreateImage(self, InstanceId, TagSpecifications, Name, **params):
        if Name in {image["Name"] for image in self.images.values()}:
            raise RefusalError("InvalidAMIName.Duplicate")
        params.pop("BlockDeviceMappings", None)
        [tags] = [one["Tags"] for one in TagSpecifications if one["ResourceType"] == "snapshot"]
        devices = []
        for name in self.instances[InstanceId]["volumes"]:
            snapshot = self._id("snap")
            self.snapshots[snapshot] = {tag["Key"]: tag["Value"] for tag in tags}
            devices.append({"DeviceName": name, "Ebs": {"SnapshotId": snapshot}})
        return self._image(Name, devices, TagSpecifications, **params)

    def DescribeImages(self, Filters, Owners=None, IncludeDisabled=False, NextToken=None, **_):
        def find():
            return [*self._images({one["Name"]: one["Values"] for one in Filters}, Owners, IncludeDisabled)]

        return self._page("Images", find, NextToken)

    def _images(self, wanted, owners, disabled):
        for image in self.images.values():
            known = {f"tag:{tag['Key']}": tag["Value"] for tag in image["Tags"]} | {"name": image["Name"]}
            if not self._is_shown(image) or (owners and image.get("owner", "self") not in owners):
                continue
            if all(known.get(name) in values for name, values in wanted.items()):
                states = image["states"]
                state = states.popleft() if len(states) > 1 else states[0]
                reason = {"StateReason": {"Message": "as the test asked"}} if image.get("reason", True) else {}
                if state != "disabled" or disabled:
                    yield {**image, "State": state, **reason}

    def DeregisterImage(self, ImageId, DeleteAssociatedSnapshots):
        if ImageId not in self.images:
            raise RefusalError("InvalidAMIID.Unavailable")
        image, results = self.images.pop(ImageId), []
        used = {snapshot for other in self.images.values() for snapshot in _snapshots(other)}
        for snapshot in sorted(_snapshots(image)) if DeleteAssociatedSnapshots else ():
            code = "skipped" if snapshot in used else "success"
            if STACK not in self.snapshots[snapshot]:
                code = "missing-permissions"
            elif snapshot not in used:
                self.snapshots.pop(snapshot)
            results.append({"SnapshotId": snapshot, "ReturnCode": code})
        return {"Return": True, "DeleteSnapshotResults": results}

    def CreateTags(self, Resources, Tags):
        for resource in Resources:
            if resource in self.snapshots:
                self.snapshots[resource].update({tag["Key"]: tag["Value"] for tag in Tags})
            else:
                thing, new = self._tagged(resource), {tag["Key"] for tag in Tags}
                thing["Tags"] = [*(tag for tag in thing["Tags"] if tag["Key"] not in new), *Tags]

    def DeleteTags(self, Resources, Tags):
        gone = {tag["Key"] for tag in Tags}
        for thing in map(self._tagged, Resources):
            thing["Tags"] = [tag for tag in thing["Tags"] if tag["Key"] not in gone]

    def DescribeImageAttribute(self, ImageId, Attribute):
        assert Attribute == "launchPermission"
        return {"ImageId": ImageId, "LaunchPermissions": self.images[ImageId].get("permissions", [])}

    def ModifyImageAttribute(self, ImageId, LaunchPermission):
        gone, new = LaunchPermission.get("Remove", []), LaunchPermission.get("Add", [])
        kept = [one for one in self.images[ImageId].get("permissions", []) if one not in gone]
        self.images[ImageId]["permissions"] = [*kept, *new]

    def _tagged(self, resource):
        things = {**self.images, **{task["ReplaceRootVolumeTaskId"]: task for task in self.tasks}}
        if resource not in things:
            raise RefusalError("InvalidID")
        return things[resource]

    # Root volumes

    def CreateReplaceRootVolumeTask(self, InstanceId, TagSpecifications, **params):
        task = {"ReplaceRootVolumeTaskId": self._id("replacevol"), "InstanceId": InstanceId, "TaskState": "pending"}
        task |= {"StartTime": _text(self.now), "Tags": TagSpecifications[0]["Tags"]}
        self.tasks.append(task | {"made": self.now, "states": deque(self.task_states)})
        if "failed" not in self.task_states[-1]:
            volume = params.get("VolumeId") or self._id("vol")
            made = {"VolumeInitializationRate": params.get("VolumeInitializationRate"), "CreateTime": self.now}
            self.volumes.setdefault(volume, made)
            devices = self.instances[InstanceId]["volumes"]
            self.former_roots[InstanceId] = devices.get("/dev/xvda"), self.now + self.lag
            devices["/dev/xvda"] = volume
        return {"ReplaceRootVolumeTask": task}

    def DescribeReplaceRootVolumeTasks(self, Filters, NextToken=None):
        def find():
            [wanted] = [one["Values"] for one in Filters if one["Name"] == "instance-id"]
            found = [task for task in self.tasks if task["InstanceId"] in wanted and self._is_shown(task)]
            for task in found:
                states = task["states"]
                task["TaskState"] = states.popleft() if len(states) > 1 else states[0]
                if task["TaskState"] == "succeeded":
                    task.setdefault("CompleteTime", _text(self.now))
            return [dict(task) for task in found]

        return self._page("ReplaceRootVolumeTasks", find, NextToken)

    def DescribeInstances(self, InstanceIds):
        if InstanceIds[0] not in self.instances:
            raise RefusalError("InvalidInstanceID.NotFound")
        instance = self.instances[InstanceIds[0]]
        former, until = self.former_roots.get(InstanceIds[0], (None, 0))
        volumes = instance["volumes"] | ({"/dev/xvda": former} if self.now < until else {})
        devices = [{"DeviceName": name, "Ebs": {"VolumeId": volume}} for name, volume in volumes.items()]
        devices.append({"DeviceName": "/dev/sdb"})
        described = {"RootDeviceName": instance["RootDeviceName"], "BlockDeviceMappings": devices}
        return {"Reservations": [{"Instances": [described]}]}

    def DescribeVolumes(self, VolumeIds):
        if VolumeIds[0] not in self.volumes:
            raise RefusalError("InvalidVolume.NotFound")
        volume = self.volumes[VolumeIds[0]]
        return {"Volumes": [{"VolumeId": VolumeIds[0], **volume, "CreateTime": _text(volume["CreateTime"])}]}

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

    # Step Functions

    def StartExecution(self, stateMachineArn, name, input):
        arn = f"{stateMachineArn.replace(':stateMachine:', ':execution:')}:{name}"
        known = self.executions.get(arn)
        if known and (known["status"], known["input"]) != ("RUNNING", input):
            raise RefusalError("ExecutionAlreadyExists")
        self.executions.setdefault(arn, {"input": input, "status": "RUNNING", "made": self.now})
        return {"executionArn": arn, "startDate": 0}

    def DescribeExecution(self, executionArn):
        execution = self.executions.get(executionArn)
        if execution is None or not self._is_shown(execution):
            raise RefusalError("ExecutionDoesNotExist")
        made = {"executionArn": executionArn, "stateMachineArn": "arn:aws:states:...", "startDate": 0}
        return {**made, "status": execution["status"], "input": execution["input"]}

    def StopExecution(self, executionArn):
        if executionArn not in self.executions:
            raise RefusalError("ExecutionDoesNotExist")
        if self.executions[executionArn]["status"] != "RUNNING":
            raise RefusalError("ValidationException")
        self.executions[executionArn]["status"] = "ABORTED"
        return {"stopDate": 0}

    # Launch templates

    def version(self, description="", **data):
        """Add a version, and return it."""
        number = max((one["VersionNumber"] for one in self.versions), default=0) + 1
        version = {"LaunchTemplateId": self.template_id, "LaunchTemplateName": "servers", "VersionNumber": number}
        version |= {"VersionDescription": description, "LaunchTemplateData": data, "made": self.now}
        self.versions.append(version)
        return version

    def numbers(self):
        return [version["VersionNumber"] for version in self.versions]

    def CreateLaunchTemplateVersion(self, SourceVersion, VersionDescription, LaunchTemplateData, **_):
        if not any(LaunchTemplateData.values()):  # the query string has no place for an empty list
            raise RefusalError("MissingParameter")
        [source] = [one for one in self.versions if str(one["VersionNumber"]) == SourceVersion]
        version = self.version(VersionDescription, **source["LaunchTemplateData"] | LaunchTemplateData)
        devices = version["LaunchTemplateData"].get("BlockDeviceMappings", [])
        errors = [{"Code": "InvalidSnapshot.NotFound", "Message": "no"} for one in devices if "bad" in str(one)]
        shown = version | {"DefaultVersion": False}
        return {"LaunchTemplateVersion": shown, **({"Warning": {"Errors": errors}} if errors else {})}

    def DescribeLaunchTemplateVersions(self, LaunchTemplateId=None, LaunchTemplateName=None, NextToken=None):
        if (LaunchTemplateId or LaunchTemplateName) not in (self.template_id, "servers"):
            raise RefusalError("InvalidLaunchTemplateId.NotFound")

        def find():
            shown = [one | {"DefaultVersion": one["VersionNumber"] == self.default} for one in self.versions]
            return sorted(filter(self._is_shown, shown), key=lambda one: str(one["VersionNumber"]))

        return self._page("LaunchTemplateVersions", find, NextToken)

    def DeleteLaunchTemplateVersions(self, Versions, **_):
        [number] = Versions
        refusal = {"Code": "unexpectedError", "Message": "it is the default"} if int(number) == self.default else None
        if refusal and self.refuses_by_error:
            raise RefusalError("OperationNotPermitted")
        if int(number) not in self.numbers():
            refusal = {"Code": "launchTemplateVersionDoesNotExist", "Message": "it is not there"}
        if refusal:
            failed = {"VersionNumber": number, "ResponseError": refusal}
            return {"UnsuccessfullyDeletedLaunchTemplateVersions": [failed]}
        self.versions = [one for one in self.versions if str(one["VersionNumber"]) not in Versions]
        return {"SuccessfullyDeletedLaunchTemplateVersions": []}

    def ModifyLaunchTemplate(self, DefaultVersion, **_):
        if int(DefaultVersion) not in self.numbers():
            raise RefusalError("InvalidLaunchTemplateId.VersionNotFound")
        self.default = int(DefaultVersion)
        return {}

    # CloudFormation

    def becomes(self, status, stack=STACK_ID, logical_id="Prod", physical_id=None):
        """Put a stack, or a resource of it, into another state."""
        event = {"StackId": stack, "EventId": self._id("event"), "StackName": "Prod", "LogicalResourceId": logical_id}
        event |= {"PhysicalResourceId": stack if physical_id is None else physical_id, "ResourceStatus": status}
        self.events[stack].insert(0, event | {"Timestamp": _text(self.now)})

    def DescribeStackEvents(self, StackName, NextToken=None):
        return self._page("StackEvents", lambda: [*self.events[StackName]], NextToken, 3)

    def DescribeStacks(self, StackName):
        stack = {"StackName": StackName, "StackStatus": "UNKNOWN", "CreationTime": "2026-11-23T00:00:00Z"}
        return {"Stacks": [stack | ({"ParentId": self.parents[StackName]} if StackName in self.parents else {})]}


def _text(time):
    return datetime.fromtimestamp(time, tz=timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def _snapshots(image):
    mappings = image["BlockDeviceMappings"]
    return {mapping["Ebs"]["SnapshotId"] for mapping in mappings if "SnapshotId" in mapping.get("Ebs", {})}


def _refusal(model, code):
    status, message = _STATUS.get(code, 400), "EC2 says no"
    if model.service_model.protocol == "json":
        return _response(status, json.dumps({"__type": code, "message": message}))
    error = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
    if model.service_model.protocol == "query":
        return _response(status, f"<ErrorResponse>{error}</ErrorResponse>")
    return _response(status, f"<Response><Errors>{error}</Errors></Response>")


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
