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
from typing import Any

import jsii

_VERSION = "0.0.0"
_ANY = {"primitive": "any"}


class Library:
    """A class in JavaScript, whose static methods and constructor take and return anything."""

    def __init__(
        self,
        name: str,
        package: str,
        methods: Mapping[str, Sequence[str]] | None = None,
        *,
        base: str = "",
        constructor: Sequence[str] = (),
    ) -> None:
        """Describe a class.

        Args:
            name: the class.
            package: the package that has index.js, which exports the class.
            methods: its static methods with their parameters. Default: none.
            base: the class of upstream's that it extends, by jsii's name. Default: none, nothing constructs it.
            constructor: the parameters of its constructor, if it has a base.
        """
        self._name, self._package, self._methods = name, package, methods or {}
        self._base, self._constructor = base, constructor
        self._assembly = f"constructs-ebs-{name.lower()}"
        self.fqn = f"{self._assembly}.{name}"
        """What jsii calls the class."""

    def invoke(self, method: str, *arguments: Any) -> Any:
        """Call a method, which is one call into Node."""
        return jsii.kernel.sinvoke(self._class, method, list(arguments))

    def load(self) -> None:
        """Load the class for its constructor, if it is not loaded yet."""
        _ = self._class

    @cached_property
    def _class(self) -> Any:
        with TemporaryDirectory() as folder:
            file = Path(folder) / "library.tgz"
            file.write_bytes(self.package())
            jsii.kernel.load(self._assembly, _VERSION, str(file))
        return type(self._name, (), {"__jsii_type__": self.fqn})

    def package(self) -> bytes:
        """Return it as a jsii package, the same bytes each time, because jsii caches packages by their bytes."""
        methods = [
            {"name": name, "static": True, "parameters": _typed(parameters), "returns": {"type": _ANY}}
            for name, parameters in self._methods.items()
        ]
        assembly, fqn = self._assembly, self.fqn
        of_a_class: dict[str, Any] = {"assembly": assembly, "fqn": fqn, "kind": "class", "name": self._name}
        of_a_class["methods"] = methods
        if self._base:
            of_a_class |= {"base": self._base, "initializer": {"parameters": _typed(self._constructor)}}
        about = {"description": assembly, "license": "Apache-2.0", "homepage": "", "fingerprint": ""}
        author = {"name": "The constructs-ebs authors", "roles": ["author"]}
        named = {"name": assembly, "version": _VERSION, "author": author, "repository": {"type": "git", "url": ""}}
        manifest = {"name": assembly, "version": _VERSION, "main": "index.js", "jsii": {"outdir": "."}}
        jsii_assembly = {"schema": "jsii/0.10.0", **named, **about, "jsiiVersion": "5.0.0", "types": {fqn: of_a_class}}
        contents = {
            "package.json": json.dumps(manifest),
            ".jsii": json.dumps(jsii_assembly),
            "index.js": files(self._package).joinpath("index.js").read_text(encoding="utf-8"),
        }
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w") as tar:
            for name, text in contents.items():
                content = text.encode()
                entry = tarfile.TarInfo(f"package/{name}")
                entry.size = len(content)
                tar.addfile(entry, io.BytesIO(content))
        return gzip.compress(packed.getvalue(), mtime=0)


def _typed(parameters: Sequence[str]) -> list[dict[str, Any]]:
    return [{"name": parameter, "type": _ANY} for parameter in parameters]
