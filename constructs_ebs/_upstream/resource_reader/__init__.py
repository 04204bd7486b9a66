"""Does in one call into Node what takes many in Python, or is not possible there: reads what resources would emit at
this moment, overrides their properties, and tells what surrounds a construct.

jsii shows Python neither a resource's overrides nor its rendered properties. So index.js, a few lines of JavaScript, is
loaded into jsii's kernel as any jsii library is.
"""

from __future__ import annotations

import gzip
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

from ...core import problems

if TYPE_CHECKING:
    import aws_cdk as cdk
    from constructs import IConstruct

_NAME = "constructs-ebs-emitted"
_VERSION = "0.0.0"
_FQN = f"{_NAME}.Emitted"
_ANY = {"primitive": "any"}
_METHODS = {
    "below": ("scope", "types", "names", "unset"),
    "override": ("changes",),
    "find": ("scope", "places"),
    "surroundings": ("scope", "upstream", "others"),
}
VOLUME = f"{_NAME}.Volume"
"""What jsii calls the class of a volume without upstream's check: ``(scope, id, props, overrides)``."""


class Emitted(NamedTuple):
    """A resource, and its properties as a template would have them now."""

    resource: cdk.CfnResource
    path: str
    kind: str
    properties: dict[str, Any] | None
    """None: they cannot be read."""
    names: Sequence[Any] = ()
    """The strings that were passed to be resolved, as this resource resolves them."""
    error: str = ""


class Environment(NamedTuple):
    """Where a construct is deployed, None where only the deployment knows, and its path."""

    path: str
    account: str | None = None
    region: str | None = None


def below(scope: IConstruct, kinds: Collection[str], names: Sequence[str] = (), unset: str = "") -> list[Emitted]:
    """Read the resources of some types at and below a scope, and resolve ``names`` as each of them would.

    The metadata ``unset`` of a construct lists paths of properties, which are returned without a value.
    """
    return [
        Emitted(row["resource"], row["path"], row["type"], row.get("properties"), row.get("names", ()), _line(row))
        for row in _invoke("below", scope, sorted(kinds), list(names), unset)
    ]


def override(changes: Sequence[tuple[cdk.CfnResource | cdk.Resource, problems.Path, Any]]) -> list[bool]:
    """Override a property of each resource, also inside a list of an earlier override; return which were possible.

    An L2 stands for its resource.
    """
    done: list[bool] = _invoke("override", [list(map(_plain, change)) for change in changes]) if changes else []
    return done


def find(scope: IConstruct, places: Sequence[tuple[str, str]]) -> list[cdk.CfnResource | None]:
    """Return the resources with these logical IDs in the stacks with these template files."""
    if not places:
        return []
    found: list[cdk.CfnResource | None] = _invoke("find", scope, [list(place) for place in places])
    return found


def surroundings(scope: Any, upstream: str = "", others: Sequence[Any] = ()) -> tuple[bool, list[Environment]]:
    """Tell whether a property injector applies to what ``upstream``, a class of aws-ec2, would make in a scope.

    Returns:
        That, and the environments of the scope and of other constructs.
    """
    found = _invoke("surroundings", scope, upstream, list(others))
    return found["injected"], [Environment(**environment) for environment in found["environments"]]


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _line(row: dict[str, Any]) -> str:
    return str(row.get("error", "")).partition("\n")[0]


def _invoke(method: str, *arguments: Any) -> Any:
    return jsii.kernel.sinvoke(load(), method, list(arguments))


@cache
def load() -> Any:
    """Load index.js into the kernel, as a jsii library."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "emitted.tgz"
        file.write_bytes(package())
        jsii.kernel.load(_NAME, _VERSION, str(file))
    return type("Emitted", (), {"__jsii_type__": _FQN})


def package() -> bytes:
    """Return index.js as a jsii package, the same bytes each time, because jsii caches packages by their bytes."""
    methods = [
        {
            "name": name,
            "static": True,
            "parameters": [{"name": parameter, "type": _ANY} for parameter in parameters],
            "returns": {"type": _ANY},
        }
        for name, parameters in _METHODS.items()
    ]
    of_a_class = {"assembly": _NAME, "kind": "class"}
    parameters = [{"name": name, "type": _ANY} for name in ("scope", "id", "props", "overrides")]
    types = {
        _FQN: {**of_a_class, "fqn": _FQN, "name": "Emitted", "methods": methods},
        VOLUME: {
            **of_a_class,
            "fqn": VOLUME,
            "name": "Volume",
            "base": "aws-cdk-lib.aws_ec2.Volume",
            "initializer": {"parameters": parameters},
        },
    }
    about = {"description": _NAME, "license": "Apache-2.0", "homepage": "", "fingerprint": "", "jsiiVersion": "5.0.0"}
    author = {"name": "The constructs-ebs authors", "roles": ["author"]}
    named = {"name": _NAME, "version": _VERSION, "author": author, "repository": {"type": "git", "url": ""}}
    contents = {
        "package.json": json.dumps({"name": _NAME, "version": _VERSION, "main": "index.js", "jsii": {"outdir": "."}}),
        ".jsii": json.dumps({"schema": "jsii/0.10.0", **named, **about, "types": types}),
        "index.js": files(__name__).joinpath("index.js").read_text(encoding="utf-8"),
    }
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for name, text in contents.items():
            content = text.encode()
            entry = tarfile.TarInfo(f"package/{name}")
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return gzip.compress(packed.getvalue(), mtime=0)
