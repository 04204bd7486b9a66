"""An AMI: made by the stack from snapshots or from an instance, or imported with its known rates."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import aws_cdk as cdk
import jsii
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from constructs import Construct

from . import _upstream
from ._custom_resources import (
    allow,
    check_removal,
    check_tags,
    custom_resource,
    is_kept,
    owned,
    requested,
    tag_manager,
)
from ._surroundings import surroundings
from .ami_source import NAMES, AmiSource, read
from .block_device import BlockDevice, check_devices, check_launch, emitted
from .core import limits
from .core.cloudformation.custom_resources import IMAGE
from .core.findings import Finding
from .core.rules import find

_IMAGE_ID = limits.resource_id("ami") + "|resolve:ssm:.+"


@jsii.implements(ec2.IMachineImage)
class IAmi(cdk.Resource):
    """An AMI of this app, or an imported one, whose rates follow it into what launches it.

    It goes wherever an ``ec2.IMachineImage`` goes. ``LaunchTemplate``, ``Instance`` and ``SpotFleet`` apply its rates
    to the devices that they do not map themselves.
    """

    image_id: str
    """``ami-`` and so on."""
    block_devices: tuple[BlockDevice, ...]
    """The devices that are known, with their rates."""
    root_device_name: str
    """The root device; for an AMI from an instance only the deployment knows it."""

    _os_type: ec2.OperatingSystemType
    _user_data: ec2.UserData | None

    def get_image(self, scope: Construct) -> ec2.MachineImageConfig:  # noqa: ARG002
        """Return the image as upstream's constructs take it."""
        windows = self._os_type is ec2.OperatingSystemType.WINDOWS
        user_data = self._user_data or (ec2.UserData.for_windows() if windows else ec2.UserData.for_linux())
        return ec2.MachineImageConfig(image_id=self.image_id, os_type=self._os_type, user_data=user_data)


class _ImportedAmi(IAmi):
    pass


