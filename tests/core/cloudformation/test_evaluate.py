"""What a template says: each intrinsic function with what is known, what is not, and what nobody should write."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constructs_ebs.core.cloudformation.evaluate import Evaluator, Surroundings
from constructs_ebs.core.requests import MAYBE, UNKNOWN, Open

NO_VALUE = {"Ref": "AWS::NoValue"}
TEMPLATE = {
    "Parameters": {
        "Free": {"Type": "Number", "Default": 500},
        "Only": {"Type": "Number", "AllowedValues": [200]},
        "Some": {"Type": "Number", "AllowedValues": [200, 300]},
        "Secret": {"Type": "String", "NoEcho": True, "AllowedValues": ["x"]},
        "Stored": {"Type": "AWS::SSM::Parameter::Value<String>", "AllowedValues": ["/rate"]},
        "Given": {"Type": "String"},
        "GivenList": {"Type": "CommaDelimitedList"},
        "Odd": 5,
    },
    "Mappings": {"Rates": {"us-east-1": {"Fast": 300, "Slow": [100]}}, "Odd": []},
    "Conditions": {
        "Yes": {"Fn::Equals": ["a", "a"]},
        "No": {"Fn::Not": [{"Condition": "Yes"}]},
        "Unknown": {"Fn::Equals": [{"Ref": "Free"}, "1"]},
        "Circle": {"Condition": "Back"},
        "Back": {"Fn::Not": [{"Condition": "Circle"}]},
        "Numbers": {"Fn::Equals": [200, "200"]},
        "Booleans": {"Fn::Equals": [True, "true"]},
        "Either": {"Fn::Or": [{"Condition": "Unknown"}, {"Condition": "Yes"}]},
        "Both": {"Fn::And": [{"Condition": "Unknown"}, {"Condition": "No"}]},
        "Odd": ["Yes"],
        "Wrong": {"Fn::Equals": ["one"]},
    },
}


class Deployment(Surroundings):
    def parameter(self, name):
        return {"Given": "200", "GivenList": "a, b"}.get(name)

    def reference(self, name):
        return {"AWS::Region": "us-east-1", "Volume": "vol-1"}.get(name, UNKNOWN)

    def attribute(self, logical_id, name):
        return {("Nested", "Outputs.Rate"): "300"}.get((logical_id, name), UNKNOWN)

    def imported(self, name):
        return {"Network:Zone": "us-east-1a"}.get(name, UNKNOWN)


def if_(condition, yes, no):
    return {"Fn::If": [condition, yes, no]}


VALUES = [
    (200, 200),
    ("text", "text"),
    (None, None),
    ({"a": [1, {"b": 2}]}, {"a": [1, {"b": 2}]}),
    ("{{resolve:ssm:/rate}}", UNKNOWN),
    ({"a": "{{resolve:ssm:/rate}}"}, {"a": UNKNOWN}),
    # References
    (NO_VALUE, None),
    ({"a": NO_VALUE, "b": 1}, {"b": 1}),
    ([1, NO_VALUE, 2], [1, None, 2]),
    ({"Ref": "Free"}, UNKNOWN),
    ({"Ref": "Only"}, 200),
    ({"Ref": "Some"}, UNKNOWN),
    ({"Ref": "Secret"}, UNKNOWN),
    ({"Ref": "Stored"}, UNKNOWN),
    ({"Ref": "Given"}, "200"),
    ({"Ref": "GivenList"}, ["a", "b"]),
    ({"Ref": "Odd"}, UNKNOWN),
    ({"Ref": "Nobody"}, UNKNOWN),
    ({"Ref": ["Only"]}, UNKNOWN),
    ({"Ref": "AWS::Region"}, "us-east-1"),
    ({"Ref": "Volume"}, "vol-1"),
    ({"Fn::GetAtt": ["Nested", "Outputs.Rate"]}, "300"),
    ({"Fn::GetAtt": "Nested.Outputs.Rate"}, "300"),
    ({"Fn::GetAtt": "Nested"}, UNKNOWN),
    ({"Fn::GetAtt": []}, UNKNOWN),
    ({"Fn::ImportValue": "Network:Zone"}, "us-east-1a"),
    ({"Fn::ImportValue": {"Fn::Sub": "Network:${Nobody}"}}, UNKNOWN),
    # Branches
    (if_("Yes", 1, 2), 1),
    (if_("No", 1, 2), 2),
    (if_("No", 1, NO_VALUE), None),
    (if_("Unknown", 1, 2), UNKNOWN),
    (if_("Unknown", 1, 1), 1),
    (if_("Unknown", 1, NO_VALUE), MAYBE),
    (if_("Unknown", 1, if_("Unknown", 2, NO_VALUE)), MAYBE),
    (if_("Nobody", 1, 2), UNKNOWN),
    (if_("Circle", 1, 2), UNKNOWN),
    (if_("Numbers", 1, 2), 1),
    (if_("Booleans", 1, 2), 1),
    (if_("Either", 1, 2), 1),
    (if_("Both", 1, 2), 2),
    (if_("Odd", 1, 2), UNKNOWN),
    (if_("Wrong", 1, 2), UNKNOWN),
    (if_(["Yes"], 1, 2), UNKNOWN),
    ({"Fn::If": ["Yes", 1]}, UNKNOWN),
    ({"Fn::If": "Yes"}, UNKNOWN),
    ({"Condition": "Yes"}, True),
    ({"Condition": {"Bool": {}}}, {"Condition": {"Bool": {}}}),  # a policy's
    # Maps
    ({"Fn::FindInMap": ["Rates", "us-east-1", "Fast"]}, 300),
    ({"Fn::FindInMap": ["Rates", {"Ref": "AWS::Region"}, "Slow"]}, [100]),
    ({"Fn::FindInMap": ["Rates", {"Ref": "Free"}, "Fast"]}, UNKNOWN),
    ({"Fn::FindInMap": ["Rates", "eu-west-1", "Fast", {"DefaultValue": 200}]}, 200),
    ({"Fn::FindInMap": ["Rates", "eu-west-1", "Fast", {"DefaultValue": NO_VALUE}]}, None),
    ({"Fn::FindInMap": ["Rates", {"Ref": "Free"}, "Fast", {"DefaultValue": NO_VALUE}]}, MAYBE),
    ({"Fn::FindInMap": ["Rates", "eu-west-1", "Fast"]}, UNKNOWN),
    ({"Fn::FindInMap": ["Odd", "a", "b"]}, UNKNOWN),
    ({"Fn::FindInMap": []}, UNKNOWN),
    # Texts and lists
    ({"Fn::Sub": "snap-${Given}"}, "snap-200"),
    ({"Fn::Sub": "${Only}"}, 200),
    ({"Fn::Sub": "${Nested.Outputs.Rate}"}, "300"),
    ({"Fn::Sub": "${AWS::Region}a"}, "us-east-1a"),
    ({"Fn::Sub": "${!Given}"}, "${Given}"),
    ({"Fn::Sub": ["${a}-${Given}", {"a": {"Ref": "Only"}}]}, "200-200"),
    ({"Fn::Sub": "snap-${Free}"}, UNKNOWN),
    ({"Fn::Sub": 5}, UNKNOWN),
    ({"Fn::Join": ["-", ["snap", {"Ref": "Given"}]]}, "snap-200"),
    ({"Fn::Join": ["", [{"Ref": "GivenList"}]]}, ["a", "b"]),
    ({"Fn::Join": ["-", {"Ref": "GivenList"}]}, "a-b"),
    ({"Fn::Join": ["-", ["a", {"Ref": "Free"}]]}, UNKNOWN),
    ({"Fn::Join": "x"}, UNKNOWN),
    ({"Fn::Join": ["-", ["a", 10**5_000]]}, UNKNOWN),
    ({"Fn::Select": [1, ["a", "b"]]}, "b"),
    ({"Fn::Select": ["0", {"Fn::Split": [",", "x,y"]}]}, "x"),
    ({"Fn::Select": [0, {"Fn::GetAZs": ""}]}, UNKNOWN),
    ({"Fn::Select": [9, ["a"]]}, UNKNOWN),
    ({"Fn::Split": [",", {"Ref": "Given"}]}, ["200"]),
    # What only CloudFormation can tell
    ({"Fn::Base64": "x"}, UNKNOWN),
    ({"Fn::Transform": {"Name": "AWS::Include"}}, UNKNOWN),
    ({"Fn::Nonsense": 1}, UNKNOWN),
]


@pytest.mark.parametrize(("raw", "value"), VALUES)
def test_a_value(raw, value):
    evaluated = Evaluator(TEMPLATE, Deployment()).evaluate(raw)
    assert evaluated is value if value in (MAYBE, UNKNOWN) else evaluated == value


def test_what_has_no_intrinsic_function_is_returned_as_it_is():
    raw = {"a": [1, {"b": "c"}], "d": None}
    assert Evaluator(TEMPLATE).evaluate(raw) is raw


@pytest.mark.parametrize("key", ["Fn::Transform", "Fn::ForEach::Volumes"])
def test_an_object_may_be_open(key):
    evaluated = Evaluator(TEMPLATE).evaluate({"a": 1, "b": NO_VALUE, key: {"Name": "x"}})
    assert isinstance(evaluated, Open)
    assert evaluated == {"a": 1}


def test_tells_what_a_value_depends_on():
    evaluator = Evaluator(TEMPLATE)
    evaluator.evaluate({"a": if_("Unknown", {"Ref": "Some"}, 1), "b": {"Fn::Sub": "${Free} ${Given}"}})
    assert evaluator.conditions_used == {"Unknown"}
    assert evaluator.parameters_used == {"Some", "Free"}  # what is given for Given may be anything


def test_assumes_values_of_parameters_and_conditions():
    evaluator = Evaluator(TEMPLATE).assuming({"Ref Free": "1", "Condition Nobody": False})
    assert evaluator.evaluate([{"Ref": "Free"}, if_("Unknown", 1, 2), if_("Nobody", 1, 2)]) == ["1", 1, 2]


def test_an_empty_default_is_there_to_be_filled_in():
    evaluator = Evaluator(TEMPLATE).assuming({"Ref Given": ""})
    assert evaluator.evaluate({"Ref": "Given"}) is UNKNOWN
    assert evaluator.truth({"Fn::Equals": [{"Ref": "Given"}, ""]}) is True


@pytest.mark.parametrize(
    ("raw", "path", "origin"),
    [
        ({"a": [{"b": 1}]}, ("a", 0, "b"), ("a", 0, "b")),
        ({"a": if_("Yes", {"b": 1}, {})}, ("a", "b"), ("a", "Fn::If", 1, "b")),
        (if_("No", 0, if_("Yes", {"a": 1}, 0)), ("a",), ("Fn::If", 2, "Fn::If", 1, "a")),
        ({"a": [NO_VALUE, if_("Yes", 5, 6)]}, ("a", 1), ("a", 1, "Fn::If", 1)),
        ({"a": if_("Unknown", 5, 6)}, ("a",), ("a",)),
        ({"a": 1}, ("x", "y"), ("x", "y")),
        ([], (5, "y"), (5, "y")),
    ],
    ids=repr,
)
def test_leads_back_to_the_template(raw, path, origin):
    assert Evaluator(TEMPLATE).origin(raw, path) == origin


def deep(depth):
    value = NO_VALUE
    for _ in range(depth):
        value = if_("Unknown", value, 1)
    return value


def test_what_is_nested_without_end_is_unknown_and_what_is_beside_it_is_not():
    evaluated = Evaluator(TEMPLATE).evaluate({"a": deep(5_000), "b": {"Ref": "Only"}, "c": [[[deep(100)]]]})
    assert evaluated["a"] is MAYBE
    assert evaluated["b"] == 200


def test_what_is_nested_in_itself_is_unknown():
    circle = {}
    circle["a"] = [circle, {"Ref": "Only"}]
    assert Evaluator(TEMPLATE).evaluate(circle)["a"][1] == 200


def test_a_value_of_any_width_is_read_once():
    value = {"Ref": "AWS::Region"}
    for _ in range(30):
        value = {"a": if_("Unknown", value, value), "b": [value] * 20}
    Evaluator(TEMPLATE).evaluate(value)


def test_a_chain_of_conditions_is_followed_as_far_as_there_are_any():
    chain = {f"C{number}": {"Condition": f"C{number + 1}"} for number in range(5_000)}
    evaluator = Evaluator({"Conditions": {**chain, "C20": {"Fn::Equals": ["a", "a"]}}})
    assert evaluator.evaluate([if_("C0", 1, 2), if_("C30", 1, 2)]) == [1, UNKNOWN]


FUNCTIONS = st.sampled_from(
    [
        *("Ref", "Condition", "Fn::If", "Fn::FindInMap", "Fn::GetAtt", "Fn::ImportValue", "Fn::Join", "Fn::Select"),
        *("Fn::Split", "Fn::Sub", "Fn::And", "Fn::Or", "Fn::Not", "Fn::Equals", "Fn::Transform", "Fn::Base64", "x"),
    ]
)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.sampled_from(["", "Yes", "Unknown", "Circle", "Only", "Some", "Rates", "${Some}", "${a.b}", "AWS::NoValue"]),
)
ANYTHING = st.recursive(
    SCALARS,
    lambda children: st.one_of(
        st.lists(children, max_size=4),
        st.dictionaries(FUNCTIONS, children, min_size=1, max_size=1),
        st.dictionaries(FUNCTIONS, children, max_size=3),
    ),
    max_leaves=20,
)


@given(ANYTHING, ANYTHING, ANYTHING)
def test_never_raises(raw, condition, declared):
    odd = {
        "Conditions": {"Yes": condition, "Unknown": raw},
        "Parameters": {"Some": declared},
        "Mappings": {"Rates": raw},
    }
    for template in (TEMPLATE, odd, raw):
        evaluator = Evaluator(template, Deployment())
        evaluator.evaluate(raw)
        evaluator.truth(raw)
        evaluator.origin(raw, ("Fn::If", 0, "x"))
