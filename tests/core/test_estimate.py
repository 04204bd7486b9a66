"""Time and cost, against the figures that AWS publishes."""

from datetime import timedelta

import pytest

from constructs_ebs.core import EbsValidationError, estimate_initialization
from constructs_ebs.core.estimate import check_wait, duration, rate_for_deadline, seconds_until_shown
from constructs_ebs.core.requests import UNKNOWN


@pytest.mark.parametrize(
    ("gib", "rate", "shown"),
    # https://docs.aws.amazon.com/ebs/latest/userguide/initalize-volume.html
    [(10, 300, "34.13 s"), (1024, 300, "58 min 16 s"), (1024, 100, "2 h 55 min")],
)
def test_time_is_as_published(gib, rate, shown):
    assert duration(estimate_initialization(gib, rate).seconds) == shown


def test_the_band_is_ten_percent_of_the_rate():
    estimate = estimate_initialization(100, 100)
    assert estimate.seconds == 1024
    assert estimate.fastest_seconds == pytest.approx(100 * 1024 / 110)
    assert estimate.slowest_seconds == pytest.approx(100 * 1024 / 90)


@pytest.mark.parametrize(("rate", "price"), [(100, 0.0012), (200, 0.0024), (300, 0.0036)])
def test_the_price_of_us_east_1_is_the_default(rate, price):
    assert estimate_initialization(1000, rate).cost_usd == pytest.approx(1000 * price)


def test_the_price_is_an_input():
    assert estimate_initialization(500, 300, usd_per_gib=0.01).cost_usd == pytest.approx(5)
    assert estimate_initialization(500, 300, usd_per_gib=0).cost_usd == 0


def test_reports_every_problem_at_once():
    with pytest.raises(EbsValidationError) as caught:
        estimate_initialization(float("nan"), 301, usd_per_gib=-1)
    assert [finding.code for finding in caught.value.findings] == [
        "SnapshotDataOutOfRange",
        "InitializationRateOutOfRange",
        "PriceOutOfRange",
    ]


@pytest.mark.parametrize("rate", ["300", True, 200.5, None])
def test_rejects_a_rate_that_is_no_whole_number(rate):
    with pytest.raises(EbsValidationError, match="WrongType"):
        estimate_initialization(1, rate)


@pytest.mark.parametrize(
    ("seconds", "margin", "rate"),
    [
        (10 * 1024 / 300, 0, 300),
        (35, 0, 293),
        (10 * 1024 / 100, 0, 100),
        (10 * 1024 / 100 - 0.001, 0, 101),
        (timedelta(days=1).total_seconds(), 0, 100),
        (50, 0.1, 228),
    ],
)
def test_the_smallest_rate_that_makes_the_deadline(seconds, margin, rate):
    assert rate_for_deadline(10, seconds, margin=margin) == rate
    assert estimate_initialization(10, rate).seconds / (1 - margin) <= seconds * (1 + 1e-9)


@pytest.mark.parametrize("seconds", [34.1, 0, -5])
def test_a_deadline_too_short_names_the_fastest_time(seconds):
    with pytest.raises(EbsValidationError, match=r"at least 34\.13 s for 10 GiB"):
        rate_for_deadline(10, seconds)


@pytest.mark.parametrize(("data", "seconds", "margin"), [("10", 60, 0), (10, "60", 0), (10, 60, 1), (10, 60, -0.1)])
def test_rejects_what_is_no_number_in_range(data, seconds, margin):
    with pytest.raises(EbsValidationError):
        rate_for_deadline(data, seconds, margin=margin)


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
