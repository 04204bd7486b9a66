"""A folder with templates and a cdk.out, and `constructs-ebs check` in it."""

import shutil

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2

from constructs_ebs.cli.main import main
from tests.constants import SNAPSHOT


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """Return a function that runs `constructs-ebs check` in a folder: status, and the lines of both outputs."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        status = main(["check", *map(str, arguments)])
        printed = capsys.readouterr()
        return status, printed.out.splitlines(), printed.err.splitlines()

    return run


@pytest.fixture
def write(tmp_path):
    def write(name, content):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return name

    return write


class Nested(cdk.NestedStack):
    def __init__(self, scope, id, deeper=True):
        super().__init__(scope, id)
        rated(self)
        if deeper:
            Nested(self, "Deep", deeper=False)


def rated(stack):
    made = ec2.CfnVolume(stack, "V", availability_zone="us-east-1a", snapshot_id=SNAPSHOT)
    made.add_property_override("VolumeInitializationRate", 500)


def synthesize(folder, **context):
    env = cdk.Environment(account="111122223333", region="us-east-1")
    app = cdk.App(outdir=str(folder), builtin_cloud_formation_validation=False, context=context)
    legacy = cdk.Stack(app, "Legacy", synthesizer=cdk.LegacyStackSynthesizer())
    stage = cdk.Stage(app, "Prod", env=env)
    inner = cdk.Stage(stage, "Inner")
    for stack in (cdk.Stack(app, "Plain", env=env), legacy, cdk.Stack(stage, "Staged"), cdk.Stack(inner, "Innermost")):
        rated(stack)
        Nested(stack, "Nested")
    app.synth()


@pytest.fixture(scope="session")
def synthesized(tmp_path_factory):
    folder = tmp_path_factory.mktemp("app") / "cdk.out"
    synthesize(folder, **{"aws:cdk:enable-path-metadata": True})
    return folder


@pytest.fixture
def cdk_out(synthesized, tmp_path):
    return shutil.copytree(synthesized, tmp_path / "cdk.out")
