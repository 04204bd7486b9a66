"""What is public, and which layer loads what."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

import constructs_ebs as ebs

PACKAGE = Path(ebs.__file__).parent


def fresh(code):
    """Run code in a new interpreter and return what it prints as JSON."""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return json.loads(run.stdout)


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
        volume_events,
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
    about_volumes = (volume_events, volume_initialization)
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
            *constructs,
            *about_volumes,
        )
        for name, value in vars(module).items()
        if not name.startswith("_") and getattr(value, "__module__", None) == module.__name__
    }
    not_for_users = {
        "check_devices",
        "emitted",
        "known_flag",
        "unjudged_flags",
        "ImportedSpotFleet",
        "principal_of",
        "Pool",
        "ResolvedSpecification",
        "resolve",
        "check_together",
        "check_image",
        "check_rate",
        "check_time",
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


@pytest.mark.parametrize(
    "code",
    [
        "import constructs_ebs.core",
        "from constructs_ebs import check_template; check_template({})",
        "from constructs_ebs import BlockDevice; BlockDevice.from_image('/dev/xvda', volume_initialization_rate=200)",
        "from constructs_ebs import InitializationRate; InitializationRate.mebibytes_per_second(200).estimate(500)",
    ],
)
def test_checks_load_neither_jsii_nor_aws_cdk(code):
    loaded = fresh(f"{code}\nimport json, sys\nprint(json.dumps(sorted(sys.modules)))")
    assert not {"jsii", "aws_cdk", "constructs", "boto3"} & set(loaded)


def test_the_core_uses_the_standard_library_alone():
    loaded = fresh("import constructs_ebs.core, json, sys\nprint(json.dumps(sorted(sys.modules)))")
    foreign = (
        {name.partition(".")[0] for name in loaded} - set(sys.stdlib_module_names) - {"__main__", "constructs_ebs"}
    )
    assert not {name for name in foreign if not name.startswith(("_", "sitecustomize", "usercustomize"))}


@pytest.mark.parametrize("path", sorted((PACKAGE / "core").glob("*.py")), ids=lambda path: path.name)
def test_the_core_imports_nothing_above_it(path):
    assert "from .." not in path.read_text()


def test_an_error_can_be_pickled():
    import pickle

    with pytest.raises(ebs.EbsValidationError) as caught:
        ebs.InitializationRate.mebibytes_per_second(0, snapshot_data=0)
    copy = pickle.loads(pickle.dumps(caught.value))
    assert str(copy) == str(caught.value)
    assert copy.findings == caught.value.findings
