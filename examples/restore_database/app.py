"""Restore a database volume from a snapshot into an Availability Zone, warm by a deadline.

cdk synth -c snapshot=snap-0123456789abcdef0 -c gib=500 -c zone=us-east-1a
"""

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_kms as kms
from constructs import Construct

import constructs_ebs as ebs


class RestoredDatabase(cdk.Stack):
    """A database's data volume, restored and warm within 45 minutes."""

    def __init__(self, scope: Construct, id: str, *, snapshot_id: str, snapshot_gib: float, zone: str) -> None:
        super().__init__(scope, id, env=cdk.Environment(region=zone[:-1]))
        data = cdk.Size.gibibytes(snapshot_gib)
        rate = ebs.InitializationRate.within(cdk.Duration.minutes(45), snapshot_data=data)
        minutes = rate.estimate().slowest_seconds / 60

        volume = ebs.Volume(
            self,
            "Data",
            availability_zone=zone,
            snapshot_id=snapshot_id,
            volume_initialization_rate=rate,
            volume_type=ec2.EbsDeviceVolumeType.GP3,
            iops=12_000,
            throughput=500,
            encrypted=True,
            encryption_key=kms.Key(self, "Key", enable_key_rotation=True),
            removal_policy=cdk.RemovalPolicy.SNAPSHOT,
        )

        cdk.CfnOutput(self, "VolumeId", value=volume.volume_id)
        cdk.CfnOutput(
            self,
            "Warm",
            value=f"{minutes:.0f} minutes after creation at the latest, at {rate.mebibytes} MiB/s",
        )


def build(app: cdk.App) -> cdk.Stack:
    """Add the stack to an app."""
    return RestoredDatabase(
        app,
        "RestoredDatabase",
        snapshot_id=app.node.try_get_context("snapshot") or "snap-0123456789abcdef0",
        snapshot_gib=float(app.node.try_get_context("gib") or 500),
        zone=app.node.try_get_context("zone") or "us-east-1a",
    )


if __name__ == "__main__":
    app = cdk.App()
    build(app)
    app.synth()
