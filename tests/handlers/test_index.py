"""What all custom resources share: ids before anything is made, what passes and what does not, and no trace."""

import pytest
from botocore.exceptions import ClientError

from constructs_ebs.core.cloudformation import custom_resources
from constructs_ebs.handlers import index
from tests.constants import RATE

from .aws import STACK, Ec2, Killed
from .cloudformation import ElsewhereError, Resource

DEVICE = {"DeviceName": "/dev/xvdf", "Ebs": {"SnapshotId": "snap-1", RATE: 200}}
MACHINE = "arn:aws:states:us-east-1:111122223333:stateMachine:Check"
IMAGE = {"Action": "RegisterImage", "Request": {"BlockDeviceMappings": [DEVICE]}, "Tags": [], "DeleteSnapshots": True}
TEMPLATE = {"LaunchTemplate": {"LaunchTemplateId": "lt-0"}, "SourceVersion": "$Default", "VersionDescription": ""}
VERSION = {**TEMPLATE, "BlockDeviceMappings": [DEVICE], "Changes": [], "SetDefaultVersion": True}
ROOT = {"Request": {"InstanceId": "i-0", RATE: 200}, "Tags": [], "Address": "c8a1", "RootStackName": "Prod"}
ALARM = {"VolumeIds": ["vol-0"], "Alarm": "Late", "Seconds": 60, "StateMachineArn": MACHINE}
KINDS = {
    "Ami": (IMAGE, {"Trigger": "again"}),
    "InitializationAlarm": (ALARM, {"Seconds": 90}),
    "InitializationWait": ({"VolumeIds": ["vol-0"]}, {"VolumeIds": ["vol-1"]}),
    "LaunchTemplateVersion": (VERSION, {"VersionDescription": "again"}),
    "RootVolumeReplacement": (ROOT, {"Trigger": "again"}),
}
"""For each kind its properties, and those that change in an update."""

FIRST = {
    "Ami": "RegisterImage",
    "InitializationAlarm": "StartExecution",
    "InitializationWait": "DescribeVolumeStatus",
    "LaunchTemplateVersion": "CreateLaunchTemplateVersion",
    "RootVolumeReplacement": "CreateReplaceRootVolumeTask",
}


def furnish(ec2):
    ec2.snapshots["snap-1"] = {}
    ec2.initialization |= {"vol-0": ["completed"], "vol-1": ["completed"]}
    if not ec2.versions:
        ec2.version(BlockDeviceMappings=[DEVICE])
        ec2.now += 1000
    return ec2


@pytest.fixture(params=[*KINDS])
def kind(request):
    return request.param


def state(ec2):
    """Return what is there and costs or does something."""
    running = sorted(arn for arn, execution in ec2.executions.items() if execution["status"] == "RUNNING")
    return [*ec2.images], [*ec2.snapshots], ec2.numbers(), ec2.default, running


def test_every_type_is_served():
    assert sorted(index.SERVED) == sorted(f"Custom::Ebs{kind}" for kind in KINDS)
    named = {name for name in vars(custom_resources).values() if isinstance(name, str) and "::Ebs" in name}
    assert named == set(index.SERVED)


def test_the_id_is_known_before_anything_is_made(load, ec2, kind):
    furnish(ec2)
    event = load(kind).begin("Create", KINDS[kind][0])
    assert {name for name, _ in ec2.requests} <= {"DescribeStackEvents"}
    assert event["PhysicalResourceId"].startswith(f"Ebs{kind}-")
    again = load(kind).begin("Create", KINDS[kind][0])
    assert again["PhysicalResourceId"] == event["PhysicalResourceId"]


def test_the_id_is_another_one_for_another_resource_and_another_request(load, ec2, kind):
    furnish(ec2)
    resource, (properties, change) = load(kind), KINDS[kind]
    ids = [resource.begin("Create", properties)["PhysicalResourceId"]]
    resource.logical_id = "Other"
    ids.append(resource.begin("Create", properties)["PhysicalResourceId"])
    resource.stack_id = resource.stack_id.replace("Prod", "Test")
    ids.append(resource.begin("Create", properties)["PhysicalResourceId"])
    ids.append(resource.begin("Create", properties | change)["PhysicalResourceId"])
    assert len(set(ids)) == (3 if kind == "RootVolumeReplacement" else 4)


