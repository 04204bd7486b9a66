"""Resources judged in each of their branches: which findings hold when, and where in the template they are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constructs_ebs.core import AppTemplate, check_app, check_template
from tests.constants import RATE, SNAPSHOT

NO_VALUE = {"Ref": "AWS::NoValue"}
TOO_FAST = "InitializationRateOutOfRange"
BLANK = "InitializationRateWithoutSnapshot"


def volume(**properties):
    return {"Type": "AWS::EC2::Volume", "Properties": {"AvailabilityZone": "us-east-1a", **properties}}


def rated(rate, **properties):
    return volume(SnapshotId=SNAPSHOT, **{RATE: rate}, **properties)


def template(resource, conditions=None, parameters=None, mappings=None):
    return {
        "Parameters": parameters or {},
        "Conditions": conditions or {},
        "Mappings": mappings or {},
        "Resources": {"R": resource},
    }


def if_(condition, yes, no=NO_VALUE):
    return {"Fn::If": [condition, yes, no]}


def is_(parameter, value):
    return {"Fn::Equals": [{"Ref": parameter}, value]}


def judged(of):
    return [(finding.code, finding.severity, finding.when) for finding in check_template(of)]


FAST = {"Fast": is_("Kind", "fast")}
IF_FAST = ("if condition Fast is true",)
UNLESS_FAST = ("if condition Fast is false",)
BY_DEFAULT = ("with the default of parameter Rate",)
FREE = {"Kind": {"Type": "String"}}

BRANCHES = {
    "one branch": (template(rated(if_("Fast", 500, 200)), FAST, FREE), [(TOO_FAST, "error", IF_FAST)]),
    "the other branch": (template(rated(if_("Fast", 200, 500)), FAST, FREE), [(TOO_FAST, "error", UNLESS_FAST)]),
    "a branch that is never taken": (
        template(rated(if_("Never", 500, 200)), {"Never": {"Fn::Equals": ["a", "b"]}}),
        [],
    ),
    "a branch that is always taken": (
        template(rated(if_("Never", 200, 500)), {"Never": {"Fn::Equals": ["a", "b"]}}),
        [(TOO_FAST, "error", ())],
    ),
    "whatever the branch": (template(rated(500, Encrypted=if_("Fast", True)), FAST), [(TOO_FAST, "error", ())]),
    "a condition that is not declared": (template(rated(if_("Fast", 500, 200))), [(TOO_FAST, "error", IF_FAST)]),
    "a rate without its snapshot": (
        template(volume(Size=1, SnapshotId=if_("Restore", SNAPSHOT), **{RATE: 200}), {"Restore": is_("Kind", "r")}),
        [(BLANK, "error", ("if condition Restore is false",))],
    ),
    "a rate with its snapshot": (
        template(
            volume(Size=1, SnapshotId=if_("Restore", SNAPSHOT), **{RATE: if_("Blank", NO_VALUE, 200)}),
            {"Restore": is_("Kind", "r"), "Blank": {"Fn::Not": [{"Condition": "Restore"}]}},
        ),
        [],
    ),
    "conditions that exclude each other": (
        template(
            volume(Size=1, SnapshotId=if_("Blank", NO_VALUE, SNAPSHOT), **{RATE: if_("Fast", 300)}),
            {"Blank": is_("Kind", "blank"), "Fast": is_("Kind", "fast")},
        ),
        [],
    ),
    "conditions that do not": (
        template(
            volume(Size=1, SnapshotId=if_("Blank", NO_VALUE, SNAPSHOT), **{RATE: if_("Fast", 300)}),
            {"Blank": is_("Kind", "blank"), "Fast": is_("Other", "fast")},
        ),
        [(BLANK, "error", ("if condition Blank is true", "if condition Fast is true"))],
    ),
    "values that a parameter may have": (
        template(
            rated(if_("Fast", 200, if_("Slow", 100, 500))),
            {"Fast": is_("Kind", "fast"), "Slow": is_("Kind", "slow")},
            {"Kind": {"Type": "String", "AllowedValues": ["fast", "slow"]}},
        ),
        [],
    ),
    "either condition": (
        template(
            rated(if_("Either", 500, 200)),
            {"Either": {"Fn::Or": [is_("A", "a"), {"Fn::And": [is_("B", "b"), is_("C", "c")]}]}},
        ),
        [(TOO_FAST, "error", ("if condition Either is true",))],
    ),
    "a resource that is there only if it is right": (
        template(
            {**volume(Size=1, **{RATE: if_("Slow", NO_VALUE, 200)}), "Condition": "Slow"}, {"Slow": is_("K", "s")}
        ),
        [],
    ),
    "parameters compared": (
        template(rated(if_("Same", 500, 200)), {"Same": {"Fn::Equals": [{"Ref": "A"}, {"Ref": "B"}]}}),
        [(TOO_FAST, "error", ("if condition Same is true",))],
    ),
    "a Region": (
        template(rated(if_("Here", 500, 200)), {"Here": {"Fn::Equals": [{"Ref": "AWS::Region"}, "us-east-1"]}}),
        [(TOO_FAST, "error", ("if condition Here is true",))],
    ),
    "more branches than can be tried": (
        template(
            rated(500, **{f"P{index}": if_(f"C{index}", 1, 2) for index in range(40)}),
            {f"C{index}": is_(f"K{index}", "x") for index in range(40)},
        ),
        [(TOO_FAST, "error", ())],
    ),
    # Defaults of parameters
    "a default": (
        template(rated({"Ref": "Rate"}), parameters={"Rate": {"Type": "Number", "Default": 500}}),
        [(TOO_FAST, "warning", BY_DEFAULT)],
    ),
    "a default as text": (
        template(rated({"Fn::Sub": "${Rate}"}), parameters={"Rate": {"Type": "String", "Default": "500"}}),
        [(TOO_FAST, "warning", BY_DEFAULT)],
    ),
    "a default through a map": (
        template(
            rated({"Fn::FindInMap": ["Rates", {"Ref": "Rate"}, "Rate"]}),
            parameters={"Rate": {"Type": "String", "Default": "fast"}},
            mappings={"Rates": {"fast": {"Rate": 500}, "slow": {"Rate": 100}}},
        ),
        [(TOO_FAST, "warning", BY_DEFAULT)],
    ),
    "a default that is right": (
        template(rated({"Ref": "Rate"}), parameters={"Rate": {"Type": "Number", "Default": 200}}),
        [],
    ),
    "a default among others": (
        template(
            rated({"Ref": "Rate"}),
            parameters={"Rate": {"Type": "Number", "Default": 500, "AllowedValues": [200, 500]}},
        ),
        [(TOO_FAST, "warning", BY_DEFAULT)],
    ),
    "no value that is right": (
        template(
            rated({"Ref": "Rate"}),
            parameters={"Rate": {"Type": "Number", "Default": 500, "AllowedValues": [400, 500]}},
        ),
        [(TOO_FAST, "error", ())],
    ),
    "one value": (
        template(rated({"Ref": "Rate"}), parameters={"Rate": {"Type": "Number", "AllowedValues": ["500"]}}),
        [(TOO_FAST, "error", ())],
    ),
    "a value that nobody need choose": (
        template(rated({"Ref": "Rate"}), parameters={"Rate": {"Type": "Number", "AllowedValues": [200, 500]}}),
        [],
    ),
    "a default that decides": (
        template(
            rated(if_("Fast", {"Ref": "Rate"}, 200)),
            {"Fast": is_("Kind", "fast")},
            {"Rate": {"Type": "Number", "Default": 500}, "Kind": {"Type": "String", "Default": "slow"}},
        ),
        [],
    ),
    "a default in a branch": (
        template(rated(if_("Fast", {"Ref": "Rate"}, 200)), FAST, {**FREE, "Rate": {"Type": "Number", "Default": 500}}),
        [(TOO_FAST, "warning", (*BY_DEFAULT, *IF_FAST))],
    ),
    "two defaults": (
        template(
            volume(VolumeType="io2", Size={"Ref": "Size"}, Iops={"Ref": "Iops"}),
            parameters={"Size": {"Type": "Number", "Default": 8}, "Iops": {"Type": "Number", "Default": 64_000}},
        ),
        [("IopsPerGibTooHigh", "warning", ("with the defaults of parameters Iops and Size",))],
    ),
    "a default that is to be filled in": (
        template(
            volume(SnapshotId={"Ref": "Snapshot"}, **{RATE: 200}),
            parameters={"Snapshot": {"Type": "String", "Default": ""}},
        ),
        [],
    ),
    "an empty default that decides": (
        template(
            volume(Size=1, SnapshotId=if_("Restore", {"Ref": "Snapshot"}), **{RATE: if_("Restore", 200)}),
            {"Restore": {"Fn::Not": [is_("Snapshot", "")]}},
            {"Snapshot": {"Type": "String", "Default": ""}},
        ),
        [],
    ),
    "the name of a parameter in Systems Manager": (
        template(
            rated({"Ref": "Rate"}),
            parameters={"Rate": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/rate"}},
        ),
        [],
    ),
    "what is wrong by default and in a branch": (
        template(rated(if_("Fast", 500, 200)), FAST, {"Kind": {"Type": "String", "Default": "fast"}}),
        [(TOO_FAST, "error", IF_FAST)],
    ),
}


@pytest.mark.parametrize(("of", "expected"), BRANCHES.values(), ids=BRANCHES)
def test_judges_each_branch(of, expected):
    assert judged(of) == expected


@pytest.mark.parametrize(
    "expression", [{}, "true", 5, None, [], {"Fn::And": [], "Fn::Or": []}, {"Fn::Not": 5}], ids=str
)
def test_says_nothing_of_the_branches_of_what_is_no_condition(expression):
    assert judged(template(rated(if_("Odd", 500, 200)), {"Odd": expression})) == []


def test_says_what_it_depends_on():
    of = template(rated(if_("Fast", {"Ref": "Rate"}, 200)), FAST, {**FREE, "Rate": {"Type": "Number", "Default": 500}})
    [finding] = check_template(of)
    assert finding.message == (
        "VolumeInitializationRate must be 100 to 300 MiB/s, got 500 with the default of parameter Rate and if "
        "condition Fast is true; use 300, or omit it for the default rate"
    )


def test_shows_the_place_in_the_template():
    mappings = [
        if_("A", {"DeviceName": "/dev/xvdb", "Ebs": {"SnapshotId": SNAPSHOT}}),
        {
            "DeviceName": "/dev/xvdc",
            "Ebs": if_("B", {"SnapshotId": SNAPSHOT, RATE: if_("C", 200, 500)}, {"VolumeSize": 1}),
        },
    ]
    data = if_("D", {"BlockDeviceMappings": mappings}, {"BlockDeviceMappings": if_("A", [], mappings[:1])})
    [finding] = check_template(
        template({"Type": "AWS::EC2::LaunchTemplate", "Properties": {"LaunchTemplateData": data}})
    )
    assert finding.path == (
        *("Resources", "R", "Properties", "LaunchTemplateData", "Fn::If", 1, "BlockDeviceMappings", 1, "Ebs"),
        *("Fn::If", 1, RATE, "Fn::If", 2),
    )
    assert "BlockDeviceMappings[1] (/dev/xvdc)" in finding.message
    assert finding.when == tuple(f"if condition {name}" for name in ("B is true", "C is false", "D is true"))


def nested(parameters):
    child = {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": "child.json", **parameters}}
    inner = template(rated({"Ref": "Rate"}), parameters={"Rate": {"Type": "Number", "Default": 500}})
    outer = {"Resources": {"Child": child}}
    return [AppTemplate(name="A", template=outer), AppTemplate(name="B", template=inner, nested_as="child.json")]


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({}, [("warning", BY_DEFAULT)]),
        ({"Parameters": {"Rate": 200}}, []),
        ({"Parameters": {"Rate": {"Ref": "Given"}}}, []),
        ({"Parameters": {"Rate": NO_VALUE}}, [("warning", BY_DEFAULT)]),
        ({"Parameters": {"Rate": {"Fn::Sub": "400"}}}, [("error", ())]),
        ({"Parameters": {"Fn::Transform": {"Name": "AWS::Include"}, "X": 1}}, []),
    ],
    ids=str,
)
def test_a_default_is_none_where_the_stack_around_gives_a_value(parameters, expected):
    [_, findings] = check_app(nested(parameters))
    assert [(finding.severity, finding.when) for finding in findings] == expected


@pytest.mark.parametrize(("region", "expected"), [("us-east-1", [TOO_FAST]), ("eu-west-1", []), (None, [])])
def test_knows_the_region_of_an_app(region, expected):
    rates = {"us-east-1": {"Rate": 500}, "eu-west-1": {"Rate": 300}}
    data = rated({"Fn::FindInMap": ["Rates", {"Ref": "AWS::Region"}, "Rate"]})
    data["Properties"]["AvailabilityZone"] = {"Fn::Sub": "${AWS::Region}a"}
    of = template(data, mappings={"Rates": rates})
    [findings] = check_app([AppTemplate(name="A", template=of, region=region)])
    assert [finding.code for finding in findings] == expected


# However a value is written, the verdict is the same.

KINDS = st.sampled_from(["gp2", "gp3", "io1", "io2", "st1", "sc1", "standard", "GP3", "gp9"])
PROPERTIES = st.fixed_dictionaries(
    {},
    optional={
        "Size": st.sampled_from([0, 1, "30", 500, 70_000]),
        "VolumeType": KINDS,
        "Iops": st.sampled_from([99, 100, 3_000, "64000", 300_000]),
        "Throughput": st.sampled_from([1, 125, 1_000, 3_000]),
        "SnapshotId": st.sampled_from([SNAPSHOT, "snap-1"]),
        "Encrypted": st.sampled_from([True, "false"]),
        "KmsKeyId": st.just("alias/key"),
        RATE: st.sampled_from([99, 100, 200, "300", 301, "fast"]),
    },
)
WAYS = {
    "if": lambda value, _: if_("Always", value, "another value"),
    "else": lambda value, _: if_("Never", "another value", value),
    "parameter": lambda _, name: {"Ref": name},
    "map": lambda _, name: {"Fn::FindInMap": ["Values", "all", name]},
    "select": lambda value, _: {"Fn::Select": [1, ["another value", value]]},
    "sub": lambda _, name: {"Fn::Sub": "${" + name + "}"},
    "join": lambda value, _: {"Fn::Join": ["", [value]]},
    "nested": lambda value, name: if_("Always", if_("Never", NO_VALUE, {"Ref": name}), value),
}


@given(PROPERTIES, st.lists(st.sampled_from(sorted(WAYS)), min_size=8, max_size=8))
def test_however_a_value_is_written_the_verdict_is_the_same(properties, ways):
    conditions = {
        "Always": {"Fn::Equals": ["a", "a"]},
        "Never": {"Fn::Not": [{"Condition": "Always"}]},
    }
    parameters = {name: {"Type": "String", "AllowedValues": [value]} for name, value in properties.items()}
    written = {name: WAYS[way](value, name) for way, (name, value) in zip(ways, properties.items(), strict=False)}
    plain = template(volume(**properties))
    wrapped = template(volume(**written), conditions, parameters, {"Values": {"all": properties}})
    assert judged(wrapped) == judged(plain)
    for one, other in zip(check_template(wrapped), check_template(plain), strict=True):
        assert one.path[: len(other.path)] == other.path


@given(PROPERTIES)
def test_a_default_is_judged_as_its_value_is(properties):
    parameters = {name: {"Type": "String", "Default": value} for name, value in properties.items()}
    written = template(volume(**{name: {"Ref": name} for name in properties}), parameters=parameters)
    found, plain = check_template(written), check_template(template(volume(**properties)))
    assert sorted(finding.code for finding in found) == sorted(finding.code for finding in plain)
    assert all(finding.severity == "warning" for finding in found if finding.when)


@given(PROPERTIES, PROPERTIES)
def test_a_branch_is_judged_as_if_it_stood_alone(yes, no):
    of = {"Type": "AWS::EC2::Volume", "Properties": if_("Free", yes, no)}
    found = check_template(template(of, {"Free": is_("Kind", "free")}))
    for branch, (properties, condition) in enumerate(((yes, "true"), (no, "false")), 1):
        alone = check_template(template({"Type": "AWS::EC2::Volume", "Properties": properties}))
        here = [finding for finding in found if finding.path[4] == branch]
        assert [finding.code for finding in here] == [finding.code for finding in alone]
        assert {finding.when for finding in here} <= {(f"if condition Free is {condition}",)}


# Whatever stands in a template, wherever: a finding, whose place is in the template, or nothing.

NAMES = st.sampled_from(["A", "B", "C", "AWS::NoValue", "AWS::Region"])
SCALARS = st.sampled_from([None, True, 0, 200, 500, "500", "", SNAPSHOT, "gp3", "{{resolve:ssm:/x}}", 1.5])
PATHS = st.sampled_from(["a.b", "A", "${A}", "${A}-${B}", "${C.D}"])


def intrinsics(children):
    pair, three = st.lists(children, min_size=2, max_size=2), st.lists(children, min_size=2, max_size=4)
    return st.one_of(
        st.builds(lambda name: {"Ref": name}, NAMES),
        st.builds(lambda name, yes, no: {"Fn::If": [name, yes, no]}, NAMES, children, children),
        st.builds(lambda name: {"Condition": name}, NAMES),
        st.builds(lambda path: {"Fn::Sub": path}, PATHS),
        st.builds(lambda sides: {"Fn::Equals": sides}, pair),
        st.builds(lambda truths: {"Fn::And": truths}, three),
        st.builds(lambda truths: {"Fn::Or": truths}, three),
        st.builds(lambda truth: {"Fn::Not": [truth]}, children),
        st.builds(lambda keys: {"Fn::FindInMap": keys}, three),
        st.builds(lambda parts: {"Fn::Join": ["", parts]}, three),
        st.builds(lambda parts: {"Fn::Select": parts}, pair),
    )


KEYS = st.sampled_from(
    [
        *("SnapshotId", "Size", "VolumeSize", "Iops", "Encrypted", "KmsKeyId", "VolumeType", "DeviceName", "Ebs", RATE),
        *("LaunchTemplateData", "BlockDeviceMappings", "NoDevice", "Placement", "AvailabilityZone", "Fn::Transform"),
    ]
)
VALUES = st.recursive(
    SCALARS,
    lambda children: st.one_of(
        intrinsics(children), st.lists(children, max_size=3), st.dictionaries(KEYS, children, max_size=5)
    ),
    max_leaves=25,
)
DECLARED = st.fixed_dictionaries(
    {},
    optional={
        "Type": st.sampled_from(["String", "Number", "CommaDelimitedList", "AWS::SSM::Parameter::Value<String>", 5]),
        "Default": VALUES,
        "AllowedValues": st.one_of(VALUES, st.lists(SCALARS, max_size=4)),
        "NoEcho": SCALARS,
    },
)
SECTIONS = st.dictionaries(NAMES, VALUES, max_size=3)


def stands_in(raw, path):
    """Whether a path leads to something, or to something that is missing from an object that is there."""
    for number, key in enumerate(path):
        if not raw or raw == NO_VALUE or (isinstance(raw, dict) and key not in raw):
            return number > 2
        raw = raw[key]
    return True


@given(VALUES, st.dictionaries(NAMES, DECLARED, max_size=3), SECTIONS, SECTIONS, st.one_of(NAMES, VALUES))
def test_never_raises_and_points_into_the_template(properties, parameters, conditions, mappings, condition):
    for kind in ("AWS::EC2::Volume", "AWS::EC2::LaunchTemplate"):
        resource = {"Type": kind, "Properties": properties, "Condition": condition}
        of = template(resource, conditions, parameters, mappings)
        for finding in check_template(of):
            assert stands_in(of, finding.path)
            assert finding.severity == "warning" or not any("default" in when for when in finding.when)
        assert check_app([AppTemplate(name="A", template=of)])


def test_a_fleet_is_judged_in_each_branch():
    config = {
        "TargetCapacity": 10,
        "LaunchTemplateConfigs": if_("Some", [{}], NO_VALUE),
        "Type": if_("Once", "request"),
    }
    fleet = {"Type": "AWS::EC2::SpotFleet", "Properties": {"SpotFleetRequestConfigData": config}}
    assert judged(template(fleet)) == [("SpotFleetSpecificationRequired", "error", ("if condition Some is false",))]
