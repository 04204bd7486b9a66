"""The rates that the templates of deployed stacks ask for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from ...core.actions import RATE
from ...core.cloudformation.custom_resources import IMAGE, VERSION, rate_of_others, read_devices
from ...core.requests import MAYBE, RequestedVolume, Unknown
from ..stacks import Stack, StackResource

Rates = Mapping[str, Any]
"""Rates by device name: MiB/s, None for the default rate, or Unknown."""

EVERY: Final = "*"
"""Stands for every device from a snapshot that has no rate of its own."""


class TemplateRates:
    """The rates that the templates of stacks ask for, by resource."""

    def __init__(self, stacks: list[Stack]) -> None:
        self.rates: dict[StackResource, Rates] = {}
        self.open: set[StackResource] = set()
        """Resources whose list of devices is unknown."""
        self._stacks = {
            resource: stack for outer in stacks for stack in outer.all for resource in stack.resources.values()
        }
        for stack in (stack for outer in stacks for stack in outer.all):
            for each in stack.read():
                resource = stack.resources.get(each.logical_id)
                if resource is None:  # its condition is false
                    continue
                requests = [asked.request for asked in each.requests]
                self.rates[resource] = _rates(volume for request in requests for volume in request.volumes)
                if not all(request.complete for request in requests):
                    self.open.add(resource)
            for resource in stack.resources.values():
                if resource.kind == IMAGE:
                    self.rates[resource] = _rates(read_devices(IMAGE, stack.properties(resource)))
                elif resource.kind == VERSION:
                    self.rates[resource] = _of_version(stack.properties(resource))

    def of(self, kind: str) -> dict[StackResource, Rates]:
        return {resource: rates for resource, rates in self.rates.items() if resource.kind == kind}

    def made(self, resource: StackResource) -> Mapping[str, str]:
        """Return the attributes of what a custom resource made; none, if it is gone."""
        return self._stacks[resource].made.get(resource, {})

    def version(self, resource: StackResource) -> tuple[str, str] | None:
        """Return the launch template of a ``LaunchTemplateVersion``, and its number there; None, if it is gone."""
        attributes = self.made(resource)
        return (attributes["LaunchTemplateId"], attributes["VersionNumber"]) if attributes else None

    @property
    def any(self) -> bool:
        return bool(self.open) or any(rate is not None for rates in self.rates.values() for rate in rates.values())


def _of_version(properties: Mapping[str, Any]) -> Rates:
    rates, others = _rates(read_devices(VERSION, properties)), rate_of_others(properties)
    return rates if others is None else {EVERY: others, **rates}


def _rates(volumes: Iterable[RequestedVolume]) -> dict[str, Any]:
    """Return the rates of volumes, without those whose device is unknown."""
    return {
        str(volume.device or ""): volume.values.get(RATE, MAYBE if volume.open else None)
        for volume in volumes
        if not isinstance(volume.device, Unknown)
    }