def test_the_id_is_told_although_cloudformation_says_nothing(load, ec2, kind):
    ec2.becomes("CREATE_IN_PROGRESS")
    ec2.faults["DescribeStackEvents"].extend(["Throttling"] * 100)
    event = load(kind).begin("Create", KINDS[kind][0])
    assert (event["StackState"], event["Former"]) == ("", "")
    assert event["PhysicalResourceId"].startswith(f"Ebs{kind}-")
    ec2.faults.clear()
    furnish(ec2)
    while not load(kind).handler.is_complete(event, None)["IsComplete"]:
        ec2.now += 10


def test_what_is_denied_for_a_minute_works_then(load, ec2, kind):
    furnish(ec2)
    ec2.allowed_from[FIRST[kind]] = ec2.now + 45
    load(kind).deploy(**KINDS[kind][0])
    assert ec2.sent(FIRST[kind])


def test_what_is_denied_for_longer_says_so(load, ec2, kind):
    furnish(ec2)
    ec2.becomes("CREATE_IN_PROGRESS")
    ec2.allowed_from[FIRST[kind]] = ec2.now + 1e9
    before = ec2.now
    said = r"(UnauthorizedOperation|AccessDeniedException).*it was tried for a minute: something denies it to the role"
    with pytest.raises(RuntimeError, match=said):
        load(kind).send("Create", KINDS[kind][0])
    assert ec2.now - before == 60
    assert len(ec2.sent(FIRST[kind])) == 13


def test_a_denial_fails_although_it_is_late(load, ec2, kind):
    furnish(ec2)
    ec2.becomes("CREATE_IN_PROGRESS")
    resource = load(kind)
    event = resource.begin("Create", KINDS[kind][0])
    ec2.allowed_from[FIRST[kind]], ec2.now = ec2.now + 1e9, ec2.now + 55 * 60
    with pytest.raises(RuntimeError, match="something denies it"):
        resource.handler.is_complete(event, None)


@pytest.mark.parametrize("code", ["Throttling", "ThrottlingException", "EC2ThrottledException", "RequestLimitExceeded"])
def test_what_is_throttled_passes_for_54_minutes(load, ec2, kind, code):
    furnish(ec2)
    ec2.becomes("CREATE_IN_PROGRESS")
    resource = load(kind)
    event = resource.begin("Create", KINDS[kind][0])
    ec2.faults[FIRST[kind]].extend([code] * 50)
    started = event["Started"]
    for passed in (0, 54 * 60 - 100):
        ec2.now = started + passed
        assert resource.handler.is_complete(event, None) == {"IsComplete": False}
    ec2.now = started + 54 * 60 + 1
    ec2.faults[FIRST[kind]].extend([code] * 50)
    with pytest.raises(RuntimeError, match=f"{code}.* after 54 minutes"):
        resource.handler.is_complete(event, None)


def test_a_refusal_is_told_at_once(load, ec2, kind):
    furnish(ec2)
    ec2.becomes("CREATE_IN_PROGRESS")
    ec2.faults[FIRST[kind]].append("InvalidParameterValue")
    before = ec2.now
    with pytest.raises(ClientError, match="InvalidParameterValue"):
        load(kind).send("Create", KINDS[kind][0])
    assert ec2.now == before


def test_a_state_that_cloudformation_does_not_show_is_waited_for(load, ec2, kind):
    furnish(ec2)
    ec2.becomes("CREATE_IN_PROGRESS")
    ec2.faults["DescribeStackEvents"].extend(["hidden"] * 2)
    load(kind).send("Create", KINDS[kind][0])


def test_what_is_made_in_one_deployment_is_not_made_in_the_next(load, ec2):
    ec2.becomes("UPDATE_IN_PROGRESS")
    resource = load("Ami")
    event = resource.begin("Create", KINDS["Ami"][0])
    ec2.becomes("UPDATE_ROLLBACK_COMPLETE")
    ec2.becomes("UPDATE_IN_PROGRESS")  # another one, of a later deployment
    with pytest.raises(RuntimeError, match="the stack is UPDATE_IN_PROGRESS again"):
        resource.handler.is_complete(event, None)


