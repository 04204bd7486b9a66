"""AWS over a real socket: moto's server, and what moto lacks.

moto 5.2.5 has no DescribeVolumeStatus, drops the rate of volumes, images and instances, launches no instance from a
launch template for CloudFormation, and reads no nested stacks. A server in front of it answers these, by botocore's
own model: an answer that the model does not know fails the test. Every request is recorded, and all others go to moto.
"""

import http.client
import json
import re
import threading
from collections import Counter, defaultdict
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

import boto3
from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.validate import validate_parameters
from moto.server import ThreadedMotoServer

from tests.constants import RATE

ACCOUNT, REGION = "123456789012", "us-east-1"
VOLUME = "AWS::EC2::Volume"
MODELS = Loader()


class RefusedError(Exception):
    def __init__(self, code, message="no", status=400):
        self.code, self.message, self.status = code, message, status


@cache
def _client(service, url):
    keys = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}
    return boto3.client(service, endpoint_url=url, region_name=REGION, **keys)


class Aws:
    """What a test says that AWS has, beside what it makes in moto."""

    def __init__(self, moto):
        self.moto = moto
        self.in_moto = False
        """Whether something may have been made in moto: else there is nothing to be asked of it, nor to be reset."""
        self.requests = []
        self.faults = defaultdict(list)
        self.stacks, self.volumes, self.instances, self.rates = {}, {}, {}, {}
        self.statuses = defaultdict(list)
        self.exports = {}
        self.answers = {
            "DescribeVolumes": self.describe_volumes,
            "DescribeVolumeStatus": self.describe_volume_status,
            "ListExports": lambda _: {"Exports": [{"Name": k, "Value": v} for k, v in self.exports.items()]},
        }

    @property
    def calls(self):
        return Counter(action for _, action, _ in self.requests)

    def client(self, service):
        self.in_moto = True
        return _client(service, f"http://127.0.0.1:{self.moto}")

    # What a test says

    def stack(self, name, resources, template=None, parameters=None, outputs=None):
        """Add a stack: its resources by logical id, each a type and a physical id."""
        arn = name if name.startswith("arn:") else f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/{name}/0"
        short = arn.split("/")[1]
        self.stacks[name] = self.stacks[arn] = (arn, short, resources, template or {}, parameters or {}, outputs or {})
        return arn

    def volume(self, volume_id, *looks, rate=None, instance=None, device="/dev/xvdf", **facts):
        """Add a volume, and what DescribeVolumeStatus says at each look: a state, or a state, progress and time."""
        attachments = [{"InstanceId": instance, "Device": device, "VolumeId": volume_id}] if instance else []
        described = {"VolumeId": volume_id, "SnapshotId": "snap-1", "Size": 8, "State": "in-use", **facts}
        self.volumes[volume_id] = {**described, "Attachments": attachments, **({RATE: rate} if rate else {})}
        self.statuses[volume_id] = list(looks)

    def instance(self, instance_id, template="", version="", **facts):
        tags = {"aws:ec2launchtemplate:id": template, "aws:ec2launchtemplate:version": version} if template else {}
        self.answers["DescribeInstances"] = self.describe_instances
        self.instances[instance_id] = {
            "InstanceId": instance_id,
            "RootDeviceName": "/dev/xvda",
            "Tags": [{"Key": key, "Value": value} for key, value in tags.items()],
            **facts,
        }

    # What AWS answers

    def known_volumes(self):
        of_moto = self.client("ec2").describe_volumes()["Volumes"] if self.in_moto else []
        known = {volume["VolumeId"]: volume for volume in of_moto} | self.volumes
        return {key: {**one, **({RATE: self.rates[key]} if key in self.rates else {})} for key, one in known.items()}

    def describe_volumes(self, form):
        return paged(form, "Volumes", selected(form, self.known_volumes()))

    def describe_volume_status(self, form):
        found = []
        for volume in selected(form, {key: {"VolumeId": key} for key in self.known_volumes()}):
            looks = self.statuses[volume["VolumeId"]]
            look = looks.pop(0) if len(looks) > 1 else looks[0] if looks else None
            found.append({**volume, **volume_status(*([look] if isinstance(look, str) else look or [None]))})
        return paged(form, "VolumeStatuses", found)

    def describe_instances(self, form):
        [ids] = filters(form).values()
        found = [one for key, one in self.instances.items() if key in ids]
        return paged(form, "Reservations", [{"Instances": [one]} for one in found])

    def of_stack(self, action, form):
        arn, name, resources, template, parameters, outputs = self.stacks[form["StackName"]]
        if action == "GetTemplate":
            return {"TemplateBody": template}
        if action == "DescribeStacks":
            keys = [{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()]
            out = [{"OutputKey": key, "OutputValue": value} for key, value in outputs.items()]
            stack = {"StackId": arn, "StackName": name, "Parameters": keys, "Outputs": out}
            return {"Stacks": [{**stack, "CreationTime": "2026-11-23T00:00:00Z", "StackStatus": "CREATE_COMPLETE"}]}
        listing = [
            {
                "LogicalResourceId": key,
                "ResourceType": kind,
                "ResourceStatus": (status or ["CREATE_COMPLETE"])[0],
                "LastUpdatedTimestamp": "2026-11-23T00:00:00Z",
                **({"PhysicalResourceId": physical} if physical else {}),
            }
            for key, (kind, physical, *status) in resources.items()
        ]
        return paged({**form, "MaxResults": "100"}, "StackResourceSummaries", listing)

    def answer(self, action, form):
        if self.faults[action] and (fault := self.faults[action].pop(0)):
            raise fault if isinstance(fault, RefusedError) else RefusedError(fault)
        if form.get("StackName") in self.stacks:
            return self.of_stack(action, form)
        return self.answers[action](form) if action in self.answers else None


def volume_status(state, progress=None, left=None, kind="provisioned-rate"):
    details = [{"Name": "io-enabled", "Status": "passed"}]
    if state:
        details.append({"Name": "initialization-state", "Status": state})
    how = {"Progress": progress, "EstimatedTimeToCompleteInSeconds": left}
    how = {key: value for key, value in how.items() if value is not None}
    return {
        "VolumeStatus": {"Status": "ok", "Details": details},
        **({"InitializationStatusDetails": {"InitializationType": kind, **how}} if how else {}),
    }


def listed(form, name):
    found = {int(key.rpartition(".")[2]): value for key, value in form.items() if re.fullmatch(rf"{name}\.\d+", key)}
    return [found[key] for key in sorted(found)]


def filters(form):
    names = [key for key in form if re.fullmatch(r"Filter\.\d+\.Name", key)]
    return {form[key]: listed(form, key.removesuffix("Name") + "Value") for key in names}


def selected(form, volumes):
    """Apply ids, all of which must exist, and filters."""
    ids = listed(form, "VolumeId")
    assert len(ids) <= 1_000, "EC2 takes 1,000 ids at most"
    if missing := [key for key in ids if key not in volumes]:
        raise RefusedError("InvalidVolume.NotFound", f"The volume '{missing[0]}' does not exist.")
    found = [volumes[key] for key in ids] if ids else list(volumes.values())
    for name, wanted in filters(form).items():
        assert len(wanted) <= 200, "EC2 takes 200 values of a filter at most"
        of = {
            "volume-id": lambda one: {one["VolumeId"]},
            "attachment.instance-id": lambda one: {each["InstanceId"] for each in one["Attachments"]},
        }[name]
        found = [one for one in found if of(one) & set(wanted)]
    return found


def paged(form, key, items):
    start, most = int(form.get("NextToken", 0)), int(form.get("MaxResults", len(items) or 1))
    assert most <= 1_000
    more = {"NextToken": str(start + most)} if start + most < len(items) else {}
    return {key: items[start : start + most], **more}


def to_xml(value, shape, name):
    """Write an answer in the protocols of EC2 and CloudFormation."""
    if shape.type_name == "structure":
        inner = "".join(
            to_xml(value[key], member, member.serialization.get("name", key))
            for key, member in shape.members.items()
            if key in value
        )
    elif shape.type_name == "list":
        item = shape.member.serialization.get("name", "member")
        inner = "".join(to_xml(one, shape.member, item) for one in value)
    else:
        inner = escape(str(value).lower() if isinstance(value, bool) else str(value))
    return f"<{name}>{inner}</{name}>"


class Handler(BaseHTTPRequestHandler):
    disable_nagle_algorithm = True  # else each answer waits 40 ms
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        form = {key: values[0] for key, values in parse_qs(body.decode(), keep_blank_values=True).items()}
        service = self.headers.get("Authorization", "").split("/")[3]
        action, aws = form.get("Action"), self.server.aws
        aws.requests.append((service, action, form))
        try:
            answer = aws.answer(action, form)
            status, content = (200, xml(service, action, answer)) if answer is not None else self.forward(body)
        except RefusedError as error:
            said = f"<Error><Code>{error.code}</Code><Message>{escape(error.message)}</Message></Error>"
            wrapped = f"<Response><Errors>{said}</Errors></Response>"
            status, content = error.status, wrapped if service == "ec2" else f"<ErrorResponse>{said}</ErrorResponse>"
        except Exception as error:
            aws.requests.append((service, repr(error), form))
            status, content = (
                400,
                f"<Response><Errors><Error><Code>Test</Code><Message>{escape(repr(error))}</Message></Error></Errors></Response>",
            )
        sent = content.encode() if isinstance(content, str) else content
        self.send_response(status)
        self.send_header("Content-Type", "text/xml")
        self.send_header("Content-Length", str(len(sent)))
        self.end_headers()
        self.wfile.write(sent)

    def forward(self, body):
        to = http.client.HTTPConnection("127.0.0.1", self.server.aws.moto)
        to.request("POST", self.path, body, dict(self.headers))
        answer = to.getresponse()
        return answer.status, answer.read()

    def log_message(self, *_):
        pass


class ClosingHandler(Handler):
    """Ends the connection after each answer, so that a network can go down between two."""

    protocol_version = "HTTP/1.0"


def listening(aws, handler, port=0):
    """Start a server of what AWS has."""
    server = ThreadingHTTPServer(("127.0.0.1", port), handler)
    server.daemon_threads = True
    server.aws = aws
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    return server


def xml(service, action, answer):
    model = MODELS.load_service_model(service, "service-2")
    model = ServiceModel(model, service).operation_model(action)
    if action == "GetTemplate":
        body = answer["TemplateBody"]
        answer = {"TemplateBody": body if isinstance(body, str) else json.dumps(body)}
    else:
        validate_parameters(answer, model.output_shape)
    if service == "ec2":
        return to_xml(answer, model.output_shape, f"{action}Response")
    return f"<{action}Response>{to_xml(answer, model.output_shape, f'{action}Result')}</{action}Response>"


@contextmanager
def serving():
    """Yield AWS, and the URL that clients may take for its endpoint."""
    moto = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    moto.start()
    server = listening(Aws(moto.get_host_and_port()[1]), Handler)
    try:
        yield server.aws, f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        moto.stop()
