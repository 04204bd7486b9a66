"""Reads the templates that a command line names: files, standard input and cloud assemblies."""

import os
import sys
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from ..core.cloudformation.documents import LARGEST, Document, Position, UnusableError, read_document
from ..core.cloudformation.paths import section
from ..core.cloudformation.references import AppTemplate
from .terminal_text import printable

_STDIN: Final = "-"


class UnusableFile(NamedTuple):
    """A file that cannot be used, and why."""

    file: str
    line: int | None
    column: int | None
    message: str


class InputFiles:
    """Reads what the command line names, and reports on stderr what cannot be used."""

    def __init__(self, purpose: str) -> None:
        """``purpose`` says what the templates are read for: "checked", "planned"."""
        self.purpose = purpose
        self.unusable: list[UnusableFile] = []
        self.templates = 0
        """How many templates were read."""

    def read(self, path: str) -> Iterator[tuple[AppTemplate, Document]]:
        """Read the templates that a path stands for, without those that cannot be used."""
        if path == _STDIN or not os.path.isdir(path):
            name = shown(path)
            if document := self._document(name, path):
                yield AppTemplate(name=name, template=document.data), document
        elif not os.path.isfile(os.path.join(path, "manifest.json")):
            reason = "a folder without a manifest.json; give a cdk.out, or the templates in it one by one"
            self._reject(shown(path), reason)
        else:
            yield from self._read_assembly(path)

    def _read_assembly(self, folder: str) -> Iterator[tuple[AppTemplate, Document]]:
        from pathlib import Path

        from ..core.cloudformation.assembly import templates_of

        for file in templates_of(Path(folder), lambda path, reason: self._reject(str(path), reason)):
            name = str(file.path)
            if document := self._document(name, name):
                yield file.as_app_template(name, document.data), document

    def _document(self, name: str, path: str) -> Document | None:
        """Read a template; None if it cannot be used."""
        try:
            with open(0, "rb", closefd=False) if path == _STDIN else open(path, "rb") as file:
                content = file.read(LARGEST + 1)
            document = read_document(content)
            _refuse_other_files(document.data)
        except OSError as error:
            self._reject(name, f"cannot be read: {error.strerror}")
        except UnusableError as error:
            self._reject(name, error.reason, error.position)
        else:
            self.templates += 1
            return document
        return None

    def _reject(self, name: str, reason: str, position: Position | None = None) -> None:
        line, column = position or (None, None)
        self.unusable.append(UnusableFile(file=name, line=line, column=column, message=reason))
        print(printable(f"{located(name, position)}: cannot be {self.purpose}: {reason}"), file=sys.stderr)


def _refuse_other_files(data: object) -> None:
    if data is None:
        raise UnusableError("empty; give a CloudFormation template")
    if not isinstance(data, Mapping):
        raise UnusableError("not a CloudFormation template, which is an object")
    resources = data.get("Resources")
    transformed = any(key in data for key in ("Transform", "Fn::Transform"))
    if not isinstance(resources, Mapping) and not (resources is None and transformed):
        raise UnusableError("not a CloudFormation template, which has an object of Resources")


def shown(path: str) -> str:
    """Return what a reader calls a file."""
    return "<stdin>" if path == _STDIN else os.path.normpath(path)


def located(name: str, position: Position | None) -> str:
    """Show a position in a file in the form that editors and terminals link: ``stack.yaml:4:5``."""
    return ":".join(map(str, (name, *(position or ()))))


def metadata_of(owner: object) -> Mapping[str, Any]:
    """Return the metadata of a template or a resource, empty if it has none."""
    return section(owner, "Metadata")


def path_in_cdk(resource: Mapping[str, Any]) -> str | None:
    """Return the path of the construct that made a resource, None where CDK did not write it."""
    path = metadata_of(resource).get("aws:cdk:path")
    return path if isinstance(path, str) else None
