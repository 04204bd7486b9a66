"""``make_plan``: reads the rated volumes from an app's templates and makes a plan of them."""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from .. import limits
from ..actions import RATE
from ..estimate import InitializationEstimate, estimate
from ..requests import RequestedVolume, label_of
from . import snapshot_data
from .custom_resources import IMAGE, VERSION, read_image
from .launches import Launch, follow_launches, largest_launches, sum_of_rates
from .paths import values_at
from .plan import (
    FSR_USD_PER_HOUR,
    USD_PER_GIB_AND_MIBPS,
    AccountPlan,
    FastSnapshotRestore,
    Moment,
    Plan,
    PlannedDevice,
    SnapshotData,
)
from .references import App, AppTemplate, Place, Reference
from .resources import RESOURCE_TYPES
from .templates import VolumeRequest, read_template

_MOST: Final = 10**9  # Volumes past it are wrong already.


def make_plan(
    templates: Sequence[AppTemplate],
    *,
    sizes: Mapping[str, SnapshotData] | None = None,
    images: Mapping[str, Mapping[str | None, str]] | None = None,
    quota: int = limits.RATE_QUOTA,
    prices: Mapping[str | None, float] = USD_PER_GIB_AND_MIBPS,
    fsr_prices: Mapping[str | None, float] = FSR_USD_PER_HOUR,
) -> Plan:
    """Plan the rated volumes of an app, as if its stacks, groups and fleets created all of them at the same moment.

    Never raises on odd templates.

    Args:
        templates: all templates, those of nested stacks included.
        sizes: by snapshot id. Default: none is known, and the sizes of volumes are upper bounds.
        images: snapshot ids by AMI id and device name; None stands for the root device.
        quota: MiB/s that an account and Region has. Default: 5,000, EC2's own.
        prices: USD for a GiB of snapshot data and each MiB/s of rate, by Region; None stands for all others. Default:
            us-east-1's, from a public source of 2025 that AWS has not confirmed.
        fsr_prices: USD for an hour of fast snapshot restore of a snapshot in an Availability Zone, by Region. Default:
            us-east-1's.
    """
    app = App(templates)
    rated, refused = _rated(app)
    launches = _launches(app, rated)
    largest = largest_launches(launches, {place: sum_of_rates(volumes) for place, volumes in rated.items()})
    accounts: dict[tuple[str | None, str | None], list[PlannedDevice]] = defaultdict(list)
    for launch in largest:
        where = app.environment(launch.launcher.template)
        price = prices.get(where[1], prices.get(None))
        for volume in rated[launch.template]:
            accounts[where].append(_device(app, launch, volume, sizes or {}, images or {}, price))
    places = [Place(index, logical_id) for index in range(len(templates)) for logical_id in app.resources[index]]
    return Plan(
        accounts=tuple(
            AccountPlan(
                account=account,
                region=region,
                devices=tuple(sorted(devices, key=_order)),
                moments=tuple(_moments(devices)),
                quota=quota,
                usd_per_gib_and_mibps=prices.get(region, prices.get(None)),
                fast_snapshot_restore=_fast_snapshot_restore(devices, fsr_prices.get(region, fsr_prices.get(None))),
            )
            for (account, region), devices in sorted(accounts.items(), key=_by_name)
        ),
        refused=tuple(dict.fromkeys(map(app.given, refused))),
        sharing=tuple(dict.fromkeys(map(app.given, _sharing(launches)))),
        versions=tuple(place for place in places if app.kind(place) == VERSION),
    )


def _launches(app: App, rated: Collection[Place]) -> list[Launch]:
    """Return all launches of rated volumes; a launch template counts as its own launcher if nothing launches it."""
    launches = [*follow_launches(app, rated)]
    used = {launch.template for launch in launches if launch.launcher != launch.template}
    return [launch for launch in launches if launch.launcher != launch.template or launch.template not in used]


