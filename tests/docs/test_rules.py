"""The table of rules in the docs."""

import importlib.util
from importlib.machinery import SourceFileLoader

import pytest

from constructs_ebs.core.rules import RULES
from tests.constants import ROOT


@pytest.fixture(scope="module")
def script():
    loader = SourceFileLoader("generate_rules", str(ROOT / "scripts" / "generate_rules"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(loader.name, loader))
    loader.exec_module(module)
    return module


def test_the_table_is_what_the_rules_say_and_its_examples_run(script):
    assert script.generate() == script.TARGET.read_text(), "run scripts/generate_rules"


def test_an_example_that_is_none_fails(script):
    volume = {"AvailabilityZone": "us-east-1a", "Size": 0}
    for fails, passes in ((volume, volume), ({**volume, "Size": 8}, {**volume, "Size": 8})):
        with pytest.raises(SystemExit, match="SizeOutOfRange: the example that should"):
            script.section("SizeOutOfRange", {"why": "", "CreateVolume": {"fails": fails, "passes": passes}})


def test_the_readme_and_the_table_name_every_code(script):
    text = script.TARGET.read_text()
    assert all(f"\n## {code}\n" in text for code in RULES)
    assert "(docs/rules.md)" in (ROOT / "README.md").read_text()
