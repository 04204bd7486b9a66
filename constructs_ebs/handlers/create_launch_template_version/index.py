"""Makes a version of a launch template (CreateLaunchTemplateVersion) on top of another one, and removes it.

EC2 forgets the snapshots of the source's devices, so that all of its devices are read and given again. A mark at the
end of the version's description tells it apart: a call that is repeated, or an update that is rolled back, finds it.
"""

import hashlib
import json
import re
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

Event = dict[str, Any]
EC2: Any = boto3.client("ec2", config=Config(retries={"mode": "standard", "total_max_attempts": 10}))
GONE = ("InvalidLaunchTemplateId.NotFound", "InvalidLaunchTemplateId.VersionNotFound")
RATE = "VolumeInitializationRate"


def log(params: Any = None, parsed: Any = None, model: Any = None, **_: object) -> None:
    """Log what was asked of EC2 and what it answered, without user data."""
    text = json.dumps({model.name: params or parsed}, default=str)
    print(re.sub(r'"UserData": "[^"]*"', '"UserData": "..."', text))


EC2.meta.events.register("provide-client-params.ec2", log)
EC2.meta.events.register("after-call.ec2", log)


def on_event(event: Event, _context: object) -> Event:
    """Do what CloudFormation asks for, and return the template's id and the version's number."""
    if event["RequestType"] == "Delete":
        remove(*event["PhysicalResourceId"].split(":"))
        return {}
    properties = event["ResourceProperties"]
    asked = {name: value for name, value in properties.items() if name not in ("ServiceToken", "SetDefaultVersion")}
    mark = f"[{hashed(event['StackId'], event['LogicalResourceId'], asked)}]"
    versions = versions_of(properties["LaunchTemplate"])
    found = [one for one in versions if one.get("VersionDescription", "").endswith(mark)]
    version = found[0] if found else make(event, properties, versions, mark)
    template, number = version["LaunchTemplateId"], str(version["VersionNumber"])
    if properties["SetDefaultVersion"] == "true":
        try:
            EC2.modify_launch_template(LaunchTemplateId=template, DefaultVersion=number)
        except Exception:
            if not found:  # CloudFormation will not know of it
                EC2.delete_launch_template_versions(LaunchTemplateId=template, Versions=[number])
            raise
    data = {"LaunchTemplateId": template, "LaunchTemplateName": version["LaunchTemplateName"], "VersionNumber": number}
    return {"PhysicalResourceId": f"{template}:{number}", "Data": data}


def make(event: Event, properties: Event, versions: list[Event], mark: str) -> Event:
    """Create the version."""
    wanted, known = properties["SourceVersion"], {str(one["VersionNumber"]): one for one in versions}
    named = {"$Latest": versions[0], "$Default": next(one for one in versions if one["DefaultVersion"])}
    source = (known | named).get(wanted)
    if source is None:
        some = ", ".join([*known][:20])
        raise RuntimeError(f"the launch template has no version {wanted}; use $Default, $Latest or one of {some}")
    shape = EC2.meta.service_model.operation_model("CreateLaunchTemplateVersion").input_shape
    shape = shape.members["LaunchTemplateData"].members["BlockDeviceMappings"]
    devices = merged(
        source["LaunchTemplateData"].get("BlockDeviceMappings", []),
        typed(properties["BlockDeviceMappings"], shape),
        typed(properties["Changes"], shape),
    )
    for device in devices:
        if RATE in properties and "SnapshotId" in device.get("Ebs", {}):
            device["Ebs"].setdefault(RATE, int(properties[RATE]))
    answer = EC2.create_launch_template_version(
        LaunchTemplateId=source["LaunchTemplateId"],
        SourceVersion=str(source["VersionNumber"]),
        VersionDescription=f"{properties['VersionDescription']} {mark}".strip(),
        LaunchTemplateData={"BlockDeviceMappings": devices},
        ClientToken=hashed(event["RequestId"], mark),
    )
    version = answer["LaunchTemplateVersion"]
    if errors := answer.get("Warning", {}).get("Errors"):
        template, number = version["LaunchTemplateId"], str(version["VersionNumber"])
        EC2.delete_launch_template_versions(LaunchTemplateId=template, Versions=[number])
        raise RuntimeError("; ".join(f"{error['Message']} ({error['Code']})" for error in errors))
    return dict(version)


def merged(source: list[Event], devices: list[Event], changes: list[Event]) -> list[Event]:
    """Return the source's devices with some replaced, some changed, and new ones at the end."""
    found = {device["DeviceName"]: device for device in source} | {device["DeviceName"]: device for device in devices}
    for change in changes:
        former = found.get(change["DeviceName"], {})
        found[change["DeviceName"]] = {**former, **change, "Ebs": {**former.get("Ebs", {}), **change["Ebs"]}}
    return list(found.values())


def remove(template: str, number: str) -> None:
    """Delete the version, unless it is the default by now: EC2 keeps that as long as it is."""
    try:
        found = EC2.describe_launch_template_versions(LaunchTemplateId=template, Versions=[number])
        if any(version["DefaultVersion"] for version in found["LaunchTemplateVersions"]):
            print(f"version {number} of {template} is the default: it stays")
            return
        answer = EC2.delete_launch_template_versions(LaunchTemplateId=template, Versions=[number])
    except ClientError as error:
        if error.response["Error"]["Code"] in GONE:  # somebody else deleted it
            return
        raise
    for failed in answer.get("UnsuccessfullyDeletedLaunchTemplateVersions", []):
        if not failed["ResponseError"]["Code"].endswith("DoesNotExist"):
            raise RuntimeError(failed["ResponseError"]["Message"])


def versions_of(template: Event) -> list[Event]:
    """Return all versions of the template, the latest first."""
    pages = EC2.get_paginator("describe_launch_template_versions").paginate(**template)
    versions = [version for page in pages for version in page["LaunchTemplateVersions"]]
    return sorted(versions, key=lambda version: version["VersionNumber"], reverse=True)


def hashed(*parts: Any) -> str:
    """Return a short name for what is the same."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]


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
