"""The custom resources of this package: their types, and what each of them asks EC2 for."""

from collections.abc import Mapping
from typing import Any, Final

from ..actions import ACTIONS, RATE
from ..requests import Request, read

REPLACEMENT: Final = "Custom::EbsReplaceRootVolume"
"""``RootVolumeReplacement``: ``Request`` is that of CreateReplaceRootVolumeTask."""

IMAGE: Final = "Custom::EbsRegisterImage"
"""``Ami``: ``Request`` is that of ``Action``, RegisterImage or CreateImage."""

VERSION: Final = "Custom::EbsCreateLaunchTemplateVersion"
"""``LaunchTemplateVersion``: ``BlockDeviceMappings`` and ``Changes`` are the mappings that it adds and changes, a rate
beside them is that of all other devices from snapshots."""


def read_image(properties: Mapping[str, Any]) -> Request:
    """Read the image that an ``Ami`` registers; one that is made of an instance has no devices that are known."""
    registered = properties.get("Action", "RegisterImage") == "RegisterImage"
    return read(ACTIONS["RegisterImage"], properties.get("Request") if registered else {}, lenient=True)


def read_version(properties: Mapping[str, Any]) -> tuple[Request, Any]:
    """Read the devices that a ``LaunchTemplateVersion`` names, and the rate of all others from snapshots."""
    lists = [properties.get(name) for name in ("BlockDeviceMappings", "Changes")]
    mappings = [mapping for listed in lists if isinstance(listed, list) for mapping in listed]
    named = read(
        ACTIONS["CreateLaunchTemplateVersion"], {"LaunchTemplateData": {"BlockDeviceMappings": mappings}}, lenient=True
    )
    [others] = read(ACTIONS["CreateVolume"], {RATE: properties.get(RATE)}, lenient=True).volumes
    return named, others.values.get(RATE)
