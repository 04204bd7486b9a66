"""What only the templates of a whole app show together: quota, places, references across stacks, demands."""

import pytest

from constructs_ebs.core import AppTemplate, EbsValidationError, check_app
from constructs_ebs.core.cloudformation.references import nested_files
from tests.constants import RATE, SNAPSHOT

LOCAL_ZONE = "us-west-2-lax-1a"
OUTPOST = "arn:aws:outposts:us-west-2:111122223333:outpost/op-0123456789abcdef0"


def resource(kind, **properties):
    return {"Type": kind, "Properties": properties}


def volume(rate=300, **properties):
    rated = {} if rate is None else {RATE: rate}
    return resource("AWS::EC2::Volume", AvailabilityZone="us-west-2a", SnapshotId=SNAPSHOT, **rated, **properties)


def launch_template(*rates, **properties):
    devices = [
        {"DeviceName": f"/dev/xvd{chr(102 + index)}", "Ebs": {"SnapshotId": SNAPSHOT, RATE: rate}}
        for index, rate in enumerate(rates)
    ]
    return resource("AWS::EC2::LaunchTemplate", LaunchTemplateData={"BlockDeviceMappings": devices}, **properties)


def of(template):
    return {"LaunchTemplateId": template, "Version": "1"}


def group(template, size, **properties):
    return resource("AWS::AutoScaling::AutoScalingGroup", LaunchTemplate=of(template), MaxSize=size, **properties)


def mixed(template, size, *overrides, **properties):
    policy = {"LaunchTemplate": {"LaunchTemplateSpecification": of(template), "Overrides": overrides}}
    return resource("AWS::AutoScaling::AutoScalingGroup", MixedInstancesPolicy=policy, MaxSize=size, **properties)


def fleet(template, target, *overrides, **config):
    configs = [{"LaunchTemplateSpecification": of(template), "Overrides": overrides}]
    config = {"TargetCapacity": target, "LaunchTemplateConfigs": configs, **config}
    return resource("AWS::EC2::SpotFleet", SpotFleetRequestConfigData=config)


def ec2_fleet(template, target, *overrides, **capacity):
    return resource(
        "AWS::EC2::EC2Fleet",
        LaunchTemplateConfigs=[{"LaunchTemplateSpecification": of(template), "Overrides": overrides}],
        TargetCapacitySpecification={"TotalTargetCapacity": target, **capacity},
    )


def nodes(template, size, **properties):
    return resource(
        "AWS::EKS::Nodegroup", LaunchTemplate={"Id": template}, ScalingConfig={"MaxSize": size}, **properties
    )


def service(count, rate=300, **properties):
    managed = {"SnapshotId": SNAPSHOT, RATE: rate}
    volumes = [{"Name": "data", "ManagedEBSVolume": managed}]
    return resource("AWS::ECS::Service", VolumeConfigurations=volumes, DesiredCount=count, **properties)


def stack(name="Prod", outputs=None, account="111122223333", region="us-west-2", nested_as=None, **resources):
    return AppTemplate(
        name=name,
        template={"Resources": resources, "Outputs": outputs or {}},
        account=account,
        region=region,
        nested_as=nested_as,
    )


def codes(*templates, **options):
    return [sorted({finding.code for finding in findings}) for findings in check_app(templates, **options)]


T = {"Ref": "T"}
SUBNET = {"Ref": "Subnet"}
OVER = "InitializationRatesOverQuota"
LOCAL = "InitializationRateInLocalZone"

