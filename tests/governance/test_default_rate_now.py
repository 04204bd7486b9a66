"""A default rate as a Mixin: it rates now what is there now."""

import aws_cdk as cdk
import jsii
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk.assertions import Template

import constructs_ebs as ebs
from tests.benchmarks.measure import counted
from tests.constants import RATE, SNAPSHOT, ZONE

EC2_DEFAULT = ebs.InitializationRate.EC2_DEFAULT
DEVICE = {"DeviceName": "/dev/xvdf", "Ebs": {"SnapshotId": SNAPSHOT}}


def volume(scope, id="Volume", **properties):
    return ec2.CfnVolume(scope, id, **{"availability_zone": ZONE, "snapshot_id": SNAPSHOT, **properties})


def rates(stack):
    found = Template.from_stack(stack).find_resources("AWS::EC2::Volume")
    return {name: resource["Properties"].get(RATE) for name, resource in found.items()}


def paths(decisions):
    return [decision.construct_path for decision in decisions]


@pytest.mark.parametrize("apply", [lambda s, m: cdk.Mixins.of(s).apply(m), lambda s, m: s.with_(m)], ids=["of", "with"])
def test_rates_what_is_there(app, stack, apply):
    volume(stack)
    volume(stack, "Blank", snapshot_id=None, size=1)
    volume(cdk.NestedStack(cdk.Stack(cdk.Stage(app, "Beta"), "Stack"), "Nested"))
    default = ebs.DefaultInitializationRate(200)
    apply(app, default)
    volume(stack, "Later")
    assert paths(default.report.rated) == ["Prod/Volume", "Beta/Stack/Nested/Volume"]
    assert paths(default.report.left) == ["Prod/Blank"]
    assert rates(stack) == {"Volume": 200, "Blank": None, "Later": None}


def test_adds_to_its_report(stack):
    default = ebs.DefaultInitializationRate(200)
    for name in "One", "Two":
        volume(stack, name).with_(default)
    stack.with_(default)
    assert paths(default.report.rated) == ["Prod/One", "Prod/Two"]
    assert [(one.construct_path, one.reason) for one in default.report.left] == [
        ("Prod/One", "RateSet"),
        ("Prod/Two", "RateSet"),
    ]


@pytest.mark.parametrize("number", [1, 40])
def test_asks_python_once_whatever_the_number_of_resources(stack, number):
    for index in range(number):
        volume(stack, f"Volume{index}")
    default = ebs.DefaultInitializationRate(200)
    mixins = cdk.Mixins.of(stack)
    with counted() as calls:
        mixins.apply(default)
        assert calls() == 2  # the call, and the answer to the question
    assert len(default.report.rated) == number


def test_does_not_ask_where_there_are_no_volumes(stack):
    handles = [cdk.CfnWaitConditionHandle(stack, f"Handle{index}") for index in range(3)]
    default = ebs.DefaultInitializationRate(200)
    with counted() as calls:
        assert [default.supports(handle) for handle in handles] == [False, False, False]
        assert calls() == 3


def test_rates_what_is_selected(stack):
    for name in "First", "Second":
        volume(stack, name)
    default = ebs.DefaultInitializationRate(200)
    cdk.Mixins.of(stack, cdk.ConstructSelector.only_itself()).apply(default)
    assert default.report == ebs.InitializationRateReport()
    cdk.Mixins.of(stack, cdk.ConstructSelector.by_id("Sec*")).apply(default)
    assert rates(stack) == {"First": None, "Second": 200}


def test_supports_resources_with_volumes(stack):
    default = ebs.DefaultInitializationRate(200)
    it = volume(stack, snapshot_id=None, size=1)
    handle = cdk.CfnWaitConditionHandle(stack, "Handle")
    assert [default.supports(construct) for construct in (stack, it, handle)] == [False, True, False]
    it.snapshot_id = SNAPSHOT  # what it has read by now is not what is there
    default.apply_to(it)
    assert rates(stack) == {"Volume": 200}


