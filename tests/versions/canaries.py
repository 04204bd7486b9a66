"""What we use of aws-cdk-lib and jsii that neither promises: each function fails where a version has it otherwise.

They run in the environment of every version, without pytest.
"""

import struct
import typing

import aws_cdk as cdk
import jsii
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from constructs import Construct

import constructs_ebs as ebs
from constructs_ebs import _upstream
from constructs_ebs._custom_resources.handler import BEFORE_UPSTREAM
from constructs_ebs._upstream import resource_reader
from constructs_ebs._upstream.reporting import ACKNOWLEDGED

SNAPSHOT = "snap-0123456789abcdef0"


def _stack():
    return cdk.Stack(cdk.App(), "Canary")


def acknowledged_rules_are_node_metadata_of_this_type_and_form():
    """``_custom_resources`` writes for itself what ``Validations.acknowledge`` writes: ids by reasons."""
    scope = Construct(_stack(), "Scope")
    cdk.Validations.of(scope).acknowledge(cdk.Acknowledgment(id="AwsSolutions-SF1", reason="why"))
    [entry] = [entry for entry in scope.node.metadata if "acknowledged" in entry.type]
    assert entry.type == ACKNOWLEDGED
    [(rule, reason)] = entry.data.items()
    assert (rule.lower(), reason) == ("annotation::awssolutions-sf1", "why")


def cdk_nag_takes_acknowledgements_by_ids_without_a_prefix():
    """``_custom_resources`` writes ids as cdk-nag names its findings; the same finding shows without them."""
    import cdk_nag

    def findings(acknowledged):
        stack = _stack()
        role = iam.Role(stack, "Role", assumed_by=iam.ServicePrincipal("ec2.amazonaws.com"))
        role.add_to_policy(iam.PolicyStatement(actions=["ec2:DescribeImages"], resources=["*"]))
        if acknowledged:
            reasons = {"AwsSolutions-IAM5[Resource::*]": "no resources"}
            role.node.add_metadata(ACKNOWLEDGED, reasons)
        return [one.rule_name for one in cdk_nag.AwsSolutionsChecks().validate_scope(stack).violations]

    assert findings(acknowledged=False) == ["AwsSolutions-IAM5[Resource::*]"]
    assert findings(acknowledged=True) == []


def the_provider_framework_logs_nothing_that_could_hold_a_response_url():
    """Since 2.257 upstream's provider framework logs only what is fatal."""
    from aws_cdk import custom_resources as cr

    assert "framework_lambda_logging_level" in cr.ProviderProps.__init__.__annotations__


def jsiis_kernel_loads_a_library_from_a_file():
    """``resource_reader`` loads its JavaScript by ``jsii.kernel.load`` and calls it by ``sinvoke``."""
    stack = _stack()
    ec2.CfnVolume(stack, "Volume", availability_zone="us-east-1a", size=1)
    [emitted] = resource_reader.below(stack, ["AWS::EC2::Volume"])
    assert emitted.properties == {"AvailabilityZone": "us-east-1a", "Size": 1}


def a_resources_overrides_are_in_raw_overrides():
    """A default rate finds a list inside an override in ``rawOverrides``, and replaces a part of it."""
    stack = _stack()
    template = ec2.CfnLaunchTemplate(stack, "Template", launch_template_data={})
    device = {"DeviceName": "/dev/xvdf", "Ebs": {"SnapshotId": SNAPSHOT}}
    template.add_property_override("LaunchTemplateData.BlockDeviceMappings", [device])
    stack.with_(ebs.DefaultInitializationRate(200))
    [emitted] = resource_reader.below(stack, ["AWS::EC2::LaunchTemplate"])
    [mapping] = emitted.properties["LaunchTemplateData"]["BlockDeviceMappings"]
    assert mapping["Ebs"] == {"SnapshotId": SNAPSHOT, "VolumeInitializationRate": 200}


