"""What is public."""

import traceback

import pytest

import constructs_ebs as ebs


def test_all_is_sorted_and_every_name_loads():
    assert ebs.__all__ == sorted(ebs.__all__)
    for name in ebs.__all__:
        assert getattr(ebs, name).__doc__
    assert dir(ebs) == ebs.__all__


def test_all_is_every_public_name():
    from constructs_ebs import (
        ami,
        block_device,
        checks,
        core,
        instance,
        launch_specification,
        launch_template,
        launch_template_version,
        policy,
        root_volume_replacement,
        spot_fleet,
        spot_fleet_interface,
        volume,
    )
    from constructs_ebs import (
        default_rate as defaults,
    )
    from constructs_ebs import (
        initialization as volume_initialization,
    )
    from constructs_ebs import (
        initialization_rate as rates,
    )

    constructs = (ami, instance, launch_template, launch_template_version, root_volume_replacement, spot_fleet, volume)
    public = {
        name
        for module in (
            core,
            block_device,
            checks,
            defaults,
            launch_specification,
            spot_fleet_interface,
            policy,
            rates,
            volume_initialization,
            *constructs,
        )
        for name, value in vars(module).items()
        if not name.startswith("_") and getattr(value, "__module__", None) == module.__name__
    }
    not_for_users = {
        "check_devices",
        "emitted",
        "untyped",
        "volume_of",
        "ImportedSpotFleet",
        "principal_of",
        "Pool",
        "ResolvedLaunch",
        "resolve",
        "check_together",
        "check_launch",
        "check_rate",
        "data_of",
        "known_gibibytes",
        "mebibytes",
        "record",
        "Checks",
        "Found",
    }
    assert public - not_for_users | set(core.__all__) - {"UNKNOWN"} == set(ebs.__all__)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'Volumes'"):
        _ = ebs.Volumes


def test_a_traceback_names_the_error_as_users_catch_it():
    with pytest.raises(ebs.EbsValidationError) as caught:
        ebs.InitializationRate.mebibytes_per_second(0)
    shown = traceback.format_exception_only(caught.type, caught.value)
    assert shown[0].startswith("constructs_ebs.EbsValidationError: InitializationRate.mebibytes_per_second: 1 problem")


def test_an_error_can_be_pickled():
    import pickle

    with pytest.raises(ebs.EbsValidationError) as caught:
        ebs.InitializationRate.mebibytes_per_second(0, snapshot_data=0)
    copy = pickle.loads(pickle.dumps(caught.value))
    assert str(copy) == str(caught.value)
    assert copy.findings == caught.value.findings
