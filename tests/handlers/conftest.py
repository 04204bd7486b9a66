"""A handler as Lambda loads it, and the AWS that it talks to."""

import runpy
from pathlib import Path
from types import SimpleNamespace

import pytest

import constructs_ebs

from .aws import Ec2, Resource

HANDLERS = Path(constructs_ebs.__file__).parent / "handlers"


@pytest.fixture
def ec2(monkeypatch):
    monkeypatch.setattr("time.sleep", lambda _: None)  # botocore's, between its tries
    return Ec2()


@pytest.fixture
def load(ec2, monkeypatch):
    for name, value in {"DEFAULT_REGION": "us-east-1", "ACCESS_KEY_ID": "id", "SECRET_ACCESS_KEY": "secret"}.items():
        monkeypatch.setenv(f"AWS_{name}", value)

    def load(name):
        """Return a resource whose handler is loaded anew."""
        handler = SimpleNamespace(**runpy.run_path(str(HANDLERS / name / "index.py")))
        ec2.attach(handler.EC2)
        if hasattr(handler, "CLOUDFORMATION"):
            ec2.attach(handler.CLOUDFORMATION)
        return Resource(handler, ec2)

    return load
