"""Upstream's volume without upstream's check, which ours is made as."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jsii
from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from ..javascript import Library

_PARAMETERS = ("scope", "id", "props", "overrides")
_LIBRARY = Library("Volume", __name__, base="aws-cdk-lib.aws_ec2.Volume", constructor=_PARAMETERS)


class UncheckedVolume(ec2.Volume, metaclass=jsii.JSIIMeta, jsii_type=_LIBRARY.fqn):
    """``ec2.Volume``, whose constructor and property injectors get what was given, whatever upstream's check takes.

    The check is overridden in index.js: jsii calls no method of Python's while it constructs an object.
    """

    def _make(self, scope: Construct, id: str, props: Mapping[str, Any], overrides: Mapping[str, Any]) -> None:
        """Construct it, and override properties of its resource, in one call into Node."""
        _LIBRARY.load()
        struct: Any = ec2.VolumeProps
        names = struct.__jsii_name_mapping__
        given = {names[name]: value for name, value in props.items()}
        jsii.create(UncheckedVolume, self, [scope, id, given, {**overrides}])
