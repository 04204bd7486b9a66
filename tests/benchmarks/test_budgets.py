"""The budgets: counted in kernel calls, or as ratios within one run."""

import time

import pytest

from tests.benchmarks import measure


def test_a_volume_takes_one_kernel_call_more_than_upstreams():
    assert measure.kernel_calls(measure.our_volume) <= measure.kernel_calls(measure.upstream_volume) + 1


@pytest.mark.parametrize("devices", [1, 5, 20])
def test_a_launch_template_takes_two_kernel_calls_more_whatever_the_number_of_devices(devices):
    ours = measure.kernel_calls(measure.our_template, devices)
    assert ours <= measure.kernel_calls(measure.upstream_template, devices) + 2


def test_an_instance_with_one_device_takes_ten_kernel_calls_and_one_that_finds_injectors():
    assert measure.kernel_calls(measure.our_instance) <= 10 + 1


def test_a_spot_fleet_with_one_specification_takes_35_kernel_calls():
    assert measure.kernel_calls(measure.our_fleet) <= 35


@pytest.mark.parametrize(
    ("theirs", "ours", "ratio"),
    [
        (measure.upstream_rated_volume, measure.our_volume, 1.5),
        (measure.upstream_rated_template, measure.our_template, 1.2),
    ],
)
def test_takes_little_more_time_than_upstreams_native_way(theirs, ours, ratio):
    native, override = measure.fastest(theirs, ours)
    assert override <= ratio * native


def test_the_import_adds_less_than_three_percent_to_upstreams():
    base, extra = measure.import_seconds("import aws_cdk.aws_ec2", "import constructs_ebs")
    assert extra < 0.03 * base


def test_the_import_of_every_name_adds_less_than_a_quarter():
    base, extra = measure.import_seconds("import aws_cdk.aws_ec2", "from constructs_ebs import *")
    assert extra < 0.25 * base


@pytest.mark.parametrize("resources", [20, 1_000])
def test_a_default_rate_takes_one_kernel_call_whatever_the_number_of_resources(resources):
    _, calls = measure.default_rate(resources)
    assert calls == 1  # Python's answer
    _, by_hand = measure.default_rate(resources, by_hand=True)
    assert by_hand > resources


@pytest.mark.parametrize("resources", [20, 1_000])
def test_a_default_rate_as_a_mixin_takes_two_kernel_calls_whatever_the_number_of_resources(resources):
    _, calls = measure.default_rate_now(resources)
    assert calls == 2


@pytest.mark.parametrize("default_rate", [measure.default_rate, measure.default_rate_now])
def test_a_default_rate_for_five_thousand_resources_takes_less_than_their_synth(default_rate):
    app = measure.app_of(5_000)
    start = time.perf_counter()
    app.synth()
    synth = time.perf_counter() - start
    seconds, _ = default_rate(5_000)
    assert seconds < synth


def test_a_default_rate_is_linear_in_the_number_of_resources():
    measure.default_rate_now(1)  # which loads what reads the resources
    (few, _), (many, _) = (measure.default_rate_now(resources) for resources in (2_000, 20_000))
    assert many < 25 * few


def test_the_plugin_takes_less_than_five_percent_of_a_synth():
    synth, check = measure.checks_of_a_new_process(5_000)
    assert check < 0.05 * synth


def test_the_command_line_takes_a_fiftieth_of_cfn_lints_time_and_less_than_20_mib():
    (seconds, mebibytes), (their_seconds, _) = measure.check_and_cfn_lint()
    assert seconds < their_seconds / 50
    assert mebibytes < 20


def test_the_command_line_takes_few_times_pythons_own_start():
    starts = measure.starts()
    assert starts["an empty template"] < 3.6
    assert starts["450 volumes"] < 5.7
    assert starts["450 volumes with a finding"] < 6.6
