"""What the rated volumes of an app will take: time, rates at once, cost; as if all were created at one moment."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, Literal, NamedTuple

from .. import limits
from ..actions import ACTIONS, RATE
from ..estimate import InitializationEstimate, estimate
from ..requests import Volume, label_of, read
from . import snapshot_data
from .evaluate import values_at
from .launches import Launch, follow_launches, largest_launches, sum_of_rates
from .references import App, AppTemplate, Place, Reference
from .resources import IMAGE, RESOURCE_TYPES, VERSION
from .templates import VolumeRequest, read_template

Source = Literal["given", "described", "metadata", "volume size", "unknown"]
"""Where a snapshot's size is from: the user, AWS, the template's metadata; the volume's is an upper bound of it."""

Bound = Literal["", "at most", "at least"]
"""How a number is to be read; empty: as it is, or nobody can tell on which side of it the true one lies."""

USD_PER_GIB_AND_MIBPS: Final[Mapping[str | None, float]] = {"us-east-1": limits.USD_PER_GIB_AND_MIBPS}
FSR_USD_PER_HOUR: Final[Mapping[str | None, float]] = {"us-east-1": limits.FSR_USD_PER_HOUR}

_MOST: Final = 10**9  # Volumes past it are wrong already.


class SnapshotData(NamedTuple):
    """How much data a snapshot holds."""

    gib: float
    source: Source


class PlannedDevice(NamedTuple):
    """One rated device, and the volumes that are made of it at once."""

    place: Place
    """What makes them: a volume, an instance, a group or fleet; the launch template itself if nothing launches it."""
    source: Place
    """Whose device it is: the launch template's, or the same."""
    device: str | None
    """Its name on the instance, or its place in a list."""
    volumes: int
    exact: bool
    """Whether that is all; else it is the least, and the deployment knows."""
    rate: int | None
    """None where only the deployment knows."""
    snapshot_id: str | None
    """None where only the deployment knows, or the AMI."""
    image_id: str | None
    """The AMI whose snapshot it is, if its id stands in the template."""
    data: SnapshotData | None
    estimate: InitializationEstimate | None
    """Of one volume; None if rate or data is unknown."""
    cost_usd: float | None
    """Of all its volumes; None if the data, the rate or the Region's price is unknown."""
    zones: frozenset[str]
    """The Availability Zones, as the template says them; empty if it does not."""
    conditional: bool
    """Whether it is there only if a condition of its template holds; it is counted as if it did."""

    @property
    def bounded(self) -> bool:
        """Whether data and time are upper bounds."""
        return self.data is not None and self.data.source == "volume size"

    @property
    def cost_bound(self) -> Bound:
        return _bound(self.bounded, not self.exact)


class Moment(NamedTuple):
    """A time in which the sum of the rates stays the same."""

    from_seconds: float
    to_seconds: float | None
    """None: it does not end, for all that is known."""
    rate: int
    volumes: int


class FastSnapshotRestore(NamedTuple):
    """What the same would cost with fast snapshot restore."""

    pairs: int
    """Snapshots times the Availability Zones of their volumes: each is billed."""
    hours: float
    """Of all pairs: as long as it takes to enable each, an hour at least; an hour where the data is not known."""
    usd: float | None
    usd_per_hour: float | None
    """Of all pairs, for as long as it stays enabled."""


