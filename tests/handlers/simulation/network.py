"""What stands below botocore: requests are read and answers are written as AWS's models say."""

from __future__ import annotations

import datetime
import functools
import json
import pickle
import urllib.parse
from collections.abc import Callable, Mapping
from typing import Any
from unittest import mock
from xml.sax.saxutils import escape

import boto3
import botocore.session
from botocore import UNSIGNED
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from botocore.model import ListShape, MapShape, Shape, StructureShape
from botocore.retries import quota
from botocore.utils import parse_timestamp

Answer = Callable[[str, str, dict[str, Any]], dict[str, Any]]
"""What answers a request: of a service, of an action, with its parameters."""

REGION = "us-east-1"
_SESSION = botocore.session.get_session()
_CLIENTS: dict[Any, Any] = {}
_MAKE = boto3.client


class RefusedError(Exception):
    """An answer that refuses a request."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(f"{code}: {message}")
        self.code, self.message, self.status = code, message, status


class Network:
    """The clients that a schedule's functions get; what they send is answered by ``answer``."""

    current: Network

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        Network.current = self

    @staticmethod
    def client(service: str, *_: Any, config: Config | None = None, **__: Any) -> Any:
        """Return a client as if it were new, in place of ``boto3.client``."""
        key = service, repr(sorted(config._user_provided_options.items())) if config else ""
        if key not in _CLIENTS:
            _CLIENTS[key] = _Client(service, config or Config())
        return _CLIENTS[key].renewed()


class _Client:
    """A client that takes long to make: used again without what it remembers."""

    def __init__(self, service: str, config: Config) -> None:
        self._quotas: list[Any] = []
        make = quota.RetryQuota
        config = config.merge(Config(signature_version=UNSIGNED))
        with mock.patch.object(
            quota, "RetryQuota", lambda *given: self._quotas.append(make(*given)) or self._quotas[-1]
        ):
            keys = {"aws_access_key_id": "none", "aws_secret_access_key": "none"}
            self._client = _MAKE(service, region_name=REGION, config=config, **keys)
        self._client.meta.events.register("before-send", _send)
        self._client._user_agent_creator.to_string = lambda: "simulation"  # saves a third of the time of a call
        self._client._endpoint._response_parser_factory = _Parsers(self._client._endpoint._response_parser_factory)
        self._registered: list[tuple[str, Any]] = []
        events = self._client.meta.events
        for name in ("register", "register_first", "register_last"):
            setattr(events, name, functools.partial(self._register, getattr(events, name)))

    def _register(self, register: Any, event: str, handler: Any, *given: Any, **named: Any) -> None:
        self._registered.append((event, handler))
        register(event, handler, *given, **named)

    def renewed(self) -> Any:
        """Return the client with the handlers and the quota of retries that a new one has."""
        while self._registered:
            self._client.meta.events.unregister(*self._registered.pop())
        for one in self._quotas:
            one._available_capacity = one._max_capacity
        return self._client


class _Parsers:
    """botocore's parsers, which parse what they have parsed before from memory."""

    def __init__(self, factory: Any) -> None:
        factory.set_parser_defaults(timestamp_parser=functools.cache(parse_timestamp))
        self._factory = factory
        self._parsers: dict[str, _Parser] = {}

    def create_parser(self, protocol: str) -> _Parser:
        """Return the parser of a protocol."""
        if protocol not in self._parsers:
            self._parsers[protocol] = _Parser(self._factory.create_parser(protocol))
        return self._parsers[protocol]


class _Parser:
    def __init__(self, parser: Any) -> None:
        self._parser = parser
        self._known: dict[Any, bytes] = {}

    def parse(self, response: Any, shape: Any) -> Any:
        """Parse a response."""
        key = response["status_code"], response["body"], shape.name if shape else ""
        if key not in self._known:
            if len(self._known) > 5000:
                self._known.clear()
            self._known[key] = pickle.dumps(self._parser.parse(response, shape))
        return pickle.loads(self._known[key])


class _Raw:
    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self, **_: Any) -> Any:
        yield self._body


