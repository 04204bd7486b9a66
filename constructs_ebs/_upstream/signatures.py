"""Signatures: better errors for unknown and missing keywords, and ``inspect.signature`` for jsii's classes."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from functools import wraps
from typing import Any, TypeVar, cast

from .hints import hints, snake_case

Function = TypeVar("Function", bound=Callable[..., Any])


def suggestion(name: str, known: Iterable[str]) -> str:
    """Suggest a known name in place of an unknown one, if any is close."""
    close = get_close_matches(snake_case(name), known, 1)
    return f"did you mean {close[0]!r}?" if close else ""


def explains(**reasons: str) -> Callable[[Function], Function]:
    """Make a function's TypeErrors for an unknown keyword suggest the right one, or give the reason for its absence."""

    def explained(function: Function) -> Function:
        parameters = inspect.signature(function).parameters.values()
        named = [parameter for parameter in parameters if parameter.kind is not parameter.VAR_KEYWORD]
        known = {parameter.name for parameter in named}
        required = [p.name for p in named if p.kind is p.KEYWORD_ONLY and p.default is p.empty]

        @wraps(function)
        def call(*arguments: Any, **keywords: Any) -> Any:
            subject = type(arguments[0]).__name__ if function.__name__ == "__init__" else function.__qualname__
            for name in keywords.keys() - known:
                reason = reasons.get(name) or suggestion(name, known)
                raise TypeError(f"{subject}() got an unexpected keyword argument {name!r}" + (reason and f"; {reason}"))
            if missing := [name for name in required if name not in keywords]:
                raise TypeError(f"{subject}() missing required keyword arguments: {', '.join(missing)}")
            return function(*arguments, **keywords)

        return cast("Function", call)

    return explained


class ConstructorSignature:
    """Makes ``inspect.signature`` of a class show its constructor's signature, which jsii's metaclass hides."""

    def __get__(self, _: object, owner: Any) -> inspect.Signature:
        signature = inspect.signature(owner.__init__)
        return signature.replace(parameters=[*signature.parameters.values()][1:])


def check_known(function: Callable[..., object], arguments: Mapping[str, object], versions: Mapping[str, str]) -> None:
    """Refuse an argument that the installed aws-cdk-lib does not have yet.

    Raises:
        TypeError: such an argument was given; the error names the version of aws-cdk-lib that introduced it.
    """
    for name, brought in versions.items():
        if arguments[name] is not None and name not in hints(function):
            from importlib.metadata import version  # which takes longer to load than all of this package

            subject, found = function.__qualname__.partition(".")[0], version("aws-cdk-lib")
            raise TypeError(
                f"{subject}() takes {name!r} with aws-cdk-lib {brought} or newer, found {found}; "
                f"run: pip install 'aws-cdk-lib>={brought}'"
            )
