"""What AWS knows of the snapshots of a plan, by boto3."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, Final

from ._documents import UnusableError
from .core.plan import Plan, SnapshotData

_CHUNK: Final = 200
"""Values that a filter takes: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Filtering.html"""


def describe(plan: Plan, sizes: Mapping[str, SnapshotData], region: str | None) -> tuple[dict[str, Any], list[str]]:
    """Ask for the sizes of snapshots that nobody has given, and for the snapshots of AMIs, in their Regions.

    Returns:
        What ``make_plan`` takes of them, and a line for each that AWS does not show.

    Raises:
        UnusableError: there is no boto3, no Region, or AWS does not answer.
    """
    session = _session(region)
    from botocore.exceptions import BotoCoreError, ClientError

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
            client = session.client("ec2", region_name=where)
            images |= {one["ImageId"]: _devices(one) for one in _ask(client, "images", of_images)}
            snapshots |= {one for image in of_images & images.keys() for one in images[image].values()} - sizes.keys()
            sizes |= {one["SnapshotId"]: _data(one) for one in _ask(client, "snapshots", snapshots)}
        except (BotoCoreError, ClientError) as error:
            raise UnusableError(f"--describe in {where}: {error}") from None
        lost = f"not found in {where}, or not to be described"
        missing += [f"{one}: {lost}; give --snapshot {one}=SIZE" for one in sorted(snapshots - sizes.keys())]
        missing += [f"{one}: {lost}" for one in sorted(of_images - images.keys())]
    return {"sizes": sizes, "images": images}, missing


def _session(region: str | None) -> Any:
    try:
        import boto3
    except ImportError:
        raise UnusableError("--describe needs boto3: pip install 'constructs-ebs[cli]'") from None
    from botocore.exceptions import BotoCoreError

    try:
        return boto3.Session(region_name=region)
    except BotoCoreError as error:  # a profile that is not there
        raise UnusableError(f"--describe: {error}") from None


def _ask(client: Any, what: str, ids: set[str]) -> Iterator[Mapping[str, Any]]:
    """Describe by a filter: it passes over ids that are not there, where a list of ids is an error."""
    rest = iter(sorted(ids))
    while chunk := list(islice(rest, _CHUNK)):
        filters = [{"Name": f"{what[:-1]}-id", "Values": chunk}]
        for page in client.get_paginator(f"describe_{what}").paginate(Filters=filters):
            yield from page[what.capitalize()]


def _devices(image: Mapping[str, Any]) -> dict[str | None, str]:
    """Return the snapshots of an AMI by device, that of the root device by None too."""
    snapshots: dict[str | None, str] = {
        one["DeviceName"]: one["Ebs"]["SnapshotId"]
        for one in image.get("BlockDeviceMappings", ())
        if "SnapshotId" in one.get("Ebs", {})
    }
    root = snapshots.get(image.get("RootDeviceName"))
    return {**snapshots, None: root} if root else snapshots


def _data(snapshot: Mapping[str, Any]) -> SnapshotData:
    """Return how much a snapshot holds, or at most could if EC2 does not say."""
    full = snapshot.get("FullSnapshotSizeInBytes")
    return (
        SnapshotData(snapshot["VolumeSize"], "volume size") if full is None else SnapshotData(full / 2**30, "described")
    )