# What is asked for at once, in MiB/s: exactly as much passes as a quota, and one less is too little.
TOGETHER = [
    ({"A": volume(300), "B": volume(200)}, 500),
    ({"A": volume(300), "B": volume({"Ref": "Rate"}), "C": volume(None)}, 300),
    ({"T": launch_template(300, 200), "G": group(T, "8")}, 4_000),
    ({"T": launch_template(300), "G": group(T, 8)}, 2_400),
    ({"T": launch_template(300), "G": group(T, {"Ref": "Size"})}, 300),
    ({"T": launch_template(300), "G": group({"Fn::GetAtt": ["T", "LaunchTemplateId"]}, 2)}, 600),
    ({"T": launch_template(300), "G": group({"Fn::GetAtt": "T.LaunchTemplateId"}, 2)}, 600),
    ({"T": launch_template(300), "G": mixed(T, "8", {"InstanceType": "m7i.large"})}, 2_400),
    ({"T": launch_template(300), "G": mixed(T, "9", {"WeightedCapacity": "2"}, {"WeightedCapacity": "4"})}, 1_500),
    (
        {
            "T": launch_template(100),
            "U": launch_template(300),
            "G": mixed(T, "2", {"LaunchTemplateSpecification": of({"Ref": "U"})}),
        },
        600,
    ),
    ({"T": launch_template(300), "F": fleet(T, 8)}, 2_400),
    ({"T": launch_template(300), "F": fleet(T, 8, {"WeightedCapacity": 0.5})}, 4_800),
    ({"T": launch_template(300), "F": fleet(T, 8, {"WeightedCapacity": 2}, {})}, 2_400),
    ({"T": launch_template(300), "F": fleet(T, 8_000, TargetCapacityUnitType="memory-mib")}, 300),
    ({"T": launch_template(300), "F": ec2_fleet(T, 8, {"WeightedCapacity": 2})}, 1_200),
    ({"T": launch_template(300), "F": ec2_fleet(T, 64, TargetCapacityUnitType="vcpu")}, 300),
    ({"T": launch_template(300), "N": nodes(T, 5)}, 1_500),
    ({"T": launch_template(300), "I": resource("AWS::EC2::Instance", LaunchTemplate=of(T)), "G": group(T, 1)}, 600),
    (
        {
            "T": launch_template(300),
            "B": resource("AWS::Batch::ComputeEnvironment", ComputeResources={"LaunchTemplate": of(T)}),
        },
        300,
    ),
    (
        {
            "T": launch_template(300),
            "B": resource(
                "AWS::Batch::ComputeEnvironment", ComputeResources={"LaunchTemplate": {"Overrides": [of(T)]}}
            ),
        },
        300,
    ),
    (
        {
            "T": launch_template(300),
            "P": resource(
                "AWS::PCS::ComputeNodeGroup",
                CustomLaunchTemplate={"TemplateId": T, "Version": "1"},
                ScalingConfiguration={"MinInstanceCount": 0, "MaxInstanceCount": 4},
            ),
        },
        1_200,
    ),
    (
        {
            "T": launch_template(300),
            "L": resource(
                "AWS::GameLift::GameServerGroup",
                LaunchTemplate=of(T),
                MaxSize=6,
                InstanceDefinitions=[{"InstanceType": "m7i.large", "WeightedCapacity": "2"}],
            ),
        },
        900,
    ),
    ({"S": service(4)}, 1_200),
    ({"R": resource("Custom::EbsReplaceRootVolume", Request={"InstanceId": "i-0", RATE: "300"})}, 300),
    (
        {
            "T": launch_template(300, LaunchTemplateName="servers"),
            "G": resource(
                "AWS::AutoScaling::AutoScalingGroup",
                LaunchTemplate={"LaunchTemplateName": "servers", "Version": "1"},
                MaxSize="3",
            ),
        },
        900,
    ),
]


@pytest.mark.parametrize(("resources", "total"), TOGETHER, ids=repr)
def test_sums_what_is_asked_for_at_once(resources, total):
    assert codes(stack(**resources), quota=total) == [[]]
    assert codes(stack(**resources), quota=total - 1) == [[OVER]]


def test_a_launch_template_that_nothing_launches_asks_for_nothing():
    assert codes(stack(T=launch_template(300, 300), G=group({"Ref": "Parameter"}, 9)), quota=1) == [[]]


def test_what_is_asked_for_is_summed_by_account_and_region():
    elsewhere = volume(300)
    elsewhere["Properties"]["AvailabilityZone"] = "us-east-1a"
    templates = [
        stack("A", A=volume(300)),
        stack("B", B=volume(300)),
        stack("C", C=elsewhere, region="us-east-1"),
        stack("D", D=volume(300), account="444455556666"),
        stack("E", E=volume(300), account=None, region=None),
    ]
    assert codes(*templates, quota=600) == [[]] * 5
    assert codes(*templates, quota=599) == [[OVER], [], [], [], []]


