"""Values that only the deployment knows, in every form that CDK has for one."""

import json
from datetime import timedelta

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk.assertions import Template

import constructs_ebs as ebs
from constructs_ebs import BlockDevice
from tests.constants import SNAPSHOT
from tests.launches import IMAGE, INSTANCE_TYPE, vpc_of

REF = {"Ref": "P"}
DYNAMIC = "{{resolve:ssm:/x}}"
FORMS = {
    "object": (lambda: cdk.Token.as_any(REF), REF),
    "string": (lambda: cdk.Token.as_string(REF), REF),
    "number": (lambda: cdk.Token.as_number(REF), REF),
    "dynamic reference": (lambda: DYNAMIC, DYNAMIC),
    "text beside a token": (lambda: f"1{cdk.Token.as_string(REF)}", {"Fn::Join": ["", ["1", REF]]}),
}
forms = pytest.mark.parametrize(("value", "expected"), FORMS.values(), ids=FORMS)


def fleet(stack, *, id="Fleet", specification=None, **props):
    given = {"machine_image": IMAGE, "instance_types": [INSTANCE_TYPE], **(specification or {})}
    specifications = [ebs.SpotFleetLaunchSpecification(**given)]
    return ebs.SpotFleet(
        stack, id, **{"vpc": vpc_of(stack), "target_capacity": 1, "launch_specifications": specifications, **props}
    )


def config(resources):
    [made] = resources("AWS::EC2::SpotFleet")
    return made["SpotFleetRequestConfigData"]


@forms
def test_a_volume_takes_flags_and_numbers(stack, resources, value, expected):
    given = value()
    ebs.Volume(
        stack,
        "Volume",
        availability_zone="us-east-1a",
        volume_type=ec2.EbsDeviceVolumeType.IO2,
        size=given,
        iops=given,
        encrypted=given,
        enable_multi_attach=given,
    )
    [volume] = resources("AWS::EC2::Volume")
    named = {volume[name] == expected for name in ("Size", "Iops", "Encrypted", "MultiAttachEnabled")}
    assert named == {True}, volume


@forms
def test_a_device_takes_flags_and_numbers(stack, resources, value, expected):
    given = value()
    device = BlockDevice.from_snapshot(
        "/dev/sdf",
        SNAPSHOT,
        volume_size=given,
        volume_type=ec2.EbsDeviceVolumeType.GP3,
        iops=given,
        throughput=given,
        encrypted=given,
        delete_on_termination=given,
    )
    vpc = ec2.Vpc(stack, "Vpc", availability_zones=["us-east-1a", "us-east-1b"])
    ebs.LaunchTemplate(stack, "Template", block_devices=[device])
    ebs.Instance(stack, "Instance", vpc=vpc, machine_image=IMAGE, instance_type=INSTANCE_TYPE, block_devices=[device])
    for template in resources("AWS::EC2::LaunchTemplate"):
        [mapping] = template["LaunchTemplateData"]["BlockDeviceMappings"]
        names = ("VolumeSize", "Iops", "Throughput", "Encrypted", "DeleteOnTermination")
        assert {name: mapping["Ebs"][name] for name in names} == dict.fromkeys(names, expected)


@forms
def test_a_fleet_takes_choices_and_versions(stack, resources, value, expected):
    given = value()
    template = ec2.LaunchTemplate.from_launch_template_attributes(stack, "Template", launch_template_name="theirs")
    fleet(
        stack,
        specification={"machine_image": None, "launch_template": template, "version": given},
        allocation_strategy=given,
        type=given,
        capacity_rebalance=given,
        target_capacity=given if expected is REF else 1,
    )
    made = config(resources)
    assert made["AllocationStrategy"] == made["Type"] == expected
    assert made["SpotMaintenanceStrategies"]["CapacityRebalance"]["ReplacementStrategy"] == expected
    assert made["LaunchTemplateConfigs"][0]["LaunchTemplateSpecification"]["Version"] == expected


def test_a_fleet_takes_flags_as_objects_like_its_resource(stack, resources):
    flag = cdk.CfnParameter(stack, "P")
    fleet(stack, terminate_instances_with_expiration=flag, replace_unhealthy_instances=cdk.Token.as_any(REF))
    assert config(resources)["TerminateInstancesWithExpiration"] == REF
    assert config(resources)["ReplaceUnhealthyInstances"] == REF
    with pytest.raises(ebs.EbsValidationError, match="must be true or false, got a value known at deployment"):
        fleet(stack, id="Other", replace_unhealthy_instances=cdk.Token.as_string(REF))


