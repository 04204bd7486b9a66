"""Time and cost, against the figures that AWS publishes."""

from datetime import timedelta

import pytest

from constructs_ebs.core import EbsValidationError
from constructs_ebs.core.estimate import check_wait, duration, estimate, seconds_until_shown, smallest_rate
from constructs_ebs.core.requests import UNKNOWN


@pytest.mark.parametrize(
    ("gib", "rate", "shown"),
    # https://docs.aws.amazon.com/ebs/latest/userguide/initalize-volume.html
    [(10, 300, "34.13 s"), (1024, 300, "58 min 16 s"), (1024, 100, "2 h 55 min")],
)
def test_time_is_as_published(gib, rate, shown):
    assert duration(estimate(gib, rate).seconds) == shown


def test_the_band_is_ten_percent_of_the_rate():
    expected = estimate(100, 100)
    assert expected.seconds == 1024
    assert expected.fastest_seconds == pytest.approx(100 * 1024 / 110)
    assert expected.slowest_seconds == pytest.approx(100 * 1024 / 90)


@pytest.mark.parametrize(("rate", "price"), [(100, 0.0012), (200, 0.0024), (300, 0.0036)])
def test_the_price_of_us_east_1_is_the_default(rate, price):
    assert estimate(1000, rate).cost_usd == pytest.approx(1000 * price)


def test_the_price_is_an_input():
    assert estimate(500, 300, usd_per_gib=0.01).cost_usd == pytest.approx(5)
    assert estimate(500, 300, usd_per_gib=0).cost_usd == 0


def test_reports_every_problem_at_once():
    with pytest.raises(EbsValidationError) as caught:
        estimate(float("nan"), 301, usd_per_gib=-1)
    assert [finding.code for finding in caught.value.findings] == [
        "SnapshotDataOutOfRange",
        "InitializationRateOutOfRange",
        "PriceOutOfRange",
    ]


@pytest.mark.parametrize("rate", ["300", True, 200.5, None])
def test_rejects_a_rate_that_is_no_whole_number(rate):
    with pytest.raises(EbsValidationError, match="WrongType"):
        estimate(1, rate)


SLOW = 10 * 1024 / 0.9
"""The seconds of 10 GiB at the slow end of the band, times the rate."""


@pytest.mark.parametrize(
    ("seconds", "rate"),
    [
        (SLOW / 300, 300),
        (50, 228),
        (SLOW / 100, 100),
        (SLOW / 100 - 0.001, 101),
        (timedelta(days=1).total_seconds(), 100),
    ],
)
def test_the_smallest_rate_that_makes_the_deadline_at_the_slow_end(seconds, rate):
    assert smallest_rate(10, seconds) == rate
    assert estimate(10, rate).slowest_seconds <= seconds * (1 + 1e-9)


@pytest.mark.parametrize("seconds", [37.9, 0, -5])
def test_a_deadline_too_short_names_the_fastest_time(seconds):
    with pytest.raises(EbsValidationError, match=r"at least 37\.93 s for 10 GiB"):
        smallest_rate(10, seconds)


NAMES = {"VolumeInitializationRate": "rate"}
LONG, NO_RATE, UNSURE = "InitializationWaitTooLong", "InitializationWaitNeedsRate", "InitializationWaitUnknown"


@pytest.mark.parametrize(
    ("gib", "rate", "codes"),
    [
        (258, 100, []),
        (259, 100, [LONG]),
        (775, 300, []),
        (776, 300, [LONG]),
        (258, UNKNOWN, []),
        (259, UNKNOWN, [UNSURE]),
        (775, UNKNOWN, [UNSURE]),
        (776, UNKNOWN, [LONG]),
        (UNKNOWN, 300, [UNSURE]),
        (UNKNOWN, UNKNOWN, [UNSURE]),
        (1, None, [NO_RATE]),
        (UNKNOWN, None, [NO_RATE]),
        (0, None, ["SnapshotDataOutOfRange", NO_RATE]),
        (float("inf"), 300, ["SnapshotDataOutOfRange"]),
    ],
)
def test_a_deployment_waits_for_what_ends_within_54_minutes_at_the_slow_end(gib, rate, codes):
    assert [finding.code for finding in check_wait(gib, rate, NAMES)] == codes


def test_the_end_is_shown_five_minutes_after_the_slow_end_of_the_band():
    assert seconds_until_shown(10, 300) == pytest.approx(10 * 1024 / 270 + 300)
