"""The templates that a command line names: files, standard input, cloud assemblies; and what cannot be used of them."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ..core.cloudformation.assembly import TemplateFile, templates_of
from ..core.cloudformation.documents import LARGEST, Document, Place, UnusableError, read_document
from .terminal_text import printable

_STDIN: Final = Path("-")


@dataclass(frozen=True, kw_only=True)
class UnusableFile:
    """A file that was named and cannot be used, and why."""

    file: str
    line: int | None
    column: int | None
    message: str


class InputFiles:
    """Reads what was named on the command line, and says on stderr what cannot be used."""

    def __init__(self, purpose: str) -> None:
        """``purpose`` says what the templates are read for: "checked", "planned"."""
        self.purpose = purpose
        self.unusable: list[UnusableFile] = []
        self.templates = 0
        """How many templates were read."""

    def read(self, path: Path) -> list[tuple[TemplateFile, Document]]:
        """Read the templates that a path stands for, without those that cannot be used."""
        documents = [(file, self._document(file.path)) for file in self._files(path)]
        return [(file, document) for file, document in documents if document]

    def _files(self, path: Path) -> list[TemplateFile]:
        """Return the templates that a path stands for."""
        if path == _STDIN or not os.path.isdir(path):  # noqa: PTH112 - a name too long is none, and no exception
            return [TemplateFile(path=path)]
        if not (path / "manifest.json").is_file():
            self._reject(path, "a folder without a manifest.json; give a cdk.out, or the templates in it one by one")
            return []
        return templates_of(path, self._reject)

    def _document(self, path: Path) -> Document | None:
        """Read a template, None if it is none."""
        try:
            with open(0, "rb", closefd=False) if path == _STDIN else path.open("rb") as file:
                content = file.read(LARGEST + 1)
            document = read_document(content)
            _refuse_other_files(document.data)
        except OSError as error:
            self._reject(path, f"cannot be read: {error.strerror}")
        except UnusableError as error:
            self._reject(path, error.reason, error.place)
        else:
            self.templates += 1
            return document
        return None

    def _reject(self, path: Path, reason: str, place: Place | None = None) -> None:
        name, (line, column) = shown(path), place or (None, None)
        self.unusable.append(UnusableFile(file=name, line=line, column=column, message=reason))
        print(printable(f"{located(name, place)}: cannot be {self.purpose}: {reason}"), file=sys.stderr)


def _refuse_other_files(data: object) -> None:
    if data is None:
        raise UnusableError("empty; give a CloudFormation template")
    if not isinstance(data, Mapping):
        raise UnusableError("not a CloudFormation template, which is an object")
    resources = data.get("Resources")
    transformed = any(key in data for key in ("Transform", "Fn::Transform"))
    if not isinstance(resources, Mapping) and not (resources is None and transformed):
        raise UnusableError("not a CloudFormation template, which has an object of Resources")


def shown(path: Path) -> str:
    """Return what a reader calls a file."""
    return "<stdin>" if path == _STDIN else str(path)


def located(file: str, place: Place | None) -> str:
    """Show a place as editors and terminals follow it: ``stack.yaml:4:5``."""
    return ":".join(map(str, (file, *(place or ()))))


def metadata_of(owner: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the metadata of a template or a resource, empty if it has none."""
    metadata = owner.get("Metadata")
    return metadata if isinstance(metadata, Mapping) else {}


def path_in_cdk(resource: Mapping[str, Any]) -> str | None:
    """Return the path of the construct that made a resource, None where CDK did not write it."""
    path = metadata_of(resource).get("aws:cdk:path")
    return path if isinstance(path, str) else None
