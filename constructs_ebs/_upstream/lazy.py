"""Modules of aws-cdk-lib for annotations: names resolve, and nothing is imported before somebody resolves one."""

from importlib import import_module
from typing import NoReturn


class LazyModule:
    """A module that is imported when a name of it is asked for."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> object:
        if attribute.startswith("__"):  # Python itself asks, for a wrapped function or a path
            raise AttributeError(attribute)
        return getattr(import_module(self._name), attribute, NoReturn)  # no value is of a type that is still to come
