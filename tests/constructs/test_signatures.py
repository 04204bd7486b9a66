"""Signatures: what editors, help and inspect show of our constructors, and that it is upstream's."""

import importlib.util
import inspect
import pydoc
import typing
from importlib.machinery import SourceFileLoader
from pathlib import Path

import pytest
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ec2 as ec2

import constructs_ebs as ebs
from constructs_ebs import _upstream
from constructs_ebs.core import findings
from tests.constructs.language_server import LanguageServer

ROOT = Path(__file__).parents[2]
PAIRS = ((ebs.Volume, ec2.Volume), (ebs.LaunchTemplate, ec2.LaunchTemplate), (ebs.Instance, ec2.Instance))
SHOWN = (
    # A call, an argument of ours with its type, and what upstream says of one of its own.
    ("ebs.Volume", "volume_initialization_rate: InitializationRate | Size | float", "The Availability Zone in which"),
    ("ebs.LaunchTemplate", "block_devices: Sequence[", "The AMI that will be used"),
    ("ebs.Instance", "spot_options: LaunchTemplateSpotOptions", "AMI to launch"),
    ("fleet.metric_target_capacity", "period: Duration | None", "The period over which"),
)
CORE = vars(findings)  # the classes that the functions of core name
INTERFACES = ("IAmi", "ISpotFleet")
CODE = "import constructs_ebs as ebs\n\ndef build(fleet: ebs.ISpotFleet) -> None:\n    {}("


def keywords(function):
    parameters = inspect.signature(function).parameters.values()
    return [parameter.name for parameter in parameters if parameter.kind is parameter.KEYWORD_ONLY]


@pytest.fixture(scope="module")
def server():
    server = LanguageServer()
    yield server
    server.close()


def generator():
    loader = SourceFileLoader("generate_signatures", str(ROOT / "scripts" / "generate_signatures"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(loader.name, loader))
    loader.exec_module(module)
    return module


def test_the_generated_source_is_that_of_the_newest_version():
    script = generator()
    assert script.generate(script.written_versions()) == script.TARGET.read_text(), "run scripts/generate_signatures"


@pytest.mark.parametrize(("ours", "upstream"), PAIRS)
def test_a_constructor_names_every_argument_of_upstreams_required_ones_first(ours, upstream):
    names = keywords(ours.__init__)
    assert set(keywords(upstream.__init__)) <= set(names)
    parameters = inspect.signature(ours.__init__).parameters
    required = [name for name in names if parameters[name].default is inspect.Parameter.empty]
    assert names[: len(required)] == required
    for name in names:
        assert f"\n    {name}: " in inspect.getdoc(ours.__init__)


@pytest.mark.parametrize(("ours", "upstream"), PAIRS)
def test_inspect_and_help_show_the_arguments_of_a_class(ours, upstream):
    assert keywords(ours) == keywords(ours.__init__)
    shown = pydoc.render_doc(ours, renderer=pydoc.plaintext)
    assert all(f"{name}: " in shown for name in keywords(upstream.__init__))


@pytest.mark.parametrize("name", [name for name in ebs.__all__ if inspect.isclass(getattr(ebs, name))])
def test_inspect_shows_what_a_class_takes(name):
    shown = inspect.signature(getattr(ebs, name)).parameters
    assert name in INTERFACES or (shown and not {"args", "kwargs"} & shown.keys())


def test_a_subclass_shows_its_own_arguments():
    class Encrypted(ebs.Volume):
        def __init__(self, scope, id, *, snapshot_id):
            super().__init__(scope, id, availability_zone="us-east-1a", snapshot_id=snapshot_id, encrypted=True)

    assert keywords(Encrypted) == ["snapshot_id"]


@pytest.mark.parametrize("name", [name for name in ebs.__all__ if callable(getattr(ebs, name))])
def test_annotations_resolve_at_run_time(name):
    value = getattr(ebs, name)
    # What checks alone loads no Finding before there is one: its functions name public classes.
    typing.get_type_hints(value, localns=CORE if inspect.isfunction(value) else None)
    if inspect.isclass(value):
        typing.get_type_hints(value.__init__)
        for member in vars(value).values():
            function = getattr(member, "__func__", getattr(member, "fget", member))
            if inspect.isfunction(function):
                typing.get_type_hints(function)


@pytest.mark.parametrize(("call", "ours", "theirs"), SHOWN)
def test_a_language_server_shows_arguments_and_their_documentation(server, call, ours, theirs):
    shown = server.hover(CODE.format(call) + ")")
    assert ours in shown
    assert theirs in shown


@pytest.mark.parametrize(("call", "upstream"), [*[(f"ebs.{ours.__name__}", theirs) for ours, theirs in PAIRS]])
def test_a_language_server_completes_arguments(server, call, upstream):
    assert set(keywords(upstream.__init__)) <= set(server.completed(CODE.format(call)))


def test_jedi_completes_arguments():
    import jedi

    calls = [(f"ebs.{ours.__name__}", upstream.__init__) for ours, upstream in PAIRS]
    project = jedi.Project(ROOT, sys_path=[str(ROOT)])  # without aws-cdk-lib, which takes jedi a minute to read
    for call, function in [*calls, ("fleet.metric", cloudwatch.MetricOptions.__init__)]:
        script = jedi.Script(CODE.format(call), path=ROOT / "example.py", project=project)
        completed = {completion.name.removesuffix("=") for completion in script.complete()}
        assert set(keywords(function)) <= completed, call


def test_an_argument_that_is_still_to_come_is_refused_by_the_version_that_brings_it():
    def upstream(*, snapshot_id: str) -> None:
        """Know one argument."""

    _upstream.check_known(upstream, {"snapshot_id": "snap-01234567", "cpu_options": None}, {"cpu_options": "2.268"})
    with pytest.raises(TypeError, match=r"takes 'cpu_options' with aws-cdk-lib 2\.268 or newer, found 2\."):
        _upstream.check_known(upstream, {"cpu_options": {}}, {"cpu_options": "2.268"})
