"""The checker of arguments: by types that resolve at run time, without a call into Node."""

import math
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Literal

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_kms as kms

from constructs_ebs import _upstream
from tests.benchmarks.measure import counted


def takes(
    *,
    flag: bool | None = None,
    count: int | None = None,
    rate: cdk.Size | float | cdk.IResolvable | None = None,
    text: str | None = None,
    choice: Literal["a", "b"] | None = None,
    key: kms.IKey | kms.Key | None = None,
    vpc: ec2.IVpc | None = None,
    kind: ec2.EbsDeviceVolumeType | None = None,
    subnets: ec2.SubnetSelection | Mapping[str, Any] | None = None,
    texts: Sequence[str] | None = None,
    types: Sequence[ec2.InstanceType] = (),
    tags: Mapping[str, str] | None = None,
    wait: cdk.Duration | timedelta | None = None,
    target: _upstream.IRuleTarget | None = None,
) -> None:
    """Take one of each."""


def problems(**given):
    return [finding.message for finding in _upstream.check_arguments(takes, given)]


class Target:
    def bind(self, rule):
        """Be told."""


TOKEN = cdk.Token.as_any({"Ref": "P"})
ACCEPTED = (
    {"flag": True, "count": 1, "text": "a", "choice": "a", "texts": ["a"], "tags": {"a": "b"}, "wait": timedelta(1)},
    {"count": cdk.Token.as_number(TOKEN), "text": cdk.Token.as_string(TOKEN), "texts": cdk.Token.as_list(TOKEN)},
    {"count": TOKEN, "rate": TOKEN, "text": TOKEN, "choice": TOKEN},
    {"rate": cdk.Size.mebibytes(200), "wait": cdk.Duration.minutes(1), "kind": ec2.EbsDeviceVolumeType.GP3},
    {"subnets": ec2.SubnetSelection(one_per_az=True)},
    {"subnets": {"subnetType": ec2.SubnetType.PUBLIC}},
    {"subnets": {"subnet_type": ec2.SubnetType.PUBLIC, "availability_zones": ["a"]}},
    {"types": (ec2.InstanceType("m7i.large"),), "target": Target()},
    {"types": []},
)
REFUSED = (
    ("flag", 1, "flag must be true or false, got 1; give true or false"),
    ("flag", TOKEN, "flag must be true or false, got a value known at deployment; give what is known at synth"),
    ("count", True, "count must be a number, got True; give a number"),
    ("count", math.nan, "count must be a finite number, got nan; give a finite number"),
    ("rate", -math.inf, "rate must be a finite number, got -inf; give a finite number"),
    ("rate", cdk.Duration.minutes(1), "rate must be a Size or a number, got a Duration; give a Size or a number"),
    ("text", b"a", "text must be a string, got b'a'; give a string"),
    ("text", math.nan, "text must be a string, got nan; give a string"),
    ("choice", 5, "choice must be one of a, b, got 5; give one of a, b"),
    ("key", "alias/key", "key must be an IKey, got 'alias/key'; use kms.Key.from_key_arn(...)"),
    ("vpc", "${Token[TOKEN.1]}", "vpc must be an IVpc, got '${Token[TOKEN.1]}'; use ec2.Vpc.from_lookup(...)"),
    ("vpc", TOKEN, "vpc must be an IVpc, got "),
    ("vpc", {"Ref": "V"}, "vpc must be an IVpc, got a dict of 1; use ec2.Vpc.from_lookup(...)"),
    ("text", {"Ref": "P"}, "text must be a string, got a dict of 1; wrap an intrinsic function with Token.as_any"),
    ("flag", {"Ref": "P"}, "flag must be true or false, got a dict of 1; give true or false"),
    ("kind", "gp2", "kind must be an EbsDeviceVolumeType, got 'gp2'; use ec2.EbsDeviceVolumeType.GP2"),
    ("kind", 5, "kind must be an EbsDeviceVolumeType, got 5; use ec2.EbsDeviceVolumeType.GP3"),
    ("subnets", {"subnetTyp": 1}, "subnets must be a SubnetSelection, which has no 'subnetTyp', got a dict of 1; "),
    (
        "subnets",
        {"subnetType": "public"},
        "subnets.subnet_type must be a SubnetType, got 'public'; use ec2.SubnetType.P",
    ),
    ("texts", "a", "texts must be a list of strings, got 'a'; use [...]"),
    ("texts", ["a", 5], "texts[1] must be a string, got 5; give a string"),
    ("types", ["m7i.large"], "types[0] must be an InstanceType, got 'm7i.large'; use ec2.InstanceType(\"m7i.large\")"),
    ("types", None, "types must be given, got None; use [...]"),
    ("tags", {"a": 1}, "tags['a'] must be a string, got 1; give a string"),
    ("tags", ["a"], "tags must be a mapping of strings to strings, got a list of 1; give a mapping of strings to stri"),
    ("wait", 5, "wait must be a Duration or a timedelta, got 5; use cdk.Duration.minutes(...)"),
    ("target", "arn", "target must be an IRuleTarget, got 'arn'; use aws_events_targets.SqsQueue(...), for example"),
    ("target", 5, "target must be an IRuleTarget, got 5; use aws_events_targets.SqsQueue(...), for example"),
)


@pytest.mark.parametrize("given", ACCEPTED, ids=lambda given: ",".join(given))
def test_takes_what_a_function_names(given):
    assert problems(**given) == []


@pytest.mark.parametrize(("name", "value", "message"), REFUSED)
def test_says_what_is_wrong_and_how_to_come_by_what_is_right(name, value, message):
    [problem] = problems(**{name: value})
    assert problem.startswith(message)


def test_takes_what_upstream_returns_as_an_interface(stack):
    key, vpc = kms.Key.from_key_arn(stack, "Key", "arn:aws:kms:us-east-1:111122223333:key/k"), ec2.Vpc(stack, "Vpc")
    looked_up = ec2.Vpc.from_lookup(stack, "Other", is_default=True)
    assert type(looked_up).__name__ == "InterfaceDynamicProxy"
    assert problems(key=key, vpc=vpc) == problems(vpc=looked_up) == []
    [problem] = problems(key=looked_up)
    assert problem.startswith("key must be an IKey, got ")


def test_a_check_makes_no_call_into_node(stack):
    size, vpc = cdk.Size.mebibytes(200), ec2.Vpc.from_lookup(stack, "Vpc", is_default=True)
    problems(vpc=vpc)
    with counted() as calls:
        assert problems(rate=size, vpc=vpc, subnets={"onePerAz": True}, count=TOKEN) == []
        assert problems(key=vpc, types=[size]) != []
        assert calls() == 0


def test_judges_by_other_rules_what_is_given_but_not_what_is_missing():
    given = {"types": None, "text": 5}
    found = _upstream.check_arguments(takes, given, judged=("types", "text"))
    assert [finding.path for finding in found] == [("types",)]


@_upstream.explains(rate="a blank volume has no snapshot")
def blank(*, device_name: str, volume_size: int | None = None) -> None:
    """Take no rate."""


def test_an_unknown_keyword_is_explained():
    with pytest.raises(
        TypeError, match=r"^blank\(\) got an unexpected keyword argument 'volumeSize'; did you mean 'vol"
    ):
        blank(device_name="a", volumeSize=5)
    with pytest.raises(TypeError, match=r"'rate'; a blank volume has no snapshot$"):
        blank(device_name="a", rate=5)
    with pytest.raises(TypeError, match=r"^blank\(\) missing required keyword arguments: device_name$"):
        blank()
