"""Makes a version of a launch template (CreateLaunchTemplateVersion) on top of another one, and removes it.

EC2 forgets the snapshots of the source's devices, so that all of its devices are read and given again. A mark at the
end of the version's description tells it apart: a call that is repeated, or an update that is rolled back, finds it. It
also holds the numbers of the source and of the former default: a resource does not build on a version of its own, and a
rollback gives the default back.
"""

import hashlib
import json
import re
from contextlib import suppress
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

Event = dict[str, Any]
RETRIES = Config(retries={"mode": "standard", "total_max_attempts": 10})
EC2: Any = boto3.client("ec2", config=RETRIES)
CLOUDFORMATION: Any = boto3.client("cloudformation", config=RETRIES)
GONE = (
    "InvalidLaunchTemplateId.NotFound",
    "InvalidLaunchTemplateId.VersionNotFound",
    "InvalidLaunchTemplateName.NotFoundException",
)
RATE = "VolumeInitializationRate"
MARK = re.compile(r"\[([0-9a-f]{8})/([0-9a-f]{8})/(\d+)/(\d+)\]$")  # resource, request, source, former default
UPDATE = "AWS renews runtimes Region by Region; deploy again later"


def log(params: Any = None, parsed: Any = None, model: Any = None, **_: object) -> None:
    """Log what was asked of EC2 and what it answered, without user data."""
    text = json.dumps({model.name: params or parsed}, default=str)
    print(re.sub(r'"UserData": "[^"]*"', '"UserData": "..."', text))


EC2.meta.events.register("provide-client-params.ec2", log)
EC2.meta.events.register("after-call.ec2", log)


def on_event(event: Event, _context: object) -> Event:
    """Do what CloudFormation asks for, and return the template's id and the version's number."""
    properties = event["ResourceProperties"]
    asked = {name: value for name, value in properties.items() if name != "ServiceToken"}
    mark = (hashed(event["StackId"], event["LogicalResourceId"]), hashed(asked))
    if event["RequestType"] == "Delete":
        remove(event, mark)
        return {}
    versions = versions_of(properties["LaunchTemplate"])
    found = [version for version in versions if mark_of(version)[:2] == mark]
    version = found[0] if found else make(event, versions, mark)
    template, number = version["LaunchTemplateId"], str(version["VersionNumber"])
    if properties["SetDefaultVersion"] == "true":
        try:
            EC2.modify_launch_template(LaunchTemplateId=template, DefaultVersion=number)
        except Exception:
            if not found:  # CloudFormation will not know of it
                with suppress(ClientError, BotoCoreError):  # of the two errors the first one tells more
                    delete(template, number)
            raise
    data = {"LaunchTemplateId": template, "LaunchTemplateName": version["LaunchTemplateName"], "VersionNumber": number}
    return {"PhysicalResourceId": f"{template}:{number}", "Data": data}


def make(event: Event, versions: list[Event], mark: tuple[str, str]) -> Event:
    """Create the version."""
    properties, known = event["ResourceProperties"], {str(version["VersionNumber"]): version for version in versions}
    default = next(str(version["VersionNumber"]) for version in versions if version["DefaultVersion"])
    wanted = properties["SourceVersion"]
    number = {"$Latest": str(versions[0]["VersionNumber"]), "$Default": default}.get(wanted, wanted)
    while number in known and mark_of(known[number])[0] == mark[0]:
        number = mark_of(known[number])[2]
    if number not in known:
        newest = ", ".join([*known][:20])
        raise RuntimeError(f"the launch template has no version {number}; use $Default, $Latest or one of {newest}")
    source = known[number]
    answer = EC2.create_launch_template_version(
        LaunchTemplateId=source["LaunchTemplateId"],
        SourceVersion=number,
        VersionDescription=f"{properties['VersionDescription']} [{'/'.join([*mark, number, default])}]".strip(),
        LaunchTemplateData={"BlockDeviceMappings": devices_on(source, properties)},
        ClientToken=hashlib.sha256(f"{event['RequestId']} {mark}".encode()).hexdigest(),
    )
    version = answer["LaunchTemplateVersion"]
    if errors := answer.get("Warning", {}).get("Errors"):
        delete(version["LaunchTemplateId"], str(version["VersionNumber"]))
        raise RuntimeError("; ".join(f"{error['Message']} ({error['Code']})" for error in errors))
    return dict(version)


