"""Reads what resources would emit at this moment, overrides included, and gives them a default rate.

jsii shows Python neither a resource's overrides nor its rendered properties, and an Aspect in Python is called once for
each construct. So a few lines of JavaScript are loaded into jsii's kernel as any jsii library is, and read all
resources in one call.
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
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import aws_cdk as cdk
import jsii

if TYPE_CHECKING:
    from constructs import IConstruct

_NAME = "constructs-ebs-resources"
_VERSION = "0.0.0"
_EMITTED = f"{_NAME}.Emitted"
_DEFAULT_RATE = f"{_NAME}.DefaultRate"
_MODULES = ("index.js", "reading.js", "default_rate.js")


class Emitted(NamedTuple):
    """A resource's path and type, and its properties as a template would have them now."""

    path: str
    kind: str
    properties: dict[str, Any] | None
    """None: they cannot be read."""


def below(scope: IConstruct, kinds: Collection[str]) -> list[Emitted]:
    """Read the resources of some types at and below a scope."""
    rows = _invoke("below", scope, sorted(kinds))
    return [Emitted(row["path"], row["type"], row.get("properties")) for row in rows]


def find(scope: IConstruct, places: Sequence[tuple[str, str]]) -> list[cdk.CfnResource | None]:
    """Return the resources with these logical IDs in the stacks with these template files."""
    if not places:
        return []
    found: list[cdk.CfnResource | None] = _invoke("find", scope, [list(place) for place in places])
    return found


class DefaultRate(cdk.Mixin, metaclass=jsii.JSIIAbstractClass, jsii_type=_DEFAULT_RATE):
    """An Aspect and a Mixin in one: visits constructs in Node, and asks ``_decide`` about all resources at once."""

    def __init__(self, names: Sequence[str], mark: str, kinds: Collection[str], *, opts_out: bool) -> None:
        """Create it.

        Args:
            names: strings that each resource resolves for the decision about it.
            mark: the metadata of a construct that lists paths of properties; what is there keeps its value or none. An
                empty path is the whole resource.
            kinds: the types of the resources.
            opts_out: whether it keeps other default rates away, instead of writing one.
        """
        _load()
        jsii.create(DefaultRate, self, [opts_out, list(names), mark, sorted(kinds)])

    @jsii.member(jsii_name="visit")
    def visit(self, node: IConstruct) -> None:
        """Have everything below the scope of the Aspect rated when the last Aspect is done; called by CDK."""
        jsii.invoke(self, "visit", [node])

    @jsii.member(jsii_name="supports")
    def supports(self, construct: IConstruct) -> bool:
        """Whether it is a resource with volumes; called by CDK."""
        return cast("bool", jsii.invoke(self, "supports", [construct]))

    @jsii.member(jsii_name="applyTo")
    def apply_to(self, construct: IConstruct) -> None:
        """Rate the volumes of one resource now; called by CDK."""
        jsii.invoke(self, "applyTo", [construct])

    @jsii.member(jsii_name="decide")
    def _decide(self, rows: str) -> list[list[list[Any]]]:
        """Decide about resources.

        Args:
            rows: a JSON list of resources: ``path``, ``type``, ``properties`` and ``names``, or an ``error``; whether
                it is ``optedOut``, whether a ``nearer`` default rate applies, and the path of a stage that is ``late``.

        Returns:
            For each resource its volumes, each as path, value, code and message: what to write where, or None, and the
            warning for a volume that gets nothing, if there is one.
        """
        raise NotImplementedError

    def _outcomes(self) -> list[tuple[int, list[bool]]]:
        """Return the resources so far: which of those decided about, and which of its values were written."""
        return cast("list[tuple[int, list[bool]]]", jsii.invoke(self, "outcomes", []))


def _invoke(method: str, *arguments: Any) -> Any:
    return jsii.kernel.sinvoke(_load(), method, list(arguments))


@cache
def _load() -> Any:
    """Load the JavaScript into the kernel, as a jsii library."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "resources.tgz"
        file.write_bytes(package())
        jsii.kernel.load(_NAME, _VERSION, str(file))
    return type("Emitted", (), {"__jsii_type__": _EMITTED})


def package() -> bytes:
    """Return the JavaScript as a jsii package, always the same bytes: jsii caches packages by their bytes."""
    emitted = _class(_EMITTED, below=("scope", "types"), find=("scope", "places"))
    default_rate = _class(
        _DEFAULT_RATE, visit=("node",), supports=("construct",), applyTo=("construct",), decide=("rows",), outcomes=()
    )
    of_emitted: dict[str, Any] = {**emitted, "methods": [{**method, "static": True} for method in emitted["methods"]]}
    of_default_rate: dict[str, Any] = {
        **default_rate,
        "base": "aws-cdk-lib.Mixin",
        "interfaces": ["aws-cdk-lib.IAspect"],
        "initializer": {"parameters": _parameters("optsOut", "names", "mark", "ofTypes")},
    }
    about = {"description": _NAME, "license": "Apache-2.0", "homepage": "", "fingerprint": "", "jsiiVersion": "5.0.0"}
    author = {"name": "The constructs-ebs authors", "roles": ["author"]}
    named = {"name": _NAME, "version": _VERSION, "author": author, "repository": {"type": "git", "url": ""}}
    types = {_EMITTED: of_emitted, _DEFAULT_RATE: of_default_rate}
    contents = {
        "package.json": json.dumps({"name": _NAME, "version": _VERSION, "main": "index.js", "jsii": {"outdir": "."}}),
        ".jsii": json.dumps({"schema": "jsii/0.10.0", **named, **about, "types": types}),
        **{name: files(__name__).joinpath(name).read_text(encoding="utf-8") for name in _MODULES},
    }
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for name, text in contents.items():
            content = text.encode()
            entry = tarfile.TarInfo(f"package/{name}")
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return gzip.compress(packed.getvalue(), mtime=0)


def _class(fqn: str, **methods: Sequence[str]) -> dict[str, Any]:
    """Describe a class to jsii: its methods with the names of their parameters, which take and return anything."""
    described = [
        {"name": name, "parameters": _parameters(*parameters), "returns": {"type": {"primitive": "any"}}}
        for name, parameters in methods.items()
    ]
    return {"assembly": _NAME, "fqn": fqn, "kind": "class", "name": fqn.rpartition(".")[2], "methods": described}


def _parameters(*names: str) -> list[dict[str, Any]]:
    return [{"name": name, "type": {"primitive": "any"}} for name in names]
