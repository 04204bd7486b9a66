"""Restore a database volume of 500 GiB, start the database only when it is warm, and page somebody when it is late.

The instance boots while the volume initializes. Systems Manager mounts the volume and starts the service once EC2 shows
it as initialized; until then the deployment waits. The alarm does not depend on the deployment.

cdk synth -c snapshot=snap-0123456789abcdef0 -c gib=500
"""

# Pyright does not see that upstream's classes have their interfaces.
# pyright: reportArgumentType=false

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_ssm as ssm
from constructs import Construct

import constructs_ebs as ebs
from constructs_ebs import BlockDevice

ZONE, DEVICE = "us-east-1a", "/dev/xvdf"
START = [
    "set -eu",
    "mkdir -p /var/lib/postgresql",
    f"mountpoint -q /var/lib/postgresql || mount -o noatime {DEVICE} /var/lib/postgresql",
    "systemctl start postgresql",
]


class WarmDatabase(cdk.Stack):
    """A database server whose service starts on a warm volume."""

    def __init__(self, scope: Construct, id: str, *, snapshot_id: str, snapshot_gib: float) -> None:
        super().__init__(scope, id, env=cdk.Environment(region=ZONE[:-1]))
        pager = self._pager()
        vpc = ec2.Vpc.from_vpc_attributes(
            self,
            "Vpc",
            vpc_id="vpc-0123456789abcdef0",
            availability_zones=[ZONE],
            private_subnet_ids=["subnet-0123456789abcdef0"],
        )
        server = ebs.Instance(
            self,
            "Server",
            vpc=vpc,
            instance_type=ec2.InstanceType("r7i.xlarge"),
            machine_image=ec2.MachineImage.from_ssm_parameter("/golden/database"),  # its service is not enabled
            require_imdsv2=True,
            detailed_monitoring=True,
            disable_api_termination=True,
            ssm_session_permissions=True,
            block_devices=[BlockDevice.from_image("/dev/xvda", volume_initialization_rate=300, encrypted=True)],
        )

        rate = ebs.InitializationRate.mebibytes_per_second(300, snapshot_data=snapshot_gib)
        volume = ebs.Volume(
            self,
            "Data",
            availability_zone=ZONE,
            snapshot_id=snapshot_id,
            volume_initialization_rate=rate,
            volume_type=ec2.EbsDeviceVolumeType.GP3,
            encrypted=True,
            removal_policy=cdk.RemovalPolicy.SNAPSHOT,
        )
        volume.alarm_when_late("Late").add_alarm_action(actions.SnsAction(pager))
        warm = volume.wait_until_initialized("DataInitialization")

        attachment = ec2.CfnVolumeAttachment(
            self, "Attachment", device=DEVICE, instance_id=server.instance_id, volume_id=volume.volume_id
        )
        start = ssm.CfnAssociation(
            self,
            "Start",
            name="AWS-RunShellScript",
            targets=[ssm.CfnAssociation.TargetProperty(key="InstanceIds", values=[server.instance_id])],
            parameters={"commands": START},
            wait_for_success_timeout_seconds=600,
        )
        start.node.add_dependency(attachment, warm)

    def _pager(self) -> sns.Topic:
        """Make the topic that alarms of this account write to."""
        key = kms.Key(self, "Key", enable_key_rotation=True)
        topic = sns.Topic(self, "Pager", master_key=key, enforce_ssl=True)
        mine = {"StringEquals": {"aws:SourceAccount": self.account}}
        topic.grant_publish(iam.ServicePrincipal("cloudwatch.amazonaws.com", conditions=mine))
        return topic


def build(app: cdk.App) -> cdk.Stack:
    """Add the stack to an app."""
    return WarmDatabase(
        app,
        "WarmDatabase",
        snapshot_id=app.node.try_get_context("snapshot") or "snap-0123456789abcdef0",
        snapshot_gib=float(app.node.try_get_context("gib") or 500),
    )


if __name__ == "__main__":
    app = cdk.App()
    build(app)
    app.synth()