def _sharing(launches: Iterable[Launch]) -> list[Place]:
    """Return the resources that launch several launch templates."""
    templates_of: dict[Place, set[Place]] = defaultdict(set)
    for launch in launches:
        templates_of[launch.launcher].add(launch.template)
    return [launcher for launcher, templates in templates_of.items() if len(templates) > 1]


def _rated(app: App) -> tuple[dict[Place, list[RequestedVolume]], list[Place]]:
    """Return the rated volumes that EC2 accepts, by resource, and the resources with other rated volumes."""
    rated: dict[Place, list[RequestedVolume]] = defaultdict(list)
    refused: list[Place] = []
    for index, each in enumerate(app.templates):
        for resource in read_template(each.template, app.evaluators[index]):
            place = Place(index, resource.logical_id)
            for request in resource.requests:
                volumes = [volume for volume in request.request.volumes if volume.given(RATE)]
                good = _taken(request) if volumes else []
                if good:
                    rated[place] += good
                if len(good) < len(volumes):
                    refused.append(place)
    return rated, refused


def _taken(request: VolumeRequest) -> list[RequestedVolume]:
    """Return the rated volumes that nothing refuses."""
    errors = [finding.path for finding in request.check() if finding.severity == "error"]
    return [volume for volume in request.rated if not any(path[: len(volume.path)] == volume.path for path in errors)]


def _device(
    app: App,
    launch: Launch,
    volume: RequestedVolume,
    sizes: Mapping[str, SnapshotData],
    images: Mapping[str, Mapping[str | None, str]],
    price: float | None,
) -> PlannedDevice:
    rate = volume.known(RATE)
    device = volume.device if isinstance(volume.device, str) else None
    snapshot, size, image = volume.known("SnapshotId"), volume.known("VolumeSize"), None
    if volume.absent("SnapshotId") and volume.action.inherits:
        image, of_image = _image(app, launch.template, volume)
        snapshot = of_image.known("SnapshotId") if of_image else images.get(image or "", {}).get(device)
        size = size or (of_image.known("VolumeSize") if of_image else None)
    data = sizes.get(snapshot) if isinstance(snapshot, str) else None
    if data is None or data.source == "volume size":
        told = snapshot_data.read(app.resources[launch.template.template].get(launch.template.logical_id), device)
        data = SnapshotData(gib=told, source="metadata") if told else data
    if data is None and isinstance(size, int) and 0 < size <= limits.LARGEST_VOLUME:
        data = SnapshotData(gib=size, source="volume size")
    expected = _estimate(data.gib, rate, price or 0) if data and rate else None
    count = min(launch.instances, _MOST)
    return PlannedDevice(
        place=app.given(launch.launcher),
        source=app.given(launch.template),
        device=device or label_of(volume.path, None, {}) or None,
        volumes=count,
        exact=launch.exact,
        rate=rate,
        snapshot_id=snapshot if isinstance(snapshot, str) else None,
        image_id=image,
        data=data,
        estimate=expected,
        cost_usd=expected.cost_usd * count if expected and price is not None else None,
        zones=frozenset(_zones(app, launch.launcher)),
        conditional=_conditional(app, launch.launcher) or _conditional(app, launch.template),
    )


def _conditional(app: App, place: Place | None) -> bool:
    """Whether a resource is there only if a condition holds: its own, or that of a nested stack around it."""
    around: set[Place] = set()
    while place is not None and place not in around:
        around.add(place)
        if "Condition" in app.resources[place.template][place.logical_id]:
            return True
        place = app.parents.get(place.template)
    return False


def _estimate(gib: float, rate: int, price: float) -> InitializationEstimate:
    if not gib:  # the snapshot of an empty volume
        return InitializationEstimate(seconds=0, fastest_seconds=0, slowest_seconds=0, cost_usd=0)
    return estimate(gib, rate, usd_per_gib=price * rate)


