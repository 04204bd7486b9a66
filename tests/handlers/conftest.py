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
def handler(ec2, monkeypatch):
    for name, value in {"DEFAULT_REGION": "us-east-1", "ACCESS_KEY_ID": "id", "SECRET_ACCESS_KEY": "secret"}.items():
        monkeypatch.setenv(f"AWS_{name}", value)

    def handler(name):
        """Return a handler that is loaded anew."""
        module = SimpleNamespace(**runpy.run_path(str(HANDLERS / name / "index.py")))
        for client in ("EC2", "CLOUDFORMATION", "CLOUDWATCH", "EVENTS", "STATES"):
            if hasattr(module, client):
                ec2.attach(getattr(module, client))
        if hasattr(module, "time"):
            module.on_event.__globals__["time"] = SimpleNamespace(time=lambda: ec2.now, sleep=ec2.sleep)
        return module

    return handler


@pytest.fixture
def load(handler, ec2):
    """Return a resource whose handler is loaded anew."""
    return lambda name: Resource(handler(name), ec2)