def test_names_what_asks_for_the_most():
    template = stack(T=launch_template(300), G=group(T, "20"), A=volume(100), B=volume(100), C=volume(200))
    [[finding]] = check_app([template])
    assert finding.logical_id == "G"
    assert finding.path == ("Resources", "G", "Properties")
    assert finding.severity == "warning"
    assert finding.message == (
        "6,400 MiB/s may be requested at once in account 111122223333, Region us-west-2, over the quota of 5,000 MiB/s "
        "per account and Region (Prod/G 20 x 300, Prod/C 200, Prod/A 100, 1 more): creations beyond it fail; lower the "
        "rates or capacities, deploy one after the other, or have the quota raised"
    )


def exported(reference):
    return {"Out": {"Value": reference, "Export": {"Name": "Network:Exported"}}}


IMPORTED = {"Fn::ImportValue": "Network:Exported"}


def test_follows_exports_within_an_account_and_region():
    exporting = stack("Network", exported(T), T=launch_template(300))
    assert codes(exporting, stack("Prod", G=group(IMPORTED, 2)), quota=500) == [[], [OVER]]
    assert codes(exporting, stack("Prod", G=group(IMPORTED, 2), region="us-east-1"), quota=500) == [[], []]


def nested(outer_parameters, inner_outputs=None, outer=None, inner=None):
    url = {"Fn::Join": ["", ["https://s3.", {"Ref": "AWS::Region"}, "/assets/0123.json"]]}
    child = resource("AWS::CloudFormation::Stack", TemplateURL=url, Parameters=outer_parameters)
    return [
        stack("Prod", Child=child, **(outer or {})),
        stack("Prod/Child", inner_outputs, None, None, "0123.json", **(inner or {})),
    ]


def test_follows_the_parameters_of_a_nested_stack():
    templates = nested({"Given": T}, outer={"T": launch_template(300)}, inner={"G": group({"Ref": "Given"}, 2)})
    assert codes(*templates, quota=500) == [[], [OVER]]


def test_follows_the_outputs_of_a_nested_stack():
    output = {"Fn::GetAtt": ["Child", "Outputs.Made"]}
    templates = nested({}, {"Made": {"Value": T}}, outer={"G": group(output, 2)}, inner={"T": launch_template(300)})
    assert codes(*templates, quota=500) == [[OVER], []]


def test_a_nested_stack_is_in_its_parents_account_and_region():
    templates = nested({}, outer={"A": volume(300)}, inner={"B": volume(300)})
    assert codes(*templates, quota=599) == [[OVER], []]


def test_a_template_of_several_nested_stacks_counts_for_each():
    shard = resource("AWS::CloudFormation::Stack", TemplateURL="https://s3/0123.json")
    inner = resource("AWS::CloudFormation::Stack", TemplateURL="https://s3/4567.json")
    outer = stack("Prod", **{f"Shard{number}": shard for number in range(3)})
    child = stack("Prod/Shard", None, None, None, "0123.json", V=volume(200), Inner=inner)
    deepest = stack("Prod/Shard/Inner", None, None, None, "4567.json", V=volume(100))
    assert codes(outer, child, deepest, quota=900) == [[], [], []]
    assert codes(outer, child, deepest, quota=899) == [[], [OVER], []]
    assert len(check_app([outer, child, deepest], minimum_rate=200)[2]) == 1  # what is wrong is said once


def test_each_nested_stack_of_a_template_has_its_own_parameters():
    children = {
        name: resource(
            "AWS::CloudFormation::Stack", TemplateURL="https://s3/0123.json", Parameters={"Given": {"Ref": one}}
        )
        for name, one in (("A", "T"), ("B", "U"))
    }
    outer = stack("Prod", T=launch_template(300), U=launch_template(100), **children)
    child = stack("Prod/Child", None, None, None, "0123.json", G=group({"Ref": "Given"}, 2))
    assert codes(outer, child, quota=800) == [[], []]
    assert codes(outer, child, quota=799) == [[], [OVER]]


