"""The custom resources of this package: their types, which never change, and what each of them asks EC2 for."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from ..actions import ACTIONS, RATE
from ..problems import Path
from ..requests import Request, RequestedVolume, read

REPLACEMENT: Final = "Custom::EbsRootVolumeReplacement"
"""``RootVolumeReplacement``: ``Request`` is that of CreateReplaceRootVolumeTask."""

IMAGE: Final = "Custom::EbsAmi"
"""``Ami``: ``Request`` is that of ``Action``, RegisterImage or CreateImage."""

VERSION: Final = "Custom::EbsLaunchTemplateVersion"
"""``LaunchTemplateVersion``: ``BlockDeviceMappings`` and ``Changes`` are the mappings that it adds and changes, a rate
beside them is that of all other devices from snapshots."""

WAIT: Final = "Custom::EbsInitializationWait"
"""``InitializationWait``: ``VolumeIds`` are waited for."""

ALARM: Final = "Custom::EbsInitializationAlarm"
"""``InitializationAlarm``: an execution of its state machine watches ``VolumeIds``."""

PROVIDER: Final = "EbsProvider"
WATCHER: Final = "EbsInitializationWatcher"
ANNOUNCER: Final = "EbsInitializationAnnouncer"
"""What serves them in each stack: ids of constructs, of which logical ids are made. They never change either."""

_OF_A_VERSION = ACTIONS["CreateLaunchTemplateVersion"]._replace(where=())
_DEVICES: Final = {
    IMAGE: (ACTIONS["RegisterImage"]._replace(where=("Request",)),),
    VERSION: tuple(_OF_A_VERSION._replace(mappings=name) for name in ("BlockDeviceMappings", "Changes")),
}
"""Where these have devices, which create no volumes before something launches from them."""


def read_devices(kind: str, properties: Mapping[str, Any], path: Path = ()) -> Iterator[RequestedVolume]:
    """Yield the known devices of an ``Ami`` or a ``LaunchTemplateVersion``; another type has none."""
    for action in _DEVICES.get(kind, ()) if _is_known(properties) else ():
        yield from read(action, properties, path, lenient=True).volumes


def read_image(properties: Mapping[str, Any]) -> Request:
    """Read the image that an ``Ami`` registers."""
    return read(ACTIONS["RegisterImage"], properties.get("Request") if _is_known(properties) else {}, lenient=True)


def _is_known(properties: Mapping[str, Any]) -> bool:
    """Whether the devices are known; an image from an instance has the instance's devices."""
    return properties.get("Action") != "CreateImage"


def rate_of_others(properties: Mapping[str, Any]) -> Any:
    """Return the rate that a ``LaunchTemplateVersion`` has for all devices from snapshots that it does not name."""
    [others] = read(ACTIONS["CreateVolume"], {RATE: properties.get(RATE)}, lenient=True).volumes
    return others.values.get(RATE)
