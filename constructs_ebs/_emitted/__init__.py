"""What resources would emit at this moment, overrides and all.

Python can not see that: jsii has neither a resource's overrides nor the properties as they are rendered. So index.js,
a few lines of JavaScript, is loaded into jsii's kernel as any jsii library is, and reads all resources in one call.
"""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Collection, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, NamedTuple

import jsii

from ..core import findings

if TYPE_CHECKING:
    import aws_cdk as cdk
    from constructs import IConstruct

_NAME = "constructs-ebs-emitted"
_VERSION = "0.0.0"
_ANY = {"primitive": "any"}
_METHODS = {"below": ("scope", "types", "names"), "override": ("changes",), "find": ("scope", "places")}


class Emitted(NamedTuple):
    """A resource, and its properties as a template would have them now."""

    resource: cdk.CfnResource
    path: str
    kind: str
    properties: dict[str, Any] | None
    """None: they can not be read."""
    names: Sequence[Any] = ()
    """What was asked to be resolved beside them."""
    error: str = ""


def below(scope: IConstruct, kinds: Collection[str], names: Sequence[str] = ()) -> list[Emitted]:
    """Read the resources of some types at and below a scope, and resolve strings as each would."""
    return [
        Emitted(one["resource"], one["path"], one["type"], one.get("properties"), one.get("names", ()), _line(one))
        for one in _invoke("below", scope, sorted(kinds), list(names))
    ]


def override(changes: Sequence[tuple[cdk.CfnResource, findings.Path, Any]]) -> list[bool]:
    """Override a property of each resource, also inside a list of an earlier override; tell which ones could be."""
    done: list[bool] = _invoke("override", [list(map(_plain, change)) for change in changes]) if changes else []
    return done


def find(scope: IConstruct, places: Sequence[tuple[str, str]]) -> list[cdk.CfnResource | None]:
    """Return the resources with these logical IDs in the stacks with these template files."""
    if not places:
        return []
    found: list[cdk.CfnResource | None] = _invoke("find", scope, [list(place) for place in places])
    return found


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _line(one: dict[str, Any]) -> str:
    return str(one.get("error", "")).partition("\n")[0]


def _invoke(method: str, *arguments: Any) -> Any:
    return jsii.kernel.sinvoke(_load(), method, list(arguments))


@cache
def _load() -> Any:
    """Load index.js into the kernel, packed and described as jsii wants it."""
    fqn = f"{_NAME}.Emitted"
    methods = [
        {
            "name": name,
            "static": True,
            "parameters": [{"name": parameter, "type": _ANY} for parameter in parameters],
            "returns": {"type": _ANY},
        }
        for name, parameters in _METHODS.items()
    ]
    of_a_class = {"assembly": _NAME, "fqn": fqn, "kind": "class", "name": "Emitted", "methods": methods}
    about = {"description": _NAME, "license": "Apache-2.0", "homepage": "", "fingerprint": "", "jsiiVersion": "5.0.0"}
    author = {"name": "The constructs-ebs authors", "roles": ["author"]}
    named = {"name": _NAME, "version": _VERSION, "author": author, "repository": {"type": "git", "url": ""}}
    contents = {
        "package.json": json.dumps({"name": _NAME, "version": _VERSION, "main": "index.js", "jsii": {"outdir": "."}}),
        ".jsii": json.dumps({"schema": "jsii/0.10.0", **named, **about, "types": {fqn: of_a_class}}),
        "index.js": files(__name__).joinpath("index.js").read_text(),
    }
    with TemporaryDirectory() as folder:
        package = Path(folder) / "emitted.tgz"
        with tarfile.open(package, "w:gz") as tar:
            for name, text in contents.items():
                content = text.encode()
                entry = tarfile.TarInfo(f"package/{name}")
                entry.size = len(content)
                tar.addfile(entry, io.BytesIO(content))
        jsii.kernel.load(_NAME, _VERSION, str(package))
    return type("Emitted", (), {"__jsii_type__": fqn})
