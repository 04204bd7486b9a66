"""`constructs-ebs status`: which volumes it finds, what it says of them, how it waits, and how it ends."""

import json

import pytest

from constructs_ebs.core.cloudformation.resources import RESOURCE_TYPES
from tests.cli.aws import VOLUME, ClosingHandler, RefusedError, listening
from tests.cli.stacks import everything


@pytest.fixture
def restore(aws):
    aws.stack("Restore", {"Data": (VOLUME, "vol-1")})
    return aws


def test_says_how_far_a_volume_is(restore, ask):
    restore.volume("vol-1", ("initializing", 40, 200), rate=200)
    assert ask("status", "Restore") == (
        1,
        [
            "vol-1  initializing  200 MiB/s  Restore/Data  40 %  about 3 min 20 s left",
            "0 of 1 volume warm, 1 initializing; about 3 min 20 s left",
        ],
        [],
    )
    assert restore.calls == {"ListStackResources": 1, "DescribeVolumes": 1, "DescribeVolumeStatus": 1}


STATES = [
    ("completed", 0, "warm"),
    (("completed", 100, 0), 0, "warm"),
    (("initializing", 99, 0), 1, "initializing"),  # an estimate of 0 is no state
    (("initializing", 7, None, "default"), 1, "initializing"),
    (None, 1, "pending"),  # not reported yet
    ("insufficient-data", 1, "pending"),
]


@pytest.mark.parametrize(("look", "status", "state"), STATES, ids=repr)
def test_trusts_the_state_and_not_the_estimate(restore, ask, look, status, state):
    restore.volume("vol-1", look)
    ended, lines, _ = ask("status", "--json", "Restore")
    [volume] = json.loads("".join(lines))["volumes"]
    assert (ended, volume["state"]) == (status, state)
    assert volume["seconds_left"] is None


def test_an_empty_volume_is_warm_and_not_asked_about(restore, ask):
    restore.volume("vol-1", SnapshotId="", rate=None)
    assert ask("status", "Restore")[0] == 0
    assert restore.calls["DescribeVolumeStatus"] == 0


def test_a_copy_of_a_volume_initializes(restore, ask):
    restore.volume("vol-1", ("initializing", 5, None, "volume-copy"), SnapshotId="", SourceVolumeId="vol-9")
    assert ask("status", "Restore")[0] == 1


def test_a_volume_that_could_not_be_created_never_gets_warm(restore, ask, clock):
    restore.volume("vol-1", State="error")
    status, [line, summary], _ = ask("status", "--watch", "Restore")
    assert (status, line[:13], summary) == (1, "vol-1  failed", "0 of 1 volume warm, 1 failed")
    assert clock.slept == []


def test_finds_volumes_of_stacks_instances_groups_fleets_nested_stacks_and_replacements(aws, ask):
    everything(aws)
    status, lines, _ = ask("status", "--json", "Top")
    report = json.loads("".join(lines))
    assert status == 0
    assert {one["volume_id"]: f"{one['stack']}/{one['logical_id']}" for one in report["volumes"]} == {
        "vol-own": "Top/Data",
        "vol-nested": "Top/Child/Data",
        "vol-box": "Top/Box",
        "vol-group": "Top/Group",
        "vol-spot": "Top/Spot",
        "vol-fleet": "Top/Fleet",
        "vol-other": "Top/Child/Root",
    }
    assert report["not_looked_at"] == ["Top/Nodes"]
    assert aws.calls["DescribeVolumes"] == 2  # own ones by id, attached ones by instance
    assert aws.calls["DescribeVolumeStatus"] == 1


def test_a_stack_may_be_given_by_its_arn(aws, ask):
    arn = aws.stack("Restore", {"Data": (VOLUME, "vol-1")})
    aws.volume("vol-1", "completed")
    assert ask("status", arn)[1][0] == "vol-1  warm  default rate  Restore/Data"


