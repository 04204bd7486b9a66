"""AWS for the commands that ask it, and time that does not pass by itself."""

import http.client

import botocore.session
import pytest

from constructs_ebs.cli.main import main
from constructs_ebs.cli.status import command
from tests.cli.aws import MODELS, REGION, serving


@pytest.fixture(scope="session")
def served():
    with serving() as found:
        yield found


@pytest.fixture
def aws(served, monkeypatch, tmp_path):
    aws, url = served
    aws.__init__(aws.moto)
    monkeypatch.setattr(botocore.session, "create_loader", lambda *_: MODELS)  # EC2's model takes long to read
    monkeypatch.setenv("AWS_ENDPOINT_URL", url)
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    yield aws
    if not aws.in_moto:
        return
    moto = http.client.HTTPConnection("127.0.0.1", aws.moto)
    moto.request("POST", "/moto-api/reset")
    moto.getresponse().read()


class Clock:
    """Time that passes only while somebody sleeps."""

    def __init__(self):
        self.now, self.slept, self.on_sleep = 0.0, [], None

    def monotonic(self):
        return self.now

    def sleep(self, seconds):
        self.now += seconds
        self.slept.append(seconds)
        assert len(self.slept) < 100, "it never ends"
        if self.on_sleep:
            self.on_sleep()


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(command, "time", clock)
    return clock


@pytest.fixture
def ask(aws, capsys):
    """Return a function that runs a command: status, and the lines of both outputs."""

    def ask(*arguments):
        status = main([str(one) for one in arguments])
        printed = capsys.readouterr()
        assert not [action for _, action, _ in aws.requests if action and action.endswith(")")]
        return status, printed.out.splitlines(), printed.err.splitlines()

    return ask
