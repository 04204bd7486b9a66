"""What stands between our constructs and aws-cdk-lib: reading its values, checking calls, reporting findings.

Nothing here imports aws_cdk before a value of its own is at hand.
"""

from __future__ import annotations

import inspect
import re
import struct
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from enum import Enum
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, TypeAlias

from .core.findings import EbsValidationError, Finding, Path, find, shown
from .core.requests import UNKNOWN

if TYPE_CHECKING:
    import aws_cdk as cdk
    import constructs

    Amount: TypeAlias = cdk.Size | float | cdk.IResolvable
    """A ``Size``, a whole number, or a token of either: jsii types its number tokens as floats."""

_TOKEN = re.compile(r"\$\{Token\[[^\]]*\]\}")


def is_token(value: object) -> bool:
    """Whether a value stands for one that only the deployment knows, told without asking jsii where it can be."""
    if isinstance(value, str):
        return bool(_TOKEN.search(value))
    if isinstance(value, float):
        return struct.pack(">d", value)[:2] == b"\xfb\xff"  # how CDK encodes a token as a number
    kind = type(value)  # not the value: reading a property calls into Node
    if kind.__name__ == "InterfaceDynamicProxy":  # jsii's, for what upstream knows by an interface only
        from aws_cdk import Token

        return Token.is_unresolved(value)
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


def number(value: object) -> Any:
    """Return a number as upstream's typed properties take it: a token as the number that stands for it."""
    if isinstance(value, (int, float)) or not is_token(value):
        return value
    from aws_cdk import Token

    return Token.as_number(value)


def price(value: object) -> Any:
    """Return a price as EC2 has it, a string of digits without an exponent, or a token's string."""
    if is_token(value):
        from aws_cdk import Token

        return Token.as_string(value)
    number = plain(value)
    return format(Decimal(str(number)), "f") if isinstance(number, (int, float)) else number


def translate(
    values: Mapping[str, object], names: Mapping[str, str], path: Path = (), label: str = ""
) -> tuple[dict[str, Any], list[Finding]]:
    """Return properties as an EC2 request has them, and those that have the wrong Python type.

    What CDK gives as an object, a volume type or a key, must be one here; the rest the rules judge.
    """
    request: dict[str, Any] = {}
    problems: list[Finding] = []
    for name, value in values.items():
        wrong = None
        if value is None:
            continue
        if isinstance(value, Mapping):
            wrong = "a value or a token, not a dict", "wrap an intrinsic function with Token.as_any"
        elif name == "VolumeType":
            wrong = None if isinstance(value, Enum) else ("an EbsDeviceVolumeType", "use ec2.EbsDeviceVolumeType.GP3")
        elif name == "KmsKeyId" and not _is_key(value):
            wrong = "a kms.IKey", "use kms.Key.from_key_arn"
        if wrong:
            prop, (expected, fix) = names.get(name, name), wrong
            problem = find("WrongType", (*path, name), label=label, prop=prop, expected=expected, got=value, fix=fix)
            problems.append(problem)
        if wrong or name == "KmsKeyId":
            request[name] = UNKNOWN
        else:
            request[name] = value.name.lower() if isinstance(value, Enum) else plain(value)
    return request, problems


def _is_key(value: object) -> bool:
    return hasattr(type(value), "key_arn") or type(value).__name__ == "InterfaceDynamicProxy"


def mebibytes(value: object) -> Any:
    """Return a Size in MiB; anything else as it is."""
    return _amount(value, "mebibytes") if hasattr(type(value), "to_mebibytes") else value


def gibibytes(value: object) -> Any:
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
        node = getattr(scope, "node", None)
        raise EbsValidationError(f"{node.path}/{id}".lstrip("/") if node else shown(id), errors)
    return found


def warn(construct: constructs.Construct, warnings: Iterable[Finding]) -> None:
    """Show warnings on a construct; each can be acknowledged by ``constructs-ebs:`` and its code."""
    from aws_cdk import Annotations

    for finding in warnings:
        Annotations.of(construct).add_warning_v2(f"constructs-ebs:{finding.code}", finding.message)
