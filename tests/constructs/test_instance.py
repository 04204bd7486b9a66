"""An instance: its own launch template where CloudFormation's instance has no place for what is asked."""

import aws_cdk as cdk
import cdk_nag
import jsii
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_kms as kms
from aws_cdk.assertions import Annotations, Match, Template

import constructs_ebs as ebs
from constructs_ebs import BlockDevice
from tests.constants import RATE, SNAPSHOT, readable
from tests.judges import app_with_cdk_validation, botocore_errors, cfn_lint_errors
from tests.launches import IMAGE, INSTANCE_TYPE, vpc_of

ROOT = BlockDevice.from_image("/dev/xvda", volume_initialization_rate=300, encrypted=True)
GP3 = ec2.EbsDeviceVolumeType.GP3
PERSISTENT, ONE_TIME = ec2.SpotRequestType.PERSISTENT, ec2.SpotRequestType.ONE_TIME
STOP = ec2.SpotInstanceInterruption.STOP


def make(scope, id="Box", cls=ebs.Instance, **props):
    return cls(scope, id, vpc=vpc_of(scope), instance_type=INSTANCE_TYPE, machine_image=IMAGE, **props)


@pytest.fixture
def template(stack, resources):
    """Make an instance and return its launch template's properties."""

    def template(**props):
        make(stack, **props)
        [instance] = resources("AWS::EC2::Instance")
        assert "BlockDeviceMappings" not in instance
        [template] = resources("AWS::EC2::LaunchTemplate")
        return template

    return template


def codes(stack, **props):
    with pytest.raises(ebs.EbsValidationError) as caught:
        make(stack, **props)
    assert stack.node.try_find_child("Box") is None, "something was half made"
    return [finding.code for finding in caught.value.findings]


def test_a_rated_device_gets_a_launch_template_that_holds_nothing_else(stack, resources, template):
    assert template(block_devices=[ROOT]) == {
        "LaunchTemplateData": {
            "BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "Ebs": {RATE: 300, "Encrypted": True}}]
        }
    }
    [instance] = resources("AWS::EC2::Instance")
    [logical_id] = Template.from_stack(stack).find_resources("AWS::EC2::LaunchTemplate")
    assert instance["LaunchTemplate"] == {
        "LaunchTemplateId": {"Ref": logical_id},
        "Version": {"Fn::GetAtt": [logical_id, "LatestVersionNumber"]},
    }


def test_holds_every_kind_of_device(stack, template):
    key = kms.Key(stack, "Key")
    rate = ebs.InitializationRate.parameter(stack, "Rate")
    devices = template(
        block_devices=[
            BlockDevice.from_image("/dev/xvda", volume_initialization_rate=rate),
            BlockDevice.from_snapshot(
                "/dev/xvdf",
                SNAPSHOT,
                volume_initialization_rate=200,
                volume_size=cdk.Fn.import_value("gib"),
                volume_type=GP3,
                iops=8_000,
                throughput=2_000,
                encrypted=True,
                kms_key=key,
                delete_on_termination=False,
            ),
            ec2.BlockDevice(device_name="/dev/xvdg", volume=ec2.BlockDeviceVolume.ebs(8)),
            BlockDevice.instance_store("/dev/sdb", 0),
            BlockDevice.none("/dev/sdc"),
        ]
    )["LaunchTemplateData"]["BlockDeviceMappings"]
    assert devices == [
        {"DeviceName": "/dev/xvda", "Ebs": {RATE: {"Ref": "Rate"}}},
        {
            "DeviceName": "/dev/xvdf",
            "Ebs": {
                "DeleteOnTermination": False,
                "Encrypted": True,
                "Iops": 8_000,
                "KmsKeyId": stack.resolve(key.key_arn),
                "SnapshotId": SNAPSHOT,
                "Throughput": 2_000,
                RATE: 200,
                "VolumeSize": {"Fn::ImportValue": "gib"},
                "VolumeType": "gp3",
            },
        },
        {"DeviceName": "/dev/xvdg", "Ebs": {"VolumeSize": 8}},
        {"DeviceName": "/dev/sdb", "VirtualName": "ephemeral0"},
        {"DeviceName": "/dev/sdc", "NoDevice": ""},
    ]


