"""Tells, in one call into Node, what surrounds a construct that is to be made: property injectors and environments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from ..javascript import Library

_LIBRARY = Library("Surroundings", __name__, {"of": ("scope", "upstream", "others")})


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
    found = _LIBRARY.invoke("of", scope, upstream, list(others))
    return found["injected"], [Environment(**environment) for environment in found["environments"]]