def test_a_volume_of_one_stack_at_an_instance_of_another_is_of_both(restore, ask):
    restore.volume("vol-1", "completed", instance="i-1")
    restore.stack("Box", {"Box": ("AWS::EC2::Instance", "i-1")})
    _, lines, _ = ask("status", "Restore", "Box")
    assert lines == ["vol-1  warm  default rate  Restore/Data  /dev/xvdf i-1", "1 of 1 volume warm"]
    assert ask("status", "Box")[1][0] == "vol-1  warm  default rate  Box/Box  /dev/xvdf i-1"


def test_says_what_it_cannot_look_at(aws, ask):
    everything(aws)
    _, _, errors = ask("status", "Top")
    assert errors == ["not looked at, because their volumes cannot be found: Top/Nodes"]


def test_a_fleet_that_ec2_has_forgotten_has_no_instances(aws, ask):
    everything(aws)
    aws.faults["DescribeSpotFleetInstances"] = ["InvalidSpotFleetRequestId.NotFound"]
    _, lines, _ = ask("status", "--json", "Top")
    assert "vol-spot" not in "".join(lines)


def test_the_instances_of_an_instant_fleet_are_found(aws, ask):
    everything(aws)

    def refuse(_):
        raise RefusedError("InvalidFleetType", "DescribeFleetInstances does not support fleets of type instant")

    instances = [{"InstanceIds": ["i-fleet", "i-ended"]}, {"InstanceIds": []}]
    fleet = {"FleetId": "fleet-1", "Type": "instant", "Instances": instances}
    aws.answers |= {"DescribeFleetInstances": refuse, "DescribeFleets": lambda _: {"Fleets": [fleet]}}
    _, lines, _ = ask("status", "--json", "Top")
    assert "vol-fleet" in "".join(lines)


HIDDEN = {
    "AWS::Batch::ComputeEnvironment": {},
    "AWS::BedrockAgentCore::CapacityProvider": {
        "ComputeConfiguration": {"Ec2Configuration": {"Volumes": [{"EbsConfiguration": {"SizeGiB": 8}}]}}
    },
    "AWS::ECS::Service": {"VolumeConfigurations": [{"Name": "data", "ManagedEBSVolume": {"SizeInGiB": 8}}]},
    "AWS::EKS::Nodegroup": {},
    "AWS::GameLift::GameServerGroup": {},
    "AWS::PCS::ComputeNodeGroup": {},
}


@pytest.mark.parametrize("kind", HIDDEN)
def test_what_makes_volumes_that_no_stack_lists_is_named(restore, ask, kind):
    restore.volume("vol-1", "completed")
    template = {"Resources": {"Hidden": {"Type": kind, "Properties": HIDDEN[kind]}}}
    restore.stack("Restore", {"Data": (VOLUME, "vol-1"), "Hidden": (kind, "hidden")}, template)
    assert ask("status", "Restore")[2] == ["not looked at, because their volumes cannot be found: Restore/Hidden"]


def test_every_known_launcher_is_followed_or_named():
    assert {name for name, row in RESOURCE_TYPES.items() if row.hidden} == set(HIDDEN)


def test_a_service_without_volumes_hides_none(restore, ask):
    restore.volume("vol-1", "completed")
    service = {"Type": "AWS::ECS::Service", "Properties": {"TaskDefinition": "web"}}
    resources = {"Data": (VOLUME, "vol-1"), "Web": ("AWS::ECS::Service", "web")}
    restore.stack("Restore", resources, {"Resources": {"Web": service}})
    assert ask("status", "Restore")[2] == []


def test_a_replacement_of_an_instance_that_cannot_be_told_is_named(aws, ask):
    everything(aws)
    stack = next(key for key in aws.stacks if "Child" in key)
    aws.stacks[stack][4].clear()
    assert "Top/Child/Root" in ask("status", "Top")[2][0]


def test_follows_what_another_stack_exports(aws, ask):
    request = {"InstanceId": {"Fn::ImportValue": "TheInstance"}}
    template = {"Resources": {"Root": {"Type": "Custom::EbsRootVolumeReplacement", "Properties": {"Request": request}}}}
    aws.stack("Patch", {"Root": ("Custom::EbsRootVolumeReplacement", "replacevol-1")}, template)
    aws.exports["TheInstance"] = "i-1"
    aws.volume("vol-1", "completed", instance="i-1")
    assert ask("status", "Patch")[0] == 0


