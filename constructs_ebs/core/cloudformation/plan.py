"""A plan: the time, the rates and the cost of an app's rated volumes, as if all were created at the same moment."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from .. import limits
from ..estimate import InitializationEstimate
from .references import Place

Source = Literal["given", "described", "metadata", "volume size", "unknown"]
"""Where a snapshot's size is from: the user, AWS, the template's metadata, or the volume's size as an upper bound."""

Bound = Literal["", "at most", "at least"]
"""How to read a number; empty: it is exact, or may be off in either direction."""

USD_PER_GIB_AND_MIBPS: Final[Mapping[str | None, float]] = {"us-east-1": limits.USD_PER_GIB_AND_MIBPS}
FSR_USD_PER_HOUR: Final[Mapping[str | None, float]] = {"us-east-1": limits.FSR_USD_PER_HOUR}


@dataclass(frozen=True, kw_only=True)
class SnapshotData:
    """How much data a snapshot holds."""

    gib: float
    source: Source


@dataclass(frozen=True, kw_only=True)
class PlannedDevice:
    """One rated device, and the volumes that are created from it at once."""

    place: Place
    """What creates them: a volume, instance, group or fleet; the launch template itself if nothing launches it."""
    source: Place
    """What describes the device: the launch template, or the resource itself."""
    device: str | None
    """Its name on the instance, or its place in a list."""
    volumes: int
    exact: bool
    """Whether that number is exact; otherwise it is a lower bound, and only the deployment knows."""
    rate: int | None
    """None where only the deployment knows."""
    snapshot_id: str | None
    """None where only the deployment knows, or the AMI."""
    image_id: str | None
    """The AMI that has the snapshot, if the template names its id."""
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


@dataclass(frozen=True, kw_only=True)
class Moment:
    """A time in which the sum of the rates stays the same."""

    from_seconds: float
    to_seconds: float | None
    """None: when it ends is unknown."""
    rate: int
    volumes: int


@dataclass(frozen=True, kw_only=True)
class FastSnapshotRestore:
    """What the same would cost with fast snapshot restore."""

    pairs: int
    """Snapshots times the Availability Zones of their volumes: each is billed."""
    hours: float
    """Of all pairs: the time to enable each, at least an hour; an hour where the data is unknown."""
    usd: float | None
    usd_per_hour: float | None
    """Of all pairs, for as long as it stays enabled."""


@dataclass(frozen=True, kw_only=True)
class AccountPlan:
    """The devices, rates and costs of one account and Region."""

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
        """The devices that have volumes."""
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
        """Whether the peak is exact."""
        return self._counted and not self.conditional

    @property
    def peak_bound(self) -> Bound:
        return _bound(self.conditional, not self._counted)

    @property
    def _counted(self) -> bool:
        """Whether all rates and numbers of volumes are known."""
        return all(device.exact and device.rate for device in self.devices)

    @property
    def conditional(self) -> bool:
        """Whether some devices are there only if a condition holds."""
        return any(device.conditional for device in self.launched)

    @property
    def over_quota(self) -> bool:
        return self.peak > self.quota

    @property
    def seconds(self) -> tuple[float, float, float] | None:
        """The time of all devices whose time is known: at the requested rate, 10 % above it and 10 % below."""
        timed = self.timed
        if not timed:
            return None
        return (
            max(device.seconds for device in timed),
            max(device.fastest_seconds for device in timed),
            max(device.slowest_seconds for device in timed),
        )

    @property
    def time_bounded(self) -> bool:
        """Whether ``seconds`` are upper bounds."""
        longest = max((device.seconds for device in self.timed), default=None)
        ends = [device for device in self.launched if device.estimate and device.estimate.seconds == longest]
        return bool(ends) and all(device.bounded or device.conditional for device in ends)

    @property
    def unknown(self) -> int:
        """How many devices have an unknown time."""
        return sum(device.estimate is None for device in self.launched)

    @property
    def cost_usd(self) -> float | None:
        """The cost of all devices whose cost is known; None if there are no such devices."""
        costs = [device.cost_usd for device in self.launched if device.cost_usd is not None]
        return sum(costs) if costs else None

    @property
    def cost_bound(self) -> Bound:
        priced = [device for device in self.launched if device.cost_usd is not None]
        most = any(device.bounded or device.conditional for device in priced)
        return _bound(most, not all(device.exact for device in priced))

    @property
    def fsr_bound(self) -> Bound:
        """Of fast snapshot restore: enabling it may take longer, and a conditional device may not need it."""
        return _bound(self.conditional, True)


def _bound(most: bool, least: bool) -> Bound:
    """Return on which side of a number the true one lies, if on one only."""
    return "" if most == least else "at most" if most else "at least"


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The plans of all accounts and Regions of an app, and the resources that are missing from them."""

    accounts: tuple[AccountPlan, ...]
    refused: tuple[Place, ...]
    """Resources with rated volumes that EC2 or CloudFormation refuses; these volumes are not planned."""
    sharing: tuple[Place, ...]
    """Resources that launch several launch templates; planned with the one whose rates are the highest."""
    versions: tuple[Place, ...]
    """Versions of other owners' launch templates, whose devices only EC2 knows; these are not planned."""