def a_lazy_value_keeps_what_it_produced_under_this_name():
    """``resource_reader`` reads a Lazy without having it keep its first value."""
    stack, producer = _stack(), _Producer()
    properties = {"Any": cdk.Lazy.any(producer), "Number": cdk.Lazy.number(producer)}
    cdk.CfnResource(stack, "It", type="Test::Its::Type", properties=properties)
    for value in 1, 2:
        producer.value = value
        [emitted] = resource_reader.below(stack, ["Test::Its::Type"])
        assert emitted.properties == {"Any": value, "Number": value}


def dependencies_are_asked_after_the_last_aspect_and_before_nested_stacks_are_hashed():
    """A default rate as an Aspect acts then, and reaches stages through ``Stage.synth``."""
    keys = set()
    for rate in 200, 300:
        app = cdk.App()
        stack = cdk.Stack(cdk.Stage(app, "Stage"), "Stack")
        nested = cdk.NestedStack(stack, "Nested")
        volume = ec2.CfnVolume(nested, "Volume", availability_zone="us-east-1a")
        cdk.Aspects.of(app).add(ebs.DefaultInitializationRate(rate))
        cdk.Aspects.of(stack).add(_AddsASnapshot(), priority=1_000)
        assembly = app.synth().get_nested_assembly("assembly-Stage")
        template = assembly.get_stack_artifact(stack.artifact_id).template
        [emitted] = resource_reader.below(stack, ["AWS::EC2::Volume"])
        assert emitted.path == volume.node.path
        assert emitted.properties["VolumeInitializationRate"] == rate
        keys |= {
            str(one["Properties"]["TemplateURL"])
            for one in template["Resources"].values()
            if "TemplateURL" in one["Properties"]
        }
    assert len(keys) == 2


@jsii.implements(cdk.IAspect)
class _AddsASnapshot:
    def visit(self, node):
        if isinstance(node, ec2.CfnVolume):
            node.snapshot_id = SNAPSHOT


def upstreams_imdsv2_aspect_warns_of_an_instance_with_a_launch_template_by_this_id():
    """``imdsv2`` sets the options that the Aspect cannot set, and acknowledges its warning."""
    from aws_cdk.assertions import Annotations, Match, Template

    stack = _stack()
    vpc = ec2.Vpc(stack, "Vpc", availability_zones=["us-east-1a"])
    box = {"vpc": vpc, "instance_type": ec2.InstanceType("m7i.large"), "machine_image": _IMAGE}
    device = ebs.BlockDevice.from_image("/dev/xvda", volume_initialization_rate=300)
    ebs.Instance(stack, "Ours", **box, block_devices=[device], require_imdsv2=True)
    theirs = ec2.Instance(stack, "Theirs", **box, require_imdsv2=True)
    theirs.instance.launch_template = {"launchTemplateId": "lt-0123456789abcdef0", "version": "1"}
    warned = Annotations.from_stack(stack).find_warning("*", Match.string_like_regexp("imdsv2RequireImdsv2Aspect"))
    assert [warning.id for warning in warned] == ["/Canary/Theirs"]
    Template.from_stack(stack).has_resource_properties("AWS::EC2::Instance", {"MetadataOptions": _REQUIRED})


_IMAGE = ec2.MachineImage.generic_linux({"us-east-1": "ami-0123456789abcdef0"})
_REQUIRED = {"HttpTokens": "required"}


def a_token_as_a_number_is_a_float_that_begins_with_these_bytes():
    """``_upstream.is_token`` knows a number's token without a call into Node."""
    number = cdk.Token.as_number({"Ref": "Number"})
    assert struct.pack(">d", number)[:2] == b"\xfb\xff"
    assert _upstream.is_token(number)


def a_token_as_a_string_has_this_form():
    """``_upstream.is_token`` knows a string's token without a call into Node."""
    assert _upstream.is_token(cdk.Token.as_string({"Ref": "Text"}))
    assert _upstream.is_token(f"snap-{cdk.Token.as_string({'Ref': 'Text'})}")