# Watching


def test_watches_until_all_are_warm(restore, ask, clock):
    restore.volume("vol-1", None, ("initializing", 10, 60), ("initializing", 60, 30), "completed", rate=300)
    assert ask("status", "--watch", "--interval", 15, "Restore") == (
        0,
        [
            "0 of 1 volume warm, 1 not reported yet",
            "0 of 1 volume warm, 1 initializing; about 1 min left",
            "0 of 1 volume warm, 1 initializing; about 30 s left",
            "vol-1  warm  300 MiB/s  Restore/Data",
            "1 of 1 volume warm",
        ],
        [],
    )
    assert clock.slept == [15, 15, 15]


@pytest.mark.usefixtures("clock")
def test_does_not_ask_again_for_what_is_warm(aws, ask):
    aws.stack("Two", {"A": (VOLUME, "vol-1"), "B": (VOLUME, "vol-2")})
    aws.volume("vol-1", "completed")
    aws.volume("vol-2", ("initializing", 1, 9), "completed")
    assert ask("status", "--watch", "Two")[0] == 0
    asked = [form for _, action, form in aws.requests if action == "DescribeVolumeStatus"]
    assert ["VolumeId.2" in form for form in asked] == [True, False]


@pytest.fixture
def fleet(aws):
    """A fleet that has launched nothing yet."""
    aws.stack("Runners", {"Fleet": ("AWS::EC2::SpotFleet", "sfr-1")})
    aws.answers["DescribeSpotFleetInstances"] = lambda _: {"ActiveInstances": []}
    return aws


def test_waits_for_the_first_volumes_of_a_fleet(fleet, ask, clock):
    def launch():
        clock.on_sleep = None
        fleet.answers["DescribeSpotFleetInstances"] = lambda _: {"ActiveInstances": [{"InstanceId": "i-1"}]}
        fleet.volume("vol-1", ("initializing", 1, 9), "completed", instance="i-1")

    clock.on_sleep = launch
    status, lines, _ = ask("status", "--watch", "Runners")
    assert (status, len(clock.slept)) == (0, 2)
    assert lines[0] == "0 of 0 volumes warm, none yet of Runners"
    assert lines[-1] == "1 of 1 volume warm"


@pytest.mark.usefixtures("fleet", "clock")
def test_a_fleet_without_volumes_is_not_warm(ask):
    status, lines, _ = ask("status", "--watch", "--json", "--timeout", 9, "Runners")
    report = json.loads(lines[-1])
    assert (status, report["warm"], report["progress"], report["no_volumes_yet"]) == (124, False, 0, ["Runners"])


def test_a_fleet_that_has_had_volumes_is_not_waited_for(fleet, ask, clock):
    fleet.answers["DescribeSpotFleetInstances"] = lambda _: {"ActiveInstances": [{"InstanceId": "i-1"}]}
    fleet.volume("vol-1", ("initializing", 1, 9), instance="i-1")
    clock.on_sleep = fleet.volumes.clear
    assert ask("status", "--watch", "Runners")[0] == 0


@pytest.mark.usefixtures("fleet")
def test_without_a_watch_a_fleet_without_volumes_is_one_line(ask):
    assert refused(ask, "status", "Runners").startswith("constructs-ebs status: Runners: no volumes there")


def test_waits_for_the_volumes_of_an_instance_that_came_later(aws, ask, clock):
    everything(aws)
    aws.volume("vol-box", ("initializing", 1, 9), "completed", instance="i-box")

    def grow():
        clock.on_sleep = None
        aws.volume("vol-late", ("initializing", 5, 9), "completed", instance="i-group")

    clock.on_sleep = grow
    status, lines, _ = ask("status", "--watch", "Top")
    assert status == 0
    assert lines[-1] == "8 of 8 volumes warm"
    assert len(clock.slept) == 2


