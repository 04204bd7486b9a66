"""Rules about a volume's type, size, IOPS, throughput and Multi-Attach."""

from .. import limits
from ..limits import VOLUME_TYPES, VolumeType
from ..problems import Problems, Rule
from ..requests import RequestedVolume
from .sources import CREATE_VOLUME
from .sources import VOLUME_TYPES as TYPES_PAGE


def kind_of(volume: RequestedVolume) -> str | None:
    """Return the volume's type in lower case, None where it is unknown."""
    named = volume.values.get("VolumeType")
    if named is None:
        return None if volume.open else volume.action.default_type
    if named == "":
        return limits.API_DEFAULT_TYPE
    kind = named.lower() if isinstance(named, str) else ""
    return kind if kind in VOLUME_TYPES else None


def _type_of(volume: RequestedVolume) -> tuple[str, VolumeType]:
    """Return the name of the volume's type, and its limits."""
    kind = kind_of(volume)
    return (kind, VOLUME_TYPES[kind]) if kind else ("any volume type", limits.ANY_TYPE)


def outside(value: int | None, bounds: tuple[int, int], base: int | None = None) -> dict[str, int] | None:
    """Return the facts about a value outside its bounds; below them, ``base`` is what to use."""
    low, high = bounds
    if value is None or low <= value <= high:
        return None
    return {"got": value, "min": low, "max": high, "nearest": high if value > high else base or low}


@Rule("VolumeTypeUnknown", "must be one of {types}", "use one of them", TYPES_PAGE).of("VolumeType")
def type_known(volume: RequestedVolume) -> Problems:
    """The volume type is one of EC2's."""
    named = volume.known("VolumeType")
    if named and named.lower() not in VOLUME_TYPES:
        yield volume.problem("VolumeType", types=", ".join(VOLUME_TYPES))


@Rule("SizeOutOfRange", "must be {min:,} to {max:,} GiB for {kind}", "use {nearest}", TYPES_PAGE).of("VolumeSize")
def size_in_range(volume: RequestedVolume) -> Problems:
    """The size is within the range of the type."""
    kind, of_type = _type_of(volume)
    if facts := outside(volume.known("VolumeSize"), of_type.size):
        yield volume.problem("VolumeSize", kind=kind, **facts)


@Rule("IopsRequired", "must be given for {kind}", "give {min:,} to {max:,}", CREATE_VOLUME, given="none").of(
    "VolumeType"
)
def iops_present(volume: RequestedVolume) -> Problems:
    """IOPS are given where the type needs them."""
    kind, of_type = _type_of(volume)
    if of_type.iops and of_type.iops_required and volume.absent("Iops"):
        yield volume.problem("Iops", kind=kind, min=of_type.iops[0], max=of_type.iops[1])


@Rule(
    "IopsNotSupported", "must be omitted for {kind}", "omit it, or use {VolumeType} gp3, io1 or io2", CREATE_VOLUME
).of("Iops")
def iops_supported(volume: RequestedVolume) -> Problems:
    """IOPS are given only where the type has them."""
    kind, of_type = _type_of(volume)
    if of_type.iops is None and volume.given("Iops"):
        yield volume.problem("Iops", kind=kind)


@Rule("IopsOutOfRange", "must be {min:,} to {max:,} for {kind}", "use {nearest}", TYPES_PAGE).of("Iops")
def iops_in_range(volume: RequestedVolume) -> Problems:
    """IOPS are within the range of the type."""
    kind, of_type = _type_of(volume)
    if of_type.iops and (facts := outside(volume.known("Iops"), of_type.iops, _base_iops(kind))):
        yield volume.problem("Iops", kind=kind, **facts)


@Rule(
    "IopsPerGibTooHigh",
    "must be at most {ratio:,} per GiB for {kind} ({most:,} for {size:,} GiB)",
    "lower {prop} or raise {VolumeSize}",
    TYPES_PAGE,
).of("Iops")
def iops_fit_the_size(volume: RequestedVolume) -> Problems:
    """IOPS are within their ratio to the size."""
    if _has_too_many_iops(volume):
        kind, of_type = _type_of(volume)
        ratio, size = of_type.iops_per_gib, volume.known("VolumeSize")
        yield volume.problem("Iops", kind=kind, ratio=ratio, size=size, most=ratio * size)


