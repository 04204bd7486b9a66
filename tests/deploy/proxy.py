"""A proxy that stands before ministack's EC2: it records requests, injects faults, and adds what ministack lacks.

It asks ministack as the account's owner, because ministack's judgement of who may do what in EC2 knows neither the
resources nor the tags of most actions. tests/handlers judges that; here ministack judges all other services.
"""

from __future__ import annotations

import http.client
from collections import defaultdict, deque
from collections.abc import Callable
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import RLock
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

Params = dict[str, str]  # as they stand on the wire: EC2's query protocol knows text alone


class Answer(NamedTuple):
    status: int
    body: bytes


class Request(NamedTuple):
    action: str
    params: Params
    answer: Answer | None  # None: the connection was cut before the answer


Double = Callable[[Params], Answer]  # answers an action in EC2's place
Fault = Callable[[Callable[[], Answer]], Answer | None]  # is given what EC2 would answer


def answer(action: str, content: str) -> Answer:
    """Return EC2's answer to an action, with XML content."""
    namespace = "http://ec2.amazonaws.com/doc/2016-11-15/"
    return Answer(200, f'<{action}Response xmlns="{namespace}">{content}</{action}Response>'.encode())


def error(code: str, status: int = 400) -> Answer:
    """Return EC2's answer to a request that it refuses."""
    errors = f"<Errors><Error><Code>{code}</Code><Message>{code}, as the test asked</Message></Error></Errors>"
    return Answer(status, f"<Response>{errors}<RequestID>test</RequestID></Response>".encode())


def refuse(code: str, status: int = 400) -> Fault:
    """EC2 refuses the request and does nothing."""
    return lambda _: error(code, status)


def lose_answer(forward: Callable[[], Answer]) -> None:
    """EC2 does what was asked, and its answer gets lost."""
    forward()


class Ec2(ThreadingHTTPServer):
    """EC2 as the handlers see it.

    Adds what ministack's EC2 lacks in every action: DryRun changes nothing, and a client token seen before brings the
    first answer again. `faults` meet the next requests of an action, one each; `doubles` answer in ministack's place.
    """

    daemon_threads = True

    def __init__(self, port: int, owner: Credentials, region: str) -> None:
        super().__init__(("127.0.0.1", 0), _Ec2Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.requests: list[Request] = []
        self.faults: defaultdict[str, deque[Fault]] = defaultdict(deque)
        self.doubles: dict[str, Double] = {}
        self._port, self._signer = port, SigV4Auth(owner, "ec2", region)
        self._tokens: dict[tuple[str, str], tuple[Params, Answer]] = {}
        self._lock = RLock()

    def sent(self, action: str) -> list[Params]:
        """Return the parameters of every request of an action, retries included."""
        return [request.params for request in self.requests if request.action == action]

    def receive(self, body: bytes) -> Answer | None:
        params = dict(parse_qsl(body.decode(), keep_blank_values=True, strict_parsing=True))
        action = params.pop("Action")
        del params["Version"]

        def forward() -> Answer:
            return self._answer(action, params, lambda: self._ask_ministack(body))

        with self._lock:
            faults = self.faults[action]
            answer = faults.popleft()(forward) if faults else forward()
            self.requests.append(Request(action, params, answer))
        return answer

    def _answer(self, action: str, params: Params, ask_ministack: Callable[[], Answer]) -> Answer:
        if params.get("DryRun") == "true":
            return error("DryRunOperation", 412)
        seen, first = self._tokens.get((action, params.get("ClientToken", "")), (params, None))
        if first is not None:
            return first if seen == params else error("IdempotentParameterMismatch")
        double = self.doubles.get(action)
        answer = double(params) if double else ask_ministack()
        if "ClientToken" in params and answer.status == 200:
            self._tokens[action, params["ClientToken"]] = params, answer
        return answer

    def _ask_ministack(self, body: bytes) -> Answer:
        form = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
        request = AWSRequest("POST", f"http://127.0.0.1:{self._port}/", form, body)
        self._signer.add_auth(request)
        with closing(http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)) as ministack:
            ministack.request("POST", "/", body, dict(request.headers))
            response = ministack.getresponse()
            return Answer(response.status, response.read())


class _Ec2Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        assert isinstance(self.server, Ec2)
        body = self.rfile.read(int(self.headers["Content-Length"]))
        answer = self.server.receive(body)
        if answer:
            self.send_response(answer.status)
            self.send_header("Content-Type", "text/xml;charset=UTF-8")
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

    def log_message(self, format: str, *args: Any) -> None:
        pass
