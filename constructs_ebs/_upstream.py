"""What stands between our constructs and aws-cdk-lib: reading its values, checking calls, reporting findings.

Nothing here imports aws_cdk before a value of its own is at hand.
"""

from __future__ import annotations

import inspect
import struct
from collections.abc import Callable, Iterable, Mapping
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from .core.findings import EbsValidationError, Finding
from .core.requests import UNKNOWN

if TYPE_CHECKING:
    import aws_cdk as cdk
    import constructs
    from aws_cdk import aws_ec2 as ec2


def is_token(value: object) -> bool:
    """Whether a value stands for one that only the deployment knows, told without asking jsii."""
    if isinstance(value, str):
        return "${Token[" in value
    if isinstance(value, float):
        return struct.pack(">d", value)[:2] == b"\xfb\xff"  # how CDK encodes a token as a number
    kind = type(value)  # not the value: reading a property calls into Node
    return hasattr(kind, "resolve") and hasattr(kind, "creation_stack")  # IResolvable


def plain(value: object) -> Any:
    """Return a value as an EC2 request has it, ``UNKNOWN`` for a token."""
    if is_token(value):
        return UNKNOWN
    if isinstance(value, float) and value.is_integer():
        return int(value)  # jsii has only one kind of number
    return value


def emitted(value: object) -> Any:
    """Return a rate as a template has it: tokens as they are, numbers whole."""
    return value if is_token(value) else plain(value)


def mebibytes(value: cdk.Size | object) -> Any:
    """Return a Size in MiB; anything else as it is."""
    return _amount(value, "mebibytes") if hasattr(type(value), "to_mebibytes") else value


def gibibytes(value: cdk.Size | object) -> Any:
    """Return a Size in GiB; anything else as it is."""
    return _amount(value, "gibibytes") if hasattr(type(value), "to_gibibytes") else value


class _Unreadable:
    def __init__(self, unit: str) -> None:
        self.unit = unit

    def __repr__(self) -> str:
        return f"a Size that holds a token in another unit than Size.{self.unit}"


@lru_cache(maxsize=1024)  # A Size never changes, and each look at one is a call into Node.
def _amount(size: Any, unit: str) -> object:
    from aws_cdk import SizeRoundingBehavior

    try:
        return getattr(size, f"to_{unit}")(rounding=SizeRoundingBehavior.NONE)
    except RuntimeError:  # jsii's, for a token that cannot be converted
        return _Unreadable(unit)


@lru_cache(maxsize=1024)
def size_of_gibibytes(amount: int) -> cdk.Size:
    """Make a Size, once for each amount."""
    from aws_cdk import Size

    return Size.gibibytes(amount)


def volume_type_name(volume_type: ec2.EbsDeviceVolumeType | None) -> str | None:
    """Return EC2's name of a volume type."""
    return None if volume_type is None else str(getattr(volume_type, "name", volume_type)).lower()


def bind(function: Callable[..., object], props: Mapping[str, object]) -> None:
    """Raise the TypeError that upstream's ``function`` would for these keywords, with a hint at misspellings."""
    keywords = _keywords(function)
    for name in props.keys() - keywords.keys():
        from difflib import get_close_matches

        close = get_close_matches(name, keywords, 1)
        hint = f"; did you mean {close[0]!r}?" if close else ""
        raise TypeError(f"{function.__qualname__}() got an unexpected keyword argument {name!r}{hint}")
    missing = [name for name, required in keywords.items() if required and name not in props]
    if missing:
        raise TypeError(f"{function.__qualname__}() missing required keyword arguments: {', '.join(missing)}")


@cache
def _keywords(function: Callable[..., object]) -> dict[str, bool]:
    """Return the names of a function's keyword arguments, and whether each is required."""
    parameters = inspect.signature(function).parameters.values()
    return {p.name: p.default is p.empty for p in parameters if p.kind is p.KEYWORD_ONLY}


def refuse(scope: constructs.Construct, id: str, findings: Iterable[Finding]) -> list[Finding]:
    """Raise if there are errors, before anything is made; return the warnings."""
    found = list(findings)
    errors = [finding for finding in found if finding.severity == "error"]
    if errors:
        raise EbsValidationError(f"{scope.node.path}/{id}".lstrip("/"), errors)
    return found


def warn(construct: constructs.Construct, warnings: Iterable[Finding]) -> None:
    """Show warnings on a construct; each can be acknowledged by ``constructs-ebs:`` and its code."""
    from aws_cdk import Annotations

    for finding in warnings:
        Annotations.of(construct).add_warning_v2(f"constructs-ebs:{finding.code}", finding.message)
