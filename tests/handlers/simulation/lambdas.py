"""The handlers as Lambda runs them: loaded anew, with simulated time, killed where the schedule says so."""

from __future__ import annotations

import contextlib
import importlib
import importlib.machinery
import importlib.util
import io
import json
import logging
import os
import random
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

import boto3

from .network import REGION, Network

if TYPE_CHECKING:
    from .cloud import Cloud
    from .cloudformation import Stack

_TIMEOUT = 840
_ENVIRONMENT = {"AWS_REGION": REGION, "AWS_DEFAULT_REGION": REGION, "AWS_LAMBDA_FUNCTION_NAME": "EbsFunction"}


class KilledError(BaseException):
    """The end of a function that Lambda kills; no function can catch it and go on."""


class Invocation:
    """One run of a function."""

    def __init__(self, cloud: Cloud, label: str, stack: Stack) -> None:
        self._cloud, self.label, self.stack = cloud, label, stack
        self.event: dict[str, Any] = {}
        self.ends = cloud.timeline.now + _TIMEOUT
        self.killed = ""
        self.framework_killed = False

    def kill(self, why: str, framework: bool = False) -> None:
        """Kill the function, and the framework's function that waits for it."""
        self.killed, self.framework_killed = why, framework
        raise KilledError(why)

    def check(self) -> None:
        """Do not let a killed function go on, and kill one that has run for too long."""
        if self.killed:
            raise KilledError(self.killed)
        if self._cloud.timeline.now > self.ends:
            self.kill(f"killed after {_TIMEOUT} s")


class _Context:
    function_name = "EbsFunction"
    log_stream_name = "stream"
    memory_limit_in_mb = 256

    def __init__(self, invocation: Invocation, cloud: Cloud) -> None:
        self._invocation, self._cloud = invocation, cloud
        self.aws_request_id = invocation.label
        self.invoked_function_arn = "arn:aws:lambda:us-east-1:123456789012:function:EbsFunction"

    def get_remaining_time_in_millis(self) -> int:
        return int((self._invocation.ends - self._cloud.timeline.now) * 1000)


class _Finder:
    """Finds the handlers' modules."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def find_spec(self, name: str, *_: Any) -> Any:
        """Return where a module is."""
        package, _, module = name.partition(".")
        if package != self._folder.name:
            return None
        if not module:
            spec = importlib.machinery.ModuleSpec(name, None, is_package=True)
            spec.submodule_search_locations = [str(self._folder)]
            return spec
        path = str(self._folder / f"{module}.py")
        return importlib.util.spec_from_file_location(name, path, loader=_Loader(name, path))


class _Loader(importlib.machinery.SourceFileLoader):
    """Runs a module anew each time, and compiles it once."""

    def get_code(self, fullname: str) -> Any:
        """Return the module's code."""
        if fullname not in _CODE:
            _CODE[fullname] = super().get_code(fullname)
        return _CODE[fullname]


_CODE: dict[str, Any] = {}


class Lambdas:
    """The two functions of a stack."""

    def __init__(self, cloud: Cloud, folder: Path) -> None:
        self._cloud, self._folder = cloud, folder
        self._running: list[Invocation] = []
        self._modules = [folder.name, *(f"{folder.name}.{path.stem}" for path in folder.glob("*.py"))]
        self.printed = io.StringIO()
        self.errors: list[str] = []
        """What functions raised, other than by being killed."""
        self._index: Any = None

    @property
    def current(self) -> Invocation:
        """The run whose request is answered."""
        return self._running[-1]

    @property
    def maker(self) -> Stack | None:
        """The stack whose function runs, if one does."""
        return self._running[-1].stack if self._running else None

    @contextlib.contextmanager
    def deployed(self, seed: int) -> Iterator[None]:
        """Put the handlers, simulated time and the simulated network in place."""
        random.seed(seed)  # botocore's pauses before it tries again
        logger = logging.StreamHandler(self.printed)
        logging.getLogger().addHandler(logger)
        patches = [
            mock.patch.multiple(time, time=self._now, sleep=self._sleep),
            mock.patch.object(boto3, "client", Network.client),
            mock.patch.dict(os.environ, _ENVIRONMENT),
            mock.patch.object(sys, "meta_path", [_Finder(self._folder), *sys.meta_path]),
            contextlib.redirect_stdout(self.printed),
        ]
        try:
            with contextlib.ExitStack() as stack:
                for patch in patches:
                    stack.enter_context(patch)
                yield
        finally:
            logging.getLogger().removeHandler(logger)
            self._forget()

    def invoke(self, entry: str, event: dict[str, Any], label: str, stack: Stack) -> tuple[Any, Invocation, str]:
        """Run a function; return its answer, the run, and the error that it ended with."""
        cloud = self._cloud
        invocation = Invocation(cloud, label, stack)
        invocation.event = event
        self._running.append(invocation)
        try:
            if self._index is None:
                self._load()
            answer = getattr(self._index, entry)(json.loads(json.dumps(event)), _Context(invocation, cloud))
            answer, error = json.loads(json.dumps(answer)), ""
        except KilledError as killed:
            answer, error = None, f"Task timed out: {killed}"
            self._forget()
        except NotImplementedError:
            raise
        except Exception as raised:
            answer, error = None, f"{type(raised).__name__}: {raised}"
            self.errors.append(error)
        finally:
            self._running.remove(invocation)
        if invocation.killed and not error:
            answer, error = None, f"Task timed out: {invocation.killed}"
        return answer, invocation, error

    def _now(self) -> float:
        return self._cloud.timeline.now

    def _sleep(self, seconds: float) -> None:
        if self._running:
            invocation = self._running[-1]
            self._cloud.timeline.advance(seconds)
            invocation.check()
        else:
            self._cloud.timeline.advance(seconds)

    def _load(self) -> None:
        self._index = importlib.import_module(f"{self._folder.name}.index")

    def _forget(self) -> None:
        self._index = None
        for name in self._modules:
            sys.modules.pop(name, None)
