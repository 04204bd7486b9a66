"""The replacement of a running instance's root volume, by a custom resource."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import aws_cdk as cdk
import jsii
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from . import _upstream
from ._custom_resources import (
    allow,
    check_named,
    check_tags,
    custom_resource,
    instance_id,
    marked,
    requested,
    root_stack_name,
    tag_manager,
)
from ._surroundings import surroundings
from .core.actions import RATE
from .core.cloudformation.custom_resources import REPLACEMENT
from .core.requests import UNKNOWN
from .core.rules import check_request
from .initialization_rate import InitializationRate, mebibytes, record

_NAMES = {
    "SnapshotId": "snapshot_id",
    "ImageId": "machine_image",
    "VolumeId": "volume",
    "VolumeInitializationRate": "volume_initialization_rate",
}
"""What messages call the parameters of CreateReplaceRootVolumeTask."""

_KEY_ACTIONS = ("Decrypt", "DescribeKey", "GenerateDataKeyWithoutPlaintext", "ReEncryptFrom", "ReEncryptTo")


@jsii.implements(cdk.ITaggableV2)
class RootVolumeReplacement(cdk.Resource):
    """The replacement of a running instance's root volume by one that initializes at a rate.

    The instance restarts and keeps its other volumes, its network interfaces and its addresses. The replacement happens
    once for one set of inputs, and again when any of them changes: the rate, ``delete_replaced_root_volume`` and
    ``trigger`` too, and the AMI that AWS publishes where ``machine_image`` looks up the latest one. The deployment
    waits for it, up to 54 minutes.

    A replacement cannot be undone. Deleting this construct does nothing to the instance, and neither does the rollback
    of an update: afterwards the root volume may be newer than the template says, and deploying the same inputs again
    does not replace it. Nor does a stack of the same name whose first deployment failed, as long as EC2 remembers the
    task. Removing the construct and adding it again does.
    """

    __signature__ = _upstream.ConstructorSignature()

    task_id: str
    """``replacevol-`` and so on, known at deployment."""
    task_state: str
    """``succeeded``; after a rollback, the task's state at that time, or ``forgotten`` if EC2 no longer knows it."""
    volume_id: str
    """The root volume that the instance has now, known at deployment; empty if it has none, or is gone."""
    observed_volume_initialization_rate: str
    """The rate that EC2 reports for that volume, in MiB/s, or ``default``."""

    @_upstream.explains()
    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        instance: ec2.IInstance | ec2.Instance | str,
        snapshot_id: str | None = None,
        machine_image: ec2.IMachineImage | None = None,
        volume: ec2.IVolume | ec2.Volume | None = None,
        volume_initialization_rate: InitializationRate | cdk.Size | float | cdk.IResolvable | None = None,
        delete_replaced_root_volume: bool | cdk.IResolvable = False,
        encryption_key: kms.IKey | kms.Key | None = None,
        trigger: str | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> None:
        """Replace an instance's root volume from a snapshot, an AMI or a volume, or else restore its state at launch.

        Args:
            scope: the construct it belongs to.
            id: its name there.
            instance: a running one, or its id.
            snapshot_id: a snapshot that was taken of the instance's root volume.
            machine_image: an AMI with the instance's architecture, virtualization type and product codes. An ``IAmi``
                brings the rate of its root device.
            volume: a volume that is not attached, in the instance's Availability Zone; it takes no rate here.
            volume_initialization_rate: MiB/s at which the snapshot's blocks are fetched, 100 to 300, whole: an
                ``InitializationRate``, an int, a ``Size`` (per second) or a token. With one, fast snapshot restore is
                not used. Default: that of an ``IAmi``, else EC2's variable rate.
            delete_replaced_root_volume: whether the former root volume is deleted. Default: False: it stays, and costs
                money, until somebody deletes it.
            encryption_key: the customer managed key of the snapshot or AMI; the replacement gets permission to use it.
                Default: none, or one that AWS manages.
            trigger: any text; a new text replaces the volume again. Default: none.
            tags: of the replacement task; those of ``cdk.Tags`` are added. Default: none.

        Raises:
            EbsValidationError: SnapshotAndImage, InitializationRateOutOfRange, InitializationRateWithoutSnapshot,
                SnapshotIdMalformed, ResourceIdMalformed, TagsTooMany, TagKeyMalformed, TagValueTooLong or WrongType.

        Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateReplaceRootVolumeTask.html
        """
        arguments = {
            "instance": instance,
            "snapshot_id": snapshot_id,
            "machine_image": machine_image,
            "volume": volume,
            "delete_replaced_root_volume": delete_replaced_root_volume,
            "encryption_key": encryption_key,
            "trigger": trigger,
        }
        kinds = _upstream.check_arguments(RootVolumeReplacement.__init__, arguments)
        kinds += [*check_named(instance=instance), *check_tags(tags)]
        if volume_initialization_rate is None and not kinds and hasattr(machine_image, "block_devices"):
            volume_initialization_rate = _root_rate(machine_image)
        rate = mebibytes(volume_initialization_rate)
        given: dict[str, Any] = {"SnapshotId": snapshot_id, "VolumeInitializationRate": rate}
        request, problems = _upstream.translate(given, _NAMES)
        request |= {} if machine_image is None else {"ImageId": UNKNOWN}
        request |= {} if volume is None else {"VolumeId": UNKNOWN}
        problems += check_request("CreateReplaceRootVolumeTask", request, names=_NAMES)
        named: dict[str, Any] = {"instance": instance, "machine_image": machine_image, "volume": volume}
        _upstream.refuse(scope, id, [*kinds, *problems, *surroundings(scope, **named).elsewhere])

        super().__init__(scope, id)
        self._tags = tag_manager(REPLACEMENT, tags)
        asked: dict[str, Any] = {
            "InstanceId": instance_id(instance),
            "SnapshotId": _upstream.text(snapshot_id),
            "ImageId": machine_image and machine_image.get_image(self).image_id,
            "VolumeId": volume and volume.volume_id,
            "VolumeInitializationRate": _upstream.emitted(rate),
            "DeleteReplacedRootVolume": delete_replaced_root_volume,
        }
        asked = {name: value for name, value in asked.items() if value is not None}
        if wrong := check_named(machine_image=asked.get("ImageId", "ami-00000000")):
            scope.node.try_remove_child(id)
            _upstream.refuse(scope, id, wrong)
        resource = self._make(asked, trigger, getattr(machine_image, "_inputs", None), encryption_key)
        record(resource, [(volume_initialization_rate, f"Request.{RATE}", None)])
        self.task_id = resource.get_att_string("TaskId")
        self.task_state = resource.get_att_string("TaskState")
        self.volume_id = resource.get_att_string("VolumeId")
        self.observed_volume_initialization_rate = resource.get_att_string("VolumeInitializationRate")

    @property
    def cdk_tag_manager(self) -> cdk.TagManager:
        """The task's tags."""
        return self._tags

    def _make(
        self,
        asked: Mapping[str, Any],
        trigger: str | None,
        image_inputs: str | None,
        encryption_key: kms.IKey | kms.Key | None,
    ) -> cdk.CustomResource:
        kinds = {"instance": "InstanceId", "snapshot": "SnapshotId", "image": "ImageId"}
        sources = [f"{kind}/{asked[name]}" for kind, name in kinds.items() if name in asked]
        action, task, name = "CreateReplaceRootVolumeTask", "replace-root-volume-task/*", root_stack_name(self)
        return custom_resource(
            self,
            REPLACEMENT,
            {
                "Request": asked,
                "Trigger": trigger,
                "ImageInputs": image_inputs,
                "Tags": self._tags.rendered_tags,
                "Address": self.node.addr,
                "RootStackName": name,
            },
            [
                allow(self, [action], "volume/*"),  # The volume that it makes has no id yet, and takes no tag.
                allow(self, [action], task, where=requested(self)),
                allow(self, ["CreateTags"], task, where={"ec2:CreateAction": action, **requested(self)}),
                allow(self, ["DescribeInstances", "DescribeReplaceRootVolumeTasks", "DescribeVolumes"]),
                # Not by the stack's tag: a task may be of a first deployment that failed, under another stack id.
                allow(self, ["DeleteTags"], task, like=marked(name)),
            ],
            [
                allow(self, [action], *sources),
                *([] if encryption_key is None else _use_key(self, encryption_key)),
            ],
        )


def _root_rate(image: Any) -> Any:
    """Return the rate of an Ami's root device."""
    roots = (device for device in image.block_devices if device.device_name == image.root_device_name)
    return next((device.volume_initialization_rate for device in roots), None)


def _use_key(construct: Construct, key: kms.IKey | kms.Key) -> list[iam.PolicyStatement]:
    """Allow what EBS does with a key, through EC2 only.

    https://docs.aws.amazon.com/ebs/latest/userguide/ebs-encryption-requirements.html
    """
    through = {"StringEquals": {"kms:ViaService": f"ec2.{cdk.Stack.of(construct).region}.amazonaws.com"}}
    grant = {**through, "Bool": {"kms:GrantIsForAWSResource": "true"}}
    return [
        iam.PolicyStatement(
            actions=[f"kms:{action}" for action in _KEY_ACTIONS], resources=[key.key_arn], conditions=through
        ),
        iam.PolicyStatement(actions=["kms:CreateGrant"], resources=[key.key_arn], conditions=grant),
    ]
