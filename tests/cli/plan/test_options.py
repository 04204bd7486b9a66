"""`constructs-ebs plan`: what its options take, and what it says of those that make no sense."""

import json

import pytest

from tests.constants import SNAPSHOT, SNAPSHOT_2

WRONG = {
    "--snapshot 500": f"{SNAPSHOT}: a size is a number with MiB, GiB, TiB, got '500'; say 500GiB?",
    "--snapshot 500GB": f"{SNAPSHOT}: a size is a number with MiB, GiB, TiB, got '500GB'; say 500GiB?",
    "--snapshot -1": f"{SNAPSHOT}: a size is a number with MiB, GiB, TiB, got '-1'",
    "--snapshot 0GiB": f"{SNAPSHOT}: a size is above 0 and at most 64TiB, got '0GiB'",
    "--snapshot 65TiB": f"{SNAPSHOT}: a size is above 0 and at most 64TiB, got '65TiB'",
    "--snapshot nanGiB": f"{SNAPSHOT}: a size is a number with MiB, GiB, TiB, got 'nanGiB'",
}


@pytest.mark.parametrize("given", WRONG)
def test_a_size_that_is_none_is_one_line(run, write, given):
    option, size = given.split()
    assert run(write(), option, f"{SNAPSHOT}={size}") == (2, [], [f"constructs-ebs plan: --snapshot {WRONG[given]}"])


@pytest.mark.parametrize(
    "arguments",
    [
        ("--snapshot", "500GiB"),
        ("--snapshot", "vol-0123456789abcdef0=5GiB"),
        ("--price", "-1"),
        ("--price", "nan"),
        ("--price", "eu-west-1=-0.1"),
        ("--price", "Ireland=0.1"),
        ("--fsr-price", "free"),
        ("--format", "png"),
        ("-o", "plan.png"),
        ("-o", "plan"),
        ("-o", "nowhere/plan.svg"),
        ("--quota", "0"),
    ],
    ids=" ".join,
)
def test_an_option_that_makes_no_sense_is_one_line(run, write, arguments):
    status, lines, errors = run(write(), *arguments)
    assert (status, lines, len(errors)) == (2, [], 1)


@pytest.mark.parametrize(("size", "gib"), [("512MiB", 0.5), ("500GiB", 500), ("1.5 TiB", 1536), ("64TiB", 65_536)])
def test_sizes_have_units(run, write, size, gib):
    _, lines, _ = run(write(), "--snapshot", f"{SNAPSHOT}={size}", "--format", "json")
    assert json.loads("\n".join(lines))["accounts"][0]["devices"][0]["snapshot_data_gib"] == gib


def test_a_size_that_nothing_uses_is_said(run, write):
    status, _, errors = run(write(), "--snapshot", f"{SNAPSHOT_2}=1GiB")
    assert (status, errors) == (0, [f"--snapshot {SNAPSHOT_2}: no rated volume is made from it"])


@pytest.mark.parametrize(
    ("region", "prices", "cost"),
    [
        ("us-east-1", (), 0.24),
        ("eu-west-1", (), None),
        ("eu-west-1", ("--price", "0.0045"), 0.3),
        ("us-east-1", ("--price", "0.0045"), 0.3),
        ("us-east-1", ("--price", "eu-west-1=0.0045"), 0.24),
        ("eu-west-1", ("--price", "eu-west-1=0.0045", "--price", "1"), 0.3),
    ],
)
def test_a_price_is_for_a_gibibyte_at_300_in_a_region_or_in_all(run, write, region, prices, cost):
    sizes = ("--snapshot", f"{SNAPSHOT}=100GiB", "--format", "json", "--region", region)
    _, lines, _ = run(write(), *sizes, *prices)
    assert json.loads("\n".join(lines))["accounts"][0]["cost_usd"] == (cost and pytest.approx(cost))


def test_a_region_without_a_price_says_how_to_give_one(run, write):
    _, lines, _ = run(write(), "--region", "eu-west-1")
    assert "Cost         unknown: no price of eu-west-1 is built in; give --price eu-west-1=USD" in lines