def devices_on(source: Event, properties: Event) -> list[Event]:
    """Return all devices of the version, with their rates."""
    shape = EC2.meta.service_model.operation_model("CreateLaunchTemplateVersion").input_shape
    shape = shape.members["LaunchTemplateData"].members["BlockDeviceMappings"]
    devices = merged(
        source["LaunchTemplateData"].get("BlockDeviceMappings", []),
        typed(properties["BlockDeviceMappings"], shape),
        typed(properties["Changes"], shape),
    )
    rate = typed({RATE: properties[RATE]}, shape.member.members["Ebs"]) if RATE in properties else {}
    for device in devices:
        if "SnapshotId" in device.get("Ebs", {}):
            device["Ebs"] = rate | device["Ebs"]
    if not devices or (rate and not any(RATE in device.get("Ebs", {}) for device in devices)):
        raise RuntimeError(
            f"version {source['VersionNumber']} maps no device to a snapshot, so that none gets a rate; give "
            "block_devices=[BlockDevice.from_image(...)] with the name of the AMI's device and its rate"
        )
    return devices


def merged(source: list[Event], devices: list[Event], changes: list[Event]) -> list[Event]:
    """Return the source's devices with some replaced, some changed, and new ones at the end."""
    found = {device["DeviceName"]: device for device in source} | {device["DeviceName"]: device for device in devices}
    for change in changes:
        former = found.get(change["DeviceName"], {})
        found[change["DeviceName"]] = {**former, **change, "Ebs": {**former.get("Ebs", {}), **change["Ebs"]}}
    return list(found.values())


def remove(event: Event, mark: tuple[str, str]) -> None:
    """Delete the version, unless it is the default by now: EC2 keeps that as long as it is."""
    properties = event["ResourceProperties"]
    # An answer that took too long leaves CloudFormation with an id of its own invention.
    template, known, number = event["PhysicalResourceId"].partition(":")
    wanted = {"LaunchTemplateId": template, "Versions": [number]} if known else properties["LaunchTemplate"]
    try:
        versions = versions_of(wanted)
    except ClientError as error:
        if error.response["Error"]["Code"] not in GONE:
            raise
        versions = []
    version = next((each for each in versions if known or mark_of(each)[:2] == mark), None)
    if version is None:  # somebody else deleted it
        return
    template, number, former = version["LaunchTemplateId"], str(version["VersionNumber"]), mark_of(version)[3]
    if version["DefaultVersion"]:
        if properties["SetDefaultVersion"] != "true" or not rolls_back(event["StackId"]):
            print(f"version {number} of {template} is the default: it stays")
            return
        try:
            EC2.modify_launch_template(LaunchTemplateId=template, DefaultVersion=former)
        except ClientError as error:
            left = f"version {number} of {template} is still the default after this rollback; set {former} again"
            raise RuntimeError(f"{left} ({error})") from error
    delete(template, number)


def delete(template: str, number: str) -> None:
    """Delete the version, or find it deleted."""
    try:
        answer = EC2.delete_launch_template_versions(LaunchTemplateId=template, Versions=[number])
    except ClientError as error:
        if error.response["Error"]["Code"] in GONE:
            return
        raise
    for failed in answer.get("UnsuccessfullyDeletedLaunchTemplateVersions", []):
        if not failed["ResponseError"]["Code"].endswith("DoesNotExist"):
            raise RuntimeError(failed["ResponseError"]["Message"])


def rolls_back(stack: str) -> bool:
    """Tell whether a deployment is being rolled back."""
    [described] = CLOUDFORMATION.describe_stacks(StackName=stack)["Stacks"]
    return "ROLLBACK" in described["StackStatus"]


def mark_of(version: Event) -> tuple[str, ...]:
    """Return what the description says: the resource and the request it is of, its source, the former default."""
    found = MARK.search(version.get("VersionDescription", ""))
    return found.groups() if found else ("", "", "", "")


def versions_of(template: Event) -> list[Event]:
    """Return all versions of the template, the latest first."""
    pages = EC2.get_paginator("describe_launch_template_versions").paginate(**template)
    versions = [version for page in pages for version in page["LaunchTemplateVersions"]]
    return sorted(versions, key=lambda version: version["VersionNumber"], reverse=True)


def hashed(*parts: Any) -> str:
    """Return a short name for what is the same."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:8]


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