@pytest.mark.parametrize(
    ("props", "message"),
    [
        ({"launch_specifications": "list"}, "launch_specifications[0] must be one value, not an element of a list"),
        ({"load_balancers": "list"}, "load_balancers[0] must be one value, not an element of a list"),
        ({"specification": {"instance_types": "list"}}, "instance_types[0] must be one value, not an element"),
        ({"specification": {"security_groups": "list"}}, "security_groups[0] must be one value, not an element"),
        ({"specification": {"instance_requirements": {1: "a"}}}, "must have v_cpu_count_min and memory_min"),
        ({"capacity_rebalance": ""}, "capacity_rebalance must be one of launch, launch-before-terminate, got ''"),
    ],
)
def test_a_fleet_refuses_lists_of_objects_and_keys_that_cannot_be(stack, props, message):
    def meant(value):
        if isinstance(value, dict):
            return {key: meant(item) for key, item in value.items()}
        return cdk.Token.as_list(REF) if value == "list" else value

    with pytest.raises(ebs.EbsValidationError) as caught:
        fleet(stack, **meant(props))
    assert message in str(caught.value)
    assert stack.node.try_find_child("Fleet") is None


@pytest.mark.parametrize("name", [["/dev/sdf"], {"a": 1}, {"/dev/sdf"}])
def test_a_device_name_is_no_list(stack, name):
    with pytest.raises(ebs.EbsValidationError, match=r"block_devices\[0\].device_name must be a device name"):
        ebs.LaunchTemplate(stack, "Template", block_devices=[BlockDevice.from_image(name)])


def test_a_virtual_name_is_a_string(stack):
    with pytest.raises(ebs.EbsValidationError, match=r"virtual_name must be a string, got 5"):
        ebs.LaunchTemplate(
            stack,
            "Template",
            block_devices=[BlockDevice(device_name="/dev/sdb", origin="instance store", virtual_name=5)],
        )


def test_a_device_name_is_no_element_of_a_list_of_the_deployment(stack):
    [name] = cdk.Token.as_list(REF)
    with pytest.raises(ebs.EbsValidationError, match=r"device_name must be one value, not an element of a list"):
        ebs.LaunchTemplate(stack, "Template", block_devices=[BlockDevice.from_image(name)])


def test_an_enum_is_no_zone(stack):
    with pytest.raises(ebs.EbsValidationError, match=r"availability_zone must be a string, got SubnetType\.PUBLIC"):
        ebs.Volume(stack, "Volume", availability_zone=ec2.SubnetType.PUBLIC, snapshot_id=SNAPSHOT)


def test_what_upstream_imports_is_called_by_its_interface(stack):
    group = ec2.SecurityGroup.from_security_group_id(stack, "Group", "sg-0123456789abcdef0")
    with pytest.raises(ebs.EbsValidationError, match="got an ISecurityGroup"):
        fleet(stack, load_balancers=[group])


def test_an_empty_list_of_devices_stays_in_the_template(stack, resources):
    fleet(stack, specification={"block_devices": []})
    [template] = resources("AWS::EC2::LaunchTemplate")
    assert template["LaunchTemplateData"]["BlockDeviceMappings"] == []


@pytest.mark.parametrize("form", ["object", "string"])
def test_custom_resources_take_ids_as_objects(stack, form):
    value = FORMS[form][0]()
    root = BlockDevice.from_snapshot("/dev/xvda", value)
    ebs.Ami(stack, "Registered", source=ebs.AmiSource.snapshots([root], root_device_name="/dev/xvda"))
    ebs.Ami(stack, "Created", source=ebs.AmiSource.instance(value))
    ebs.RootVolumeReplacement(stack, "Replacement", instance=value, snapshot_id=value)
    ebs.LaunchTemplateVersion(stack, "Version", launch_template=value)
    ebs.InitializationWait(stack, "Wait", volume=value, snapshot_data=1, volume_initialization_rate=300)
    ebs.InitializationAlarm(stack, "Alarm", volume=value, deadline=timedelta(hours=1))
    ebs.on_volume_initialized(stack, "Rule", volume=value)
    template = Template.from_stack(stack).to_json()
    assert "object at" not in json.dumps(template)
    [replacement] = [one for one in template["Resources"].values() if one["Type"] == "Custom::EbsRootVolumeReplacement"]
    assert replacement["Properties"]["Request"]["InstanceId"] == REF