@jsii.implements(cdk.ITaggableV2)
class Ami(IAmi):
    """An AMI that the stack makes, from snapshots or from an instance.

    A change of anything but tags, ``removal_policy`` and ``delete_snapshots`` makes a new image before the old one is
    removed; an ``image_name`` of your own must change with it. CloudFormation has no such resource: functions in the
    stack make the image and wait until it is available, up to 54 minutes.
    """

    __signature__ = _upstream.ConstructorSignature()

    image_name: str
    """The image's name, known at deployment."""
    launch_permissions: tuple[str, ...]
    """The accounts, organizations and organizational units that may launch it as well."""
    snapshot_ids: list[str]
    """The snapshots behind the image's devices, in their order, known at deployment."""

    @_upstream.explains(block_devices="give source=AmiSource.snapshots([...])")
    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        source: AmiSource,
        image_name: str | None = None,
        description: str | None = None,
        os_type: ec2.OperatingSystemType | None = None,
        user_data: ec2.UserData | None = None,
        tags: Mapping[str, str] | None = None,
        launch_permissions: Sequence[str] | None = None,
        removal_policy: cdk.RemovalPolicy = cdk.RemovalPolicy.DESTROY,
        delete_snapshots: bool | None = None,
    ) -> None:
        """Make an AMI.

        Args:
            scope: the construct it belongs to.
            id: its name there.
            source: ``AmiSource.snapshots(...)`` or ``AmiSource.instance(...)``.
            image_name: unique in the account and Region; 3 to 128 letters, digits and ``()[] ./-'@_``. Default: the
                stack's name and the construct's id, with a suffix that is new for each new image.
            description: Default: none.
            os_type: the operating system in it. Default: the instance's, else Linux.
            user_data: of the instances that do not have their own. Default: empty, for that operating system.
            tags: of the image, and of the snapshots that EC2 takes of an instance; those of ``cdk.Tags`` are added.
                They change in place, on the image. Default: none.
            launch_permissions: who else may launch it: ids of accounts, ARNs of organizations or of organizational
                units. They change in place; permissions that were given otherwise stay. The key of an encrypted
                snapshot must allow these accounts to use it: see
                https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/sharingamis-explicit.html. Default: nobody.
            removal_policy: RETAIN keeps the image when it is removed or replaced. Default: it is deregistered, while
                instances that were launched from it keep running.
            delete_snapshots: whether its snapshots are deleted with it, except those that another image uses. Default:
                True for the snapshots that EC2 takes of an instance, False for those that you give.

        Raises:
            EbsValidationError: InitializationRateNotSupported for a rate with an instance as the source, and others for
                everything that EC2 would refuse, all at once; the codes are in ``.codes``.
        """
        given = {
            "source": source,
            "image_name": image_name,
            "description": description,
            "os_type": os_type,
            "user_data": user_data,
            "tags": tags,
            "launch_permissions": launch_permissions,
            "removal_policy": removal_policy,
            "delete_snapshots": delete_snapshots,
        }
        kinds = _upstream.check_arguments(Ami.__init__, given, ("tags",))
        kinds += [*check_tags(tags), *_check_permissions(launch_permissions)]
        _upstream.refuse(scope, id, [] if isinstance(source, AmiSource) else kinds)
        devices, options, problems = read(source, {"image_name": image_name, "description": description})
        kinds += surroundings(scope, instance=source.arguments.get("instance")).elsewhere
        warnings = _upstream.refuse(scope, id, [*kinds, *check_removal(removal_policy), *problems])

        super().__init__(scope, id)
        instance = source.arguments.get("instance")
        systems: Any = os_type, getattr(instance, "os_type", None), ec2.OperatingSystemType.LINUX
        self._os_type = next(filter(None, systems))
        self._user_data, self.block_devices = user_data, tuple(devices)
        self._tags = tag_manager(IMAGE, tags)
        if delete_snapshots is None:
            delete_snapshots = instance is not None
        self.launch_permissions = tuple(launch_permissions or ())
        resource = self._make(source, options, delete_snapshots, removal_policy)
        self.image_id, self.image_name = (resource.get_att_string(name) for name in ("ImageId", "ImageName"))
        self._inputs = resource.get_att_string("Inputs")
        self.snapshot_ids = cdk.Fn.split(",", resource.get_att_string("SnapshotIds"))
        self.root_device_name = options.get("RootDeviceName") or resource.get_att_string("RootDeviceName")
        _upstream.warn(self, warnings)

    @staticmethod
    @_upstream.explains()
    def from_image_id(
        scope: Construct,
        id: str,
        image_id: str,
        *,
        block_devices: Sequence[BlockDevice | ec2.BlockDevice | Mapping[str, Any]] = (),
        root_device_name: str | None = None,
        os_type: ec2.OperatingSystemType = ec2.OperatingSystemType.LINUX,
        user_data: ec2.UserData | None = None,
    ) -> IAmi:
        """Import an AMI with rates for its volumes, which follow it into what launches it.

        Args:
            scope: the construct it belongs to.
            id: its name there.
            image_id: ``ami-`` and 8 or 17 hexadecimal digits, ``resolve:ssm:`` and a parameter, or a token.
            block_devices: ``BlockDevice.from_image(...)`` for each device with a rate. Default: none.
            root_device_name: one of the devices. Default: the first one.
            os_type: the operating system in it. Default: Linux.
            user_data: of the instances that do not have their own. Default: empty, for that operating system.

        Raises:
            EbsValidationError: for everything that EC2 would refuse at launch, all at once; codes in ``.codes``.
        """
        given = {
            "image_id": image_id,
            "root_device_name": root_device_name,
            "os_type": os_type,
            "user_data": user_data,
        }
        problems = _upstream.check_arguments(Ami.from_image_id, given)
        problems += _upstream.check_text(
            "ResourceIdMalformed", "image_id", image_id, _IMAGE_ID, "an id like ami-0123456789abcdef0"
        )
        devices, mappings, wrong = check_devices(block_devices, ("BlockDeviceMappings",))
        problems += [*wrong, *check_launch("RunInstances", {"BlockDeviceMappings": mappings}, NAMES)]
        warnings = _upstream.refuse(scope, id, problems)

        image = _ImportedAmi(scope, id)
        image.image_id, image.block_devices = image_id, tuple(devices)
        image.root_device_name = root_device_name or (devices[0].device_name if devices else "")
        image._os_type, image._user_data = os_type, user_data
        _upstream.warn(image, warnings)
        return image

    @property
    def cdk_tag_manager(self) -> cdk.TagManager:
        """The image's tags."""
        return self._tags

    def _make(
        self,
        source: AmiSource,
        options: Mapping[str, Any],
        delete_snapshots: bool,
        removal_policy: cdk.RemovalPolicy,
    ) -> cdk.CustomResource:
        mappings = [emitted(device) for device in self.block_devices]
        # Whatever they are: an update that takes the last one away needs the permission for it.
        sharing = ["DescribeImageAttribute", "ModifyImageAttribute"]
        created = ["image/*", "snapshot/*"] if source.action == "CreateImage" else ["image/*"]
        tagging = {"ec2:CreateAction": source.action, **requested(self)}
        return custom_resource(
            self,
            IMAGE,
            {
                "Action": source.action,
                "Trigger": source.arguments.get("trigger"),
                "Request": {**options, "BlockDeviceMappings": mappings} if mappings else options,
                "Tags": self._tags.rendered_tags,
                "LaunchPermissions": [_emitted(permission) for permission in self.launch_permissions] or None,
                "DeleteSnapshots": delete_snapshots,
                "Retain": is_kept(removal_policy),
            },
            [
                allow(self, [source.action], *created, where=requested(self)),
                allow(self, ["CreateTags"], *created, where=tagging),
                allow(self, ["CreateTags", "DeleteTags", "DeregisterImage", *sharing], "image/*", where=owned(self)),
                # Whatever delete_snapshots says: an update narrows the policy before it deletes what it has replaced.
                allow(self, ["DeleteSnapshot"], "snapshot/*", where=owned(self)),
                allow(self, ["DescribeImages"]),
            ],
            self._allow_source(source.action, options, delete_snapshots),
            removal_policy,
        )

    def _allow_source(
        self, action: str, options: Mapping[str, Any], delete_snapshots: bool
    ) -> Sequence[iam.PolicyStatement]:
        """Allow the actions on the instance, or on the given snapshots."""
        if action == "CreateImage":
            return [allow(self, [action], f"instance/{options['InstanceId']}")]
        ids = [_upstream.text(device.snapshot_id) for device in self.block_devices]
        snapshots = [f"snapshot/{snapshot_id}" for snapshot_id in ids if snapshot_id is not None]
        tagging = [allow(self, ["CreateTags"], *snapshots, where=requested(self))] if delete_snapshots else []
        return [allow(self, [action], *snapshots), *tagging]


