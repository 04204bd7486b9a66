"""Checks launch templates by what launches them, where what is right depends on that."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from ..requests import RequestedVolume
from ..rules import RULES
from ..rules.encryption import of_service_role
from ..service_roles import SERVICE_ROLES, ServiceRole, allows
from .launches import Launch
from .paths import values_at
from .references import App, Place, Reference
from .templates import TemplateResource, VolumeRequest

if TYPE_CHECKING:
    from ..findings import Finding

_LAUNCH_TEMPLATE = "AWS::EC2::LaunchTemplate"
_RULES_OF_LAUNCHERS = {
    "AWS::EC2::Instance": "PersistentSpotRequest",
    "AWS::AutoScaling::AutoScalingGroup": "SpotGroupNeedsOneTime",
}
"""The rule about the persistent Spot requests of what launches a template."""

_ROLES_OF_LAUNCHERS = {
    "AWS::AutoScaling::AutoScalingGroup": "autoscaling",
    "AWS::EC2::EC2Fleet": "ec2fleet",
    "AWS::EC2::SpotFleet": "spotfleet",
    "AWS::EKS::Nodegroup": "autoscaling",
}
"""The service-linked role that launches for a resource. EKS documents its node groups' as Auto Scaling's."""


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


def keys_of(resource: TemplateResource) -> dict[Place, RequestedVolume]:
    """Return the customers' keys, resources of the app, that encrypt volumes of a launch template."""
    if resource.kind != _LAUNCH_TEMPLATE:
        return {}
    volumes = [volume for request in resource.requests for volume in request.request.volumes]
    keys = ((volume.values.get("KmsKeyId"), volume) for volume in volumes)
    return {key.place: volume for key, volume in keys if isinstance(key, Reference)}


def check_keys(
    app: App, launches: Iterable[Launch], keyed: Mapping[Place, Mapping[Place, RequestedVolume]]
) -> Iterator[tuple[int, list[Finding]]]:
    """The key of a volume may be used by the service-linked role that launches it; each key is named once for a role.

    ``keyed`` are the keys of launch templates. Yields findings with the index of their template.
    """
    told: set[tuple[Place, ServiceRole]] = set()
    for launch in launches:
        role = _role_of(app, launch)
        for key, volume in keyed.get(launch.template, {}).items() if role else ():
            if role is None or (key, role) in told or app.kind(key) != "AWS::KMS::Key":
                continue
            told.add((key, role))
            if not allows(app.written(key).get("KeyPolicy"), role):
                facts = of_service_role(key.logical_id, role, launch.launcher.logical_id)
                found = RULES["KmsKeyWithoutServiceRole"].found(volume.problem("KmsKeyId", **facts))
                yield launch.template.template, [found.changed(logical_id=launch.template.logical_id)]


def _role_of(app: App, launch: Launch) -> ServiceRole | None:
    """Return the service-linked role that launches; an On-Demand Instance is launched by whoever deploys it."""
    kind = str(app.kind(launch.launcher))
    name = _ROLES_OF_LAUNCHERS.get(kind)
    market = values_at(app.properties(launch.template), ("LaunchTemplateData", "InstanceMarketOptions", "MarketType"))
    if kind == "AWS::EC2::Instance" and next(market, None) == "spot":
        name = "spot"
    return SERVICE_ROLES.get(name or "")
