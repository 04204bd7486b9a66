"""Reads what resources would emit at this moment, overrides included, and overrides their properties.

jsii shows Python neither a resource's overrides nor its rendered properties. So index.js, a few lines of JavaScript in
jsii's kernel, reads all resources in one call.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from ...core import problems
from ..javascript import Library

if TYPE_CHECKING:
    import aws_cdk as cdk
    from constructs import IConstruct

LIBRARY = Library(
    "Emitted",
    __name__,
    {"below": ("scope", "types", "names", "unset"), "override": ("changes",), "find": ("scope", "places")},
)


class Emitted(NamedTuple):
    """A resource, and its properties as a template would have them now."""

    resource: cdk.CfnResource
    path: str
    kind: str
    properties: dict[str, Any] | None
    """None: they cannot be read."""
    names: Sequence[Any] = ()
    """The strings that were passed to be resolved, as this resource resolves them."""
    error: str = ""


def below(scope: IConstruct, kinds: Collection[str], names: Sequence[str] = (), unset: str = "") -> list[Emitted]:
    """Read the resources of some types at and below a scope, and resolve ``names`` as each of them would.

    The metadata ``unset`` of a construct lists paths of properties, which are returned without a value.
    """
    return [
        Emitted(row["resource"], row["path"], row["type"], row.get("properties"), row.get("names", ()), _line(row))
        for row in LIBRARY.invoke("below", scope, sorted(kinds), list(names), unset)
    ]


def override(changes: Sequence[tuple[cdk.CfnResource | cdk.Resource, problems.Path, Any]]) -> list[bool]:
    """Override a property of each resource, also inside a list of an earlier override; return which were possible.

    An L2 stands for its resource.
    """
    done: list[bool] = LIBRARY.invoke("override", [list(map(_plain, change)) for change in changes]) if changes else []
    return done


def find(scope: IConstruct, places: Sequence[tuple[str, str]]) -> list[cdk.CfnResource | None]:
    """Return the resources with these logical IDs in the stacks with these template files."""
    if not places:
        return []
    found: list[cdk.CfnResource | None] = LIBRARY.invoke("find", scope, [list(place) for place in places])
    return found


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _line(row: dict[str, Any]) -> str:
    return str(row.get("error", "")).partition("\n")[0]
