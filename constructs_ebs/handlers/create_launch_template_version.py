"""Makes a version of a launch template (CreateLaunchTemplateVersion) on top of another one, and removes it.

EC2 forgets the snapshots of the source's devices, so that all of its devices are read and given again. A version has no
tags: its mark stands at the end of its description, with the numbers of the source and of the former default. A
resource does not build on a version of its own, and a rollback gives the default back.
"""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from . import stacks
from .aws import Pending, client, code_of, pages, passes, shape, typed
from .requests import UNSEEN, ResourceRequest, hashed, version_mark

Version = dict[str, Any]
RATE = "VolumeInitializationRate"
_TEMPLATE_GONE = ("InvalidLaunchTemplateId.NotFound", "InvalidLaunchTemplateName.NotFoundException")
_GONE = (*_TEMPLATE_GONE, "InvalidLaunchTemplateId.VersionNotFound")


def asked(properties: dict[str, Any]) -> Any:
    """Return what makes it another version."""
    return {name: value for name, value in properties.items() if name not in ("ServiceToken", "Retain")}


def ensure(request: ResourceRequest) -> dict[str, str]:
    """Return the attributes of the version; make it if there is none."""
    versions = _versions(request.properties["LaunchTemplate"])
    _remove_orphans(request, versions)
    version = next((version for version in versions if request.made(version_mark(version)[0])), None)
    if version is None:
        stacks.check(request)
        version = _make(request, versions)
    template, number = version["LaunchTemplateId"], str(version["VersionNumber"])
    if request.is_on("SetDefaultVersion") and not version["DefaultVersion"]:
        _set_default(request, versions, template, number)
    return {"LaunchTemplateId": template, "LaunchTemplateName": version["LaunchTemplateName"], "VersionNumber": number}


def _set_default(request: ResourceRequest, versions: list[Version], template: str, number: str) -> None:
    """Make the version the default. A rollback leaves alone what somebody else has set since."""
    stacks.check(request)
    if request.type == "Update" and stacks.rolls_back(request.stack):
        default = {str(version["VersionNumber"]): version for version in versions}[_default(versions)]
        if version_mark(default)[0].resource != request.resource:
            return
    client("ec2").modify_launch_template(LaunchTemplateId=template, DefaultVersion=number)


def remove(request: ResourceRequest) -> None:
    """Delete the version, unless it is the default by now: EC2 keeps that as long as it is."""
    try:
        versions = _versions(request.properties["LaunchTemplate"])
    except ClientError as error:
        if code_of(error) not in _TEMPLATE_GONE:
            raise
        versions = []
    version = next((version for version in versions if request.made(version_mark(version)[0])), None)
    if version is None:
        if request.waited < UNSEEN:
            raise Pending("the version is not shown")
        return
    stacks.check_removal(request)
    gives_back = request.is_on("SetDefaultVersion") and stacks.rolls_back(request.stack)
    _withdraw(request, version, gives_back)


def _remove_orphans(request: ResourceRequest, versions: list[Version]) -> None:
    """Remove what an update made whose answer was lost, or which CloudFormation has cancelled."""
    if request.type != "Update" or request.keeps:
        return
    for version in versions:
        if request.orphaned(version_mark(version)[0]):
            stacks.check(request)  # a late duplicate of a rollback's event finds what was deployed since
            _withdraw(request, version, gives_back=True)
    if request.former == request.request and request.waited < UNSEEN and stacks.rolls_back(request.stack):
        raise Pending("EC2 may not show yet what this rollback is to remove")


def _withdraw(request: ResourceRequest, version: Version, gives_back: bool) -> None:
    """Delete a version; if it is the default, give the former default back first, or leave it.

    Which version is the default may be shown late, but EC2 never deletes that one.
    """
    template, number = version["LaunchTemplateId"], str(version["VersionNumber"])
    unknown = "EC2 shows it, and does not know it yet" if request.waited < UNSEEN else ""
    refused = _delete(template, number, gone=unknown)
    if refused and gives_back and refused != unknown:
        former = version_mark(version)[2]
        try:
            client("ec2").modify_launch_template(LaunchTemplateId=template, DefaultVersion=former)
        except ClientError as error:
            if passes(error):
                raise
            left = f"version {number} of {template} is still the default after this rollback; set {former} again"
            raise RuntimeError(f"{left} ({error})") from error
        refused = _delete(template, number, gone=unknown)
    if refused and (gives_back or refused == unknown or not version["DefaultVersion"]):
        raise Pending(f"version {number} of {template} is not deleted: {refused}")
    if refused:
        print(f"version {number} of {template} is the default: it stays")


