"""Our JavaScript in jsii's kernel, loaded as any jsii library is."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from collections.abc import Mapping, Sequence
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, NamedTuple

import jsii

if TYPE_CHECKING:
    from importlib.abc import Traversable  # importlib.resources.abc is newer than Python 3.10

_VERSION = "0.0.0"
_ANY = {"primitive": "any"}
Methods = Mapping[str, Sequence[str]]
"""The methods of a class, with the names of their parameters; they take and return anything."""


class ObjectClass(NamedTuple):
    """A class in JavaScript of which Python makes objects."""

    methods: Methods
    parameters: Sequence[str]
    """Those of its constructor."""
    base: str
    interfaces: Sequence[str]


class Library:
    """A class of static methods in JavaScript, which takes and returns anything, and classes of objects beside it."""

    def __init__(self, name: str, package: str, methods: Methods, **classes: ObjectClass) -> None:
        """``package`` has index.js, which exports the classes, and may have more files for it to require."""
        self._name, self._package, self._methods, self._classes = name, package, methods, classes
        self._assembly = f"constructs-ebs-{name.lower()}"

    def invoke(self, method: str, *arguments: Any) -> Any:
        """Call a method, which is one call into Node."""
        return jsii.kernel.sinvoke(self._class, method, list(arguments))

    def load(self) -> None:
        """Have jsii know the classes; ``invoke`` does it by itself."""
        assert self._class

    def fqn(self, name: str) -> str:
        """Return jsii's name of a class."""
        return f"{self._assembly}.{name}"

    @cached_property
    def _class(self) -> Any:
        with TemporaryDirectory() as folder:
            file = Path(folder) / "library.tgz"
            file.write_bytes(self.package())
            jsii.kernel.load(self._assembly, _VERSION, str(file))
        return type(self._name, (), {"__jsii_type__": self.fqn(self._name)})

    def _described(self, name: str, methods: Methods, **more: Any) -> dict[str, Any]:
        """Describe a class as jsii does."""
        described = [
            {"name": method, "parameters": _parameters(names), "returns": {"type": _ANY}, "static": "base" not in more}
            for method, names in methods.items()
        ]
        about = {"assembly": self._assembly, "fqn": self.fqn(name), "kind": "class", "name": name}
        return {**about, "methods": described, **more}

    def package(self) -> bytes:
        """Return it as a jsii package, the same bytes each time, because jsii caches packages by their bytes."""
        assembly = self._assembly
        types = {self.fqn(self._name): self._described(self._name, self._methods)}
        for name, (methods, parameters, base, interfaces) in self._classes.items():
            initializer = {"parameters": _parameters(parameters)}
            more = {"base": base, "interfaces": [*interfaces], "initializer": initializer}
            types[self.fqn(name)] = self._described(name, methods, **more)
        about = {"description": assembly, "license": "Apache-2.0", "homepage": "", "fingerprint": ""}
        author = {"name": "The constructs-ebs authors", "roles": ["author"]}
        named = {"name": assembly, "version": _VERSION, "author": author, "repository": {"type": "git", "url": ""}}
        manifest = {"name": assembly, "version": _VERSION, "main": "index.js", "jsii": {"outdir": "."}}
        jsii_assembly = {"schema": "jsii/0.10.0", **named, **about, "jsiiVersion": "5.0.0", "types": types}
        contents = {
            "package.json": json.dumps(manifest),
            ".jsii": json.dumps(jsii_assembly),
            **{script.name: script.read_text(encoding="utf-8") for script in self._scripts()},
        }
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w") as tar:
            for name, text in contents.items():
                content = text.encode()
                entry = tarfile.TarInfo(f"package/{name}")
                entry.size = len(content)
                tar.addfile(entry, io.BytesIO(content))
        return gzip.compress(packed.getvalue(), mtime=0)

    def _scripts(self) -> list[Traversable]:
        """Return the files of JavaScript, in an order that is the same everywhere."""
        scripts = (file for file in files(self._package).iterdir() if file.name.endswith(".js"))
        return sorted(scripts, key=lambda script: script.name)


def _parameters(names: Sequence[str]) -> list[dict[str, Any]]:
    return [{"name": name, "type": _ANY} for name in names]