def test_what_another_mixin_did_first_is_seen(stack):
    class Theirs(cdk.Mixin):
        def supports(self, construct):
            return isinstance(construct, ec2.CfnVolume)

        def apply_to(self, construct):
            construct.snapshot_id = SNAPSHOT

    volume(stack, snapshot_id=None, size=8)
    cdk.Mixins.of(stack).apply(Theirs(), ebs.DefaultInitializationRate(200))
    assert rates(stack) == {"Volume": 200}


@pytest.mark.parametrize("first", ["mixin", "aspect"])
def test_a_rate_that_it_wrote_counts_as_set(app, stack, first):
    volume(stack)
    aspect, mixin = ebs.DefaultInitializationRate(300), ebs.DefaultInitializationRate(200)
    if first == "mixin":
        stack.with_(mixin)
    cdk.Aspects.of(app).add(aspect)
    if first == "aspect":
        stack.with_(mixin)
    assert rates(stack) == {"Volume": 200}
    assert [one.reason for one in aspect.report.left] == ["RateSet"]


def test_ec2s_default_opts_out_what_is_there_for_good(app, stack):
    volume(stack)
    data = {"ImageId": "ami-0123456789abcdef0", "BlockDeviceMappings": [DEVICE]}
    cdk.CfnResource(stack, "Template", type="AWS::EC2::LaunchTemplate", properties={"LaunchTemplateData": data})
    opted_out = ebs.DefaultInitializationRate(EC2_DEFAULT)
    stack.with_(opted_out)
    volume(stack, "Later")
    default = ebs.DefaultInitializationRate(200, root_devices=["/dev/xvda"])
    cdk.Aspects.of(app).add(default)
    stack.node.find_child("Volume").with_(ebs.DefaultInitializationRate(100))
    assert rates(stack) == {"Volume": None, "Later": 200}
    [template] = Template.from_stack(stack).find_resources("AWS::EC2::LaunchTemplate").values()
    assert template["Properties"]["LaunchTemplateData"]["BlockDeviceMappings"] == [DEVICE]
    assert [(one.construct_path, one.reason) for one in opted_out.report.left] == [
        ("Prod/Volume", "OptedOut"),
        ("Prod/Template", "OptedOut"),
    ]
    assert {one.reason for one in default.report.left} == {"OptedOut"}


def test_leaves_what_an_aspect_opts_out(stack):
    cdk.Aspects.of(volume(stack)).add(ebs.DefaultInitializationRate(EC2_DEFAULT))
    default = ebs.DefaultInitializationRate(200)
    stack.with_(default)
    assert rates(stack) == {"Volume": None}
    assert [one.reason for one in default.report.left] == ["OptedOut"]


@jsii.implements(cdk.IStableStringProducer)
class Growing:
    """A value that is made at synthesis, by Python."""

    value = "early"

    def produce(self, *_):
        return self.value


def test_a_value_that_is_kept_already_is_read_as_it_is_kept(stack):
    growing = Growing()
    growing.value = SNAPSHOT
    kept = cdk.Lazy.string(growing)
    volume(stack, snapshot_id=kept)
    assert stack.resolve(kept) == SNAPSHOT
    growing.value = ""
    default = ebs.DefaultInitializationRate(200)
    stack.with_(default)
    assert paths(default.report.rated) == ["Prod/Volume"]


def test_reading_freezes_nothing_that_is_made_later(stack, resources):
    growing = Growing()
    user_data = ec2.UserData.for_linux()
    user_data.add_commands(stack.to_json_string({"key": cdk.Lazy.string(growing)}))
    device = ec2.BlockDevice(device_name="/dev/xvdf", volume=ec2.BlockDeviceVolume.ebs_from_snapshot(SNAPSHOT))
    ec2.LaunchTemplate(stack, "It", user_data=user_data, block_devices=[device])
    cdk.Tags.of(stack).add("key", cdk.Lazy.string(growing))
    default = ebs.DefaultInitializationRate(200)
    stack.with_(default)
    assert len(default.report.rated) == 1
    user_data.add_commands("echo later")
    growing.value = "late"
    [template] = resources("AWS::EC2::LaunchTemplate")
    shown = str(template)
    assert ("echo later" in shown, "late" in shown, "early" in shown) == (True, True, False)
