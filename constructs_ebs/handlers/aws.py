"""AWS as the custom resources use it: clients, what is logged, which refusals pass, and values in EC2's own types."""

import json
import re
from functools import cache
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError, EndpointConnectionError, HTTPClientError

DENIED = ("AccessDenied", "AccessDeniedException", "AuthFailure", "UnauthorizedOperation")
"""What a policy that was just changed may answer for a while."""

_BETWEEN, _TRIES = 5, 13  # A minute. https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html
_THROTTLED = ("EC2ThrottledException", "RequestLimitExceeded", "Throttling", "ThrottlingException")
_UNANSWERED = (ConnectionClosedError, EndpointConnectionError, HTTPClientError)


class Pending(Exception):  # noqa: N818 (nothing is wrong yet)
    """Something is not as it should be yet; the next call looks again. A second argument says what to do in the end."""


@cache
def client(service: str) -> Any:
    """Return a client that logs, and that sits out a policy which does not work everywhere yet."""
    aws: Any = boto3.client(service, config=Config(retries={"mode": "standard", "total_max_attempts": 10}))
    aws.meta.events.register("provide-client-params", _log)
    aws.meta.events.register("after-call", _log)
    aws.meta.events.register("needs-retry", _wait_for_policy)
    return aws


def _log(params: Any = None, parsed: Any = None, model: Any = None, **_: object) -> None:
    """Log what was asked and answered, without user data."""
    text = json.dumps({model.name: params or parsed}, default=str)
    print(re.sub(r'"UserData": "[^"]*"', '"UserData": "..."', text))


def _wait_for_policy(response: Any, attempts: int, **_: object) -> int | None:
    """Return the seconds to wait before a denied call is tried again; None for any other answer."""
    denied = response is not None and response[1].get("Error", {}).get("Code") in DENIED
    return _BETWEEN if denied and attempts < _TRIES else None


def code_of(error: Exception) -> str:
    """Return the code of an error that AWS answers; of another one, nothing."""
    return str(error.response["Error"]["Code"]) if isinstance(error, ClientError) else ""


def passes(error: Exception) -> bool:
    """Tell whether the same call may be answered a little later: throttled, a fault of AWS's, or not answered."""
    if isinstance(error, ClientError):
        return error.response["ResponseMetadata"]["HTTPStatusCode"] >= 500 or code_of(error) in _THROTTLED
    return isinstance(error, _UNANSWERED)


def advised(error: ClientError, advice: dict[str, str]) -> Exception:
    """Return what EC2 said, and what to do about it; the error itself where nothing is known to do."""
    code, said = code_of(error), error.response["Error"]["Message"]
    return RuntimeError(f"{said} ({code}); {advice[code]}") if code in advice else error


def pages(service: str, operation: str, **params: Any) -> Any:
    """Yield the pages of a list."""
    return client(service).get_paginator(operation).paginate(**params)


def shape(action: str, *members: str) -> Any:
    """Return the shape of an EC2 action's parameters, or of a member of them."""
    found = client("ec2").meta.service_model.operation_model(action).input_shape
    for member in members:
        found = found.members[member]
    return found


def typed(value: Any, shape: Any) -> Any:
    """Return a property as EC2 has it: CloudFormation makes strings of numbers and booleans."""
    if shape.type_name == "structure":
        if unknown := value.keys() - shape.members.keys():
            update = "AWS renews runtimes Region by Region; deploy again later"
            raise RuntimeError(f"boto3 {boto3.__version__} of this runtime has no {', '.join(unknown)}: {update}")
        return {name: typed(member, shape.members[name]) for name, member in value.items()}
    if shape.type_name == "list":
        return [typed(element, shape.member) for element in value]
    if shape.type_name == "boolean":
        return str(value).lower() == "true"
    return int(value) if shape.type_name in ("integer", "long") else value
