"""What rated volumes will take: which there are, how long, at what rates together, for how much."""

import pytest

from constructs_ebs.core import AppTemplate
from constructs_ebs.core.cloudformation.plan import Moment, SnapshotData
from constructs_ebs.core.cloudformation.planner import make_plan
from tests.constants import RATE, SNAPSHOT, SNAPSHOT_2


def resource(kind, **properties):
    return {"Type": kind, "Properties": properties}


def volume(rate=300, **properties):
    return resource(
        "AWS::EC2::Volume", **{"AvailabilityZone": "us-east-1a", "SnapshotId": SNAPSHOT, **properties, RATE: rate}
    )


def launch_template(*devices, **data):
    mappings = [{"DeviceName": f"/dev/xvd{'abcdef'[index]}", "Ebs": ebs} for index, ebs in enumerate(devices)]
    return resource("AWS::EC2::LaunchTemplate", LaunchTemplateData={"BlockDeviceMappings": mappings, **data})


def group(template, size=4, **properties):
    of = {"LaunchTemplateId": {"Ref": template}, "Version": "1"}
    return resource("AWS::AutoScaling::AutoScalingGroup", LaunchTemplate=of, MaxSize=size, **properties)


def replacement(**request):
    request = {"InstanceId": "i-0123456789abcdef0", **request}
    return resource("Custom::EbsRootVolumeReplacement", ServiceToken="arn", Request=request)


def plan(region="us-east-1", sizes=None, options=None, **resources):
    known = {snapshot: SnapshotData(gib=gib, source="given") for snapshot, gib in (sizes or {}).items()}
    template = AppTemplate(name="Stack", template={"Resources": resources}, account="111122223333", region=region)
    return make_plan([template], sizes=known, **(options or {}))


def account(**given):
    [one] = plan(**given).accounts
    return one


def device(**given):
    [one] = account(**given).devices
    return one


# https://docs.aws.amazon.com/ebs/latest/userguide/initalize-volume.html


def test_ten_gibibytes_at_300_take_what_aws_publishes():
    one = device(sizes={SNAPSHOT: 10}, V=volume(300))
    assert one.estimate.seconds == pytest.approx(34.1, abs=0.05)
    assert one.estimate.fastest_seconds < one.estimate.seconds < one.estimate.slowest_seconds
    assert one.cost_usd == pytest.approx(0.036)


@pytest.mark.parametrize(("count", "over"), [(25, False), (26, True)])
def test_25_volumes_at_200_fill_the_quota(count, over):
    one = account(**{f"V{index}": volume(200) for index in range(count)})
    assert (one.peak, one.quota, one.over_quota) == (count * 200, 5_000, over)
    assert one.peak_exact


# What a template says of its snapshots


def told(resource, gib):
    return {**resource, "Metadata": {"constructs-ebs:initialization": {"snapshot_data_gib": gib}}}


def test_the_data_that_a_rate_was_told_is_in_the_metadata():
    assert device(V=told(volume(VolumeSize=800), 500)).data == SnapshotData(gib=500, source="metadata")
    assert device(R=told(replacement(SnapshotId=SNAPSHOT, **{RATE: 300}), 8)).data == SnapshotData(
        gib=8, source="metadata"
    )


def test_a_launch_templates_metadata_names_devices():
    rated = {"SnapshotId": SNAPSHOT, RATE: 300}
    template = told(launch_template(rated, rated), {"/dev/xvdb": 500})
    [known, other] = account(T=template, G=group("T")).devices
    assert (known.device, known.data, other.data) == ("/dev/xvdb", SnapshotData(gib=500, source="metadata"), None)


def test_what_is_given_or_described_goes_before_the_metadata():
    assert device(sizes={SNAPSHOT: 10}, V=told(volume(), 500)).data == SnapshotData(gib=10, source="given")
    bound = {"sizes": {SNAPSHOT: SnapshotData(gib=800, source="volume size")}}
    [found] = make_plan(
        [AppTemplate(name="Stack", template={"Resources": {"V": told(volume(), 500)}})], **bound
    ).accounts
    assert found.devices[0].data == SnapshotData(gib=500, source="metadata")


