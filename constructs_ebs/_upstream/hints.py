"""Reads type hints: members of unions, jsii's structs, and the interfaces that jsii's classes implement."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

hints = cache(get_type_hints)
"""The type hints of a function or a class, resolved once, when they are first needed."""


def is_protocol(kind: Any) -> bool:
    """Whether a type is a protocol of ours; those of jsii are told apart by name."""
    return getattr(kind, "_is_protocol", False) and not hasattr(kind, "__jsii_type__")


def is_struct(kind: Any) -> bool:
    """Whether a type is a struct of jsii's."""
    return hasattr(kind, "__jsii_name_mapping__")


def kinds_of(value: object) -> frozenset[object]:
    """Return the classes and interfaces of a value."""
    proxy: Any = value  # jsii's, for what upstream returns as an interface
    parts = proxy._delegates if type(value).__name__ == "InterfaceDynamicProxy" else [value]
    return frozenset[object]().union(*map(_kinds, map(type, parts)))


@cache
def _kinds(kind: Any) -> frozenset[object]:
    """Return a class, its bases and the interfaces that it implements, each also by jsii's name."""
    interfaces = [interface for base in kind.__mro__ for interface in vars(base).get("__jsii_ifaces__", ())]
    classes = {base for extended in (kind, *interfaces) for base in extended.__mro__}
    names = {vars(base)["__jsii_type__"] for base in classes if "__jsii_type__" in vars(base)}
    return frozenset(classes | names)


@cache
def members_of(hint: Any) -> tuple[Any, ...]:
    """Return the types of a union, except those that another member covers."""
    members = get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)
    if any(map(is_struct, members)):  # whose form as a dict is known
        members = tuple(member for member in members if get_origin(member) not in (dict, Mapping))
    covered = {
        member
        for member in members
        for other in members
        if member is not other and isinstance(member, type) and other in _kinds(member)
    }
    return tuple(member for member in members if member not in covered)


@cache
def may_be_none(function: Any) -> frozenset[str]:
    """Return the names of what may be None, by the type hints of a function."""
    return frozenset(name for name, hint in hints(function).items() if NoneType in members_of(hint))


def snake_case(name: str) -> str:
    """Return a name in snake_case, from jsii's camelCase or unchanged."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