@pytest.mark.usefixtures("clock")
def test_one_look_after_another_is_a_line_of_json(restore, ask):
    restore.volume("vol-1", ("initializing", 10, 60), "completed")
    status, lines, _ = ask("status", "--watch", "--json", "Restore")
    assert (status, [json.loads(line)["warm"] for line in lines]) == (0, [False, True])


def test_stops_after_a_timeout_with_the_status_of_timeout(restore, ask, clock):
    restore.volume("vol-1", ("initializing", 10, 600))
    status, lines, _ = ask("status", "--watch", "--timeout", 70, "Restore")
    assert (status, clock.now) == (124, 70)
    assert lines[-1] == "0 of 1 volume warm, 1 initializing; about 10 min left"


def test_a_volume_of_the_stack_that_disappears_fails(aws, ask, clock):
    aws.stack("Two", {"A": (VOLUME, "vol-1"), "B": (VOLUME, "vol-2")})
    aws.volume("vol-1", ("initializing", 1, 9))
    aws.volume("vol-2", ("initializing", 1, 9), "completed")
    clock.on_sleep = lambda: aws.volumes.pop("vol-1", None)
    status, lines, _ = ask("status", "--watch", "Two")
    assert (status, lines[-1]) == (1, "1 of 2 volumes warm, 1 gone")


def test_a_volume_that_goes_with_its_instance_does_not(aws, ask, clock):
    everything(aws)
    aws.volume("vol-group", ("initializing", 1, 9), instance="i-group")
    clock.on_sleep = lambda: aws.volumes.pop("vol-group", None)
    status, lines, _ = ask("status", "--watch", "Top")
    assert (status, lines[-1]) == (0, "6 of 6 volumes warm")


def test_a_volume_that_the_stack_replaces_does_not(restore, ask, clock):
    restore.volume("vol-1", ("initializing", 1, 9))

    def update():
        restore.volumes.clear()
        restore.stack("Restore", {"Data": (VOLUME, "vol-2")})
        restore.volume("vol-2", "completed")

    clock.on_sleep = update
    assert ask("status", "--watch", "Restore")[::2] == (0, [])


def test_a_volume_that_only_one_action_knows_is_looked_for_with_pauses(restore, ask, clock):
    restore.volume("vol-1", "completed")
    gone = RefusedError("InvalidVolume.NotFound", "The volume 'vol-1' does not exist.")
    restore.faults["DescribeVolumeStatus"] = [gone, gone]
    assert ask("status", "--watch", "Restore")[0] == 0
    assert clock.slept == [30, 30]


def test_what_cannot_be_looked_at_is_said_once(aws, ask, clock):
    everything(aws)
    aws.volume("vol-own", ("initializing", 1, 9), ("initializing", 2, 8), "completed")
    status, _, errors = ask("status", "--watch", "Top")
    assert (status, len(clock.slept), len(errors)) == (0, 2, 1)


def test_many_lost_volumes_cost_few_calls(aws, ask):
    aws.stack("Many", {f"V{n}": (VOLUME, f"vol-{n}") for n in range(1_000)})
    for n in range(500):
        aws.volume(f"vol-{n}", "completed")
    status, lines, _ = ask("status", "Many")
    assert (status, lines[-1]) == (1, "500 of 1,000 volumes warm, 500 gone")
    assert aws.calls == {"ListStackResources": 10, "DescribeVolumes": 1 + 5 + 1, "DescribeVolumeStatus": 1}


def test_10_000_volumes_take_few_calls_and_a_short_list(aws, ask):
    names = [f"Part{n}" for n in range(20)]
    for part, name in enumerate(names):
        aws.stack(name, {f"V{n}": (VOLUME, f"vol-{part}-{n}") for n in range(500)})
        for n in range(500):
            aws.volume(f"vol-{part}-{n}", ("initializing", n % 100, n + 1), rate=100)
    status, lines, _ = ask("status", *names)
    assert status == 1
    assert aws.calls == {"ListStackResources": 20 * 5, "DescribeVolumes": 10, "DescribeVolumeStatus": 10}
    assert len(lines) == 22
    assert lines[0].startswith("vol-0-499  initializing  100 MiB/s  Part0/V499  99 %  about 8 min 20 s left")
    assert lines[-2:] == ["and 9,980 more", "0 of 10,000 volumes warm, 10,000 initializing; about 8 min 20 s left"]