_GRANTEES = {
    "UserId": r"\d{12}",
    "OrganizationArn": r"arn:[^:]+:organizations::\d{12}:organization/o-[a-z0-9]{10,32}",
    "OrganizationalUnitArn": r"arn:[^:]+:organizations::\d{12}:ou/o-[a-z0-9]{10,32}/ou-[0-9a-z]{4,32}-[0-9a-z]{8,32}",
}
"""EC2's parameters for those who may launch an image, by the form of what is given.

https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_LaunchPermission.html
"""


def _check_permissions(permissions: object) -> Iterator[Finding]:
    """Refuse what names neither an account nor an organization; ``all`` would make the image public."""
    if not isinstance(permissions, Sequence) or isinstance(permissions, str):
        return
    for index, permission in enumerate(permissions):
        if isinstance(permission, str) and not _upstream.is_token(permission) and _grantee(permission) is None:
            yield find("LaunchPermissionMalformed", prop=f"launch_permissions[{index}]", got=permission)


def _grantee(permission: str) -> str | None:
    return next((name for name, form in _GRANTEES.items() if re.fullmatch(form, permission)), None)


def _emitted(permission: str) -> dict[str, str]:
    """Return a permission as EC2 takes it; what only the deployment knows is an account."""
    return {_grantee(permission) or "UserId": permission}
