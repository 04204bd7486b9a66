"""What a rule says of a problem, part by part."""

import dataclasses
import pickle

import pytest

from constructs_ebs.core import EbsValidationError, check_request
from constructs_ebs.core.problems import Problem, Rule, shown
from constructs_ebs.core.rules import check_rate, find

RULE = Rule(
    code="IopsTooMany",
    requirement="must be at most {most:,}",
    advice="lower {prop} or raise {VolumeSize}",
    source="https://docs.aws.amazon.com/",
)


def test_a_finding_carries_the_parts_of_its_message():
    names = {"VolumeSize": "volume_size"}
    finding = RULE.found(Problem("iops", {"most": 64_000, "got": 70_000}, ("Iops",), names, "block_devices[1]"))
    assert (finding.label, finding.subject) == ("block_devices[1]", "iops")
    assert (finding.requirement, finding.given) == ("must be at most 64,000", "70000")
    assert finding.advice == "lower iops or raise volume_size"
    assert finding.problem == "block_devices[1]: iops must be at most 64,000, got 70000"
    assert finding.message == f"{finding.problem}; {finding.advice}"
    assert (finding.path, finding.logical_id, finding.when) == (("Iops",), None, ())


def test_a_property_goes_by_ec2s_name_where_the_asker_has_none():
    assert RULE.found(Problem("Iops", {"most": 1, "got": 2})).advice == "lower Iops or raise VolumeSize"


def test_what_was_given_is_left_out_where_it_says_nothing():
    rule = Rule("IopsTooMany", RULE.requirement, RULE.advice, RULE.source, given=None)
    assert rule.found(Problem("Iops", {"most": 1})).message == "Iops must be at most 1; lower Iops or raise VolumeSize"


def test_a_finding_about_a_part_names_the_whole_first():
    finding = find("DeviceNameRequired", prop="device_name", got="", label="block_devices[0]")
    assert finding.within("launch_specifications[2]").label == "launch_specifications[2]: block_devices[0]"
    assert find("DeviceNameRequired", got="").within("launch_specifications[2]").label == "launch_specifications[2]"


def test_a_finding_never_changes():
    [finding] = check_rate(500, "rate")
    with pytest.raises(dataclasses.FrozenInstanceError):
        finding.severity = "warning"
    assert {finding, *check_rate(500, "rate")} == {finding}


def test_an_error_has_the_codes_of_all_its_findings_and_can_be_pickled():
    findings = check_request("CreateVolume", {"Size": 0, "VolumeInitializationRate": 1})
    error = EbsValidationError("Prod/Data", findings)
    assert set(error.codes) == {
        "InitializationRateOutOfRange",
        "InitializationRateWithoutSnapshot",
        "SizeOutOfRange",
    }
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), again.findings) == (str(error), error.findings)


@pytest.mark.parametrize("rate", [None, True, 200.5, "200", 99, 301])
def test_says_what_a_rate_may_be_by_the_name_of_whoever_asks(rate):
    [finding] = check_rate(rate, "above")
    assert finding.message.startswith("above must be ")


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ([1, 2], "a list of 2"),
        ({}, "{}"),
        ("a" * 100, "'" + "a" * 76 + "..."),
        (object(), "an object"),
        (10**5000, "int"),
    ],
    ids=["list", "nothing", "long", "object", "number"],
)
def test_shows_a_value_in_few_words(value, words):
    assert shown(value) == words
