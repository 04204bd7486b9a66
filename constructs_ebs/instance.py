"""An EC2 instance, with a launch template of its own where it has rates or Spot options."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import zip_longest
from typing import Any

from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from . import _upstream
from ._lowering.devices import (
    MAPPINGS,
    SPOT_NAMES,
    check_spot,
    exceeds_upstream,
    market_options,
    rate_overrides,
    record_rates,
    spot_request,
    to_l1,
    upstream_devices,
)
from ._lowering.injection import check_built, check_template, lasting, settle, take_devices
from ._lowering.key_grants import check_keys, grant_keys
from ._signatures import InstanceSignature
from ._surroundings import surroundings
from ._upstream import imdsv2
from .block_device import NAMES as DEVICE_NAMES
from .block_device import BlockDevice, check_devices, check_launch
from .core.findings import Finding
from .core.regions import zones_elsewhere
from .core.rules import find
from .core.rules.origin import special_zones
from .initialization_rate import mebibytes

_NAMES = {**DEVICE_NAMES, **SPOT_NAMES}
"""What messages call the parameters of RunInstances."""

_METADATA = (
    "http_endpoint",
    "http_protocol_ipv6",
    "http_put_response_hop_limit",
    "http_tokens",
    "instance_metadata_tags",
)


class Instance(InstanceSignature):
    """``ec2.Instance`` whose block devices carry volume initialization rates, and which may be a Spot Instance.

    CloudFormation's instance has no property for a rate, for throughput or for Spot options. An instance that needs one
    gets a launch template of its own, which holds its devices and its Spot options; any other is exactly upstream's.
    Spot requests are one-time: a persistent request would outlive the instance, and launch another.

    The launch template of an instance cannot change: changing a device or a Spot option replaces the instance, and so
    does adding the first rate. Neither tags nor ``require_imdsv2`` change the template. A volume smaller than its
    snapshot fails at launch. Mapping the root device of a Windows AMI switches EC2 Fast Launch off.
    """

    block_devices: tuple[BlockDevice, ...]
    """The devices that are mapped, those of an ``Ami`` with rates included."""
    _template: ec2.CfnLaunchTemplate | None = None

    def _create(self, scope: Construct, id: str, arguments: dict[str, Any]) -> None:
        problems = _upstream.check_arguments(Instance.__init__, arguments, judged=("block_devices",))
        image = arguments["machine_image"]
        devices, mappings, wrong = check_devices(arguments["block_devices"], ("BlockDeviceMappings",), image)
        around = surroundings(scope, "Instance", machine_image=image)
        spot, zone, names = None, None, _NAMES
        if not problems:
            spot = _upstream.as_struct(ec2.LaunchTemplateSpotOptions, arguments["spot_options"])
            zone, unplaced = _placement(arguments, devices, around.region)
            names = {
                **_NAMES,
                "AvailabilityZone": "availability_zone" if arguments["availability_zone"] else "vpc_subnets",
            }
            wrong += unplaced
        placement = {"AvailabilityZone": _upstream.plain(zone)}
        market = spot_request(spot)
        request = {"BlockDeviceMappings": mappings, "Placement": placement, **market}
        problems += [*wrong, *check_spot(market), *around.elsewhere, *_check_metadata(arguments)]
        problems += _check(request, spot, names, around.region)
        warnings = _upstream.refuse(scope, id, lasting(problems, around.injected))

        given = {name: value for name, value in arguments.items() if value is not None}
        mapped = given.pop("block_devices", None)
        given.pop("spot_options", None)
        templated = spot is not None or any(exceeds_upstream(*pair) for pair in zip_longest(devices, mapped or ()))
        upstream = _upstream.as_upstream(ec2.Instance.__init__, given)
        if templated and around.injected:  # which is to see the devices; upstream would warn of throughput
            bare = [replace(device, throughput=None) for device in devices]
            upstream["block_devices"] = upstream_devices(bare, bare)
        elif not templated:
            upstream["block_devices"] = upstream_devices(devices, mapped)
        ec2.Instance.__init__(self, scope, id, **upstream)
        self.block_devices = tuple(devices)
        if around.injected:
            warnings += settle(self, self._build(devices, spot, templated))
        elif templated:
            mappings = [to_l1(device) for device in devices]
            self._launch_from_template(mappings, [*enumerate(devices)], spot)
        if spot is not None:
            warnings += check_keys(devices, "spot", "a Spot Instance")
        _upstream.warn(self, warnings)

    def _build(
        self, devices: Sequence[BlockDevice], spot: ec2.LaunchTemplateSpotOptions | None, templated: bool
    ) -> list[Finding]:
        """Make the launch template where a property injector may have changed the devices; check what was built."""
        if not templated:
            return check_built(self, "AWS::EC2::Instance", "RunInstances", _NAMES)
        mappings, placed, findings = take_devices(self.instance, devices)
        template = self._launch_from_template(mappings, placed, spot)
        return [*findings, *check_template(template, placed, _NAMES)]

    def _launch_from_template(
        self,
        mappings: Sequence[ec2.CfnLaunchTemplate.BlockDeviceMappingProperty],
        placed: Sequence[tuple[int, BlockDevice]],
        spot: ec2.LaunchTemplateSpotOptions | None,
    ) -> ec2.CfnLaunchTemplate:
        """Make the launch template that holds what CloudFormation's instance has no property for."""
        data = ec2.CfnLaunchTemplate.LaunchTemplateDataProperty(
            block_device_mappings=mappings or None,
            instance_market_options=market_options(spot) if spot else None,
        )
        self._template = template = ec2.CfnLaunchTemplate(self, "LaunchTemplate", launch_template_data=data)
        if overrides := rate_overrides(placed):
            template.add_property_override(MAPPINGS, overrides)
        record_rates(template, placed)
        self.instance.launch_template = ec2.CfnInstance.LaunchTemplateSpecificationProperty(
            launch_template_id=template.ref, version=template.attr_latest_version_number
        )
        imdsv2.follow_aspect(self)
        return template

    def grant_keys(self) -> None:
        """Let the service-linked role of Spot Instances use the KMS keys of the devices; without that, launches fail.

        The role must exist before the policy of a key names it, or the deployment fails: see docs/encryption.md. An
        On-Demand Instance needs no such grant.

        Raises:
            ValueError: for an imported key, with the statements that its owner must add.
        """
        grant_keys(self, self.block_devices, ["spot"])

    @cached_property
    def launch_template(self) -> ec2.ILaunchTemplate | None:
        """The instance's own launch template; None if it needs none."""
        if self._template is None:
            return None
        return ec2.LaunchTemplate.from_launch_template_attributes(
            self,
            "OwnLaunchTemplate",
            launch_template_id=self._template.ref,
            version_number=self._template.attr_latest_version_number,
        )


