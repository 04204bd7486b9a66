"""Does in one call into Node what takes Python many: finds what surrounds a construct, makes volumes, overrides.

It makes volumes without upstream's check, too, which Python cannot do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import jsii
from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from ..javascript import Library, ObjectClass

_LIBRARY = Library(
    "Construction",
    __name__,
    {"surroundings": ("scope", "upstream", "others"), "override": ("construct", "path", "value")},
    Volume=ObjectClass({}, ("scope", "id", "props", "overrides"), base="aws-cdk-lib.aws_ec2.Volume", interfaces=()),
)


class Environment(NamedTuple):
    """Where a construct is deployed, None where only the deployment knows, and its path."""

    path: str
    account: str | None = None
    region: str | None = None


def look_around(scope: Any, upstream: str, others: Sequence[Any]) -> tuple[bool, list[Environment]]:
    """Return whether a property injector applies to what ``upstream``, a class of aws-ec2, would make in a scope.

    Returns:
        That, and the environments of the scope and of other constructs.
    """
    found = _LIBRARY.invoke("surroundings", scope, upstream, list(others))
    return found["injected"], [Environment(**environment) for environment in found["environments"]]


def override(construct: Any, path: str, value: Any) -> None:
    """Override a property of an L2's resource."""
    _LIBRARY.invoke("override", construct, path, value)


class UncheckedVolume(ec2.Volume, metaclass=jsii.JSIIMeta, jsii_type=_LIBRARY.fqn("Volume")):
    """``ec2.Volume``, whose constructor and property injectors get what was given, whatever upstream's check takes.

    The check is overridden in index.js: jsii calls no method of Python's while it constructs an object.
    """

    def _make(self, scope: Construct, id: str, props: Mapping[str, Any], overrides: Mapping[str, Any]) -> None:
        """Construct it, and override properties of its resource."""
        _LIBRARY.load()
        struct: Any = ec2.VolumeProps
        names = struct.__jsii_name_mapping__
        given = {names[name]: value for name, value in props.items()}
        jsii.create(UncheckedVolume, self, [scope, id, given, {**overrides}])
