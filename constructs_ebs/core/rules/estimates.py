"""Rules about estimates and deadlines of initialization, and about waits and alarms for it."""

from ..problems import Rule
from .sources import GUIDE, INITIALIZE, MONITOR

ESTABLISHED_ELSEWHERE = (
    Rule(
        "SnapshotDataOutOfRange",
        "must be a number of GiB, more than 0",
        "give the snapshot's full size, known at synth",
        GUIDE + "ebs-describing-snapshots.html",
    ),
    Rule("PriceOutOfRange", "must be 0 or more USD per GiB", "correct it", INITIALIZE),
    Rule(
        "DeadlineTooShort",
        "must be at least {fastest} for {data:,g} GiB of snapshot data",
        "extend it, or spread the data over more volumes, which initialize in parallel",
        INITIALIZE,
        subject="deadline",
        given="{given}",
    ),
    Rule("DeadlineOutOfRange", "must be longer than 0 and at most {max}", "give a time in between", MONITOR),
    Rule(
        "DeadlineOrSnapshotDataRequired",
        "must be given",
        "give one of them",
        MONITOR,
        subject="deadline or snapshot_data",
        given="neither",
    ),
    Rule(
        "DeadlineBesideSnapshotData",
        "must be omitted with snapshot_data",
        "keep one of them",
        MONITOR,
        subject="deadline",
        given="both",
    ),
    Rule(
        "SnapshotDataNeedsRate",
        "must be given with snapshot_data, and known at synth",
        "give it, or a deadline in place of both",
        INITIALIZE,
    ),
    Rule(
        "InitializationWaitTooLong",
        "must initialize within {max} for a deployment to wait",
        "{fix}, or use on_initialized and do not wait",
        MONITOR,
        subject="snapshot_data",
        given="{data:,g} GiB, which may take {time} at {rate} MiB/s",
    ),
    Rule(
        "InitializationWaitNeedsRate",
        "must be given for a volume that a deployment waits for, because EC2 does not say how long its "
        "default rate takes",
        "give {min} to {max}, or use on_initialized and do not wait",
        INITIALIZE,
        given="none",
    ),
    Rule(
        "InitializationWaitUnknown",
        "is known at deployment only, which fails if initialization takes more than {max}",
        "give {needed}",
        MONITOR,
        severity="warning",
        given=None,
    ),
    Rule(
        "NothingToInitialize",
        "must be a volume that is created from a snapshot",
        "give another",
        INITIALIZE,
        given="an empty one",
    ),
)