@pytest.mark.parametrize("gib", [0, -1, True, "500", None, {}, {"/dev/xvda": 8}, float("nan"), 10**400])
def test_odd_metadata_says_nothing(gib):
    assert device(V=told(volume(), gib)).data is None
    assert device(V={**volume(), "Metadata": {"constructs-ebs:initialization": gib}}).data is None


# Which devices there are, and how many volumes


def test_a_template_of_several_nested_stacks_makes_its_volumes_for_each():
    shard = resource("AWS::CloudFormation::Stack", TemplateURL="https://s3/0123.json")
    outer = AppTemplate(
        name="Prod",
        template={"Resources": {"A": shard, "B": shard}},
        account="111122223333",
        region="us-east-1",
    )
    inner = AppTemplate(
        name="Prod/Shard",
        template={"Resources": {"V": volume(300), "Bad": volume(301)}},
        nested_as="0123.json",
    )
    made = make_plan([outer, inner])
    assert made.accounts[0].peak == 600
    assert [one.place for one in made.accounts[0].devices] == [(1, "V"), (1, "V")]
    assert made.refused == ((1, "Bad"),)


def test_a_group_makes_each_device_of_its_launch_template_as_often_as_it_may():
    rated = {"SnapshotId": SNAPSHOT, RATE: 200}, {"SnapshotId": SNAPSHOT_2, RATE: 100}
    template = launch_template(rated[0], {"VolumeSize": 8}, rated[1])
    one = account(sizes={SNAPSHOT: 100, SNAPSHOT_2: 10}, T=template, G=group("T", 6))
    assert [(made.place.logical_id, made.source.logical_id, made.device, made.volumes) for made in one.devices] == [
        ("G", "T", "/dev/xvda", 6),
        ("G", "T", "/dev/xvdc", 6),
    ]
    assert one.peak == 6 * 300
    assert one.cost_usd == pytest.approx(6 * (100 * 0.0024 + 10 * 0.0012))


@pytest.mark.parametrize("size", [{"Ref": "Size"}, None])
def test_a_size_that_only_the_deployment_knows_is_at_least_one(size):
    one = account(T=launch_template({"SnapshotId": SNAPSHOT, RATE: 200}), G=group("T", size))
    assert (one.devices[0].volumes, one.devices[0].exact, one.peak_exact) == (1, False, False)


@pytest.mark.parametrize("kind", ["AWS::Batch::ComputeEnvironment", "AWS::EKS::Nodegroup"])
def test_what_launches_any_number_launches_at_least_one(kind):
    named = {"LaunchTemplate": {"LaunchTemplateId": {"Ref": "T"}, "Id": {"Ref": "T"}}}
    properties = {"ComputeResources": named} if "Batch" in kind else named
    one = device(T=launch_template({"SnapshotId": SNAPSHOT, RATE: 200}), E=resource(kind, **properties))
    assert (one.volumes, one.exact) == (1, False)


def test_a_launch_template_that_nothing_launches_is_shown_and_not_counted():
    one = account(sizes={SNAPSHOT: 10}, T=launch_template({"SnapshotId": SNAPSHOT, RATE: 200}))
    assert [made.volumes for made in one.devices] == [0]
    assert one.devices[0].estimate is not None
    assert (one.launched, one.moments, one.peak, one.cost_usd) == ([], (), 0, None)
    assert one.fast_snapshot_restore.pairs == 0


def test_launch_templates_that_share_a_capacity_are_not_added():
    low, high = (launch_template({"SnapshotId": SNAPSHOT, RATE: rate}) for rate in (100, 300))
    configs = [
        {"LaunchTemplateSpecification": {"LaunchTemplateId": {"Ref": name}, "Version": "1"}} for name in ("Low", "High")
    ]
    config = {"IamFleetRole": "arn", "TargetCapacity": 4, "LaunchTemplateConfigs": configs}
    made = plan(Low=low, High=high, Fleet=resource("AWS::EC2::SpotFleet", SpotFleetRequestConfigData=config))
    assert made.accounts[0].peak == 4 * 300
    assert [place.logical_id for place in made.sharing] == ["Fleet"]