def a_list_token_is_one_string_of_this_form():
    """``_upstream.is_list_token`` knows a list that only the deployment knows."""
    listed = cdk.Token.as_list({"Ref": "List"})
    assert _upstream.is_list_token(listed)
    assert _upstream.is_list_token(listed[0])
    assert not _upstream.is_list_token([cdk.Token.as_string({"Ref": "Text"})])


def jsii_gives_back_the_same_python_object():
    """``Handler.of`` finds the handler that it made, with what Python keeps of it."""
    stack = _stack()
    scope = Construct(stack, "Scope")
    assert stack.node.try_find_child("Scope") is scope


def a_role_splits_its_policy_after_an_aspect_of_an_early_priority():
    """``handler`` sorts what a role is to allow before upstream merges and splits it."""
    assert BEFORE_UPSTREAM < cdk.AspectPriority.MUTATING


def upstreams_volume_checks_its_arguments_in_validate_props():
    """``_upstream.construction`` overrides this method, which upstream's constructor calls before it makes anything."""
    assert "_validate_props" in dir(ec2.Volume)
    stack = _stack()
    io2 = {"availability_zone": "us-east-1a", "volume_type": ec2.EbsDeviceVolumeType.IO2, "size": 100, "iops": 90_000}
    data = ebs.Volume(stack, "Ours", **io2)
    assert data.node.default_child.iops == 90_000
    try:
        ec2.Volume(stack, "Theirs", **{**io2, "size": cdk.Size.gibibytes(100)})
    except RuntimeError:  # its own limit of 500 IOPS per GiB
        return
    raise AssertionError("upstream takes it: ebs.Volume need not override the check any longer")


def a_property_injector_is_found_by_the_constructs_id_in_its_scopes():
    """``_surroundings`` finds out so whether one applies."""
    assert cdk.PropertyInjectors.has_property_injectors(cdk.App()) is False
    assert ec2.Instance.PROPERTY_INJECTION_ID == "aws-cdk-lib.aws-ec2.Instance"


def a_resolvable_has_resolve_and_creation_stack():
    """``_upstream.is_token`` knows an IResolvable by its class."""
    assert _upstream.is_token(cdk.Token.as_any({"Ref": "Anything"}))
    assert _upstream.is_token(cdk.Fn.condition_if("Condition", 1, 2))
    assert _upstream.is_token(cdk.Lazy.any(_Producer()))
    assert not _upstream.is_token(cdk.Size.gibibytes(1))


@jsii.implements(cdk.IStableAnyProducer)
class _Producer:
    value = 1

    def produce(self):
        return self.value


def jsii_names_what_it_knows_by_an_interface_only_interfacedynamicproxy():
    """``_upstream`` takes such an object for anything: its class tells nothing."""
    stack = _stack()
    volume = ec2.Volume.from_volume_attributes(stack, "V", availability_zone="us-east-1a", volume_id="vol-01234567")
    assert type(volume).__name__ == "InterfaceDynamicProxy"


def jsii_keeps_a_classs_interfaces_in_this_attribute():
    """``_upstream`` reads there what interfaces a class implements."""
    names = {one.__name__ for base in ec2.Volume.__mro__ for one in vars(base).get("__jsii_ifaces__", ())}
    assert "IVolume" in names


def our_signatures_resolve_and_say_which_version_brings_an_argument():
    """``_signatures`` names the newest version's arguments: an older one refuses those that it does not know."""
    for construct in (ebs.Volume, ebs.LaunchTemplate, ebs.Instance):
        typing.get_type_hints(construct.__init__)
    known, told = "cpu_options" in typing.get_type_hints(ec2.LaunchTemplate.__init__), ""
    try:
        ebs.LaunchTemplate(_stack(), "Template", cpu_options={"coreCount": 2})
    except TypeError as error:
        told = str(error)
    assert known != ("'cpu_options' with aws-cdk-lib 2.268 or newer" in told)


CANARIES = {
    name: function
    for name, function in vars().items()
    if callable(function) and function.__module__ == __name__ and not name.startswith("_")
}