def test_throttling_is_retried_by_the_client(restore, ask, monkeypatch):
    monkeypatch.setattr("time.sleep", lambda _: None)  # botocore's own, between its attempts
    restore.volume("vol-1", "completed")
    restore.faults["DescribeVolumeStatus"] = ["RequestLimitExceeded"] * 3
    assert ask("status", "Restore")[0] == 0
    assert restore.calls["DescribeVolumeStatus"] == 4


def test_a_watch_outlives_throttling_and_looks_less_often(restore, ask, clock, monkeypatch):
    monkeypatch.setattr("time.sleep", lambda _: None)
    restore.volume("vol-1", ("initializing", 10, 60), "completed")
    restore.faults["DescribeVolumeStatus"] = [None] + ["RequestLimitExceeded"] * 16
    status, lines, errors = ask("status", "--watch", "Restore")
    assert (status, lines[-1]) == (0, "1 of 1 volume warm")
    assert clock.slept == [30, 60, 120]
    assert errors == ["AWS could not be asked, which may pass: DescribeVolumeStatus: no (RequestLimitExceeded)"] * 2


def test_a_watch_ends_when_aws_cannot_be_asked_for_long(restore, ask, clock, monkeypatch):
    monkeypatch.setattr("time.sleep", lambda _: None)
    restore.volume("vol-1", ("initializing", 10, 60))
    restore.faults["DescribeVolumeStatus"] = [RefusedError("Unavailable", "down", 503)] * 500
    status, _, errors = ask("status", "--watch", "Restore")
    assert (status, errors[-1]) == (2, "constructs-ebs status: DescribeVolumeStatus: down (Unavailable)")
    assert clock.slept == [60, 120, 240] + [300] * 6


def test_a_watch_outlives_a_network_that_is_down(restore, ask, clock, monkeypatch):
    monkeypatch.setattr("time.sleep", lambda _: None)
    restore.volume("vol-1", ("initializing", 10, 60), "completed")
    server = listening(restore, ClosingHandler)
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")

    def go_down():
        server.shutdown()
        server.server_close()
        clock.on_sleep = come_back

    def come_back():
        nonlocal server
        clock.on_sleep = None
        server = listening(restore, ClosingHandler, server.server_port)

    clock.on_sleep = go_down
    status, lines, [error] = ask("status", "--watch", "Restore")
    server.shutdown()
    server.server_close()
    assert (status, lines[-1]) == (0, "1 of 1 volume warm")
    assert error.startswith("AWS could not be asked, which may pass: Could not connect to the endpoint URL")
    assert clock.slept == [30, 60]


def test_ctrl_c_ends_a_watch(restore, ask, clock):
    restore.volume("vol-1", ("initializing", 10, 60))

    def interrupt():
        raise KeyboardInterrupt

    clock.on_sleep = interrupt
    assert ask("status", "--watch", "Restore")[0] == 130


# What cannot be asked


def refused(ask, *arguments):
    status, lines, [line] = ask(*arguments)
    assert (status, lines) == (2, [])
    return line


COMMANDS = ["status", "verify"]


@pytest.mark.parametrize("command", COMMANDS)
def test_no_region_is_one_line(ask, monkeypatch, command):
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    line = refused(ask, command, "Restore")
    assert line == f"constructs-ebs {command}: no AWS Region; give --region, or set AWS_DEFAULT_REGION"


@pytest.mark.parametrize("command", COMMANDS)
def test_no_credentials_are_one_line(ask, monkeypatch, command):
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    assert refused(ask, command, "Restore").endswith("give --profile, or set AWS_PROFILE, or log in")