def test_templates_that_nest_each_other_are_no_endless_app():
    nesting = [resource("AWS::CloudFormation::Stack", TemplateURL=f"https://s3/{name}.json") for name in ("one", "two")]
    one = stack("One", None, None, None, "one.json", A=nesting[0], B=nesting[1], C=nesting[1], V=volume(100))
    two = stack("Two", None, None, None, "two.json", A=nesting[0], V=volume(100))
    assert codes(one, two, quota=299) == [[OVER], []]


def test_follows_references_through_many_stacks():
    templates = [
        stack("Top", T=launch_template(300), Child=resource("AWS::CloudFormation::Stack", TemplateURL="0.json"))
    ]
    templates[0].template["Resources"]["Child"]["Properties"]["Parameters"] = {"Given": T}
    for depth in range(6):
        parameters = {"Given": {"Ref": "Given"}}
        child = resource("AWS::CloudFormation::Stack", TemplateURL=f"{depth + 1}.json", Parameters=parameters)
        templates.append(stack(f"Stack{depth}", None, None, None, f"{depth}.json", Child=child))
    templates.append(stack("Last", None, None, None, "6.json", G=group({"Ref": "Given"}, 2)))
    assert codes(*templates, quota=599)[-1] == [OVER]


def test_what_is_no_template_is_an_error():
    assert codes(AppTemplate(name="empty", template=None)) == [["WrongType"]]


def test_a_rate_that_is_wrong_already_counts_for_nothing():
    assert OVER not in codes(stack(V=volume(10_000)))[0]


def test_a_substitution_of_one_name_is_a_reference():
    for reference in ("${T}", "${T.LaunchTemplateId}"):
        assert codes(stack(T=launch_template(300), G=group({"Fn::Sub": reference}, 2)), quota=599) == [[OVER]]
    assert codes(stack(T=launch_template(300), G=group({"Fn::Sub": "${T}-${G}"}, 2)), quota=1) == [[]]


def test_a_circle_of_references_leads_nowhere():
    templates = nested({"Given": {"Fn::GetAtt": ["Child", "Outputs.Made"]}}, {"Made": {"Value": {"Ref": "Given"}}})
    grouped = stack("Prod", **templates[0].template["Resources"], G=group({"Fn::GetAtt": ["Child", "Outputs.Made"]}, 2))
    rated = stack("Other", V=volume(300))
    assert codes(grouped, templates[1], rated, quota=300) == [[], [], []]


def test_reads_the_files_of_nested_stacks_from_cdks_manifest():
    manifest = {
        "files": {
            "0123": {
                "source": {"path": "Child.nested.template.json", "packaging": "file"},
                "destinations": {"current": {"bucketName": "assets", "objectKey": "prefix/0123.json"}},
            },
            "4567": {"source": None},
        }
    }
    assert nested_files(manifest) == {"Child.nested.template.json": "0123.json"}
    assert nested_files([]) == nested_files({"files": {"x": 1}}) == {}


def subnet(zone="us-west-2a", **properties):
    return resource("AWS::EC2::Subnet", AvailabilityZone=zone, **properties)


INTERFACE = [{"DeviceIndex": 0, "SubnetId": SUBNET}]
# Everything that launches a rated template, or has rated volumes of its own, in a subnet of the app.
IN_A_SUBNET = [
    {"T": launch_template(300), "G": group(T, 1, VPCZoneIdentifier=[{"Ref": "Other"}, SUBNET])},
    {"T": launch_template(300), "G": group(T, 1, AvailabilityZones=[{"Fn::GetAtt": ["Subnet", "AvailabilityZone"]}])},
    {"T": launch_template(300), "G": mixed(T, 1, {}, VPCZoneIdentifier=[SUBNET])},
    {"T": launch_template(300), "F": fleet(T, 1, {"SubnetId": SUBNET})},
    {"T": launch_template(300), "F": ec2_fleet(T, 1, {"SubnetId": SUBNET})},
    {"T": launch_template(300), "N": nodes(T, 1, Subnets=[SUBNET])},
    {"T": launch_template(300), "I": resource("AWS::EC2::Instance", LaunchTemplate=of(T), SubnetId=SUBNET)},
    {"T": launch_template(300), "I": resource("AWS::EC2::Instance", LaunchTemplate=of(T), NetworkInterfaces=INTERFACE)},
    {
        "T": launch_template(300),
        "B": resource(
            "AWS::Batch::ComputeEnvironment", ComputeResources={"LaunchTemplate": of(T), "Subnets": [SUBNET]}
        ),
    },
    {
        "T": launch_template(300),
        "L": resource("AWS::GameLift::GameServerGroup", LaunchTemplate=of(T), MaxSize=1, VpcSubnets=[SUBNET]),
    },
    {
        "T": launch_template(300),
        "P": resource("AWS::PCS::ComputeNodeGroup", CustomLaunchTemplate={"TemplateId": T}, SubnetIds=[SUBNET]),
    },
    {"S": service(1, NetworkConfiguration={"AwsvpcConfiguration": {"Subnets": [SUBNET]}})},
    {
        "T": resource(
            "AWS::EC2::LaunchTemplate",
            LaunchTemplateData={
                "NetworkInterfaces": INTERFACE,
                "BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "Ebs": {RATE: 200}}],
            },
        )
    },
]