class AccountPlan(NamedTuple):
    """What an account and Region will be asked for."""

    account: str | None
    region: str | None
    devices: tuple[PlannedDevice, ...]
    """Those that take longest first."""
    moments: tuple[Moment, ...]
    quota: int
    usd_per_gib_and_mibps: float | None
    fast_snapshot_restore: FastSnapshotRestore

    @property
    def launched(self) -> list[PlannedDevice]:
        """The devices of which there are volumes."""
        return [device for device in self.devices if device.volumes]

    @property
    def timed(self) -> list[InitializationEstimate]:
        return [device.estimate for device in self.launched if device.estimate]

    @property
    def peak(self) -> int:
        """MiB/s asked for at once, at most."""
        return self.moments[0].rate if self.moments else 0

    @property
    def peak_exact(self) -> bool:
        """Whether it is that, no more and no less."""
        return self._counted and not self.conditional

    @property
    def peak_bound(self) -> Bound:
        return _bound(self.conditional, not self._counted)

    @property
    def _counted(self) -> bool:
        """Whether all rates are known, and how many volumes there are."""
        return all(device.exact and device.rate for device in self.devices)

    @property
    def conditional(self) -> bool:
        """Whether some of it is there only if a condition holds."""
        return any(device.conditional for device in self.launched)

    @property
    def over_quota(self) -> bool:
        return self.peak > self.quota

    @property
    def seconds(self) -> tuple[float, float, float] | None:
        """How long all take whose time is known: at the rate asked for, 10 % above it and 10 % below."""
        timed = self.timed
        return (
            (
                max(one.seconds for one in timed),
                max(one.fastest_seconds for one in timed),
                max(one.slowest_seconds for one in timed),
            )
            if timed
            else None
        )

    @property
    def time_bounded(self) -> bool:
        """Whether that is an upper bound."""
        longest = max((one.seconds for one in self.timed), default=None)
        ends = [device for device in self.launched if device.estimate and device.estimate.seconds == longest]
        return bool(ends) and all(device.bounded or device.conditional for device in ends)

    @property
    def unknown(self) -> int:
        """How many devices have no time."""
        return sum(device.estimate is None for device in self.launched)

    @property
    def cost_usd(self) -> float | None:
        """Of all devices whose cost is known, None if there is no price or none is known."""
        costs = [device.cost_usd for device in self.launched if device.cost_usd is not None]
        return sum(costs) if costs else None

    @property
    def cost_bound(self) -> Bound:
        priced = [device for device in self.launched if device.cost_usd is not None]
        most = any(device.bounded or device.conditional for device in priced)
        return _bound(most, not all(device.exact for device in priced))

    @property
    def fsr_bound(self) -> Bound:
        """Of fast snapshot restore: it may take longer to enable, and what is not there needs none."""
        return _bound(self.conditional, True)


def _bound(most: bool, least: bool) -> Bound:
    """Return on which side of a number the true one is, if it is on one."""
    return "" if most == least else "at most" if most else "at least"


class Plan(NamedTuple):
    """What all rated volumes of an app will take."""

    accounts: tuple[AccountPlan, ...]
    refused: tuple[Place, ...]
    """What asks for rated volumes that EC2 or CloudFormation refuses: these volumes are not planned."""
    sharing: tuple[Place, ...]
    """What launches several launch templates: planned with the one whose rates are the highest."""
    versions: tuple[Place, ...]
    """Versions of launch templates of others, whose devices only EC2 knows: these are not planned."""


def make_plan(
    templates: Sequence[AppTemplate],
    *,
    sizes: Mapping[str, SnapshotData] | None = None,
    images: Mapping[str, Mapping[str | None, str]] | None = None,
    quota: int = limits.RATE_QUOTA,
    prices: Mapping[str | None, float] = USD_PER_GIB_AND_MIBPS,
    fsr_prices: Mapping[str | None, float] = FSR_USD_PER_HOUR,
) -> Plan:
    """Plan the rated volumes of an app: as if all were created at one moment, by templates and groups alike.

    Never raises on odd templates.

    Args:
        templates: nested stacks among them.
        sizes: by snapshot id. Default: none is known, and the sizes of volumes are upper bounds.
        images: snapshot ids by AMI id and device name; that of the root device by None.
        quota: MiB/s that an account and Region has. Default: 5,000, EC2's own.
        prices: USD for a GiB of snapshot data and each MiB/s of rate, by Region; by None for all others. Default:
            us-east-1's, from a public source of 2025 that AWS has not confirmed.
        fsr_prices: USD for an hour of fast snapshot restore of a snapshot in an Availability Zone, by Region. Default:
            us-east-1's.
    """
    app = App(templates)
    rated, refused = _rated(app)
    launches = [*follow_launches(app, rated)]
    used = {launch.template for launch in launches if launch.launcher != launch.template}
    launches = [one for one in launches if one.launcher != one.template or one.template not in used]
    largest = largest_launches(launches, {place: sum_of_rates(volumes) for place, volumes in rated.items()})
    templates_of: dict[Place, set[Place]] = defaultdict(set)
    for launch in launches:
        templates_of[launch.launcher].add(launch.template)
    accounts: dict[tuple[str | None, str | None], list[PlannedDevice]] = defaultdict(list)
    for launch in largest:
        where = app.environment(launch.launcher.template)
        price = prices.get(where[1], prices.get(None))
        for volume in rated[launch.template]:
            accounts[where].append(_device(app, launch, volume, sizes or {}, images or {}, price))
    return Plan(
        tuple(
            AccountPlan(
                *where,
                tuple(sorted(devices, key=_order)),
                tuple(_moments(devices)),
                quota,
                prices.get(where[1], prices.get(None)),
                _fast_snapshot_restore(devices, fsr_prices.get(where[1], fsr_prices.get(None))),
            )
            for where, devices in sorted(accounts.items(), key=lambda one: [name or "~" for name in one[0]])
        ),
        tuple(dict.fromkeys(map(app.given, refused))),
        tuple(dict.fromkeys(app.given(launcher) for launcher, several in templates_of.items() if len(several) > 1)),
        tuple(
            place
            for index in range(len(templates))
            for logical_id in app.resources[index]
            if app.kind(place := Place(index, logical_id)) == VERSION
        ),
    )