@pytest.mark.parametrize("status", ["CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS", "UPDATE_ROLLBACK_IN_PROGRESS"])
@pytest.mark.parametrize("request_type", ["Create", "Update"])
def test_something_is_made_in_these_states_alone(load, ec2, request_type, status):
    furnish(ec2)
    ec2.becomes(status)
    resource, old = load("Ami"), None if request_type == "Create" else IMAGE | {"Trigger": "before"}
    event = resource.begin(request_type, IMAGE, old and "EbsAmi-00", old)
    wrong = {"Create": "UPDATE_ROLLBACK_IN_PROGRESS", "Update": "CREATE_IN_PROGRESS"}
    if status == wrong[request_type]:
        with pytest.raises(RuntimeError, match=f"the stack is {status} by now"):
            resource.handler.is_complete(event, None)
    else:
        resource.handler.is_complete(event, None)
    assert bool(ec2.images) == (status != wrong[request_type])


@pytest.mark.parametrize("lag", [0, 40], ids=["shown at once", "shown late"])
@pytest.mark.parametrize("is_told", [True, False], ids=["told", "not told"])
@pytest.mark.parametrize("event", ["Create", "Update"])
def test_whatever_call_the_function_dies_in_nothing_is_left(ec2, kind, event, is_told, lag):
    (properties, change), error, deaths = KINDS[kind], Killed, 0
    while error is Killed:
        ec2.__dict__.update(furnish(Ec2()).__dict__)
        resource = Resource(index, f"Custom::Ebs{kind}", ec2)
        resource.is_told = is_told
        if event == "Update":
            resource.deploy(**properties)
            ec2.now += 1000
        before, ec2.lag = state(ec2), lag
        resource.fails_elsewhere, ec2.kill_at = True, len(ec2.requests) + deaths + 1
        try:
            resource.deploy(**(properties | change))
        except (Killed, ElsewhereError) as raised:
            error = type(raised)
        deaths += 1
        assert state(ec2) == before, deaths
        assert len(ec2.tasks) <= (1 if event == "Create" else 2)
    assert deaths > 2


def test_a_name_that_is_not_of_ours_is_no_request(load, ec2):
    furnish(ec2)
    ec2.becomes("UPDATE_IN_PROGRESS")
    resource = load("Ami")
    for former in ("Prod-Made-1ABCDEFGHIJK", "EbsAmi-0123456789ab-0123456789ab", "EbsAmi-0123456789ab"):
        resource.send("Update", IMAGE, former, IMAGE)
    assert len(ec2.images) == 1
    [tags] = [image["Tags"] for image in ec2.images.values()]
    [mark] = [tag["Value"] for tag in tags if tag["Key"] == "constructs-ebs:mark"]
    assert mark.split("/")[2] == "0" * 12
    assert STACK in {tag["Key"] for tag in tags}


def test_nothing_is_made_for_what_cloudformation_has_given_up_in_a_stack_that_goes_on(load, ec2):
    ec2.becomes("CREATE_IN_PROGRESS")
    resource = load("Ami")
    event = resource.begin("Create", IMAGE)
    resource.becomes("CREATE_FAILED", resource.reached)
    with pytest.raises(RuntimeError, match="Made is CREATE_FAILED by now: nothing more is made for this request"):
        resource.handler.is_complete(event, None)
    assert ec2.images == {}


def test_nothing_is_made_before_cloudformation_shows_that_it_asks_for_it(load, ec2):
    furnish(ec2)
    ec2.becomes("CREATE_IN_PROGRESS")
    resource = load("Ami")
    event = resource.begin("Create", IMAGE)
    [shown] = [one for one in ec2.events[resource.stack_id] if one["LogicalResourceId"] == "Made"]
    ec2.events[resource.stack_id].remove(shown)
    assert resource.handler.is_complete(event, None) == {"IsComplete": False}
    assert ec2.images == {}
    ec2.events[resource.stack_id].insert(0, shown)
    resource.handler.is_complete(event, None)
    assert len(ec2.images) == 1