def test_throughput_has_no_place_in_cloudformations_instance_either(template):
    device = BlockDevice.blank("/dev/xvdf", volume_size=8, volume_type=GP3, throughput=250)
    [mapping] = template(block_devices=[device])["LaunchTemplateData"]["BlockDeviceMappings"]
    assert mapping["Ebs"]["Throughput"] == 250


def test_a_device_left_out_needs_no_template(stack, resources):
    make(stack, block_devices=[BlockDevice.none("/dev/xvdf")])
    [instance] = resources("AWS::EC2::Instance")
    assert instance["BlockDeviceMappings"] == [{"DeviceName": "/dev/xvdf", "NoDevice": {}}]
    assert resources("AWS::EC2::LaunchTemplate") == []


@pytest.mark.parametrize(
    "props",
    [
        {},
        {"require_imdsv2": True},
        {"user_data_causes_replacement": True, "propagate_tags_to_volume_on_creation": True},
        {"init": ec2.CloudFormationInit.from_elements(ec2.InitCommand.shell_command("true"))},
    ],
    ids=["bare", "imdsv2", "flags", "init"],
)
def test_without_a_rated_device_it_is_upstreams_instance(props):
    theirs = [ec2.BlockDevice(device_name="/dev/xvdf", volume=ec2.BlockDeviceVolume.ebs(8, encrypted=True))]
    upstream = resources_of(ec2.Instance, block_devices=theirs, **props)
    ours = [BlockDevice.blank("/dev/xvdf", volume_size=8, encrypted=True)]
    assert resources_of(ebs.Instance, block_devices=ours, **props) == upstream
    assert resources_of(ebs.Instance, block_devices=theirs, **props) == upstream


UPSTREAM_DEVICES = {
    "left out": {"volume": ec2.BlockDeviceVolume.ebs(8, encrypted=True), "mapping_enabled": False},
    "with throughput": {"volume": ec2.BlockDeviceVolume.ebs(8, volume_type=GP3, throughput=250)},
    "provisioned": {"volume": ec2.BlockDeviceVolume.ebs(8, volume_type=GP3, iops=4_000)},
    "instance store": {"volume": ec2.BlockDeviceVolume.ephemeral(0), "mapping_enabled": True},
}


@pytest.mark.parametrize("form", [ec2.BlockDevice, dict])
@pytest.mark.parametrize("device", UPSTREAM_DEVICES.values(), ids=UPSTREAM_DEVICES)
def test_moving_an_instance_over_changes_nothing_without_a_rate(device, form):
    theirs = [ec2.BlockDevice(device_name="/dev/xvdf", **device)]
    upstream = resources_of(ec2.Instance, block_devices=theirs)
    assert resources_of(ebs.Instance, block_devices=[form(device_name="/dev/xvdf", **device)]) == upstream


def test_upstreams_throughput_works_beside_the_first_rate(template):
    theirs = ec2.BlockDevice(device_name="/dev/xvdf", **UPSTREAM_DEVICES["with throughput"])
    _, mapping = template(block_devices=[ROOT, theirs])["LaunchTemplateData"]["BlockDeviceMappings"]
    assert mapping["Ebs"] == {"Throughput": 250, "VolumeSize": 8, "VolumeType": "gp3"}


def resources_of(cls, aspects=(), aspects_on=None, context=None, **props):
    app = cdk.App(builtin_cloud_formation_validation=False, context=context)
    stack = cdk.Stack(app, "Prod", env=stack_env())
    box = make(stack, cls=cls, **props)
    for aspect in aspects:
        cdk.Aspects.of({"app": app, "instance": box}.get(aspects_on, stack)).add(aspect)
    return Template.from_stack(stack).to_json()["Resources"]


