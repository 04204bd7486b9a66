"""What surrounds a construct that is to be made: its Region, property injectors, and constructs of other places."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from . import _upstream
from ._upstream.construction import Environment, look_around
from .core.findings import Finding
from .core.rules import find


class ScopeSurroundings(NamedTuple):
    """What surrounds a construct that is to be made."""

    injected: bool = False
    """Whether a property injector applies to it."""
    region: str | None = None
    """None where only the deployment knows."""
    elsewhere: Sequence[Finding] = ()
    """What is wrong with the constructs that it names: they are of another Region or account."""


def surroundings(scope: object, upstream: str = "", **named: object) -> ScopeSurroundings:
    """Look around in a scope, in one call into Node.

    Args:
        scope: where the construct is to be made.
        upstream: the class of aws-ec2 that it is made as. Default: none, so that no injector applies.
        named: the constructs that it names, by argument; an id is taken at its word.
    """
    others = {name: construct for name, construct in named.items() if _has_a_place(name, construct)}
    if not _upstream.is_construct(scope) or not (upstream or others):
        return ScopeSurroundings()
    injected, (here, *places) = look_around(scope, upstream, [*others.values()])
    findings: list[Finding] = []
    for (name, construct), there in zip(others.items(), places, strict=True):
        findings += _elsewhere(name, construct, there, here)
    return ScopeSurroundings(injected, here.region, findings)


def _has_a_place(name: str, value: object) -> bool:
    """Whether a value is a construct; of images only ours, since upstream's find one in any Region."""
    ours = name != "machine_image" or isinstance(getattr(value, "block_devices", None), tuple)
    return ours and _upstream.is_construct(value)


def _elsewhere(name: str, construct: object, there: Environment, here: Environment) -> Iterator[Finding]:
    """What a construct names is of its Region and account, as far as both are known."""
    an_image = name == "machine_image"
    facts: dict[str, Any] = {"prop": name, "of": there.path}
    if there.region and here.region and there.region != here.region:
        code = "ImageOfAnotherRegion" if an_image else "ResourceOfAnotherRegion"
        yield find(code, there=there.region, here=here.region, **facts)
    shared = an_image and here.account and _is_shared(construct, here.account)
    if there.account and here.account and there.account != here.account and not shared:
        code = "ImageOfAnotherAccount" if an_image else "ResourceOfAnotherAccount"
        yield find(code, there=there.account, here=here.account, **facts)


def _is_shared(image: object, account: str) -> bool:  # noqa: ARG001
    """Whether an account may launch an image of another one: an image that is known by its id is taken at its word."""
    return not hasattr(image, "image_name")
