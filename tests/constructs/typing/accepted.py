"""Calls that type checkers accept."""

from datetime import timedelta

import aws_cdk as cdk
from aws_cdk import aws_autoscaling as autoscaling
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct

import constructs_ebs as ebs
from constructs_ebs.nag import EbsInitializationChecks


def build(scope: Construct, role: iam.Role) -> None:
    rate = ebs.InitializationRate.parameter(scope, "Rate", default=200)
    number = cdk.CfnParameter(scope, "Number", type="Number").value_as_number
    ebs.InitializationRate.mebibytes_per_second(number).estimate(8).cost_usd.hex()
    ebs.Volume(
        scope,
        "Volume",
        availability_zone="us-east-1a",
        snapshot_id="snap-0123456789abcdef0",
        size=100,
        volume_type=ec2.EbsDeviceVolumeType.GP3,
        volume_initialization_rate=ebs.InitializationRate.within(
            timedelta(minutes=5), snapshot_data=cdk.Size.gibibytes(10)
        ),
    )
    volume: ec2.IVolume = ebs.Volume(
        scope,
        "Sized",
        availability_zone="us-east-1a",
        size=cdk.Size.gibibytes(100),
        volume_initialization_rate=cdk.Size.mebibytes(200),
    )
    template = ebs.LaunchTemplate(
        scope,
        "Template",
        block_devices=[
            ebs.BlockDevice.from_image("/dev/xvda", volume_initialization_rate=rate),
            ec2.BlockDevice(device_name="/dev/xvdf", volume=ec2.BlockDeviceVolume.ebs(8)),
        ],
        require_imdsv2=True,
    )
    as_upstreams: ec2.ILaunchTemplate = template
    imported = ebs.Volume.from_volume_attributes(scope, "Theirs", availability_zone="us-east-1a", volume_id="vol-0")
    ebs.Volume(scope, "E", availability_zone="a", size=8, encrypted=True, encryption_key=kms.Key(scope, "Key"))
    ebs.BlockDevice.blank("/dev/xvdf", volume_size=8, encrypted=True, kms_key=kms.Key(scope, "Key2"))
    ebs.LaunchTemplate(scope, "R", role=role)
    ebs.Volume(
        scope,
        "Tokens",
        availability_zone="us-east-1a",
        snapshot_id=cdk.Fn.import_value("snapshot"),
        size=number,
        iops=number,
        volume_initialization_rate=number,
    )
    vpc = ec2.Vpc(scope, "Vpc")
    box = ebs.Instance(
        scope,
        "Instance",
        vpc=vpc,
        instance_type=ec2.InstanceType("m7i.large"),
        machine_image=ec2.MachineImage.latest_amazon_linux2023(),
        block_devices=[ebs.BlockDevice.from_image("/dev/xvda", volume_initialization_rate=200)],
        spot_options=ec2.LaunchTemplateSpotOptions(max_price=0.1),
        role=role,
    )
    print(box.block_devices[0].device_name, box.launch_template and box.launch_template.version_number)
    fleet = ebs.SpotFleet(
        scope,
        "Fleet",
        vpc=vpc,
        target_capacity=2,
        allocation_strategy="diversified",
        launch_specifications=[
            ebs.SpotFleetLaunchSpecification(
                machine_image=ec2.MachineImage.latest_amazon_linux2023(),
                instance_types=[
                    ec2.InstanceType("m7i.large"),
                    ebs.SpotFleetOverride(instance_type=ec2.InstanceType("m7i.xlarge"), weighted_capacity=2),
                ],
            ),
            {
                "machineImage": ec2.MachineImage.latest_amazon_linux2023(),
                "instanceRequirements": {"vCpuCountMin": 2, "memoryMin": cdk.Size.gibibytes(4)},
            },
        ],
        user_data=ec2.UserData.for_linux(),
    )
    fleet.add_user_data("start-runner")
    fleet.add_security_group(ec2.SecurityGroup(scope, "More", vpc=vpc))
    fleets: list[ebs.ISpotFleet] = [fleet, ebs.SpotFleet.from_spot_fleet_id(scope, "Imported", "sfr-0")]
    fleets[1].metric_target_capacity()
    print(fleet.launch_templates[0].launch_template_id, fleet.block_devices[0].device_name)
    fleet.metric_pending_capacity(period=cdk.Duration.minutes(1)).create_alarm(
        scope, "Alarm", threshold=1, evaluation_periods=1
    )
    ami = ebs.Ami(
        scope,
        "Ami",
        source=ebs.AmiSource.snapshots(
            [ebs.BlockDevice.from_snapshot("/dev/xvda", "snap-01234567", volume_initialization_rate=200)],
            architecture=ec2.InstanceArchitecture.ARM_64,
            boot_mode="uefi",
        ),
        tags={"team": "db"},
    )
    ec2.LaunchTemplate(scope, "Upstream", machine_image=ami)
    ebs.LaunchTemplate(scope, "Ours", machine_image=ami)
    instance = ec2.Instance(scope, "OfAmi", vpc=vpc, instance_type=ec2.InstanceType("m7i.large"), machine_image=ami)
    ebs.Ami(scope, "OfInstance", source=ebs.AmiSource.instance(instance, no_reboot=True)).snapshot_ids.index(
        "snap-01234567"
    )
    theirs: ebs.IAmi = ebs.Ami.from_image_id(scope, "Theirs", "ami-01234567", block_devices=template.block_devices)
    ebs.LaunchTemplate(scope, "OfTheirs", machine_image=theirs)
    ebs.RootVolumeReplacement(
        scope, "Root", instance=instance, machine_image=ami, volume_initialization_rate=cdk.Size.mebibytes(200)
    ).volume_id.upper()
    version = ebs.LaunchTemplateVersion(scope, "Version", launch_template=template, volume_initialization_rate=rate)
    autoscaling.AutoScalingGroup(scope, "Group", vpc=vpc, launch_template=version)
    queue, topic = targets.SqsQueue(sqs.Queue(scope, "Queue")), sns.Topic.from_topic_arn(scope, "Topic", "arn")
    sized = ebs.Volume(
        scope, "Warm", availability_zone="a", snapshot_id="snap-01234567", volume_initialization_rate=200
    )
    sized.on_initialized("Rule", target=queue, event_pattern=events.EventPattern(account=["1"])).add_target()
    sized.alarm_when_late("Late", snapshot_data=8).alarm_arn.upper()
    ebs.InitializationAlarm(scope, "Alarm", volume=volume, deadline=timedelta(hours=2), alarm_name="late")
    warm = sized.wait_until_initialized("Ready", snapshot_data=cdk.Size.gibibytes(8))
    scope.node.add_dependency(warm)
    ebs.InitializationWait(
        scope, "Wait", volume=warm.volume_id, snapshot_data=number, volume_initialization_rate=200
    ).volume_id.upper()
    ebs.on_volume_initialized(scope, "Any", volume=imported)
    ebs.on_volume_initialized(
        scope, "Tags", tags={"a": "b", "c": ["d"], "e": events.Match.exists()}, target=targets.SnsTopic(topic)
    )
    print(volume.volume_id, as_upstreams.version_number, imported.volume_id)
    default = ebs.DefaultInitializationRate(cdk.Size.mebibytes(200), root_devices=["/dev/xvda"])
    cdk.Aspects.of(fleet).add(default, priority=cdk.AspectPriority.MUTATING)
    print(default.report.rated[0].construct_path, default.report)
    opted_out = ebs.DefaultInitializationRate(ebs.InitializationRate.EC2_DEFAULT)
    cdk.Mixins.of(scope).apply(ebs.DefaultInitializationRate(rate), opted_out)
    vpc.with_(opted_out)
    print(opted_out.report.left)
    checks = ebs.EbsChecks(quota=10_000, minimum_rate=200, severities={"IopsRaised": "error"})
    cdk.Validations.of(scope).add_plugins(checks, EbsInitializationChecks(minimum_rate=200))
    for finding in ebs.check_request("CreateVolume", {"Size": 1}):
        print(finding.code.lower(), finding.path[0])
    role.add_to_policy(ebs.deny_initialization_rates(below=200, missing=True)[0])
    iam.PolicyDocument(statements=ebs.deny_initialization_rates(above=cdk.Size.mebibytes(250)))
