"""What AWS knows of the snapshots of a plan, by boto3."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from importlib import import_module
from typing import Any

from ...core.cloudformation.documents import UnusableError
from ...core.cloudformation.plan import Plan, SnapshotData


def describe(plan: Plan, sizes: Mapping[str, SnapshotData], region: str | None) -> tuple[dict[str, Any], list[str]]:
    """Ask for the sizes of snapshots that nobody has given, and for the snapshots of AMIs, in their Regions.

    Of a snapshot that AWS does not show, the volume that an AMI makes of it is an upper bound.

    Returns:
        What ``make_plan`` takes of them, and a line for each of which nothing is known.

    Raises:
        UnusableError: there is no boto3, no Region, or AWS does not answer.
    """
    aws = _aws()
    session = _session(aws, region)
    sizes = dict(sizes)
    images: dict[str, Mapping[str | None, str]] = {}
    missing: list[str] = []
    for account in plan.accounts:
        snapshots = {one.snapshot_id for one in account.devices if one.snapshot_id} - sizes.keys()
        of_images = {one.image_id for one in account.devices if one.image_id and not one.snapshot_id}
        if not snapshots and not of_images:
            continue
        where = account.region or session.region_name
        if where is None:
            raise UnusableError("--describe needs a Region, and the templates name none; give --region")
        try:
            client = session.client("ec2", region_name=where, config=aws.CONFIG)
            found = [*_ask(aws, client, "images", of_images, IncludeDeprecated=True)]
            images |= {one["ImageId"]: _devices(one) for one in found}
            snapshots |= {one for image in found for one in _devices(image).values()} - sizes.keys()
            sizes |= {one["SnapshotId"]: _data(one) for one in _ask(aws, client, "snapshots", snapshots)}
            sizes = {**dict(_bounds(found)), **sizes}
        except aws.ERRORS as error:
            raise UnusableError(f"--describe in {where}: {error}") from None
        lost = f"not found in {where}, or not to be described"
        missing += [f"{one}: {lost}; give --snapshot {one}=SIZE" for one in sorted(snapshots - sizes.keys())]
        missing += [f"{one}: {lost}" for one in sorted(of_images - images.keys())]
    return {"sizes": sizes, "images": images}, missing


def _aws() -> Any:
    try:
        return import_module("..aws", __package__)
    except ImportError:
        raise UnusableError("--describe needs boto3: pip install 'constructs-ebs[cli]'") from None


def _session(aws: Any, region: str | None) -> Any:
    try:
        return aws.boto3.Session(region_name=region)
    except aws.ERRORS as error:  # a profile that is not there
        raise UnusableError(f"--describe: {error}") from None


def _ask(aws: Any, client: Any, what: str, ids: set[str], **request: Any) -> Iterator[Mapping[str, Any]]:
    """Describe by a filter: it passes over ids that are not there, where a list of ids is an error."""
    call, key = getattr(client, f"describe_{what}"), what.capitalize()
    for chunk in aws.chunks(sorted(ids), aws.VALUES):
        filters = [{"Name": f"{what[:-1]}-id", "Values": chunk}]
        yield from aws.pages(call, key, Filters=filters, MaxResults=aws.IDS, **request)


def _devices(image: Mapping[str, Any]) -> dict[str | None, str]:
    """Return the snapshots of an AMI by device, that of the root device by None too."""
    snapshots: dict[str | None, str] = {
        one["DeviceName"]: one["Ebs"]["SnapshotId"]
        for one in image.get("BlockDeviceMappings", ())
        if "SnapshotId" in one.get("Ebs", {})
    }
    root = snapshots.get(image.get("RootDeviceName"))
    return {**snapshots, None: root} if root else snapshots


def _bounds(images: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, SnapshotData]]:
    """Yield how much the snapshots of AMIs can hold at most: their volumes are as large at least."""
    for ebs in (one.get("Ebs", {}) for image in images for one in image.get("BlockDeviceMappings", ())):
        if "SnapshotId" in ebs and "VolumeSize" in ebs:
            yield ebs["SnapshotId"], SnapshotData(ebs["VolumeSize"], "volume size")


def _data(snapshot: Mapping[str, Any]) -> SnapshotData:
    """Return how much a snapshot holds, or at most could if EC2 does not say."""
    full = snapshot.get("FullSnapshotSizeInBytes")
    return (
        SnapshotData(snapshot["VolumeSize"], "volume size") if full is None else SnapshotData(full / 2**30, "described")
    )
