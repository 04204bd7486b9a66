"""Converts single values of aws-cdk-lib into EC2's and back: tokens, sizes, durations, prices, moments."""

from __future__ import annotations

import re
import struct
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Protocol

from ..core.requests import UNKNOWN
from .lazy import LazyModule

if TYPE_CHECKING:
    import aws_cdk as cdk
    from aws_cdk import aws_events as events
else:
    cdk, events = LazyModule("aws_cdk"), LazyModule("aws_cdk.aws_events")


class IRuleTarget(Protocol):
    """The targets in ``aws_events_targets`` and ``events.IRuleTarget``, whose second arguments differ in name."""

    def bind(self, rule: Any, /) -> events.RuleTargetConfig: ...


_TOKEN = re.compile(r"[$#]\{Token\[[^\]]*\]\}")
_LIST_TOKEN = "#{Token["


def is_token(value: object) -> bool:
    """Whether a value stands for one that only the deployment knows; avoids calls into jsii."""
    if isinstance(value, str):
        return bool(_TOKEN.search(value))
    if isinstance(value, float):
        return struct.pack(">d", value)[:2] == b"\xfb\xff"  # how CDK encodes a token as a number
    return any(hasattr(kind, "resolve") and hasattr(kind, "creation_stack") for kind in _types(value))  # IResolvable


def is_construct(value: object) -> bool:
    """Whether a value has a place in the construct tree; avoids calls into jsii."""
    return any(hasattr(kind, "node") for kind in _types(value))


def _types(value: object) -> list[type]:
    """Return the types of a value, not of its properties: reading a property calls into Node."""
    if type(value).__name__ == "InterfaceDynamicProxy":  # jsii's, for what upstream returns as an interface
        proxy: Any = value
        return [type(delegate) for delegate in proxy._delegates]
    return [type(value)]


def is_list_token(value: object) -> bool:
    """Whether a list, or an element of one, stands for a list that only the deployment knows."""
    if isinstance(value, str):
        return _LIST_TOKEN in value
    return (
        isinstance(value, (list, tuple)) and len(value) == 1 and isinstance(value[0], str) and is_list_token(value[0])
    )


def plain(value: object) -> Any:
    """Return a value as an EC2 request has it, ``UNKNOWN`` for a token and for a dynamic reference."""
    if is_token(value) or (isinstance(value, str) and "{{resolve:" in value):
        return UNKNOWN
    if isinstance(value, float) and value.is_integer():
        return int(value)  # jsii has only one kind of number
    return value


def emitted(value: object) -> Any:
    """Return a rate as a template has it: tokens as they are, numbers whole."""
    known = plain(value)
    if known is UNKNOWN:
        return value
    return int(known) if isinstance(known, _Whole) else known


def number(value: object) -> Any:
    """Return a number as upstream's typed properties take it: a token as the number that stands for it."""
    if isinstance(value, float) or plain(value) is not UNKNOWN:
        return value
    return cdk.Token.as_number(_token_object(value))


def flag(value: object) -> Any:
    """Return true or false as upstream's L1s take it: what only the deployment knows as an object."""
    return _token_object(value) if isinstance(value, (str, float)) else value


def _token_object(value: object) -> Any:
    """Return a token, or text that holds tokens, as an object."""
    if isinstance(value, str) and is_token(value) and not _TOKEN.fullmatch(value):
        value = cdk.Fn.join("", [value])  # Token.as_any takes no text beside a token
    return cdk.Token.as_any(value)


def text(value: object) -> Any:
    """Return a string as upstream's typed properties take it: a token as the string that stands for it."""
    if isinstance(value, str) or not is_token(value):
        return value
    from aws_cdk import Token

    return Token.as_string(value)


def price(value: object) -> Any:
    """Return a price as EC2 has it, a string of digits without an exponent, or a token's string."""
    if is_token(value):
        return text(value)
    number = plain(value)
    return format(Decimal(str(number)), "f") if isinstance(number, (int, float)) else number


def timestamp(moment: datetime | cdk.Expiration | None) -> str | None:
    """Return a moment as EC2 has it, in UTC; a moment without a time zone is taken as UTC on every machine."""
    if moment is None:
        return None
    when = moment if isinstance(moment, datetime) else moment.date
    if when.tzinfo is None:
        when = when.replace(tzinfo=timezone.utc)
    return when.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def seconds(length: object) -> float | None:
    """Return the seconds of a Duration or timedelta; None for anything else, and for what is unknown at synth."""
    if isinstance(length, timedelta):
        return length.total_seconds()
    if not hasattr(type(length), "to_seconds"):
        return None
    duration: Any = length
    return None if duration.is_unresolved() else float(duration.to_seconds(integral=False))


def duration(length: Any, unit: str) -> Any:
    """Return a Duration in ``minutes`` or ``seconds``, ``UNKNOWN`` for a token in another unit."""
    try:
        return None if length is None else getattr(length, f"to_{unit}")(integral=False)
    except RuntimeError:  # jsii's, for a token that cannot be converted
        return UNKNOWN


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


_UNITS = {"tebibytes": 2**40, "gibibytes": 2**30, "mebibytes": 2**20, "kibibytes": 2**10, "bytes": 1}


class _Converted:
    """A number that messages show in the largest unit that fits: 1,024 MiB as 1 GiB, for example."""

    unit: str

    def __repr__(self) -> str:
        number: Any = self
        amount = float(number) * _UNITS[self.unit]
        unit = next((unit for unit, factor in _UNITS.items() if amount and amount % factor == 0), self.unit)
        shown = f"{amount / _UNITS[unit]:.15g}"
        return shown if unit == self.unit else f"{shown} {unit[0].upper()}{'iB' if unit != 'bytes' else ''}"


class _Whole(_Converted, int):
    pass


class _Part(_Converted, float):
    pass


@lru_cache(maxsize=1024)  # A Size never changes, and each look at one is a call into Node.
def _amount(size: Any, unit: str) -> object:
    from aws_cdk import SizeRoundingBehavior

    try:
        amount = getattr(size, f"to_{unit}")(rounding=SizeRoundingBehavior.NONE)
    except RuntimeError:  # jsii's, for a token that cannot be converted
        return _Unreadable(unit)
    if is_token(amount):
        return amount
    converted = _Whole(amount) if isinstance(amount, int) else _Part(amount)
    converted.unit = unit
    return converted


@lru_cache(maxsize=1024)
def size_of_gibibytes(amount: int) -> cdk.Size:
    """Make a Size, once for each amount."""
    from aws_cdk import Size

    return Size.gibibytes(amount)
