"""A default rate for all volumes from snapshots below a scope, and the report of what was rated."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import aws_cdk as cdk

from . import _upstream
from ._upstream import resource_reader
from .core.actions import RATE
from .core.cloudformation.custom_resources import REPLACEMENT
from .core.cloudformation.default_rate import ADVICE, REASONS, Demand, decide
from .core.cloudformation.resources import WITH_VOLUMES
from .core.findings import EbsValidationError, Finding
from .core.rules import check_request, find
from .initialization_rate import EC2_DEFAULT_MARK, InitializationRate, check_rate, mebibytes

_NAMES = {RATE: "rate", "SnapshotId": "fast_snapshot_restore_snapshot_ids"}


@dataclass(frozen=True, kw_only=True)
class InitializationRateDecision:
    """What became of one volume, or of one device of a launch template."""

    construct_path: str
    resource_type: str
    device_name: str | None
    """The device's name, if it is a mapped device whose name is known."""
    reason: str | None
    """The code of the reason why it was left alone, None if it was rated: the code of the finding that a rate there
    would cause, or ``RateSet``, ``SnapshotUncertain``, ``PlaceUncertain``, ``FastSnapshotRestore``, ``ImageDevice``,
    ``RootDeviceNotMapped``, ``Unknown`` or ``Unreadable``."""
    why: str
    """The reason in words."""

    def __str__(self) -> str:
        device = f" {self.device_name}" if self.device_name else ""
        return f"{self.construct_path}{device}" + (f": {self.why} [{self.reason}]" if self.reason else "")


@dataclass(frozen=True, kw_only=True)
class InitializationRateReport:
    """The volumes that got a default rate, and those that were left alone."""

    rated: tuple[InitializationRateDecision, ...] = ()
    left: tuple[InitializationRateDecision, ...] = ()

    def __str__(self) -> str:
        rows = [f"rated  {decision}" for decision in self.rated] + [f"left   {decision}" for decision in self.left]
        return "\n  ".join([f"{len(self.rated):,} rated, {len(self.left):,} left", *rows])