@Rule(
    "IopsRaised",
    "below {base:,} is raised to {base:,} by EC2",
    "use {base}, or omit it",
    TYPES_PAGE,
    severity="warning",
).of("Iops")
def iops_not_raised(volume: RequestedVolume) -> Problems:
    """gp3 has at least its base IOPS."""
    iops, base = _known_iops(volume), limits.GP3_BASE_IOPS
    if kind_of(volume) == "gp3" and iops is not None and iops < base and not _has_too_many_iops(volume):
        yield volume.problem("Iops", base=base)


def _base_iops(kind: str) -> int | None:
    return limits.GP3_BASE_IOPS if kind == "gp3" else None


def _known_iops(volume: RequestedVolume) -> int | None:
    """Return the IOPS if they are within the range of the type."""
    return _within(volume.known("Iops"), _type_of(volume)[1].iops)


def _within(value: int | None, bounds: tuple[int, int] | None) -> int | None:
    return value if bounds and value is not None and bounds[0] <= value <= bounds[1] else None


def _has_too_many_iops(volume: RequestedVolume) -> bool:
    """Whether the IOPS exceed their ratio to the size; gp3 has its base IOPS at any size."""
    kind, of_type = _type_of(volume)
    iops, size = _known_iops(volume), volume.known("VolumeSize")
    if iops is None or size is None or size <= 0 or iops == _base_iops(kind):
        return False
    return 0 < of_type.iops_per_gib * int(size) < iops


@Rule("ThroughputNotSupported", "must be omitted for {kind}", "omit it, or use {VolumeType} gp3", CREATE_VOLUME).of(
    "Throughput"
)
def throughput_supported(volume: RequestedVolume) -> Problems:
    """Throughput is given for gp3 only."""
    kind, of_type = _type_of(volume)
    if of_type.throughput is None and volume.given("Throughput"):
        yield volume.problem("Throughput", kind=kind)


@Rule("ThroughputOutOfRange", "must be {min:,} to {max:,} MiB/s for {kind}", "use {nearest}", TYPES_PAGE).of(
    "Throughput"
)
def throughput_in_range(volume: RequestedVolume) -> Problems:
    """Throughput is within the range of gp3."""
    kind, of_type = _type_of(volume)
    base = limits.GP3_BASE_THROUGHPUT
    if of_type.throughput and (facts := outside(volume.known("Throughput"), of_type.throughput, base)):
        yield volume.problem("Throughput", kind=kind, **facts)


@Rule(
    "ThroughputRaised",
    "below {base} is raised to {base} MiB/s by EC2",
    "use {base}, or omit it",
    TYPES_PAGE,
    severity="warning",
).of("Throughput")
def throughput_not_raised(volume: RequestedVolume) -> Problems:
    """gp3 has at least its base throughput."""
    throughput, base = _known_throughput(volume), limits.GP3_BASE_THROUGHPUT
    if throughput is not None and throughput < base:
        yield volume.problem("Throughput", base=base)


@Rule(
    "ThroughputPerIopsTooHigh",
    "must be at most {ratio:g} MiB/s per IOPS ({most:,} MiB/s for {iops:,} IOPS)",
    "lower {prop} or raise {Iops} to {needed:,}",
    TYPES_PAGE,
).of("Throughput")
def throughput_fits_the_iops(volume: RequestedVolume) -> Problems:
    """Throughput is within its ratio to the IOPS."""
    throughput, iops = _known_throughput(volume), volume.known("Iops")
    if kind_of(volume) == "gp3" and volume.absent("Iops"):
        iops = limits.GP3_BASE_IOPS
    if throughput is None or iops is None:
        return
    iops = max(iops, limits.GP3_BASE_IOPS)  # EC2 raises fewer to these
    needed, most = throughput * limits.GP3_IOPS_PER_MIBPS, iops // limits.GP3_IOPS_PER_MIBPS
    if needed > iops:
        ratio = 1 / limits.GP3_IOPS_PER_MIBPS
        yield volume.problem("Throughput", ratio=ratio, iops=iops, most=most, needed=needed)


def _known_throughput(volume: RequestedVolume) -> int | None:
    """Return the throughput if it is within the range of the type."""
    return _within(volume.known("Throughput"), _type_of(volume)[1].throughput)


@Rule(
    "MultiAttachNotSupported",
    "must be false or omitted for {kind}",
    "omit it, or use {VolumeType} io1 or io2",
    CREATE_VOLUME,
).of("MultiAttachEnabled")
def multi_attach_supported(volume: RequestedVolume) -> Problems:
    """Multi-Attach is enabled for io1 and io2 only."""
    kind = kind_of(volume)
    if volume.known("MultiAttachEnabled") and kind and not VOLUME_TYPES[kind].multi_attach:
        yield volume.problem("MultiAttachEnabled", kind=kind)
