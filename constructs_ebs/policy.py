"""IAM policy statements that deny volumes by their rate."""

from __future__ import annotations

from typing import Any, Final

import aws_cdk as cdk
from aws_cdk import aws_iam as iam

from . import _upstream
from .core import limits
from .core.findings import EbsValidationError, Finding
from .core.rules import find
from .initialization_rate import InitializationRate, check_rate, mebibytes

_KEY: Final = "ec2:VolumeInitializationRate"
_CREATE: Final = ("ec2:CreateVolume", "ec2:RunInstances")
_REPLACE: Final = ("ec2:CreateReplaceRootVolumeTask",)
_VOLUMES: Final = "arn:*:ec2:*:*:volume/*"
_FROM_SNAPSHOT: Final = {"Null": {"ec2:ParentSnapshot": "false"}}


def deny_initialization_rates(
    *,
    below: InitializationRate | cdk.Size | float | cdk.IResolvable | None = None,
    above: InitializationRate | cdk.Size | float | cdk.IResolvable | None = None,
    missing: bool = False,
) -> list[iam.PolicyStatement]:
    """Make the statements that deny the creation of volumes from snapshots at rates that a company does not want.

    They go into service control policies, permissions boundaries and identity policies. Blank volumes stay allowed.
    With ``missing``, launches whose root device has no rate are denied too. No policy reaches what Auto Scaling and
    Spot launch with their service-linked roles, and EC2 has no such condition key for images and launch templates:
    check those with ``constructs-ebs check``.

    Args:
        below: MiB/s, 100 to 300: lower rates are denied. Default: none is too low.
        above: MiB/s, 100 to 300: higher rates are denied. Default: none is too high.
        missing: whether a volume from a snapshot without a rate is denied. Default: it is allowed.

    Raises:
        EbsValidationError: InitializationRateOutOfRange, also for ``below`` more than ``above``; WrongType.

    Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html
    """
    low, high = (_upstream.plain(mebibytes(rate)) for rate in (below, above))
    if problems := _check(below, above, missing):
        raise EbsValidationError("deny_initialization_rates", problems)
    statements = []
    if low is not None or missing:
        # A condition with a key that the request lacks is false, and with IfExists true.
        # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
        operator = "NumericLessThanIfExists" if missing else "NumericLessThan"
        slow = {operator: {_KEY: _emitted(below, limits.RATE_MIN)}}
        # Replaced root volumes always come from a snapshot, and requests for them do not have its key.
        statements.append(_deny("DenySlowInitialization", _CREATE, {**slow, **_FROM_SNAPSHOT}))
        statements.append(_deny("DenySlowInitializationOfRoots", _REPLACE, slow))
    if high is not None:
        fast = {"NumericGreaterThan": {_KEY: _emitted(above, limits.RATE_MAX)}}
        statements.append(_deny("DenyFastInitialization", (*_CREATE, *_REPLACE), fast))
    return statements


def _deny(sid: str, actions: tuple[str, ...], conditions: dict[str, Any]) -> iam.PolicyStatement:
    return iam.PolicyStatement(
        sid=sid, effect=iam.Effect.DENY, actions=[*actions], resources=[_VOLUMES], conditions=conditions
    )


def _emitted(rate: object, default: int) -> Any:
    return default if rate is None else _upstream.emitted(mebibytes(rate))


def _check(below: object, above: object, missing: object) -> list[Finding]:
    problems = _upstream.check_arguments(deny_initialization_rates, {"missing": missing})
    for name, rate in (("below", below), ("above", above)):
        if rate is not None:
            problems += check_rate(rate, name, required=True)
    low, high = (_upstream.plain(mebibytes(rate)) for rate in (below, above))
    if below is None and above is None and missing is False:
        problems.append(find("InitializationRateNotDenied"))
    if not problems and isinstance(low, int) and isinstance(high, int) and low > high:
        problems.append(find("InitializationRateBoundsReversed", prop="below", above=high, got=low))
    return problems