def _send(request: Any, **_: Any) -> AWSResponse:
    """Answer a request that botocore is about to send."""
    target = request.headers.get("X-Amz-Target")
    if target:
        service, action = "stepfunctions", _text(target).rpartition(".")[2]
        params = json.loads(request.body)
    else:
        query = dict(urllib.parse.parse_qsl(_text(request.body), keep_blank_values=True))
        action, version = query.pop("Action"), query.pop("Version")
        service = "ec2" if version == "2016-11-15" else "cloudformation"
        params = _read(_operation(service, action).input_shape, _tree(query))
    try:
        answer = Network.current.answer(service, action, params)
    except RefusedError as refused:
        return _refusal(service, request.url, refused)
    return _accept(service, request.url, action, answer)


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value


@functools.cache
def _operation(service: str, action: str) -> Any:
    return _model(service).operation_model(action)


@functools.cache
def _model(service: str) -> Any:
    return _SESSION.get_service_model(service)


def _tree(query: Mapping[str, str]) -> dict[str, Any]:
    """Return the nested form of a query's dotted names."""
    tree: dict[str, Any] = {}
    for name, value in query.items():
        *parents, last = name.split(".")
        node = tree
        for parent in parents:
            node = node.setdefault(parent, {})
        node[last] = value
    return tree


def _read(shape: Shape, value: Any) -> Any:
    """Read a parameter as the model says."""
    if isinstance(shape, StructureShape):
        found = {}
        for name, member in shape.members.items():
            located = member.serialization.get("queryName") or member.serialization.get("name", name)
            located = located[0].upper() + located[1:]
            if located in value:
                found[name] = _read(member, value[located])
        return found
    if isinstance(shape, ListShape):
        items = value.get("member", value) if isinstance(value, dict) else {}
        return [_read(shape.member, items[number]) for number in sorted(items, key=int)]
    if shape.type_name in ("integer", "long"):
        return int(value)
    return value == "true" if shape.type_name == "boolean" else value


def _accept(service: str, url: str, action: str, answer: Mapping[str, Any]) -> AWSResponse:
    shape = _operation(service, action).output_shape
    if service == "stepfunctions":
        return AWSResponse(url, 200, {"Content-Type": "application/x-amz-json-1.0"}, _Raw(_json(answer)))
    body = _xml(shape, answer, ec2=service == "ec2") if shape else ""
    if service == "cloudformation":
        body = f"<{action}Result>{body}</{action}Result>"
    text = f"<{action}Response><requestId>0</requestId>{body}</{action}Response>"
    return AWSResponse(url, 200, {"Content-Type": "text/xml"}, _Raw(text.encode()))


def _xml(shape: Shape, value: Any, *, ec2: bool) -> str:
    if isinstance(shape, StructureShape):
        unknown = value.keys() - shape.members.keys()
        assert not unknown, f"{shape.name} has no {unknown}"
        parts = []
        for name, member in shape.members.items():
            if value.get(name) is not None:
                located = member.serialization.get("name", name)
                parts.append(f"<{located}>{_xml(member, value[name], ec2=ec2)}</{located}>")
        return "".join(parts)
    if isinstance(shape, ListShape):
        item = shape.member.serialization.get("name", "item" if ec2 else "member")
        return "".join(f"<{item}>{_xml(shape.member, one, ec2=ec2)}</{item}>" for one in value)
    assert not isinstance(shape, MapShape)
    if shape.type_name == "timestamp":
        return timestamp(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return escape(str(value))


def timestamp(seconds: float) -> str:
    """Return a time as AWS writes it."""
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def _json(answer: Mapping[str, Any]) -> bytes:
    return json.dumps(answer).encode()


def _refusal(service: str, url: str, refused: RefusedError) -> AWSResponse:
    if service == "stepfunctions":
        body = {"__type": f"com.amazonaws.sfn#{refused.code}", "message": refused.message}
        return AWSResponse(url, refused.status, {"Content-Type": "application/x-amz-json-1.0"}, _Raw(_json(body)))
    code, message = escape(refused.code), escape(refused.message)
    error = f"<Code>{code}</Code><Message>{message}</Message>"
    if service == "ec2":
        text = f"<Response><Errors><Error>{error}</Error></Errors><RequestID>0</RequestID></Response>"
    else:
        text = f"<ErrorResponse><Error><Type>Sender</Type>{error}</Error><RequestId>0</RequestId></ErrorResponse>"
    return AWSResponse(url, refused.status, {"Content-Type": "text/xml"}, _Raw(text.encode()))