def test_what_launches_is_no_image(stack):
    template = ebs.LaunchTemplate(stack, "Template")
    with pytest.raises(ebs.EbsValidationError, match="machine_image must be an IMachineImage, got a LaunchTemplate"):
        ebs.RootVolumeReplacement(stack, "Replacement", instance="i-0123456789abcdef0", machine_image=template)


@pytest.mark.parametrize(
    ("props", "message"),
    [
        ({"default": cdk.Size.mebibytes(200)}, "default must be a whole number of MiB/s, 100 to 300, got a Size"),
        ({"default": ebs.InitializationRate.EC2_DEFAULT}, "default must be a whole number of MiB/s, 100 to 300, got"),
        ({"description": 5}, "description must be a string, got 5; give a string"),
        ({"default": REF}, "must be a whole number of MiB/s, 100 to 300, got a value known at deployment; give what"),
        *(
            ({"default": form(REF)}, "MiB/s, 100 to 300, got a value known at deployment; give what is known at synth")
            for form in (cdk.Token.as_any, cdk.Token.as_number, cdk.Token.as_string)
        ),
    ],
)
def test_the_default_of_a_parameter_is_a_number(stack, props, message):
    with pytest.raises(ebs.EbsValidationError) as caught:
        ebs.InitializationRate.parameter(stack, "Rate", **props)
    assert message in str(caught.value)
    assert stack.node.try_find_child("Rate") is None


@pytest.mark.parametrize(
    "give",
    [
        lambda _: ebs.deny_initialization_rates(below=REF),
        lambda _: ebs.DefaultInitializationRate(REF),
        lambda stack: ebs.Volume(stack, "Volume", availability_zone=REF, snapshot_id=SNAPSHOT),
        lambda stack: ebs.LaunchTemplate(stack, "Template", version_description=REF),
        lambda stack: ebs.LaunchTemplate(stack, "Template", http_put_response_hop_limit=REF),
        lambda stack: ebs.Ami(
            stack,
            "Image",
            source=ebs.AmiSource.snapshots([BlockDevice.from_snapshot("/dev/xvda", SNAPSHOT)], boot_mode=REF),
        ),
    ],
)
def test_a_bare_intrinsic_function_is_to_be_wrapped(stack, give):
    with pytest.raises(ebs.EbsValidationError, match=r"1 problem\n.*; wrap an intrinsic function with Token\.as_any "):
        give(stack)


@pytest.mark.parametrize("make", [cdk.Duration.minutes, cdk.Duration.hours])
def test_a_length_of_time_that_only_the_deployment_knows_is_in_the_unit_of_its_property(stack, resources, make):
    given = {"capacity_rebalance": "launch-before-terminate"}
    with pytest.raises(ebs.EbsValidationError) as caught:
        fleet(stack, **given, termination_delay=make(cdk.Token.as_number(REF)))
    assert str(caught.value) == (
        "Prod/Fleet: 1 problem\n  termination_delay must be a Duration in seconds, or one that is known at synth, "
        "got a value known at deployment; give what is known at synth [KnownAtDeploymentOnly]"
    )
    fleet(stack, **given, termination_delay=cdk.Duration.seconds(cdk.Token.as_number(REF)))
    assert config(resources)["SpotMaintenanceStrategies"]["CapacityRebalance"]["TerminationDelay"] == REF


@pytest.mark.parametrize("kind", [ebs.LaunchTemplate, ebs.Instance])
def test_a_spot_block_is_known_at_synth(stack, resources, kind):
    vpc = ec2.Vpc(stack, "Vpc", availability_zones=["us-east-1a"])
    launched = {"vpc": vpc, "machine_image": IMAGE, "instance_type": INSTANCE_TYPE} if kind is ebs.Instance else {}
    number = cdk.Token.as_number(REF)
    for block in (cdk.Duration.minutes(number), cdk.Duration.hours(number)):
        with pytest.raises(
            ebs.EbsValidationError, match=r"1 problem\n.*block_duration must be a Duration, got a value"
        ):
            kind(stack, "It", spot_options={"block_duration": block}, **launched)
    kind(stack, "It", spot_options={"block_duration": cdk.Duration.hours(2)}, **launched)
    [template] = resources("AWS::EC2::LaunchTemplate")
    assert template["LaunchTemplateData"]["InstanceMarketOptions"]["SpotOptions"]["BlockDurationMinutes"] == 120


