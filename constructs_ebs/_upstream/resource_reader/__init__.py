"""Reads what resources would emit at this moment, overrides included, and gives them a default rate.

jsii shows Python neither a resource's overrides nor its rendered properties, and it calls an Aspect in Python once for
each construct. So a few lines of JavaScript in jsii's kernel read all resources in one call.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import aws_cdk as cdk
import jsii

from ..javascript import Library, ObjectClass

if TYPE_CHECKING:
    from constructs import IConstruct

LIBRARY = Library(
    "Emitted",
    __name__,
    {"below": ("scope", "types"), "find": ("scope", "places")},
    DefaultRate=ObjectClass(
        {
            "visit": ("node",),
            "supports": ("construct",),
            "applyTo": ("construct",),
            "decide": ("rows",),
            "outcomes": (),
        },
        ("optsOut", "names", "mark", "ofTypes"),
        base="aws-cdk-lib.Mixin",
        interfaces=("aws-cdk-lib.IAspect",),
    ),
)


class Emitted(NamedTuple):
    """A resource's path and type, and its properties as a template would have them now."""

    path: str
    kind: str
    properties: dict[str, Any] | None
    """None: they cannot be read."""


def below(scope: IConstruct, kinds: Collection[str]) -> list[Emitted]:
    """Read the resources of some types at and below a scope."""
    rows = LIBRARY.invoke("below", scope, sorted(kinds))
    return [Emitted(row["path"], row["type"], row.get("properties")) for row in rows]


def find(scope: IConstruct, places: Sequence[tuple[str, str]]) -> list[cdk.CfnResource | None]:
    """Return the resources with these logical IDs in the stacks with these template files."""
    if not places:
        return []
    found: list[cdk.CfnResource | None] = LIBRARY.invoke("find", scope, [list(place) for place in places])
    return found


class DefaultRate(cdk.Mixin, metaclass=jsii.JSIIAbstractClass, jsii_type=LIBRARY.fqn("DefaultRate")):
    """An Aspect and a Mixin in one: visits constructs in Node, and asks ``_decide`` about all resources at once."""

    def __init__(self, names: Sequence[str], mark: str, kinds: Collection[str], *, opts_out: bool) -> None:
        """Create it.

        Args:
            names: strings that each resource resolves for the decision about it.
            mark: the metadata of a construct that lists paths of properties; what is there keeps its value or has none.
                Without a path it means the whole resource.
            kinds: the types of the resources.
            opts_out: whether it keeps other default rates away, instead of writing one.
        """
        LIBRARY.load()
        jsii.create(DefaultRate, self, [opts_out, list(names), mark, sorted(kinds)])

    @jsii.member(jsii_name="visit")
    def visit(self, node: IConstruct) -> None:
        """Have everything below the scope of the Aspect rated when the last Aspect is done; called by CDK."""
        jsii.invoke(self, "visit", [node])

    @jsii.member(jsii_name="supports")
    def supports(self, construct: IConstruct) -> bool:
        """Whether it is a resource with volumes; called by CDK."""
        return cast("bool", jsii.invoke(self, "supports", [construct]))

    @jsii.member(jsii_name="applyTo")
    def apply_to(self, construct: IConstruct) -> None:
        """Rate the volumes of one resource now; called by CDK."""
        jsii.invoke(self, "applyTo", [construct])

    @jsii.member(jsii_name="decide")
    def _decide(self, rows: str) -> list[list[list[Any]]]:
        """Decide about resources.

        Args:
            rows: a JSON list of resources: ``path``, ``type``, ``properties`` and ``names``, or an ``error``; whether
                it is ``optedOut``, whether a ``nearer`` default rate applies, and the path of a stage that is ``late``.

        Returns:
            For each resource its volumes, each as path, value, code and message: what to write where, or None, and the
            warning for a volume that gets nothing, if there is one.
        """
        raise NotImplementedError

    def _outcomes(self) -> list[tuple[int, list[bool]]]:
        """Return the resources so far: which of those decided about, and which of its values were written."""
        return cast("list[tuple[int, list[bool]]]", jsii.invoke(self, "outcomes", []))