@pytest.mark.parametrize("resources", IN_A_SUBNET, ids=repr)
def test_finds_rates_in_subnets_where_there_are_none(resources):
    assert codes(stack(**resources, Subnet=subnet(), Other=subnet())) == [[]]
    assert codes(stack(**resources, Subnet=subnet(LOCAL_ZONE), Other=subnet())) == [[LOCAL]]
    assert codes(stack(**resources, Subnet=subnet({"Ref": "Zone"}, AvailabilityZoneId="usw2-lax1-az1"))) == [[LOCAL]]
    assert codes(stack(**resources, Subnet=subnet(OutpostArn=OUTPOST))) == [["InitializationRateOnOutpost"]]


def test_finds_a_volume_in_the_zone_of_such_a_subnet():
    cold = volume()
    cold["Properties"]["AvailabilityZone"] = {"Fn::GetAtt": ["Subnet", "AvailabilityZone"]}
    assert codes(stack(V=cold, Subnet=subnet(LOCAL_ZONE))) == [[LOCAL]]
    cold["Properties"]["AvailabilityZone"] = {"Fn::GetAtt": ["Subnet", "VpcId"]}
    assert codes(stack(V=cold, Subnet=subnet(LOCAL_ZONE))) == [[]]


def test_a_device_is_named_once_however_often_it_is_launched():
    groups = {f"G{number}": group(T, 1, VPCZoneIdentifier=[SUBNET]) for number in range(3)}
    [findings] = check_app([stack(T=launch_template(300, 300), Subnet=subnet(LOCAL_ZONE), **groups)])
    assert [finding.path[-3] for finding in findings if finding.code == LOCAL] == [0, 1]


def test_no_minimum_is_demanded_where_no_rate_is_possible():
    cold = volume(None)
    cold["Properties"]["AvailabilityZone"] = {"Fn::GetAtt": ["Subnet", "AvailabilityZone"]}
    device = {"DeviceName": "/dev/xvdf", "Ebs": {"SnapshotId": SNAPSHOT}}
    unrated = resource("AWS::EC2::LaunchTemplate", LaunchTemplateData={"BlockDeviceMappings": [device]})
    resources = {"V": cold, "T": unrated, "G": group(T, 1, VPCZoneIdentifier=[SUBNET])}
    assert codes(stack(**resources, Subnet=subnet(LOCAL_ZONE)), minimum_rate=200) == [[]]
    assert codes(stack(**resources, Subnet=subnet()), minimum_rate=200) == [["InitializationRateBelowMinimum"]]


def test_finds_a_literal_zone_where_a_template_is_launched():
    in_zone = resource("AWS::EC2::Instance", LaunchTemplate=of(T), AvailabilityZone=LOCAL_ZONE)
    assert codes(stack(T=launch_template(300), I=in_zone)) == [[LOCAL]]


def test_a_fleets_launch_templates_are_judged_by_their_own_overrides():
    configs = [
        {"LaunchTemplateSpecification": of(T), "Overrides": [{"SubnetId": {"Ref": "Other"}}]},
        {"LaunchTemplateSpecification": of({"Ref": "Plain"}), "Overrides": [{"SubnetId": SUBNET}]},
    ]
    resources = {
        "T": launch_template(300),
        "Plain": launch_template(),
        "F": fleet(T, 1, LaunchTemplateConfigs=configs),
        "Subnet": subnet(LOCAL_ZONE),
        "Other": subnet(),
    }
    assert codes(stack(**resources)) == [[]]


