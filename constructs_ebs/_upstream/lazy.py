"""Modules that are imported on first use, so that naming a type of aws-cdk-lib in an annotation imports nothing."""

from importlib import import_module
from typing import NoReturn


class LazyModule:
    """A module that is imported when one of its names is first used."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> object:
        if attribute.startswith("__"):  # Python itself asks, for a wrapped function or a path
            raise AttributeError(attribute)
        return getattr(import_module(self._name), attribute, NoReturn)  # no value is of a type that is still to come