def _make(request: ResourceRequest, versions: list[Version]) -> Version:
    """Create the version."""
    known = {str(version["VersionNumber"]): version for version in versions}
    default = _default(versions)
    number, mark = _source(request, versions, known), request.mark
    source = known[number]
    marked = f"[{mark.resource}/{mark.request}/{mark.replaces}/{number}/{default}]"
    try:
        answer = client("ec2").create_launch_template_version(
            LaunchTemplateId=source["LaunchTemplateId"],
            SourceVersion=number,
            VersionDescription=f"{request.properties['VersionDescription']} {marked}".strip(),
            LaunchTemplateData={"BlockDeviceMappings": _devices(source, request.properties)},
            ClientToken=hashed(str(mark)),
        )
    except ClientError as error:
        if code_of(error) != "IdempotentParameterMismatch" and (code_of(error) not in _GONE or request.waited > UNSEEN):
            raise
        # An earlier call made it and the default or the source has changed since; or the source was just deleted.
        raise Pending("the version is not shown") from error
    version: Version = answer["LaunchTemplateVersion"]
    if errors := answer.get("Warning", {}).get("Errors"):
        _delete(version["LaunchTemplateId"], str(version["VersionNumber"]))
        raise RuntimeError("; ".join(f"{error['Message']} ({error['Code']})" for error in errors))
    return version


def _source(request: ResourceRequest, versions: list[Version], known: dict[str, Version]) -> str:
    """Return the number of the version to build on."""
    wanted: str = request.properties["SourceVersion"]
    number = {"$Latest": str(versions[0]["VersionNumber"]), "$Default": _default(versions)}.get(wanted, wanted)
    while number in known and version_mark(known[number])[0].resource == request.resource:
        number = version_mark(known[number])[1]
    if number not in known:
        newest = ", ".join([*known][:20])
        raise RuntimeError(f"the launch template has no version {number}; use $Default, $Latest or one of {newest}")
    return number


def _default(versions: list[Version]) -> str:
    """Return the number of the default version."""
    for version in versions:
        if version["DefaultVersion"]:
            return str(version["VersionNumber"])
    raise Pending("the launch template's default version is not shown")


def _devices(source: Version, properties: dict[str, Any]) -> list[dict[str, Any]]:
    """Return all devices of the version, with their rates."""
    mappings = shape("CreateLaunchTemplateVersion", "LaunchTemplateData", "BlockDeviceMappings")
    devices = _merged(
        source["LaunchTemplateData"].get("BlockDeviceMappings", []),
        typed(properties["BlockDeviceMappings"], mappings),
        typed(properties["Changes"], mappings),
    )
    rate = typed({RATE: properties[RATE]}, mappings.member.members["Ebs"]) if RATE in properties else {}
    for device in devices:
        if "SnapshotId" in device.get("Ebs", {}):
            device["Ebs"] = rate | device["Ebs"]
    if not devices or (rate and not any(RATE in device.get("Ebs", {}) for device in devices)):
        raise RuntimeError(
            f"version {source['VersionNumber']} maps no device to a snapshot, so that none gets a rate; give "
            "block_devices=[BlockDevice.from_image(...)] with the name of the AMI's device and its rate"
        )
    return devices


def _merged(
    source: list[dict[str, Any]], devices: list[dict[str, Any]], changes: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Return the source's devices with some replaced, some changed, and new ones at the end."""
    found = {device["DeviceName"]: device for device in source} | {device["DeviceName"]: device for device in devices}
    for change in changes:
        former = found.get(change["DeviceName"], {})
        found[change["DeviceName"]] = {**former, **change, "Ebs": {**former.get("Ebs", {}), **change["Ebs"]}}
    return list(found.values())


def _delete(template: str, number: str, gone: str = "") -> str:
    """Delete the version, or find it gone, and return that; return why EC2 refuses to."""
    try:
        answer = client("ec2").delete_launch_template_versions(LaunchTemplateId=template, Versions=[number])
    except ClientError as error:
        if code_of(error) in _GONE:
            return gone
        if code_of(error) != "OperationNotPermitted":
            raise
        return str(error)  # it is the default
    failed = [item["ResponseError"] for item in answer.get("UnsuccessfullyDeletedLaunchTemplateVersions", [])]
    return "; ".join(gone if error["Code"].endswith("DoesNotExist") else error["Message"] for error in failed)


def _versions(template: dict[str, Any]) -> list[Version]:
    """Return all versions of the template, the latest first."""
    shown = pages("ec2", "describe_launch_template_versions", **template)
    versions = [version for page in shown for version in page["LaunchTemplateVersions"]]
    return sorted(versions, key=lambda version: int(version["VersionNumber"]), reverse=True)
