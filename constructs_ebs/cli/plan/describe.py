"""``--describe``: asks AWS for the sizes of a plan's snapshots, and for the snapshots of its AMIs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from importlib import import_module
from typing import Any

from ...core.cloudformation.documents import UnusableError
from ...core.cloudformation.plan import Plan, SnapshotData


def describe(plan: Plan, sizes: Mapping[str, SnapshotData], region: str | None) -> tuple[dict[str, Any], list[str]]:
    """Ask for the sizes of snapshots that the command line does not give, and for the snapshots of AMIs.

    For a snapshot that AWS does not show, the volume size in an AMI is an upper bound.

    Returns:
        The sizes and images for ``make_plan``, and a line for each snapshot or image that is unknown.

    Raises:
        UnusableError: there is no boto3, no Region, or AWS does not answer.
    """
    aws = _aws()
    session = _session(aws, region)
    sizes = dict(sizes)
    images: dict[str, Mapping[str | None, str]] = {}
    missing: list[str] = []
    for account in plan.accounts:
        snapshot_ids = {device.snapshot_id for device in account.devices if device.snapshot_id} - sizes.keys()
        image_ids = {device.image_id for device in account.devices if device.image_id and not device.snapshot_id}
        if not snapshot_ids and not image_ids:
            continue
        where = account.region or session.region_name
        if where is None:
            raise UnusableError("--describe needs a Region, and the templates name none; give --region")
        try:
            client = session.client("ec2", region_name=where, config=aws.CONFIG)
            described = [*_ask(aws, client, "images", image_ids, IncludeDeprecated=True)]
            images |= {image["ImageId"]: _devices(image) for image in described}
            snapshot_ids |= {snapshot for image in described for snapshot in _devices(image).values()} - sizes.keys()
            snapshots = _ask(aws, client, "snapshots", snapshot_ids)
            sizes |= {snapshot["SnapshotId"]: _data(snapshot) for snapshot in snapshots}
            sizes = {**dict(_bounds(described)), **sizes}
        except aws.ERRORS as error:
            raise UnusableError(f"--describe in {where}: {error}") from None
        lost = f"not found in {where}, or not visible to you"
        missing += [
            f"{snapshot}: {lost}; give --snapshot {snapshot}=SIZE" for snapshot in sorted(snapshot_ids - sizes.keys())
        ]
        missing += [f"{image}: {lost}" for image in sorted(image_ids - images.keys())]
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
    """Describe by a filter, which ignores missing ids; in a list of ids they would be an error."""
    call, key = getattr(client, f"describe_{what}"), what.capitalize()
    for chunk in aws.chunks(sorted(ids), aws.VALUES):
        filters = [{"Name": f"{what[:-1]}-id", "Values": chunk}]
        yield from aws.pages(call, key, Filters=filters, MaxResults=aws.IDS, **request)


def _devices(image: Mapping[str, Any]) -> dict[str | None, str]:
    """Return the snapshots of an AMI by device; None stands for the root device."""
    snapshots: dict[str | None, str] = {
        mapping["DeviceName"]: mapping["Ebs"]["SnapshotId"]
        for mapping in image.get("BlockDeviceMappings", ())
        if "SnapshotId" in mapping.get("Ebs", {})
    }
    root = snapshots.get(image.get("RootDeviceName"))
    return {**snapshots, None: root} if root else snapshots


def _bounds(images: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, SnapshotData]]:
    """Yield upper bounds for the snapshots of AMIs: their volumes are at least as large."""
    for image in images:
        for mapping in image.get("BlockDeviceMappings", ()):
            ebs = mapping.get("Ebs", {})
            if "SnapshotId" in ebs and "VolumeSize" in ebs:
                yield ebs["SnapshotId"], SnapshotData(gib=ebs["VolumeSize"], source="volume size")


def _data(snapshot: Mapping[str, Any]) -> SnapshotData:
    """Return how much data a snapshot holds, or its volume's size as an upper bound if EC2 does not say."""
    full = snapshot.get("FullSnapshotSizeInBytes")
    if full is None:
        return SnapshotData(gib=snapshot["VolumeSize"], source="volume size")
    return SnapshotData(gib=full / 2**30, source="described")
