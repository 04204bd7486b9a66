"""Checks launch templates by what launches them, where what is right depends on that."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from ..rules import RULES
from .launches import Launch
from .references import App, Place
from .templates import TemplateResource, VolumeRequest

if TYPE_CHECKING:
    from ..findings import Finding

_LAUNCH_TEMPLATE = "AWS::EC2::LaunchTemplate"
_RULES_OF_LAUNCHERS = {
    "AWS::EC2::Instance": "PersistentSpotRequest",
    "AWS::AutoScaling::AutoScalingGroup": "SpotGroupNeedsOneTime",
}
"""The rule about the persistent Spot requests of what launches a template."""


def persistent_requests(
    resource: TemplateResource, code: str = "PersistentSpotRequest", launcher: str = ""
) -> list[Finding]:
    """Find persistent Spot requests in a launch template, as problems of what launches it."""

    def judge(asked: VolumeRequest) -> Iterator[Finding]:
        if asked.request.values.get("SpotInstanceType") == "persistent":
            problem = asked.request.spot_problem("SpotInstanceType", got="persistent", launcher=launcher)
            yield RULES[code].found(problem).changed(logical_id=asked.logical_id)

    return resource.check(judge) if resource.kind == _LAUNCH_TEMPLATE else []


def check_spot_requests(
    app: App, launches: Iterable[Launch], persistent: Mapping[Place, TemplateResource]
) -> Iterator[tuple[int, list[Finding]]]:
    """Instances and Auto Scaling groups make one-time requests; each launch template is named once for each rule.

    ``persistent`` are the launch templates with persistent requests. Yields findings with the index of their template.
    """
    told: set[tuple[Place, str]] = set()
    for launch in launches:
        code = _RULES_OF_LAUNCHERS.get(str(app.kind(launch.launcher)))
        if code and launch.template in persistent and (launch.template, code) not in told:
            told.add((launch.template, code))
            found = persistent_requests(persistent[launch.template], code, launch.launcher.logical_id)
            yield launch.template.template, found