def test_says_where_the_template_is_launched_and_where_the_rate_is():
    network = stack("Network", exported(SUBNET), Subnet=subnet(LOCAL_ZONE))
    [_, [finding]] = check_app([network, stack("Prod", T=launch_template(300), N=nodes(T, 1, Subnets=[IMPORTED]))])
    assert finding.logical_id == "T"
    assert finding.path[-3:] == (0, "Ebs", RATE)
    assert finding.message == (
        "BlockDeviceMappings[0] (/dev/xvdf): VolumeInitializationRate must be omitted in Local Zones and Wavelength "
        "Zones, got 300 in us-west-2-lax-1a (subnet Subnet), where N launches it; omit VolumeInitializationRate, or "
        "use a zone of the Region"
    )


DEMANDED = "InitializationRateBelowMinimum"


@pytest.mark.parametrize(
    ("resource", "expected"),
    [
        (volume(200), []),
        (volume(199), [DEMANDED]),
        (volume(None), [DEMANDED]),
        (volume({"Ref": "Rate"}), []),
        (volume(None, OutpostArn=OUTPOST), []),
        (resource("AWS::EC2::Volume", AvailabilityZone=LOCAL_ZONE, SnapshotId=SNAPSHOT), []),
        (resource("AWS::EC2::Volume", SourceVolumeId="vol-0"), []),
        (resource("AWS::EC2::Volume", Size=1), []),
        (volume({"Fn::If": ["Warm", 200, {"Ref": "AWS::NoValue"}]}), [DEMANDED]),
        (volume({"Fn::If": ["Warm", 200, 300]}), []),
        (
            resource("AWS::EC2::Volume", Size=1, SnapshotId={"Fn::If": ["c", SNAPSHOT, {"Ref": "AWS::NoValue"}]}),
            [DEMANDED],
        ),
        (launch_template(300, 100), [DEMANDED]),
        (launch_template(200, 300), []),
        (service(1, 100), [DEMANDED]),
        (
            resource(
                "AWS::EC2::Instance", BlockDeviceMappings=[{"DeviceName": "/dev/xvdf", "Ebs": {"SnapshotId": SNAPSHOT}}]
            ),
            [DEMANDED],
        ),
    ],
    ids=repr,
)
def test_demands_a_minimum_rate_of_every_volume_from_a_snapshot(resource, expected):
    assert codes(stack(R=resource), minimum_rate=200) == [expected]
    assert codes(stack(R=resource)) == [[]]


def test_says_what_is_demanded_and_what_to_do():
    mapping = {"DeviceName": "/dev/xvdf", "Ebs": {"SnapshotId": SNAPSHOT}}
    template = stack(V=volume(150), I=resource("AWS::EC2::Instance", BlockDeviceMappings=[mapping]))
    assert [finding.message for finding in check_app([template], minimum_rate=200)[0]] == [
        "VolumeInitializationRate must be at least 200, the minimum required for volumes from snapshots, got 150; "
        "use 200",
        "BlockDeviceMappings[0] (/dev/xvdf): VolumeInitializationRate must be at least 200, the minimum required for "
        "volumes from snapshots, got none; move the device into an AWS::EC2::LaunchTemplate and launch from that",
    ]