def _image(app: App, place: Place, volume: RequestedVolume) -> tuple[str | None, RequestedVolume | None]:
    """Return the id of the AMI that has a device's snapshot, and the device in it if the app registers the AMI."""
    image = next(values_at(app.properties(place), (*volume.action.where, "ImageId")), None)
    if isinstance(image, str):
        return image, None
    if not isinstance(image, Reference) or app.kind(image.place) != IMAGE:
        return None, None
    request = read_image(app.properties(image.place))
    device = volume.device if isinstance(volume.device, str) else request.values.get("RootDeviceName")
    return None, next((mapped for mapped in request.volumes if mapped.device == device), None)


def _zones(app: App, place: Place) -> Iterator[str]:
    """Yield the Availability Zones in which a resource makes volumes; if it names none, those of its subnets."""
    row = RESOURCE_TYPES.get(str(app.kind(place)))
    if row is None or row.launch is None:
        return
    for each in values_at(app.written(place), row.launch.each):
        zones = [zone for path in row.launch.zones for zone in values_at(each, path)]
        for written in zones or (subnet for path in row.launch.subnets for subnet in values_at(each, path)):
            yield json.dumps(_zone(app, place, written), sort_keys=True, default=str)


def _zone(app: App, place: Place, written: Any) -> Any:
    """Return a zone's name if it is certain, or else how its template writes it, which tells it from other zones."""
    value = app.value(place.template, written)
    if isinstance(value, Reference) and app.kind(value.place) == "AWS::EC2::Subnet":
        written = app.written(value.place).get("AvailabilityZone", written)
        value = app.properties(value.place).get("AvailabilityZone")
    return value if isinstance(value, str) else written


def _by_name(account: tuple[tuple[str | None, str | None], object]) -> list[str]:
    """Sort accounts and Regions by name, unknown ones last."""
    return [name or "~" for name in account[0]]


def _order(device: PlannedDevice) -> tuple[Any, ...]:
    """Sort devices by time, the longest first, unknown times last; equal times stay in the order of the templates."""
    return (
        device.volumes == 0,
        device.estimate is None,
        -device.estimate.seconds if device.estimate else 0,
        -(device.rate or 0) * device.volumes,
    )


def _moments(devices: Iterable[PlannedDevice]) -> Iterator[Moment]:
    """Yield the times between the ends of initializations, with the rates that remain."""
    ends: dict[float | None, list[int]] = defaultdict(lambda: [0, 0])
    for device in devices:
        if device.volumes:
            end = ends[device.estimate.seconds if device.estimate else None]
            end[0] += (device.rate or 0) * device.volumes
            end[1] += device.volumes
    rate, volumes = (sum(end[index] for end in ends.values()) for index in (0, 1))
    start = 0.0
    for seconds in sorted(end for end in ends if end is not None):
        if seconds > start or not start:
            yield Moment(from_seconds=start, to_seconds=seconds, rate=rate, volumes=volumes)
        rate, volumes, start = rate - ends[seconds][0], volumes - ends[seconds][1], seconds
    if volumes:
        yield Moment(from_seconds=start, to_seconds=None, rate=rate, volumes=volumes)


def _fast_snapshot_restore(devices: Iterable[PlannedDevice], price: float | None) -> FastSnapshotRestore:
    """Return what enabling fast snapshot restore costs for each snapshot in each zone, and how long it takes."""
    hours: dict[tuple[object, str], float] = {}
    for device in devices:
        snapshot = device.snapshot_id or (device.source, device.device)
        for zone in (device.zones or ("",)) if device.volumes else ():
            tebibytes = device.data.gib / 1024 if device.data and not device.bounded else 0
            hours[snapshot, zone] = max(limits.FSR_LEAST_HOURS, tebibytes * limits.FSR_HOURS_PER_TIB)
    total = sum(hours.values())
    return FastSnapshotRestore(
        pairs=len(hours),
        hours=total,
        usd=None if price is None else total * price,
        usd_per_hour=None if price is None else len(hours) * price,
    )
