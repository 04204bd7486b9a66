"""A local AWS to deploy to: the real CDK CLI, and ministack behind a proxy for EC2.

Lambda functions run in processes that inherit ministack's environment, where AWS_ENDPOINT_URL_EC2 names the proxy: it
sees what a handler sends, as EC2 would, and nothing in the deployed app is changed for it.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread
from typing import Any

import boto3
from botocore.credentials import Credentials

from tests.constants import ROOT

from .proxy import Ec2

CDK = ROOT / ".venv" / "node_modules" / ".bin" / "cdk"
MINISTACK = ROOT / ".venv" / "emulator" / "bin" / "python"
SERVE = Path(__file__).with_name("serve.py")
ACCOUNT, REGION = "111122223333", "us-east-1"


class CdkError(Exception):
    """The CDK CLI failed; the message is all that it printed."""


@dataclass
class Emulator:
    """A running emulator, and the CDK CLI's way to it."""

    directory: Path
    port: int
    ec2: Ec2
    env: dict[str, str] = field(repr=False)

    def client(self, service: str) -> Any:
        """Return a boto3 client that talks to ministack itself: what it does is not recorded."""
        url = f"http://127.0.0.1:{self.port}"
        return boto3.client(service, REGION, endpoint_url=url, aws_access_key_id=ACCOUNT, aws_secret_access_key="none")

    def cdk(self, command: str, *args: str) -> None:
        """Run the CDK CLI to its end."""
        line = [str(CDK), command, *args, "--no-notices", "--no-color", "--ci"]
        done = subprocess.run(line, cwd=self.directory, env=self.env, capture_output=True, text=True, check=False)
        if done.returncode:
            raise CdkError(done.stdout + done.stderr)

    def deploy(self, folder: str, **context: str) -> None:
        """Deploy the app of a folder of this project, with values for what it reads of its context."""
        values = [part for name, value in context.items() for part in ("--context", f"{name}={value}")]
        program = f"{sys.executable} {ROOT / folder / 'app.py'}"
        flags = ("--require-approval", "never", "--method", "direct", "--output", Path(folder).name)
        self.cdk("deploy", "--app", program, *values, *flags)

    def destroy(self, folder: str) -> None:
        """Destroy an app as it was deployed last."""
        self.cdk("destroy", "--app", Path(folder).name, "--force")

    def logs(self) -> str:
        """Return what the Lambda functions wrote."""
        logs = self.client("logs")
        groups = [group["logGroupName"] for group in logs.describe_log_groups()["logGroups"]]
        events = [event for group in groups for event in logs.filter_log_events(logGroupName=group)["events"]]
        return "\n".join(event["message"] for event in events)


@contextmanager
def emulator(directory: Path) -> Iterator[Emulator]:
    """Run an emulator whose every file is in a directory."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    ec2 = Ec2(port, Credentials(ACCOUNT, "none"), REGION)
    cli = {key: value for key, value in os.environ.items() if not key.startswith("AWS_")} | {
        "AWS_ACCESS_KEY_ID": ACCOUNT,
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_REGION": REGION,
        "AWS_SECRET_ACCESS_KEY": "none",
        "CDK_DISABLE_CLI_TELEMETRY": "true",
        "CDK_HOME": str(directory),  # its cache binds an access key to an account
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),  # Node's, for all of them
        "TMPDIR": str(directory),
    }
    server = cli | {
        "AUTH": "true",  # who is not allowed to do something is refused
        "AWS_ENDPOINT_URL_EC2": ec2.url,
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "IOT_MTLS_ENABLED": "0",  # it would listen beyond loopback
        "MINISTACK_HOST": "127.0.0.1",
        "SFN_WAIT_SCALE": "0.01",  # a waiter that looks every 10 s looks every 0.1 s
        "SFTP_ENABLED": "0",
        "STATE_DIR": str(directory),
    }
    log = directory / "ministack.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [MINISTACK, "-P", SERVE], env=server, stdout=out, stderr=out, cwd=directory, start_new_session=True
        )
    Thread(target=ec2.serve_forever, daemon=True).start()
    try:
        _wait_for(process, port, log)
        aws = Emulator(directory, port, ec2, cli)
        aws.cdk("bootstrap", f"aws://{ACCOUNT}/{REGION}")
        _let_cdk_in(aws)
        yield aws
    finally:
        os.killpg(process.pid, signal.SIGKILL)  # with the Lambda functions' processes
        process.wait()
        ec2.shutdown()
        ec2.server_close()


def until(true: Callable[[], bool], seconds: float = 60) -> None:
    """Wait for what the emulator does by itself."""
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            raise TimeoutError
        time.sleep(0.1)


def _let_cdk_in(aws: Emulator) -> None:
    """Take away the policy of the bootstrap stack's bucket, which refuses whoever comes without TLS."""
    s3 = aws.client("s3")
    for bucket in s3.list_buckets()["Buckets"]:
        s3.delete_bucket_policy(Bucket=bucket["Name"])


def _wait_for(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + 60
    with socket.socket() as probe:
        while probe.connect_ex(("127.0.0.1", port)):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"ministack did not start:\n{log.read_text()}")
            time.sleep(0.05)
