"""A nested stack with an image and a version that becomes the default, beside a root volume and what may fail."""

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2

import constructs_ebs as ebs
from constructs_ebs import BlockDevice

if __name__ == "__main__":
    app = cdk.App()
    context = app.node.get_context
    stack = cdk.Stack(app, "Outer", env=cdk.Environment(region="us-east-1"))
    inner = cdk.NestedStack(stack, "Inner")
    root = BlockDevice.from_snapshot("/dev/xvda", context("snapshot"), volume_initialization_rate=300)
    ebs.Ami(inner, "Image", source=ebs.AmiSource.snapshots([root]))
    template = ec2.LaunchTemplate.from_launch_template_attributes(
        inner, "Template", launch_template_id=context("template")
    )
    ebs.LaunchTemplateVersion(
        inner, "Version", launch_template=template, volume_initialization_rate=200, set_default_version=True
    )
    replacement = ebs.RootVolumeReplacement(
        stack, "Replacement", instance=context("instance"), snapshot_id=context("snapshot")
    )
    if app.node.try_get_context("fails"):
        handle = cdk.CfnWaitConditionHandle(stack, "Handle")
        never = cdk.CfnWaitCondition(stack, "Never", handle=handle.ref, timeout="1")
        never.node.add_dependency(inner, replacement)
    app.synth()
