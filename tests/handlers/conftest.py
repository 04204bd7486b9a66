"""The handlers as Lambda loads them, and the AWS that they talk to."""

import boto3
import pytest

from constructs_ebs.handlers import aws, index

from .aws import Ec2
from .cloudformation import Resource


@pytest.fixture
def ec2(monkeypatch):
    """Return the AWS of a test, whose clock is everybody's."""
    ec2, make = Ec2(), boto3.client

    def client(service, **options):
        made = make(service, **options)
        ec2.attach(made)
        return made

    for name, value in {"DEFAULT_REGION": "us-east-1", "ACCESS_KEY_ID": "id", "SECRET_ACCESS_KEY": "secret"}.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    monkeypatch.setattr("boto3.client", client)
    monkeypatch.setattr("time.time", lambda: ec2.now)
    monkeypatch.setattr("time.sleep", ec2.sleep)
    aws.client.cache_clear()
    yield ec2
    aws.client.cache_clear()


@pytest.fixture
def load(ec2):
    """Return a custom resource of a type."""
    return lambda kind: Resource(index, f"Custom::Ebs{kind}", ec2)