@pytest.mark.parametrize("command", COMMANDS)
def test_no_such_profile_is_one_line(ask, command):
    assert "The config profile (nobody) could not be found" in refused(ask, command, "--profile", "nobody", "Restore")


@pytest.mark.parametrize("command", COMMANDS)
def test_a_region_that_is_none_is_one_line(ask, command):
    assert "us east" in refused(ask, command, "--region", "us east", "Restore")


@pytest.mark.parametrize("command", COMMANDS)
def test_no_such_stack_is_one_line(ask, command):
    assert refused(ask, command, "Nowhere") == f"constructs-ebs {command}: Nowhere: no such stack in us-east-1"


ELSEWHERE = "arn:aws:cloudformation:eu-west-1:123456789012:stack/Restore/0"


@pytest.mark.parametrize("command", COMMANDS)
def test_a_stack_is_looked_for_in_the_region_of_its_arn(ask, command):
    assert refused(ask, command, ELSEWHERE) == f"constructs-ebs {command}: Restore: no such stack in eu-west-1"


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("more", [["--region", "us-east-1"], [ELSEWHERE.replace("eu-west-1", "us-east-1")]])
def test_a_stack_of_another_region_is_one_line(ask, command, more):
    line = refused(ask, command, *more, ELSEWHERE)
    assert line.endswith("Restore: is in eu-west-1, not in us-east-1; name stacks of one Region at a time")


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_a_command_is_about_its_own_options(ask, capsys, command):
    with pytest.raises(SystemExit):
        ask(command, "--help")
    assert ("--watch" in capsys.readouterr().out) == (command == "status")


@pytest.mark.parametrize("command", COMMANDS)
def test_a_stack_without_volumes_is_one_line(aws, ask, command):
    aws.stack("Web", {"Bucket": ("AWS::S3::Bucket", "bucket")}, {"Resources": {}})
    aws.stack("Restore", {"Data": (VOLUME, "vol-1")})
    aws.volume("vol-1", "completed")
    assert f"constructs-ebs {command}: Web: no" in refused(ask, command, "Web")


def test_one_of_many_stacks_without_volumes_is_named(restore, ask):
    restore.volume("vol-1", "completed")
    restore.stack("Web", {"Bucket": ("AWS::S3::Bucket", "bucket")})
    assert refused(ask, "status", "Restore", "Web").startswith("constructs-ebs status: Web: no volumes there")


def test_a_missing_permission_names_the_action_and_the_policy(restore, ask):
    restore.volume("vol-1")
    restore.faults["DescribeVolumeStatus"] = [RefusedError("UnauthorizedOperation", "You are not\nauthorized", 403)]
    line = refused(ask, "status", "Restore")
    assert (
        "DescribeVolumeStatus: You are not authorized (UnauthorizedOperation); allow it: docs/deployed-stacks.md has"
        in line
    )


def test_a_network_that_is_none_is_one_line(ask, monkeypatch):
    monkeypatch.setattr("time.sleep", lambda _: None)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    assert "Could not connect to the endpoint URL" in refused(ask, "status", "Restore")


@pytest.mark.parametrize(
    "wrong",
    [
        ["--interval", "0"],
        ["--interval", "x"],
        ["--timeout", "-1"],
        ["--slowest", "-1"],
        ["--timeout", "nan"],
        ["--interval", "1e10"],
    ],
)
def test_numbers_that_are_none_are_refused(ask, capsys, wrong):
    with pytest.raises(SystemExit) as ended:
        ask("status", *wrong, "Restore")
    assert ended.value.code == 2
    assert "got " in capsys.readouterr().err


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("library", ["boto3", "rich"])
def test_a_missing_extra_says_how_to_install_it(ask, monkeypatch, command, library):
    import sys

    for name in [one for one in sys.modules if one.startswith(("constructs_ebs.cli.", "boto3", "rich"))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, library, None)
    line = refused(ask, command, "Restore")
    assert line == f'constructs-ebs {command} needs {library}: pip install "constructs-ebs[cli]"'
