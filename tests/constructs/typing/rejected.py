"""Calls that type checkers reject: on each line that ends in a REJECTED comment, and on no other."""

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from constructs import Construct

import constructs_ebs as ebs


def build(scope: Construct, vpc: ec2.IVpc) -> None:
    ebs.Volume(scope, "A", availability_zone="us-east-1a", snaphot_id="snap-01234567")  # REJECTED
    ebs.Volume(scope, "B", availability_zone="us-east-1a", encrypted="yes")  # REJECTED
    ebs.Volume(scope, "C", size=8)  # REJECTED
    ebs.Volume(scope, "D", availability_zone="us-east-1a", volume_initialization_rate="200")  # REJECTED
    ebs.Volume(scope, "F", availability_zone="us-east-1a", volume_type="gp3")  # REJECTED
    ebs.LaunchTemplate(scope, "G", blok_devices=[])  # REJECTED
    ebs.LaunchTemplate(scope, "H", block_devices=["/dev/xvda"])  # REJECTED
    ebs.LaunchTemplate(scope, "I", require_imdsv2="yes")  # REJECTED
    ebs.Instance(scope, "J", block_devices=[])  # REJECTED
    ebs.SpotFleet(scope, "K", vpc=vpc, target_capacity=1, launch_specifications=[], type="instant")  # REJECTED
    ebs.SpotFleet(scope, "L", vpc=vpc, target_capacity=1)  # REJECTED
    ebs.SpotFleetLaunchSpecification(machine_images=[])  # REJECTED
    ebs.Ami(scope, "M")  # REJECTED
    ebs.Ami(scope, "N", source=ebs.AmiSource.snapshots([], boot_mode="bios"))  # REJECTED
    ebs.Ami(scope, "O", source=ebs.AmiSource.instance("i-01234567", architecture="arm64"))  # REJECTED
    ebs.RootVolumeReplacement(scope, "P", instance="i-01234567", snapshot="snap-01234567")  # REJECTED
    ebs.RootVolumeReplacement(scope, "Q")  # REJECTED
    ebs.LaunchTemplateVersion(scope, "R", launch_template=7)  # REJECTED
    ebs.on_volume_initialized(scope, "S", target="arn")  # REJECTED
    ebs.on_volume_initialized(scope, "T", tags={"team": 5})  # REJECTED
    ebs.InitializationWait(scope, "U", volume="vol-01234567", snapshot_data="8")  # REJECTED
    ebs.InitializationWait(scope, "V", volume=vpc, snapshot_data=8)  # REJECTED
    ebs.InitializationAlarm(scope, "W", volume="vol-01234567", deadline=3600)  # REJECTED
    ebs.BlockDevice.blank("/dev/xvdf", volume_size=8, volume_initialization_rate=200)  # REJECTED
    ebs.BlockDevice.blank("/dev/xvdf")  # REJECTED
    ebs.BlockDevice.from_image("/dev/xvdf", snapshot_id="snap-01234567")  # REJECTED
    ebs.BlockDevice.from_snapshot("/dev/xvdf", "snap-01234567", volume_type="gp3")  # REJECTED
    ebs.DefaultInitializationRate("200")  # REJECTED
    ebs.DefaultInitializationRate(200, ["/dev/xvda"])  # REJECTED
    cdk.Aspects.of(scope).add(ebs.DefaultInitializationRate)  # REJECTED
    ebs.EbsChecks(severities={"IopsRaised": "fatal"})  # REJECTED
    ebs.EbsChecks(minimum=200)  # REJECTED
    ebs.InitializationRate.within(60, snapshot_data=10)  # REJECTED
    ebs.InitializationRate.within(cdk.Duration.minutes(1))  # REJECTED
    ebs.InitializationRate.EC2_DEFAULT.estimate("10")  # REJECTED
    ebs.deny_initialization_rates(200)  # REJECTED
    ebs.deny_initialization_rates(below="200")  # REJECTED
