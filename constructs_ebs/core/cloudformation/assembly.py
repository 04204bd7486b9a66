"""The templates of a cloud assembly (cdk.out): of every stage and stack, and of their nested stacks."""

import json
import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from .references import AppTemplate, nested_files

SCHEMA: Final = 55
"""The newest schema of cloud assemblies that this was tried with: aws-cdk-lib 2.275.0 writes it."""

_FIX: Final = "give a cdk.out that `cdk synth` has written"

Reject = Callable[[Path, str], None]
"""Takes each file that cannot be used, and why."""


@dataclass(frozen=True, kw_only=True)
class TemplateFile:
    """A template's file, and where it is deployed, as far as the assembly says."""

    path: Path
    account: str | None = None
    region: str | None = None
    nested_as: str | None = None
    """For a nested stack, the end of the ``TemplateURL`` in its parent."""
    stack: str = ""
    """The stack's path in the app; for a nested stack, the path of its outermost parent."""

    def as_app_template(self, name: str, template: Any) -> AppTemplate:
        """Return its content as a template of an app; messages call it by ``name``."""
        return AppTemplate(
            name=name, template=template, account=self.account, region=self.region, nested_as=self.nested_as
        )


def templates_of(assembly: Path, reject: Reject) -> list[TemplateFile]:
    """Return the templates that a cloud assembly names.

    Other files in its folder may be left over from an earlier synthesis.
    """
    found: dict[Path, TemplateFile] = {}
    pending, seen = [assembly], set()
    while pending:
        folder = pending.pop()
        real = os.path.realpath(folder)  # which fails for none, unlike Path.resolve
        if real in seen:  # a manifest that names its own folder
            continue
        seen.add(real)
        artifacts = _artifacts(folder / "manifest.json", reject)
        for key, artifact in artifacts.items():
            if artifact.get("type") == "cdk:cloud-assembly":
                pending.append(folder / _name(_object(artifact, "properties").get("directoryName")))
            elif artifact.get("type") == "aws:cloudformation:stack":
                for file in _of_stack(folder, str(key), artifacts, reject):
                    found.setdefault(file.path, file)
    return list(found.values())


def _of_stack(
    folder: Path, key: str, artifacts: Mapping[str, Mapping[str, Any]], reject: Reject
) -> Iterator[TemplateFile]:
    """Yield the template of a stack, and those of its nested stacks."""
    stack = artifacts[key]
    account, _, region = str(stack.get("environment")).removeprefix("aws://").partition("/")
    assets = _nested(folder, stack, artifacts, reject)
    nested = [(name, url) for name, url in assets if name.endswith(".nested.template.json")]
    for name, nested_as in [(_object(stack, "properties").get("templateFile"), None), *nested]:
        yield TemplateFile(
            path=folder / _name(name),
            account=_known(account),
            region=_known(region),
            nested_as=nested_as,
            stack=str(stack.get("displayName", key)),
        )


def _name(raw: object) -> str:
    return str(raw).replace("\0", "?")  # which no path can have


def _known(name: str) -> str | None:
    return None if name in ("", "None") or name.startswith("unknown-") else name


def _nested(
    folder: Path, stack: Mapping[str, Any], artifacts: Mapping[str, Any], reject: Reject
) -> Iterator[tuple[str, str | None]]:
    """Yield the template files of a stack's nested stacks, which are among its assets, and the ends of their URLs."""
    dependencies = stack.get("dependencies")
    for name in dependencies if isinstance(dependencies, list) else ():
        manifest = artifacts.get(str(name), {})
        file = _object(manifest, "properties").get("file")
        if manifest.get("type") == "cdk:asset-manifest" and isinstance(file, str):
            yield from nested_files(_read(folder / _name(file), reject)).items()
            return
    # The legacy synthesizer has its assets in the metadata, and their URLs in parameters.
    described = _object(stack, "metadata")
    if isinstance(file := stack.get("additionalMetadataFile"), str):
        described = {**described, **_read(folder / _name(file), reject)}
    for entries in described.values():
        for entry in entries if isinstance(entries, list) else ():
            if isinstance(entry, dict) and entry.get("type") == "aws:cdk:asset":
                yield str(_object(entry, "data").get("path")), None


def _artifacts(manifest: Path, reject: Reject) -> dict[str, Mapping[str, Any]]:
    read = _read(manifest, reject)
    if not read:
        return {}
    version = re.match(r"\d{1,6}(?=\.)", str(read.get("version")), re.ASCII)
    if not version:
        reject(manifest, f"not the manifest of a cloud assembly; {_FIX}")
        return {}
    major = int(version[0])
    if major > SCHEMA and major > (installed := _installed_schema()):
        reason = f"schema {major} of cloud assemblies is newer than {max(SCHEMA, installed)}, the newest known here"
        reject(manifest, f"{reason}; update constructs-ebs and aws-cdk-lib beside it")
        return {}
    return {name: artifact for name, artifact in _object(read, "artifacts").items() if isinstance(artifact, dict)}


def _installed_schema() -> int:
    """Return the schema that the installed aws-cdk-lib writes, which is accepted however new it is."""
    from importlib.metadata import PackageNotFoundError, version

    with suppress(PackageNotFoundError):
        return int(version("aws-cdk.cloud-assembly-schema").partition(".")[0])
    return 0


def _object(of: Mapping[str, Any], key: str) -> dict[str, Any]:
    value = of.get(key)
    return value if isinstance(value, dict) else {}


def _read(path: Path, reject: Reject) -> dict[str, Any]:
    """Read a file of an assembly; a file that cannot be used counts as empty."""
    try:
        read = json.loads(path.read_bytes())
    except OSError as error:
        reject(path, f"cannot be read: {error.strerror}")
        return {}
    except (ValueError, RecursionError):
        read = None
    if isinstance(read, dict) and read:
        return read
    reject(path, f"not what CDK writes; {_FIX}")
    return {}