def properties_of(resources, kind):
    [resource] = [resource for resource in resources.values() if resource["Type"] == kind]
    return resource["Properties"]


IMDSV2 = ec2.InstanceRequireImdsv2Aspect
STABILIZED = {"@aws-cdk/core:aspectStabilization": True}


def test_requires_imdsv2_on_the_instance_and_never_in_the_template_that_replaces_it():
    resources = resources_of(ebs.Instance, block_devices=[ROOT], require_imdsv2=True)
    assert properties_of(resources, "AWS::EC2::Instance")["MetadataOptions"] == {"HttpTokens": "required"}
    template = properties_of(resources, "AWS::EC2::LaunchTemplate")
    without = properties_of(resources_of(ebs.Instance, block_devices=[ROOT]), "AWS::EC2::LaunchTemplate")
    assert template == without


@pytest.mark.parametrize("context", [None, STABILIZED], ids=["", "stabilized"])
@pytest.mark.parametrize("aspects_on", ["app", "stack", "instance"])
def test_requires_imdsv2_where_upstreams_aspect_applies(aspects_on, context):
    devices = {"block_devices": [ROOT], "http_put_response_hop_limit": 2, "http_tokens": ec2.HttpTokens.OPTIONAL}
    with_aspect = {"aspects": [IMDSV2()], "aspects_on": aspects_on, "context": context}
    instance = properties_of(resources_of(ebs.Instance, **devices, **with_aspect), "AWS::EC2::Instance")
    assert instance["MetadataOptions"] == {"HttpPutResponseHopLimit": 2, "HttpTokens": "required"}


def test_requires_imdsv2_of_no_other_instance():
    resources = resources_of(ebs.Instance, block_devices=[ROOT], aspects=[ec2.LaunchTemplateRequireImdsv2Aspect()])
    assert "MetadataOptions" not in properties_of(resources, "AWS::EC2::Instance")


@pytest.mark.parametrize("cls", [ebs.Instance, ec2.Instance])
def test_an_instance_without_a_rate_is_upstreams_under_the_aspect_too(cls):
    template = properties_of(resources_of(cls, aspects=[IMDSV2()]), "AWS::EC2::LaunchTemplate")
    assert template["LaunchTemplateData"] == {"MetadataOptions": {"HttpTokens": "required"}}


@jsii.implements(cdk.IAspect)
class Forget:
    """An Aspect that runs after upstream's, and undoes it."""

    def visit(self, node):
        if isinstance(node, ec2.CfnInstance):
            node.metadata_options = None


def override(box):
    box.instance.add_property_override("MetadataOptions.HttpTokens", "optional")


def defer(box):
    box.instance.metadata_options = cdk.Lazy.any(Nothing())


def forget(box):
    cdk.Aspects.of(box).add(Forget())


@jsii.implements(cdk.IStableAnyProducer)
class Nothing:
    def produce(self):
        return None


@pytest.mark.parametrize("undo", [override, defer, forget])
def test_fails_where_the_aspect_cannot_make_it_require_imdsv2(stack, undo):
    undo(make(stack, block_devices=[ROOT]))
    cdk.Aspects.of(stack).add(IMDSV2())
    with pytest.raises(
        RuntimeError, match=r"\[Prod/Box\] MetadataOptions.HttpTokens must be required.*MetadataTokensNotRequired"
    ):
        Template.from_stack(stack)


