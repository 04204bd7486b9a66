"""A new version of a launch template that another stack or team owns, made by a custom resource."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import jsii
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from constructs import Construct

from . import _upstream
from ._custom_resources import allow, check_named, check_removal, custom_resource
from ._surroundings import surroundings
from .block_device import NAMES as DEVICE_NAMES
from .block_device import BlockDevice, check_devices, check_launch, emitted
from .core.actions import RATE
from .initialization_rate import InitializationRate, check_rate, mebibytes

if TYPE_CHECKING:
    from aws_cdk.interfaces import aws_ec2 as interfaces
else:
    interfaces = _upstream.LazyModule("aws_cdk.interfaces.aws_ec2")

_NAMES = {**DEVICE_NAMES, "VersionDescription": "version_description"}
_MARK = " [01234567/01234567/123456/123456]"
"""What the handler adds to a description, to recognize its version."""


@jsii.implements(ec2.ILaunchTemplate)
class LaunchTemplateVersion(cdk.Resource):
    """A new version of a launch template that another stack or team owns, with rates on its devices.

    It is based on a version of that template and keeps all of it, including the snapshots of its devices, which EC2 by
    itself omits from a new version. A change makes another version before CloudFormation deletes the former one. The
    version is deleted with this construct, unless it is the default version by then.

    Later versions of the template do not change this one. It is an ``ec2.ILaunchTemplate``: what launches from it
    launches this version.
    """

    __signature__ = _upstream.ConstructorSignature()

    block_devices: tuple[BlockDevice, ...]
    """The given devices."""

    @_upstream.explains()
    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        launch_template: ec2.ILaunchTemplate | ec2.LaunchTemplate | str,
        source_version: str | None = None,
        volume_initialization_rate: InitializationRate | cdk.Size | float | cdk.IResolvable | None = None,
        block_devices: Sequence[BlockDevice | ec2.BlockDevice | Mapping[str, Any]] | None = None,
        version_description: str | None = None,
        set_default_version: bool = False,
        removal_policy: cdk.RemovalPolicy = cdk.RemovalPolicy.DESTROY,
    ) -> None:
        """Create a version of a launch template.

        Args:
            scope: the construct it belongs to.
            id: its name there.
            launch_template: an id, or any ``ec2.ILaunchTemplate``; import one by its name with
                ``ec2.LaunchTemplate.from_launch_template_attributes(...)``. Prefer its id: the permission to make
                versions then covers that template alone.
            source_version: a number, ``$Default`` or ``$Latest``, read once at deployment. Default: the construct's
                ``version_number``, which is ``$Default`` for an imported one or an id. If that is a version made by
                this construct, the version on which that one was based is used.
            volume_initialization_rate: MiB/s, 100 to 300, whole: an ``InitializationRate``, an int, a ``Size`` (per
                second) or a token; for every device that the source version maps to a snapshot, and that has no rate of
                its own. Default: none.
            block_devices: ``BlockDevice.from_image`` changes a device that the source version or its AMI has, and keeps
                the properties that it omits; others replace a device or are added. Default: none.
            version_description: up to 221 characters; a mark is added. Default: only the mark.
            set_default_version: whether it becomes the template's default version. It then outlives this construct, but
                a rollback restores the former default. Default: False.
            removal_policy: RETAIN keeps the version when it is removed or replaced. Default: it is deleted, unless it
                is the default by then.

        Raises:
            EbsValidationError: for everything that EC2 would refuse at launch, all at once; codes in ``.codes``.

        Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateLaunchTemplateVersion.html
        """
        arguments = {
            "launch_template": launch_template,
            "source_version": source_version,
            "version_description": version_description,
            "set_default_version": set_default_version,
            "removal_policy": removal_policy,
        }
        kinds = _upstream.check_arguments(LaunchTemplateVersion.__init__, arguments)
        kinds += [*check_named(launch_template=launch_template), *check_removal(removal_policy)]
        form = r"\d+|\$Default|\$Latest"
        kinds += _upstream.check_text("LaunchTemplateVersionMalformed", "source_version", source_version, form)
        path = ("LaunchTemplateData", "BlockDeviceMappings")
        devices, mappings, problems = check_devices(block_devices, path)
        request: dict[str, Any] = {"LaunchTemplateData": {"BlockDeviceMappings": mappings}}
        description = _upstream.plain(version_description or "")
        if isinstance(description, str):
            request["VersionDescription"] = description + _MARK
        problems += check_launch("CreateLaunchTemplateVersion", request, _NAMES)
        problems += check_rate(volume_initialization_rate, _NAMES[RATE])
        kinds += surroundings(scope, launch_template=launch_template).elsewhere
        warnings = _upstream.refuse(scope, id, kinds + problems)

        super().__init__(scope, id)
        self.block_devices = tuple(devices)
        launch_template = _upstream.text(launch_template)
        if isinstance(launch_template, str):
            launch_template = ec2.LaunchTemplate.from_launch_template_attributes(
                self, "Source", launch_template_id=launch_template
            )
        properties = {
            "SourceVersion": source_version or launch_template.version_number,
            "VersionDescription": version_description or "",
            "VolumeInitializationRate": _upstream.emitted(mebibytes(volume_initialization_rate)),
            "BlockDeviceMappings": [emitted(device) for device in devices if device.origin != "image"],
            "Changes": [emitted(device) for device in devices if device.origin == "image"],
            "SetDefaultVersion": set_default_version,
        }
        resource = self._make(launch_template, properties, removal_policy)
        self._id, self._name, self._version = (
            resource.get_att_string(name) for name in ("LaunchTemplateId", "LaunchTemplateName", "VersionNumber")
        )
        _upstream.warn(self, warnings)

    def _make(
        self,
        launch_template: ec2.ILaunchTemplate | ec2.LaunchTemplate,
        properties: Mapping[str, Any],
        removal_policy: cdk.RemovalPolicy,
    ) -> cdk.CustomResource:
        template_id = launch_template.launch_template_id
        template = (
            {"LaunchTemplateId": template_id}
            if template_id
            else {"LaunchTemplateName": launch_template.launch_template_name}
        )
        stack = cdk.Stack.of(self)
        actions = ["CreateLaunchTemplateVersion"]
        if properties["SetDefaultVersion"]:
            actions.append("ModifyLaunchTemplate")
        parameters = {
            f"arn:{stack.partition}:ssm:{stack.region}:{account}:parameter/*": "only EC2 knows which parameter the "
            "launch template names, and it alone may look into it"
            for account in (stack.account, "")  # and AWS's public ones
        }
        return custom_resource(
            self,
            "create_launch_template_version",
            {"LaunchTemplate": template, **properties},
            [
                # Not for one template: an update narrows the policy before it deletes what it has replaced or removed.
                allow(self, ["DeleteLaunchTemplateVersions"], "launch-template/*"),
                allow(self, ["DescribeLaunchTemplateVersions"]),
                iam.PolicyStatement(actions=["cloudformation:DescribeStacks"], resources=[stack.stack_id]),
                # EC2 looks into the parameter of a template whose AMI is resolve:ssm:..., on behalf of who asks:
                # https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/create-launch-template.html
                iam.PolicyStatement(
                    actions=["ssm:GetParameters"],
                    resources=[*parameters],
                    conditions={"Bool": {"aws:ViaAWSService": "true"}},
                ),
            ],
            [allow(self, actions, f"launch-template/{template_id or '*'}")],
            removal_policy,
            parameters,
        )

    # Properties, since upstream reads them by jsii, which finds no attributes of instances.

    @property
    def version_number(self) -> str:
        """The number of the version, known at deployment."""
        return self._version

    @property
    def launch_template_id(self) -> str:
        """The id of the launch template, known at deployment."""
        return self._id

    @property
    def launch_template_name(self) -> str:
        """The name of the launch template, known at deployment."""
        return self._name

    @property
    def launch_template_ref(self) -> interfaces.LaunchTemplateReference:
        """The reference that upstream's L1s take, to the launch template without the version."""
        return interfaces.LaunchTemplateReference(launch_template_id=self._id)
