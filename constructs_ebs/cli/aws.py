"""Calls to AWS for the command line: sessions, pagination, retries, and errors as one line."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from typing import Any, Final

import boto3
from botocore import exceptions
from botocore.config import Config

IDS: Final = 1_000
"""Ids in one call: https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-pagination.html"""

VALUES: Final = 200
"""Values of one filter: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Filtering.html"""

GROUPS: Final = 100
"""Auto Scaling groups in one call: DescribeAutoScalingGroups, MaxRecords."""

_RETRIES: Final = {"mode": "standard", "total_max_attempts": 8}  # waits up to 20 s before each, when throttled
CONFIG: Final = Config(retries=_RETRIES, connect_timeout=10, read_timeout=60, user_agent_appid="constructs-ebs")
_ADVICE: Final = {
    exceptions.NoCredentialsError: "no AWS credentials; give --profile, or set AWS_PROFILE, or log in",
    exceptions.NoRegionError: "no AWS Region; give --region, or set AWS_DEFAULT_REGION",
}
_ALLOW: Final = "; allow it: docs/deployed-stacks.md has the policy that this command needs"
_REFUSED: Final = ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation")
_PASSING: Final = ("InternalError", "InternalFailure", "RequestTimeout", "ServiceUnavailable", "Unavailable")


class AwsError(Exception):
    """Why AWS cannot be asked, or what it refused, in one line."""


class Aws:
    """The clients of an account and Region, chosen by profile and Region as in AWS's own tools."""

    def __init__(self, profile: str | None = None, region: str | None = None) -> None:
        self._session = boto3.Session(profile_name=profile, region_name=region)

    def _client(self, service: str) -> Any:
        return self._session.client(service, config=CONFIG)

    @property
    def region(self) -> str:
        return str(self.ec2.meta.region_name)

    @cached_property
    def ec2(self) -> Any:
        return self._client("ec2")

    @cached_property
    def cloudformation(self) -> Any:
        return self._client("cloudformation")

    @cached_property
    def autoscaling(self) -> Any:
        return self._client("autoscaling")

    def existing(self, call: Callable[..., Any], key: str, ids: Iterable[str]) -> list[dict[str, Any]]:
        """Describe volumes by their ids, without those that are gone, for which EC2 would refuse the whole call."""
        found: list[dict[str, Any]] = []
        for chunk in chunks(ids, IDS):
            left: Sequence[str] = chunk
            while left:
                try:
                    found += pages(call, key, VolumeIds=left)
                    break
                except exceptions.ClientError as error:
                    if code_of(error) != "InvalidVolume.NotFound":
                        raise
                    # EC2 names one of them at a time: ask once which there are, and believe what it named.
                    there = {volume["VolumeId"] for volume in self.volumes("volume-id", left)}
                    said = re.findall(r"vol-\w+", error.response["Error"].get("Message", ""))
                    fewer = [volume_id for volume_id in left if volume_id in there and volume_id not in said]
                    if len(fewer) == len(left):
                        raise
                    left = fewer
        return found

    def volumes(self, name: str, values: Iterable[str]) -> Iterator[dict[str, Any]]:
        """Describe the volumes that a filter selects, for which a missing volume is not an error."""
        return self.filtered(self.ec2.describe_volumes, "Volumes", name, values)

    def filtered(
        self, call: Callable[..., Any], key: str, name: str, values: Iterable[str]
    ) -> Iterator[dict[str, Any]]:
        """Describe what a filter selects."""
        for chunk in chunks(values, VALUES):
            yield from pages(call, key, Filters=[{"Name": name, "Values": chunk}], MaxResults=IDS)


def pages(call: Callable[..., Any], key: str, **request: Any) -> Iterator[Any]:
    """Yield the items on all pages of an answer."""
    while True:
        answer = call(**request)
        yield from answer.get(key, ())
        if not (token := answer.get("NextToken")):
            return
        request["NextToken"] = token


def chunks(items: Iterable[str], size: int) -> Iterator[list[str]]:
    """Split items, without duplicates, into lists that fit into one call."""
    unique = list(dict.fromkeys(items))
    return (unique[at : at + size] for at in range(0, len(unique), size))


def code_of(error: exceptions.ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def passes(error: Exception) -> bool:
    """Whether an error is likely to pass within a minute: throttling, or a failing network or service."""
    if isinstance(error, exceptions.ClientError):
        code = code_of(error)
        return code in _PASSING or "Throttl" in code or "LimitExceeded" in code
    return isinstance(error, (exceptions.HTTPClientError, exceptions.ConnectionError))


def explain(error: Exception) -> str:
    """Return one line about an error of AWS, or of the connection to it."""
    if isinstance(error, exceptions.ClientError):
        code, message = code_of(error), error.response.get("Error", {}).get("Message") or "no reason given"
        advice = _ALLOW if code in _REFUSED else ""
        return " ".join(f"{error.operation_name}: {message} ({code}){advice}".split())
    return _ADVICE.get(type(error)) or " ".join(str(error).split())


ERRORS: Final = (AwsError, exceptions.BotoCoreError, exceptions.ClientError)
"""Every error that a call to AWS may raise."""