def test_upstreams_properties_keep_working_beside_a_rate(stack, resources):
    instance = make(
        stack,
        block_devices=[ROOT],
        user_data=ec2.UserData.for_linux(),
        user_data_causes_replacement=True,
        propagate_tags_to_volume_on_creation=True,
        init=ec2.CloudFormationInit.from_elements(ec2.InitCommand.shell_command("true")),
    )
    instance.connections.allow_from_any_ipv4(ec2.Port.tcp(443))
    [properties] = resources("AWS::EC2::Instance")
    assert properties["PropagateTagsToVolumeOnCreation"] is True
    [(logical_id, resource)] = Template.from_stack(stack).find_resources("AWS::EC2::Instance").items()
    assert "AWS::CloudFormation::Init" in resource["Metadata"]
    assert resource["CreationPolicy"]
    before = logical_id
    instance.user_data.add_commands("true")
    other = cdk.Stack(cdk.App(builtin_cloud_formation_validation=False), "Prod", env=stack_env())
    changed = make(other, block_devices=[ROOT], user_data=ec2.UserData.for_linux(), user_data_causes_replacement=True)
    changed.user_data.add_commands("true")
    assert before not in Template.from_stack(other).find_resources("AWS::EC2::Instance")


def stack_env():
    return cdk.Environment(account="111122223333", region="us-east-1")


def test_a_tag_does_not_touch_the_launch_template():
    def template_of(tag):
        stack = cdk.Stack(cdk.App(builtin_cloud_formation_validation=False), "Prod", env=stack_env())
        instance = make(stack, block_devices=[ROOT], require_imdsv2=True, spot_options={"max_price": 0.1})
        if tag:
            cdk.Tags.of(stack).add("team", "data")
            cdk.Tags.of(instance).add("role", "database")
        return Template.from_stack(stack).find_resources("AWS::EC2::LaunchTemplate")

    assert template_of(tag=False) == template_of(tag=True)


def test_shows_its_devices_and_its_launch_template(stack):
    box = make(stack, block_devices=[ROOT])
    assert box.block_devices == (ROOT,)
    [logical_id] = Template.from_stack(stack).find_resources("AWS::EC2::LaunchTemplate")
    assert stack.resolve(box.launch_template.launch_template_id) == {"Ref": logical_id}
    assert stack.resolve(box.launch_template.version_number) == {"Fn::GetAtt": [logical_id, "LatestVersionNumber"]}
    assert box.launch_template is box.launch_template


def test_shows_no_launch_template_where_it_needs_none(stack):
    blank = BlockDevice.blank("/dev/xvdg", volume_size=8)
    box = make(stack, block_devices=[blank])
    assert box.block_devices == (blank,)
    assert box.launch_template is None


def test_a_spot_instance(template):
    market = template(
        spot_options=ec2.LaunchTemplateSpotOptions(
            request_type=ONE_TIME,
            interruption_behavior=ec2.SpotInstanceInterruption.TERMINATE,
            max_price=0.00125,
        )
    )["LaunchTemplateData"]["InstanceMarketOptions"]
    assert market == {
        "MarketType": "spot",
        "SpotOptions": {
            "InstanceInterruptionBehavior": "terminate",
            "MaxPrice": "0.00125",
            "SpotInstanceType": "one-time",
        },
    }


def test_a_spot_price_may_be_a_token(stack, template):
    price = cdk.CfnParameter(stack, "Price", type="Number").value_as_number
    market = template(spot_options={"max_price": price})["LaunchTemplateData"]["InstanceMarketOptions"]
    assert market["SpotOptions"]["MaxPrice"] == {"Ref": "Price"}


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"request_type": PERSISTENT}, "PersistentSpotRequest"),
        ({"request_type": PERSISTENT, "interruption_behavior": STOP}, "PersistentSpotRequest"),
        ({"interruption_behavior": STOP}, "SpotOneTimeTerminates"),
        ({"valid_until": cdk.Expiration.after(cdk.Duration.days(1))}, "SpotValidUntilNotSupported"),
        ({"request_type": ONE_TIME, "max_price": 0.001}, "SpotPriceTooLow"),
    ],
)
def test_rejects_spot_options_that_do_not_fit(stack, options, code):
    assert codes(stack, spot_options=options) == [code]