@pytest.mark.parametrize("missing", [None, 0, "", []])
def test_one_wrong_flag_of_a_policy_is_one_problem(missing):
    with pytest.raises(ebs.EbsValidationError) as caught:
        ebs.deny_initialization_rates(missing=missing)
    assert caught.value.codes == ("WrongType",)


def test_one_list_of_the_deployment_is_one_problem():
    with pytest.raises(ebs.EbsValidationError) as caught:
        ebs.DefaultInitializationRate(200, root_devices=cdk.Token.as_list(REF)[0])
    assert caught.value.codes == ("WrongType",)


def test_upstreams_texts_and_numbers_are_taken_as_objects(stack, resources):
    given, hour = cdk.CfnParameter(stack, "P"), timedelta(hours=1)
    ebs.LaunchTemplate(stack, "Template", http_put_response_hop_limit=given)
    ebs.InitializationAlarm(
        stack, "Alarm", volume="vol-0123456789abcdef0", deadline=hour, alarm_name=given, alarm_description=given
    )
    ebs.on_volume_initialized(stack, "Rule", rule_name=given, description=given)
    [alarm] = resources("AWS::CloudWatch::Alarm")
    [rule] = resources("AWS::Events::Rule")
    assert [alarm["AlarmName"], alarm["AlarmDescription"], rule["Name"], rule["Description"]] == [REF] * 4
    [template] = resources("AWS::EC2::LaunchTemplate")
    assert template["LaunchTemplateData"]["MetadataOptions"]["HttpPutResponseHopLimit"] == REF


def test_an_alarm_refuses_a_rate_of_zero(stack):
    with pytest.raises(ebs.EbsValidationError) as caught:
        ebs.InitializationAlarm(
            stack, "Alarm", volume="vol-0123456789abcdef0", snapshot_data=1, volume_initialization_rate=0
        )
    assert caught.value.codes == ("InitializationRateOutOfRange",)


@pytest.mark.parametrize("scope", ["Stack", 5, float("nan")])
def test_a_rule_of_a_volume_has_a_construct_as_its_scope(stack, scope):
    volume = ebs.Volume(stack, "Volume", availability_zone="us-east-1a", snapshot_id=SNAPSHOT)
    with pytest.raises(ebs.EbsValidationError, match="cross_stack_scope must be a"):
        volume.on_initialized("Rule", cross_stack_scope=scope)


def test_a_launch_specification_is_no_image(stack):
    with pytest.raises(ebs.EbsValidationError, match="machine_image must be an IMachineImage, got SpotFleetLaunchSpec"):
        ebs.LaunchTemplate(stack, "Template", machine_image=ebs.SpotFleetLaunchSpecification())


@pytest.mark.parametrize(
    "flag",
    [lambda: cdk.Token.as_any({"Ref": "Flag"}), lambda: cdk.Fn.condition_if("On", True, False)],
    ids=["Ref", "If"],
)
def test_custom_resources_take_flags(stack, resources, flag):
    flag = flag()
    snapshots = ebs.AmiSource.snapshots([BlockDevice.from_snapshot("/dev/xvda", SNAPSHOT)], ena_support=flag)
    ebs.Ami(stack, "Image", source=snapshots)
    ebs.Ami(stack, "Copy", source=ebs.AmiSource.instance("i-01234567", no_reboot=flag))
    ebs.RootVolumeReplacement(stack, "Root", instance="i-01234567", delete_replaced_root_volume=flag)
    requests = [
        one["Request"] for one in (*resources("Custom::EbsAmi"), *resources("Custom::EbsRootVolumeReplacement"))
    ]
    names = ("EnaSupport", "NoReboot", "DeleteReplacedRootVolume")
    assert [request[name] for request in requests for name in names if name in request] == [stack.resolve(flag)] * 3