class DefaultInitializationRate(resource_reader.DefaultRate):
    """A default rate for every volume from a snapshot at and below a scope, whoever makes it: an Aspect and a Mixin.

    ``cdk.Aspects.of(scope).add(DefaultInitializationRate(200))`` rates at synth, after the last Aspect, what is there
    then: L2s, L1s, raw and included resources, nested stacks and stages. The default rate of the nearest scope applies,
    in whatever order they were added. ``cdk.Mixins.of(scope).apply(...)`` and ``construct.with_(...)`` rate now what is
    there now.

    A rate that is already set wins. It leaves alone what a rate would make wrong: blank volumes, copies, volumes on
    Outposts and in Local Zones and Wavelength Zones, volumes that may turn out to have no snapshot, devices for which
    CloudFormation has no rate, such as those of an AWS::EC2::Instance, and root volume replacements, which a new rate
    would start again. It looks at each resource by itself: only ``EbsChecks`` sees in which subnets a group launches a
    template, and in which zone a subnet is.

    It cannot see which volumes exist already: what CloudFormation does when one of these gets a rate is not known, and
    the update may fail, so opt them out until a new volume replaces them. To opt a volume or a whole scope out, add
    ``DefaultInitializationRate(InitializationRate.EC2_DEFAULT)`` to it.

    Source: https://docs.aws.amazon.com/ebs/latest/userguide/initalize-volume.html
    """

    __signature__ = _upstream.ConstructorSignature()

    def __init__(
        self,
        rate: InitializationRate | cdk.Size | float | cdk.IResolvable,
        *,
        root_devices: Sequence[str] = (),
        fast_snapshot_restore_snapshot_ids: Sequence[str] = (),
    ) -> None:
        """Create a default rate; it can be added to several scopes.

        Args:
            rate: MiB/s, 100 to 300, whole: an ``InitializationRate``, an int, a ``Size`` (per second) or a token. Its
                ``snapshot_data`` is not used. ``InitializationRate.EC2_DEFAULT`` opts out: no default rate of an outer
                scope reaches what is below.
            root_devices: names of the root devices of the AMIs that launch templates below name, such as
                ``/dev/xvda``. Such a device is rated although it names no snapshot. With a single name, a launch
                template that names an AMI and does not map that device gets a mapping for it. A launch fails if the AMI
                does not map the device to a snapshot. Default: none, root devices are left alone.
            fast_snapshot_restore_snapshot_ids: snapshots whose volumes are left alone, because a rate bypasses fast
                snapshot restore. Default: none.

        Raises:
            EbsValidationError: InitializationRateOutOfRange, KnownAtDeploymentOnly, SnapshotIdMalformed or WrongType,
                about the arguments. At synth: DefaultRateTooLate, for a stage that was synthesized before.
        """
        if problems := _check(rate, root_devices, fast_snapshot_restore_snapshot_ids):
            raise EbsValidationError(type(self).__name__, problems)
        self._rate = mebibytes(rate)
        self._root_devices = root_devices
        self._decided: list[list[InitializationRateDecision]] = []
        snapshots = fast_snapshot_restore_snapshot_ids
        super().__init__(snapshots, EC2_DEFAULT_MARK, WITH_VOLUMES, opts_out=self._rate is None)

    @property
    def report(self) -> InitializationRateReport:
        """What was rated, and what was left alone and why: by the last synthesis, and as a Mixin so far; printable."""
        rated, left = [], []
        for number, written in self._outcomes():
            for decision, done in zip(self._decided[number], written, strict=True):
                if decision.reason:
                    left.append(decision)
                elif done:
                    rated.append(decision)
                else:
                    left.append(_unknown(decision))
        return InitializationRateReport(rated=tuple(rated), left=tuple(left))

    def _decide(self, rows: str) -> list[list[list[Any]]]:
        """Decide about the volumes of resources, which JavaScript has read; it calls this once for all of them."""
        decided, answers = [], []
        for row in json.loads(rows):
            volumes = list(self._decide_about(row))
            decided.append([decision for decision, _ in volumes])
            answers.append([answer for _, answer in volumes])
        self._decided += decided
        return answers

    def _decide_about(self, row: dict[str, Any]) -> Iterator[tuple[InitializationRateDecision, list[Any]]]:
        """Yield what becomes of each volume of a resource: for the report, and for the resource."""
        of = {"construct_path": row["path"], "resource_type": row["type"]}
        if "error" in row:
            why = f"{REASONS['Unreadable']}: {row['error'].splitlines()[0]}"
            yield InitializationRateDecision(**of, device_name=None, reason="Unreadable", why=why), _NOTHING
            return
        exempt = _exempt(row)
        demand = Demand(_upstream.plain(self._rate), self._root_devices, row["names"])
        for volume in decide(row["type"], row["properties"], demand):
            reason = volume.reason or exempt or None
            why = volume.why if volume.reason else REASONS.get(exempt, "")
            decision = InitializationRateDecision(**of, device_name=volume.device, reason=reason, why=why)
            if reason is None and "late" in row:
                raise EbsValidationError(row["late"], [find("DefaultRateTooLate")])
            if reason is None:
                value = volume.value(_upstream.emitted(self._rate))
                yield decision, [list(volume.path), value, *_warning(_unknown(decision), ADVICE["Unknown"])]
            elif volume.advice and not exempt:
                yield decision, [None, None, *_warning(decision, volume.advice)]
            else:
                yield decision, _NOTHING


def _exempt(row: dict[str, Any]) -> str:
    """Return the code of the reason why a resource is left alone whatever its volumes are, or an empty string."""
    if row["type"] == REPLACEMENT:
        return "RootVolumeReplacement"
    if row.get("optedOut"):
        return "OptedOut"
    return "NearerDefaultRate" if row.get("nearer") else ""


_NOTHING: Final[list[Any]] = [None, None, None, None]


def _unknown(decision: InitializationRateDecision) -> InitializationRateDecision:
    """Return the decision for a volume whose rate could not be written."""
    return replace(decision, reason="Unknown", why=REASONS["Unknown"])


def _warning(decision: InitializationRateDecision, advice: str) -> tuple[str | None, str]:
    """Word a warning about a volume that the user may believe to have the default rate."""
    fix = f"{advice}, or opt it out with DefaultInitializationRate(InitializationRate.EC2_DEFAULT)"
    return decision.reason, f"{decision.device_name or 'it'} does not get the default rate: {decision.why}; {fix}"


def _check(rate: object, root_devices: object, snapshot_ids: Sequence[str]) -> list[Finding]:
    lists = {"root_devices": root_devices, "fast_snapshot_restore_snapshot_ids": snapshot_ids}
    problems = _upstream.check_arguments(DefaultInitializationRate.__init__, lists)
    for name, value in lists.items():
        if not isinstance(value, str) and _upstream.is_list_token(value):
            problems.append(find("KnownAtDeploymentOnly", prop=name, expected="a list whose length is known"))
    for snapshot_id in () if problems else snapshot_ids:
        problems += check_request("CreateVolume", {"SnapshotId": _upstream.plain(snapshot_id)}, names=_NAMES)
    return check_rate(rate, _NAMES[RATE], required=not isinstance(rate, InitializationRate)) + problems