def test_says_why_a_persistent_request_is_refused_and_what_to_use(stack):
    reason = (
        "spot_options.request_type must be one-time for an instance: EC2 launches another, which no stack manages, "
        "when CloudFormation terminates the instance of a persistent request, got 'persistent'; make it one-time, or "
        "use an Auto Scaling group"
    )
    with pytest.raises(ebs.EbsValidationError) as caught:
        make(stack, spot_options={"request_type": PERSISTENT})
    [finding] = caught.value.findings
    assert (finding.message, finding.severity) == (reason, "error")
    assert finding.path == ("InstanceMarketOptions", "SpotOptions", "SpotInstanceType")


def test_rejects_imdsv2_beside_metadata_options(stack):
    assert codes(stack, block_devices=[ROOT], require_imdsv2=True, http_tokens=ec2.HttpTokens.OPTIONAL) == [
        "MetadataOptionsConflict"
    ]


def test_rejects_what_ec2_refuses_with_the_users_names(stack):
    with pytest.raises(
        ebs.EbsValidationError, match=r"block_devices\[0\] \(/dev/xvda\): volume_initialization_rate must"
    ):
        make(stack, block_devices=[BlockDevice.from_image("/dev/xvda", volume_initialization_rate=99)])
    assert codes(stack, block_devices=[ROOT], availability_zone="us-east-1-bos-1a") == ["InitializationRateInLocalZone"]
    with pytest.raises(TypeError, match="'machine_imag'; did you mean 'machine_image'"):
        make(stack, machine_imag=None)


@pytest.mark.parametrize(
    "props",
    [
        {"role": "role"},
        {"key_pair": "key"},
        {"security_group": "sg-0"},
        {"require_imdsv2": "yes"},
        {"spot_options": "one-time"},
        {"http_put_response_hop_limit": float("nan")},
    ],
    ids=readable,
)
def test_rejects_what_is_no_cdk_value(stack, props):
    assert codes(stack, **props) == ["WrongType"]


def test_rejects_a_rate_in_the_local_zone_of_its_subnet(stack):
    vpc_of(stack, ["us-east-1-bos-1a"])
    assert codes(stack, block_devices=[ROOT]) == ["InitializationRateInLocalZone"]


def test_upstreams_aspect_does_not_warn_of_an_instance_that_obeys_it(stack):
    make(stack, block_devices=[ROOT])
    cdk.Aspects.of(stack).add(IMDSV2())
    Annotations.from_stack(stack).has_no_warning("/Prod/Box", Match.string_like_regexp(".*Launch Template.*"))


def test_warns_of_what_ec2_changes(stack):
    make(stack, block_devices=[BlockDevice.blank("/dev/xvdf", volume_size=8, volume_type=GP3, throughput=100)])
    Annotations.from_stack(stack).has_warning("/Prod/Box", Match.string_like_regexp("constructs-ebs:ThroughputRaised"))


def test_the_judges_accept_it():
    app = app_with_cdk_validation()
    stack = cdk.Stack(app, "Prod", env=stack_env())
    make(
        stack,
        block_devices=[ROOT, BlockDevice.from_snapshot("/dev/xvdf", SNAPSHOT, volume_initialization_rate=200)],
        require_imdsv2=True,
        spot_options={"request_type": ONE_TIME, "max_price": 0.1},
    )
    template = Template.from_stack(stack).to_json()
    assert cfn_lint_errors(template) == []
    assert [finding for finding in ebs.check_template(template) if finding.severity == "error"] == []
    [launch] = [r for r in template["Resources"].values() if r["Type"] == "AWS::EC2::LaunchTemplate"]
    params = {"LaunchTemplateName": "any", "LaunchTemplateData": launch["Properties"]["LaunchTemplateData"]}
    assert botocore_errors("CreateLaunchTemplate", params) == ""
    app.synth()


def test_cdk_nag_sees_the_devices(app, stack):
    make(stack, block_devices=[ROOT, BlockDevice.blank("/dev/xvdf", volume_size=8)])
    cdk.Validations.of(app).add_plugins(cdk_nag.AwsSolutionsChecks())
    with pytest.raises(RuntimeError, match=r"Prod/Box(?s:.*)AwsSolutions-EC26"):
        app.synth()