def _rated(app: App) -> tuple[dict[Place, list[Volume]], list[Place]]:
    """Return the rated volumes of each resource that EC2 takes, and the resources with others."""
    rated: dict[Place, list[Volume]] = defaultdict(list)
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


def _taken(request: VolumeRequest) -> list[Volume]:
    """Return the rated volumes that nothing refuses."""
    errors = [finding.path for finding in request.check() if finding.severity == "error"]
    return [volume for volume in request.rated if not any(path[: len(volume.path)] == volume.path for path in errors)]


def _device(
    app: App,
    launch: Launch,
    volume: Volume,
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
        data = SnapshotData(told, "metadata") if told else data
    if data is None and isinstance(size, int) and 0 < size <= limits.LARGEST_VOLUME:
        data = SnapshotData(size, "volume size")
    expected = _estimate(data.gib, rate, price or 0) if data and rate else None
    count = min(launch.instances, _MOST)
    return PlannedDevice(
        app.given(launch.launcher),
        app.given(launch.template),
        device or label_of(volume.path, None, {}) or None,
        count,
        launch.exact,
        rate,
        snapshot if isinstance(snapshot, str) else None,
        image,
        data,
        expected,
        expected.cost_usd * count if expected and price is not None else None,
        frozenset(_zones(app, launch.launcher)),
        _conditional(app, launch.launcher) or _conditional(app, launch.template),
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


def _image(app: App, place: Place, volume: Volume) -> tuple[str | None, Volume | None]:
    """Return the id of the AMI that has a device's snapshot, and the device in it if the app registers the AMI."""
    image = next(values_at(app.properties(place), (*volume.action.where, "ImageId")), None)
    if isinstance(image, str):
        return image, None
    if not isinstance(image, Reference) or app.kind(image.place) != IMAGE:
        return None, None
    asked = next(values_at(app.properties(image.place), ("Request",)), None)
    request = read(ACTIONS["RegisterImage"], asked, lenient=True)
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
    """Return a zone that is certain, or what tells it from others: how its template writes it."""
    value = app.value(place.template, written)
    if isinstance(value, Reference) and app.kind(value.place) == "AWS::EC2::Subnet":
        written = app.written(value.place).get("AvailabilityZone", written)
        value = app.properties(value.place).get("AvailabilityZone")
    return value if isinstance(value, str) else written


def _order(device: PlannedDevice) -> tuple[Any, ...]:
    """Those that take longest first, those of unknown time last; equals stay in the order of the templates."""
    return (
        device.volumes == 0,
        device.estimate is None,
        -device.estimate.seconds if device.estimate else 0,
        -(device.rate or 0) * device.volumes,
    )


def _moments(devices: Iterable[PlannedDevice]) -> Iterator[Moment]:
    """Yield the times between the ends of initializations."""
    ends: dict[float | None, list[int]] = defaultdict(lambda: [0, 0])
    for device in devices:
        if device.volumes:
            end = ends[device.estimate.seconds if device.estimate else None]
            end[0] += (device.rate or 0) * device.volumes
            end[1] += device.volumes
    rate, volumes = (sum(one[index] for one in ends.values()) for index in (0, 1))
    start = 0.0
    for seconds in sorted(one for one in ends if one is not None):
        if seconds > start or not start:
            yield Moment(start, seconds, rate, volumes)
        rate, volumes, start = rate - ends[seconds][0], volumes - ends[seconds][1], seconds
    if volumes:
        yield Moment(start, None, rate, volumes)


def _fast_snapshot_restore(devices: Iterable[PlannedDevice], price: float | None) -> FastSnapshotRestore:
    """What enabling it costs for each snapshot in each zone, and how long that takes."""
    hours: dict[tuple[object, str], float] = {}
    for device in devices:
        snapshot = device.snapshot_id or (device.source, device.device)
        for zone in (device.zones or ("",)) if device.volumes else ():
            tebibytes = device.data.gib / 1024 if device.data and not device.bounded else 0
            hours[snapshot, zone] = max(limits.FSR_LEAST_HOURS, tebibytes * limits.FSR_HOURS_PER_TIB)
    total = sum(hours.values())
    return FastSnapshotRestore(
        len(hours), total, None if price is None else total * price, None if price is None else len(hours) * price
    )
