"""A golden image from a snapshot, rolled out in three ways, its volumes warm within minutes in each.

Game servers launch from the image, whose rate follows it into their launch template. An instance that nobody wants to
replace gets the image as its new root volume. Another team's launch template gets a version with a rate on the devices
that it maps to snapshots.
"""

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from constructs import Construct

import constructs_ebs as ebs
from constructs_ebs import BlockDevice


class GoldenImage(cdk.Stack):
    """The image, and what is made of it."""

    def __init__(
        self, scope: Construct, id: str, *, snapshot_id: str, rate: int, instance_id: str, launch_template_id: str
    ) -> None:
        super().__init__(scope, id, env=cdk.Environment(region="us-east-1"))

        image = ebs.Ami(
            self,
            "Image",
            source=ebs.AmiSource.snapshots(
                [BlockDevice.from_snapshot("/dev/xvda", snapshot_id, volume_initialization_rate=rate)],
                architecture=ec2.InstanceArchitecture.ARM_64,
                imds_support="v2.0",
            ),
            tags={"purpose": "game servers"},
        )
        ebs.LaunchTemplate(
            self,
            "Servers",
            machine_image=image,
            instance_type=ec2.InstanceType("m8g.large"),
            detailed_monitoring=True,
            require_imdsv2=True,
        )

        replacement = ebs.RootVolumeReplacement(
            self,
            "Replacement",
            instance=instance_id,
            machine_image=image,
            delete_replaced_root_volume=True,
        )

        version = ebs.LaunchTemplateVersion(
            self,
            "Version",
            launch_template=ec2.LaunchTemplate.from_launch_template_attributes(
                self, "Template", launch_template_id=launch_template_id
            ),
            version_description="with a volume initialization rate",
            volume_initialization_rate=200,
        )

        cdk.CfnOutput(self, "ImageId", value=image.image_id)
        cdk.CfnOutput(self, "RootVolumeId", value=replacement.volume_id)
        cdk.CfnOutput(self, "ObservedRate", value=replacement.observed_volume_initialization_rate)
        cdk.CfnOutput(self, "LaunchTemplateVersion", value=version.version_number)


def build(app: cdk.App) -> cdk.Stack:
    """Add the stack to an app."""
    return GoldenImage(
        app,
        "GoldenImage",
        snapshot_id=app.node.try_get_context("snapshot") or "snap-0123456789abcdef0",
        rate=int(app.node.try_get_context("rate") or 300),
        instance_id=app.node.try_get_context("instance") or "i-0123456789abcdef0",
        launch_template_id=app.node.try_get_context("template") or "lt-0123456789abcdef0",
    )


if __name__ == "__main__":
    app = cdk.App()
    build(app)
    app.synth()