def _placement(
    arguments: Mapping[str, Any], devices: Sequence[BlockDevice], region: str | None
) -> tuple[Any, list[Finding]]:
    """Return the Availability Zone of an instance, as far as rules need it, and what is wrong with its subnets.

    Selecting subnets takes eight calls into Node, so without a selection it happens only where the VPC has a Local or
    Wavelength Zone, or a zone of another Region.
    """
    vpc, zone, selection = arguments["vpc"], arguments["availability_zone"], arguments["vpc_subnets"]
    if selection is None:
        rated = any(mebibytes(device.volume_initialization_rate) is not None for device in devices)
        if zone is not None or not (rated or region):
            return zone, []
        known = ",".join(vpc.availability_zones)
        if not (rated and special_zones(known)) and not (region and any(zones_elsewhere(known, region))):
            return None, []
    subnets = _upstream.select_subnets(vpc, selection)
    if subnets.problem:
        return zone, [find("SubnetsRequired", prop="vpc_subnets", given=subnets.problem)]
    zones = subnets.zones[:1] if zone is None else subnets.zones  # upstream takes the first one, of the zone if any
    if "" in zones:
        return zone, [find("SubnetZoneRequired", prop="vpc_subnets", subnet=subnets.ids[zones.index("")])]
    return zone or next(iter(zones), None), []


def _check(
    request: Mapping[str, Any],
    spot: ec2.LaunchTemplateSpotOptions | None,
    names: Mapping[str, str],
    region: str | None,
) -> list[Finding]:
    """Check the request; a persistent Spot request is an error here, since nothing of the stack would cancel it."""
    findings = check_launch("RunInstances", request, names, region)
    if spot is None or spot.request_type is not ec2.SpotRequestType.PERSISTENT:
        return findings
    prop, path = SPOT_NAMES["SpotInstanceType"], ("InstanceMarketOptions", "SpotOptions", "SpotInstanceType")
    persistent = find("PersistentSpotRequest", path, prop=prop, launcher="an instance", got="persistent")
    others = [finding for finding in findings if finding.code != "SpotPersistentNeedsStop"]
    return [*others, persistent.changed(severity="error")]


def _check_metadata(arguments: Mapping[str, Any]) -> list[Finding]:
    """Find metadata options together with ``require_imdsv2``, which upstream refuses."""
    options = [name for name in _METADATA if arguments[name] is not None]
    if not arguments["require_imdsv2"] or not options:
        return []
    return [find("MetadataOptionsConflict", prop="require_imdsv2", given=", ".join(options))]