def test_a_severity_can_be_chosen_by_code():
    [[finding]] = check_app([stack(A=volume(300), B=volume(300))], quota=500, severities={OVER: "error"})
    assert finding.severity == "error"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"quota": 0}, "quota must be a whole number of MiB/s above 0, got 0; use 5000, or omit it"),
        ({"quota": "5000"}, "quota must be a whole number"),
        ({"minimum_rate": 99}, "minimum_rate must be 100 to 300 MiB/s, got 99; use 100"),
        ({"minimum_rate": 200.5}, "minimum_rate must be a whole number of MiB/s, 100 to 300, got 200.5"),
        ({"severities": {"IopsRaise": "error"}}, "got 'IopsRaise'; did you mean IopsRaised?"),
        ({"severities": {"Foo": "error"}}, "a code of a finding, got 'Foo'; use one of those in docs/rules.md"),
        ({"severities": {OVER: "fatal"}}, '] must be "error" or "warning", got \'fatal\''),
        ({"severities": [OVER]}, "severities must be a dict of codes"),
    ],
    ids=repr,
)
def test_refuses_options_that_are_none(options, words):
    with pytest.raises(EbsValidationError) as caught:
        check_app([], **options)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("templates", "words"),
    [
        (
            {"Resources": {}},
            "templates must be a list of AppTemplates, got a dict of 1; use [AppTemplate(name=..., template=...)]",
        ),
        (
            [{"Resources": {}}],
            "templates[0] must be an AppTemplate, got a dict of 1; use AppTemplate(name=..., template=...)",
        ),
        (
            AppTemplate(name="Prod", template={}),
            "templates must be a list of AppTemplates, got AppTemplate(name='Prod'",
        ),
    ],
)
def test_refuses_templates_that_are_none(templates, words):
    with pytest.raises(EbsValidationError) as caught:
        check_app(templates)
    assert words in str(caught.value)


def spot_template(kind="persistent"):
    options = {"SpotInstanceType": kind, "InstanceInterruptionBehavior": "stop"}
    market = {"MarketType": "spot", "SpotOptions": options}
    return resource("AWS::EC2::LaunchTemplate", LaunchTemplateData={"InstanceMarketOptions": market})


BOX = resource("AWS::EC2::Instance", LaunchTemplate=of(T))


def test_warns_of_a_persistent_spot_request_that_outlives_its_instance():
    [[finding]] = check_app([stack(T=spot_template(), Box=BOX, Other=BOX, Fleet=fleet(T, 1))])
    assert (finding.code, finding.severity, finding.logical_id) == ("PersistentSpotRequest", "warning", "T")
    path = ("LaunchTemplateData", "InstanceMarketOptions", "SpotOptions", "SpotInstanceType")
    assert finding.path == ("Resources", "T", "Properties", *path)
    assert finding.message.startswith("SpotInstanceType must be one-time for Box: EC2 launches another")


def test_a_group_takes_one_time_requests_alone():
    [[finding]] = check_app([stack(T=spot_template(), Group=group(T, 1))])
    assert (finding.code, finding.severity, finding.logical_id) == ("SpotGroupNeedsOneTime", "error", "T")
    assert finding.message.startswith("SpotInstanceType must be one-time for Group, an Auto Scaling group")


@pytest.mark.parametrize(
    "resources",
    [
        {"T": spot_template()},
        {"T": spot_template(), "F": fleet(T, 1), "E": ec2_fleet(T, 1), "N": nodes(T, 1)},
        {"T": spot_template("one-time"), "Box": BOX},
        {"T": spot_template({"Ref": "Unknown"}), "Box": BOX},
        {"T": launch_template(100), "U": spot_template(), "Box": BOX},
    ],
    ids=repr,
)
def test_says_nothing_of_persistent_requests_that_no_instance_makes(resources):
    assert codes(stack(**resources)) == [[]]


def test_a_persistent_request_in_a_branch_is_found_there():
    market = {"MarketType": "spot", "SpotOptions": {"SpotInstanceType": "persistent"}}
    chosen = {"Fn::If": ["Cheap", market, {"Ref": "AWS::NoValue"}]}
    template = resource("AWS::EC2::LaunchTemplate", LaunchTemplateData={"InstanceMarketOptions": chosen})
    app = stack(T=template, Box=BOX)
    cheap = {"Cheap": {"Fn::Equals": [{"Ref": "Market"}, "spot"]}}
    branching = {"Parameters": {"Market": {"Type": "String"}}, "Conditions": cheap}
    [findings] = check_app([app._replace(template={**app.template, **branching})])
    found = {finding.code: finding.when for finding in findings}
    assert found["PersistentSpotRequest"] == ("if condition Cheap is true",)


