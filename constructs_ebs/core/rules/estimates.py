"""How long initialization takes, what it costs, and how long somebody waits for it."""

from ..findings import Rule
from .sources import GUIDE, INITIALIZE, MONITOR

ESTABLISHED_ELSEWHERE = (
    Rule(
        code="SnapshotDataOutOfRange",
        requirement="must be a number of GiB, more than 0",
        advice="give the snapshot's full size, known at synth",
        source=GUIDE + "ebs-describing-snapshots.html",
    ),
    Rule(code="PriceOutOfRange", requirement="must be 0 or more USD per GiB", advice="correct it", source=INITIALIZE),
    Rule(
        code="DeadlineTooShort",
        subject="deadline",
        requirement="must be at least {fastest} for {data:,g} GiB of snapshot data",
        given="{given}",
        advice="extend it, or keep the data on more volumes that initialize side by side",
        source=INITIALIZE,
    ),
    Rule(
        code="DeadlineOutOfRange",
        requirement="must be more than nothing and at most {max}",
        advice="give a time in between",
        source=MONITOR,
    ),
    Rule(
        code="DeadlineOrSnapshotDataRequired",
        subject="deadline or snapshot_data",
        requirement="must be given",
        given="neither",
        advice="give one of them",
        source=MONITOR,
    ),
    Rule(
        code="DeadlineBesideSnapshotData",
        subject="deadline",
        requirement="must be omitted beside snapshot_data",
        given="both",
        advice="keep one of them",
        source=MONITOR,
    ),
    Rule(
        code="SnapshotDataNeedsRate",
        requirement="must be given with snapshot_data, and known at synth",
        advice="give it, or a deadline in place of both",
        source=INITIALIZE,
    ),
    Rule(
        code="InitializationWaitTooLong",
        subject="snapshot_data",
        requirement="must initialize within {max} for a deployment to wait",
        given="{data:,g} GiB, which may take {time} at {rate} MiB/s",
        advice="{fix}, or use on_initialized and do not wait",
        source=MONITOR,
    ),
    Rule(
        code="InitializationWaitNeedsRate",
        requirement="must be given for a volume that a deployment waits for, because EC2 does not say how long its "
        "default rate takes",
        given="none",
        advice="give {min} to {max}, or use on_initialized and do not wait",
        source=INITIALIZE,
    ),
    Rule(
        code="InitializationWaitUnknown",
        severity="warning",
        requirement="is known at deployment only, which fails if initialization takes more than {max}",
        given=None,
        advice="give {needed}",
        source=MONITOR,
    ),
    Rule(
        code="NothingToInitialize",
        requirement="must be a volume that is created from a snapshot",
        given="an empty one",
        advice="give another",
        source=INITIALIZE,
    ),
)