def test_a_root_volume_replacement_makes_one_volume():
    one = device(sizes={SNAPSHOT: 30}, R=replacement(SnapshotId=SNAPSHOT, VolumeInitializationRate=300))
    assert (one.volumes, one.rate, one.data.gib) == (1, 300, 30)


def test_an_image_of_the_app_makes_no_volume_and_says_what_its_snapshot_is():
    mapping = {"DeviceName": "/dev/xvda", "Ebs": {"SnapshotId": SNAPSHOT, RATE: 300}}
    image = resource("Custom::EbsAmi", Request={"RootDeviceName": "/dev/xvda", "BlockDeviceMappings": [mapping]})
    one = account(
        sizes={SNAPSHOT: 20},
        Image=image,
        T=launch_template({RATE: 300}, ImageId={"Ref": "Image"}),
        G=group("T", 2),
        R=replacement(ImageId={"Ref": "Image"}, VolumeInitializationRate=200),
    )
    assert [(made.place.logical_id, made.snapshot_id, made.data.gib) for made in one.devices] == [
        ("R", SNAPSHOT, 20),
        ("G", SNAPSHOT, 20),
    ]


def test_the_snapshots_of_other_images_are_given():
    template = launch_template({RATE: 300}, ImageId="ami-0123456789abcdef0")
    assert device(T=template, G=group("T")).image_id == "ami-0123456789abcdef0"
    options = {"images": {"ami-0123456789abcdef0": {"/dev/xvda": SNAPSHOT}}}
    assert device(T=template, G=group("T"), sizes={SNAPSHOT: 9}, options=options).data.gib == 9


def test_a_version_of_somebody_elses_launch_template_is_named_and_not_planned():
    made = plan(V=resource("Custom::EbsLaunchTemplateVersion", VolumeInitializationRate=200))
    assert (made.accounts, [place.logical_id for place in made.versions]) == ((), ["V"])