def test_a_persistent_request_is_followed_across_stacks():
    exported = {"Value": T, "Export": {"Name": "template"}}
    one = AppTemplate(name="One", template={"Resources": {"T": spot_template()}, "Outputs": {"Out": exported}})
    box = resource("AWS::EC2::Instance", LaunchTemplate=of({"Fn::ImportValue": "template"}))
    two = AppTemplate(name="Two", template={"Resources": {"Box": box}})
    assert codes(one, two) == [["PersistentSpotRequest"], []]


ROOT_STATEMENT = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kms:*"}


def key(*statements):
    return resource("AWS::KMS::Key", KeyPolicy={"Statement": [ROOT_STATEMENT, *statements]})


def encrypted(kms_key, **data):
    device = {"DeviceName": "/dev/xvdf", "Ebs": {"VolumeSize": 8, "Encrypted": True, "KmsKeyId": kms_key}}
    return resource("AWS::EC2::LaunchTemplate", LaunchTemplateData={"BlockDeviceMappings": [device], **data})


KEY_ARN = {"Fn::GetAtt": ["Key", "Arn"]}
SPOT = {"InstanceMarketOptions": {"MarketType": "spot"}}


@pytest.mark.parametrize(
    ("launcher", "role"),
    [
        (group(T, 1), "AWSServiceRoleForAutoScaling"),
        (mixed(T, 1), "AWSServiceRoleForAutoScaling"),
        (nodes(T, 1), "AWSServiceRoleForAutoScaling"),
        (fleet(T, 1), "AWSServiceRoleForEC2SpotFleet"),
        (ec2_fleet(T, 1), "AWSServiceRoleForEC2Fleet"),
    ],
)
@pytest.mark.parametrize("kms_key", [KEY_ARN, {"Ref": "Key"}], ids=["Arn", "Ref"])
def test_warns_of_a_key_that_the_role_which_launches_may_not_use(launcher, role, kms_key):
    [[finding]] = check_app([stack(Key=key(), T=encrypted(kms_key), L=launcher, M=launcher)])
    assert (finding.code, finding.severity, finding.logical_id) == ("KmsKeyWithoutServiceRole", "warning", "T")
    assert finding.path[-3:] == (0, "Ebs", "KmsKeyId")
    assert finding.message.startswith("BlockDeviceMappings[0] (/dev/xvdf): the policy of Key")
    assert f"should allow {role} to use the key, or L cannot launch" in finding.message
    allowed = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::111122223333:role/x/{role}"}, "Action": "kms:*"}
    assert check_app([stack(Key=key(allowed), T=encrypted(kms_key), L=launcher)]) == [[]]


def test_warns_of_the_key_of_a_spot_instance_and_not_of_another():
    spot = stack(Key=key(), T=encrypted(KEY_ARN, **SPOT), Box=BOX)
    [[finding]] = check_app([spot])
    assert "AWSServiceRoleForEC2Spot " in finding.message
    assert codes(stack(Key=key(), T=encrypted(KEY_ARN), Box=BOX)) == [[]]
    [[of_fleet]] = check_app([stack(Key=key(), T=encrypted(KEY_ARN, **SPOT), F=fleet(T, 1))])
    assert "AWSServiceRoleForEC2SpotFleet " in of_fleet.message


@pytest.mark.parametrize(
    "resources",
    [
        {"Key": key(), "T": encrypted(KEY_ARN)},
        {"T": encrypted("arn:aws:kms:us-west-2:444455556666:key/0123"), "G": group(T, 1)},
        {"Key": resource("AWS::KMS::ReplicaKey"), "T": encrypted(KEY_ARN), "G": group(T, 1)},
        {
            "Key": key({"Effect": "Allow", "Principal": "*"}),
            "T": encrypted(KEY_ARN),
            "G": group(T, 1),
        },
    ],
    ids=repr,
)
def test_says_nothing_of_keys_that_nothing_launches_with_or_whose_policy_is_unknown(resources):
    assert codes(stack(**resources)) == [[]]


def test_warns_of_a_key_of_another_stack():
    keys = stack("Keys", Key=key(), outputs={"Out": {"Value": KEY_ARN, "Export": {"Name": "key"}}})
    fleets = stack("Fleets", T=encrypted({"Fn::ImportValue": "key"}), F=fleet(T, 1))
    assert codes(keys, fleets) == [[], ["KmsKeyWithoutServiceRole"]]