REFUSED = {
    "rate": volume(500),
    "no snapshot": resource("AWS::EC2::Volume", AvailabilityZone="us-east-1a", Size=8, VolumeInitializationRate=200),
    "local zone": volume(AvailabilityZone="us-west-2-lax-1a"),
    "no place": resource(
        "AWS::EC2::Instance",
        BlockDeviceMappings=[{"DeviceName": "/dev/xvdf", "Ebs": {"SnapshotId": SNAPSHOT, RATE: 200}}],
    ),
    "replacement": replacement(SnapshotId=SNAPSHOT, VolumeInitializationRate=50),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_is_named_and_not_planned(name):
    made = plan(Wrong=REFUSED[name], Right=volume())
    assert [place.logical_id for place in made.refused] == ["Wrong"]
    assert [one.place.logical_id for one in made.accounts[0].devices] == ["Right"]


def test_the_longest_comes_first_and_equals_stay_in_order():
    one = account(sizes={SNAPSHOT: 10, SNAPSHOT_2: 20}, V2=volume(), V10=volume(), V1=volume(SnapshotId=SNAPSHOT_2))
    assert [made.place.logical_id for made in one.devices] == ["V1", "V2", "V10"]


# What is not known


def test_the_volumes_size_is_an_upper_bound():
    one = account(sizes={SNAPSHOT_2: 10}, V=volume(300, Size=100), W=volume(300, SnapshotId=SNAPSHOT_2, Size=100))
    assert [(made.data.gib, made.data.source, made.bounded) for made in one.devices] == [
        (100, "volume size", True),
        (10, "given", False),
    ]
    assert (one.time_bounded, one.cost_bound) == (True, "at most")


def test_a_bound_below_a_known_time_leaves_that_exact():
    one = account(sizes={SNAPSHOT_2: 500}, V=volume(300, Size=100), W=volume(300, SnapshotId=SNAPSHOT_2))
    assert (one.time_bounded, one.cost_bound) == (False, "at most")


@pytest.mark.parametrize(
    ("size", "most", "bound"),
    [(None, 2, ""), (100, 2, "at most"), (100, {"Ref": "Max"}, ""), (None, {"Ref": "Max"}, "at least")],
)
def test_a_cost_is_a_bound_only_if_data_and_number_leave_one_side(size, most, bound):
    template = launch_template({"SnapshotId": SNAPSHOT, RATE: 300, **({"VolumeSize": size} if size else {})})
    one = account(sizes={} if size else {SNAPSHOT: 10}, T=template, G=group("T", most))
    assert (one.cost_bound, one.devices[0].cost_bound) == (bound, bound)
    assert one.time_bounded == bool(size)


# Conditions


def conditional(made):
    return {**made, "Condition": "IsProd"}


def test_what_a_condition_may_leave_out_is_counted_and_is_at_most_that():
    one = account(sizes={SNAPSHOT: 10, SNAPSHOT_2: 5}, A=conditional(volume(300)), B=volume(100, SnapshotId=SNAPSHOT_2))
    assert [made.conditional for made in one.devices] == [False, True]
    assert (one.peak, one.peak_exact, one.peak_bound) == (400, False, "at most")
    assert (one.time_bounded, one.cost_bound, one.fsr_bound) == (False, "at most", "")


def test_a_time_is_at_most_that_of_a_conditional_volume():
    assert account(sizes={SNAPSHOT: 10}, A=conditional(volume(300))).time_bounded


def test_a_conditional_launch_template_and_a_group_of_any_size_bound_nothing():
    template = conditional(launch_template({"SnapshotId": SNAPSHOT, RATE: 300}))
    one = account(sizes={SNAPSHOT: 10}, T=template, G=group("T", {"Ref": "Max"}))
    assert (one.peak_exact, one.peak_bound, one.cost_bound) == (False, "", "")


def test_what_a_conditional_nested_stack_has_is_conditional():
    parent = {"Resources": {"Child": conditional(resource("AWS::CloudFormation::Stack", TemplateURL="child.json"))}}
    templates = [
        AppTemplate(name="p", template=parent),
        AppTemplate(name="c", template={"Resources": {"V": volume()}}, nested_as="child.json"),
    ]
    [one] = make_plan(templates).accounts
    assert one.devices[0].conditional


def test_the_condition_of_a_launch_template_that_nothing_launches_changes_nothing():
    assert account(T=conditional(launch_template({"SnapshotId": SNAPSHOT, RATE: 200}))).peak_exact


def test_without_any_size_there_is_no_time_and_no_cost():
    one = account(V=volume())
    assert (one.devices[0].data, one.devices[0].estimate, one.devices[0].cost_usd) == (None, None, None)
    assert (one.seconds, one.cost_usd, one.unknown, one.time_bounded) == (None, None, 1, False)
    assert one.moments == (Moment(from_seconds=0, to_seconds=None, rate=300, volumes=1),)


def test_a_size_that_no_volume_has_is_none():
    assert device(T=launch_template({RATE: 300, "VolumeSize": {"Ref": "Size"}}), G=group("T")).data is None


def test_a_rate_that_only_the_deployment_knows_is_not_guessed():
    one = account(sizes={SNAPSHOT: 10}, V=volume({"Ref": "Rate"}), W=volume(100))
    assert [made.rate for made in one.devices] == [100, None]
    assert (one.peak, one.peak_exact, one.devices[1].estimate, one.devices[1].cost_usd) == (100, False, None, None)


def test_an_empty_snapshot_takes_no_time():
    one = account(sizes={SNAPSHOT: 0, SNAPSHOT_2: 100}, V=volume(300), W=volume(100, SnapshotId=SNAPSHOT_2))
    assert [made.estimate.seconds for made in one.devices] == [1024, 0]
    assert one.peak == 400


# Rates over time


def test_moments_are_the_times_between_the_ends():
    one = account(
        sizes={SNAPSHOT: 100, SNAPSHOT_2: 50},
        A=volume(100),
        B=volume(200),
        C=volume(100, SnapshotId=SNAPSHOT_2),
        D=volume(300, SnapshotId="snap-0123456789abcdef2"),
    )
    assert one.moments == (
        Moment(from_seconds=0, to_seconds=512, rate=700, volumes=4),  # B and C end together
        Moment(from_seconds=512, to_seconds=1024, rate=400, volumes=2),
        Moment(from_seconds=1024, to_seconds=None, rate=300, volumes=1),
    )


# Accounts, Regions, prices


def test_accounts_and_regions_have_plans_of_their_own():
    templates = [
        AppTemplate(name=f"{account}-{region}", template={"Resources": {"V": volume()}}, account=account, region=region)
        for account, region in [
            ("2", "us-east-1"),
            ("1", "us-west-2"),
            ("1", "eu-west-1"),
            (None, None),
            ("1", "eu-west-1"),
        ]
    ]
    made = make_plan(templates, sizes={SNAPSHOT: SnapshotData(gib=100, source="given")})
    assert [(one.account, one.region, one.peak) for one in made.accounts] == [
        ("1", "eu-west-1", 600),
        ("1", "us-west-2", 300),
        ("2", "us-east-1", 300),
        (None, None, 300),
    ]
    assert [one.cost_usd for one in made.accounts] == [None, None, pytest.approx(0.36), None]


@pytest.mark.parametrize(
    ("prices", "cost"), [({"eu-west-1": 0.00002}, 0.6), ({None: 0.00001}, 0.3), ({"us-east-1": 1}, None)]
)
def test_a_price_is_an_input(prices, cost):
    one = account(region="eu-west-1", sizes={SNAPSHOT: 100}, options={"prices": prices}, V=volume(300))
    assert one.cost_usd == (cost and pytest.approx(cost))


# Fast snapshot restore


def test_fast_snapshot_restore_is_paid_for_each_snapshot_and_zone():
    one = account(
        A=volume(),
        B=volume(),
        C=volume(SnapshotId=SNAPSHOT_2),
        D=volume(AvailabilityZone="us-east-1b"),
        T=launch_template({"SnapshotId": SNAPSHOT, RATE: 200}),
        G=group("T", 2, AvailabilityZones=["us-east-1b", "us-east-1c"]),
    ).fast_snapshot_restore
    assert (one.pairs, one.hours, one.usd, one.usd_per_hour) == (4, 4, 3, 3)


def test_fast_snapshot_restore_takes_an_hour_per_tebibyte_to_enable():
    one = account(sizes={SNAPSHOT: 4096}, V=volume()).fast_snapshot_restore
    assert (one.hours, one.usd, one.usd_per_hour) == (4, 3, 0.75)


def test_the_size_of_a_volume_does_not_tell_how_long_it_takes_to_enable_at_least():
    assert account(V=volume(Size=4096)).fast_snapshot_restore.hours == 1


def test_an_instance_that_names_its_zone_and_its_subnet_is_in_one_zone():
    of = {"LaunchTemplateId": {"Ref": "T"}, "Version": "1"}
    one = account(
        T=launch_template({"SnapshotId": SNAPSHOT, RATE: 200}),
        I=resource(
            "AWS::EC2::Instance", LaunchTemplate=of, AvailabilityZone="us-east-1a", SubnetId="subnet-0123456789abcdef0"
        ),
        V=volume(),
    )
    assert one.fast_snapshot_restore.pairs == 1


def test_subnets_of_the_app_count_by_their_zone():
    zone = {"Fn::Select": [0, {"Fn::GetAZs": ""}]}
    subnets = {name: resource("AWS::EC2::Subnet", AvailabilityZone=zone) for name in ("S1", "S2")}
    groups = group("T", 2, VPCZoneIdentifier=[{"Ref": "S1"}, {"Ref": "S2"}])
    one = account(T=launch_template({"SnapshotId": SNAPSHOT, RATE: 200}), G=groups, **subnets)
    assert one.fast_snapshot_restore.pairs == 1


def test_fast_snapshot_restore_has_no_price_elsewhere():
    one = account(region="eu-west-1", V=volume()).fast_snapshot_restore
    assert (one.pairs, one.usd, one.usd_per_hour) == (1, None, None)
