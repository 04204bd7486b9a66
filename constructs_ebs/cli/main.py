"""The command line: ``constructs-ebs check``, or ``python -m constructs_ebs check``."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple, NoReturn

from ..core.cloudformation.app import check_app
from ..core.cloudformation.documents import LARGEST, Document, Place, UnusableError, read_document
from ..core.cloudformation.references import AppTemplate
from ..core.findings import Finding
from ..core.limits import RATE_MAX, RATE_MIN, RATE_QUOTA
from ..core.rules import RULES
from .assembly import TemplateFile, templates_of
from .stack_commands import add_commands

CLEAN: Final = 0
FINDINGS: Final = 1
UNUSABLE: Final = 2
INTERRUPTED: Final = 130  # 128 and SIGINT's number, as shells have it

_STDIN: Final = Path("-")


class Line(NamedTuple):
    """A finding, and where it is for a reader: in which file, and of what."""

    file: str
    place: Place | None
    subject: str
    """The construct's path where CDK wrote it, else the logical id."""
    finding: Finding


class Input:
    """Reads what was named on the command line, and says on stderr what cannot be used."""

    def __init__(self, purpose: str = "checked") -> None:
        self.purpose = purpose
        self.unusable: list[dict[str, Any]] = []
        self.templates = 0

    def reject(self, path: Path, reason: str, place: Place | None = None) -> None:
        name, (line, column) = shown(path), place or (None, None)
        self.unusable.append({"file": name, "line": line, "column": column, "message": reason})
        print(printable(f"{located(name, place)}: cannot be {self.purpose}: {reason}"), file=sys.stderr)

    def files(self, path: Path) -> list[TemplateFile]:
        """Return the templates that a path stands for."""
        if path == _STDIN or not os.path.isdir(path):  # noqa: PTH112 - a name too long is none, and no exception
            return [TemplateFile(path)]
        if not (path / "manifest.json").is_file():
            self.reject(path, "a folder without a manifest.json; give a cdk.out, or the templates in it one by one")
            return []
        return templates_of(path, self.reject)

    def read(self, path: Path) -> list[tuple[TemplateFile, Document]]:
        """Read the templates that a path stands for, without those that cannot be used."""
        return [(file, document) for file in self.files(path) if (document := self.document(file.path))]

    def document(self, path: Path) -> Document | None:
        """Read a template, None if it is none."""
        try:
            with open(0, "rb", closefd=False) if path == _STDIN else path.open("rb") as file:
                content = file.read(LARGEST + 1)
            document = read_document(content)
            _refuse_other_files(document.data)
        except OSError as error:
            self.reject(path, f"cannot be read: {error.strerror}")
        except UnusableError as error:
            self.reject(path, error.reason, error.place)
        else:
            self.templates += 1
            return document
        return None


def _refuse_other_files(data: object) -> None:
    if data is None:
        raise UnusableError("empty; give a CloudFormation template")
    if not isinstance(data, Mapping):
        raise UnusableError("not a CloudFormation template, which is an object")
    resources = data.get("Resources")
    transformed = any(key in data for key in ("Transform", "Fn::Transform"))
    if not isinstance(resources, Mapping) and not (resources is None and transformed):
        raise UnusableError("not a CloudFormation template, which has an object of Resources")


def check(arguments: argparse.Namespace) -> int:
    """Check templates, and print what is wrong in the format asked for."""
    if problems := [*wrong_options(arguments.quota, arguments.minimum_rate)]:
        for problem in problems:
            print(f"constructs-ebs check: {problem}", file=sys.stderr)
        return UNUSABLE
    source = Input()
    lines: list[Line] = []
    for name in arguments.paths:
        files = source.read(Path(name))
        app = [AppTemplate(shown(file.path), document.data, *file[1:4]) for file, document in files]
        checked = check_app(app, quota=arguments.quota, minimum_rate=arguments.minimum_rate)
        for (file, document), findings in zip(files, checked, strict=True):
            lines += _lines(file, document, findings, set(arguments.ignore))
            _name_unknown_codes(file, document)
    FORMATS[arguments.format](lines, source)
    if source.unusable:
        return UNUSABLE
    failing = lines if arguments.strict else [line for line in lines if line.finding.severity == "error"]
    return FINDINGS if failing else CLEAN


def wrong_options(quota: int, minimum_rate: int | None = None) -> Iterator[str]:
    """Say which options make no sense."""
    if quota <= 0:
        yield f"--quota must be a whole number of MiB/s above 0, got {quota}; use {RATE_QUOTA}, or omit it"
    if minimum_rate is not None and not RATE_MIN <= minimum_rate <= RATE_MAX:
        nearest = RATE_MIN if minimum_rate < RATE_MIN else RATE_MAX
        allowed = f"{RATE_MIN} to {RATE_MAX} MiB/s"
        yield f"--minimum-rate must be {allowed}, got {minimum_rate}; use {nearest}, or omit it to demand none"


def _lines(file: TemplateFile, document: Document, findings: Iterable[Finding], ignore: set[str]) -> list[Line]:
    """Return the findings that nobody ignores, in the order of the file."""
    ignored = ignore | _ignored(document.data)
    lines = []
    for finding in findings:
        resource = document.data["Resources"].get(finding.logical_id, {})
        if finding.code not in ignored | _ignored(resource):
            subject = metadata_of(resource).get("aws:cdk:path")
            place = document.locate(finding.path)
            subject = subject if isinstance(subject, str) else str(finding.logical_id)
            lines.append(Line(shown(file.path), place, subject, finding))
    return sorted(lines, key=lambda line: line.place or (0, 0))


def _ignored(owner: Mapping[str, Any]) -> set[str]:
    """Return the codes that a template or a resource has ``Metadata: {constructs-ebs: {ignore: [...]}}`` for."""
    ours = metadata_of(owner).get("constructs-ebs")
    codes = ours.get("ignore") if isinstance(ours, Mapping) else None
    listed = codes if isinstance(codes, list) else [codes]
    return {code.strip() for one in listed if isinstance(one, str) for code in one.split(",") if code.strip()}


def _name_unknown_codes(file: TemplateFile, document: Document) -> None:
    """Say which codes in metadata are none: they ignore nothing."""
    resources = document.data.get("Resources") or {}
    owners = [(("Resources", key), one) for key, one in resources.items() if isinstance(one, Mapping)]
    for path, owner in [((), document.data), *owners]:
        for code in sorted(_ignored(owner) - RULES.keys()):
            place = document.locate((*path, "Metadata", "constructs-ebs", "ignore"))
            print(printable(f"{located(shown(file.path), place)}: {_no_such_code(code)}"), file=sys.stderr)


def metadata_of(owner: Mapping[str, Any]) -> Mapping[str, Any]:
    metadata = owner.get("Metadata")
    return metadata if isinstance(metadata, Mapping) else {}


def _print_text(lines: Sequence[Line], source: Input) -> None:
    for line in lines:
        where, finding = located(line.file, line.place), line.finding
        print(printable(f"{where}: {finding.severity}: {line.subject}: {finding.message} [{finding.code}]"))
    errors = sum(line.finding.severity == "error" for line in lines)
    shown = [counted(errors, "error"), counted(len(lines) - errors, "warning")]
    print(f"{' and '.join(shown)} in {counted(source.templates, 'template')}")


def counted(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _print_json(lines: Sequence[Line], source: Input) -> None:
    findings = [
        {
            "file": line.file,
            "line": line.place and line.place[0],
            "column": line.place and line.place[1],
            "severity": line.finding.severity,
            "code": line.finding.code,
            "message": line.finding.message,
            "subject": line.subject,
            "logical_id": line.finding.logical_id,
            "path": line.finding.path,
            "source": RULES[line.finding.code].source,
        }
        for line in lines
    ]
    print(json.dumps({"findings": findings, "unusable": source.unusable, "templates": source.templates}, indent=2))


def _print_github(lines: Sequence[Line], _: Input) -> None:
    """https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands"""
    for line in lines:
        row, column = line.place or (1, 1)
        properties = {"file": line.file, "line": row, "col": column, "title": line.finding.code}
        shown = ",".join(f"{name}={_escaped(str(value), ':,')}" for name, value in properties.items())
        print(f"::{line.finding.severity} {shown}::{_escaped(f'{line.subject}: {line.finding.message}')}")


def _escaped(text: str, more: str = "") -> str:
    return "".join(f"%{ord(one):02X}" if one in "%" + more else one for one in printable(text))


FORMATS: Final[Mapping[str, Callable[[Sequence[Line], Input], None]]] = {
    "text": _print_text,
    "json": _print_json,
    "github": _print_github,
}


def shown(path: Path) -> str:
    return "<stdin>" if path == _STDIN else str(path)


def located(file: str, place: Place | None) -> str:
    """Show a place as editors and terminals follow it."""
    return ":".join(map(str, (file, *(place or ()))))


def printable(text: str) -> str:
    """Return a text without line ends and terminal codes: it may come from anybody's template."""
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)


def elided(text: str, room: float, width: Callable[[str], float] = len) -> str:
    """Leave out the middle of what is too wide: both ends of a construct's path tell most."""
    if width(text) <= room:
        return text
    keep = len(text)
    while keep > 2 and width(text[: keep // 3] + "…" + text[len(text) - (keep - keep // 3) :]) > room:
        keep -= 1
    return text[: keep // 3] + "…" + text[len(text) - (keep - keep // 3) :]


def _codes(text: str) -> list[str]:
    codes = [code.strip() for code in text.split(",") if code.strip()]
    for code in codes:
        if code not in RULES:
            raise argparse.ArgumentTypeError(_no_such_code(code))
    return codes


def _no_such_code(code: str) -> str:
    from difflib import get_close_matches

    close = get_close_matches(code, RULES, 1)
    return f"no such code: {code}" + (f"; did you mean {close[0]}?" if close else "")


class _Version(argparse.Action):
    """Prints the version, which only a package's metadata has: they are read when they are asked for."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        from importlib.metadata import version

        print(f"{parser.prog} {version('constructs-ebs')}")
        parser.exit()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="constructs-ebs", description="EBS volumes that initialize from snapshots at a provisioned rate."
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    command = commands.add_parser(
        "check",
        help="check templates by the rules of EC2 and CloudFormation for EBS volumes",
        description="Check templates by the rules of EC2 and CloudFormation for EBS volumes.",
        epilog="exit status: 0 no errors, 1 errors (with --strict, warnings too), 2 input that cannot be checked",
    )
    command.add_argument(
        "paths", nargs="+", metavar="PATH", help="a cdk.out, a CloudFormation template in JSON or YAML, or - for stdin"
    )
    command.add_argument(
        "--format",
        choices=FORMATS,
        default="text",
        help="text for people, json for programs, github for annotations of a workflow (default: text)",
    )
    command.add_argument(
        "--ignore", type=_codes, action="extend", default=[], metavar="CODE,...", help="leave out findings of a code"
    )
    command.add_argument(
        "--minimum-rate",
        type=int,
        metavar="RATE",
        help="MiB/s that every volume from a snapshot must have (default: none)",
    )
    command.add_argument(
        "--quota",
        type=int,
        default=RATE_QUOTA,
        metavar="RATE",
        help=f"MiB/s that may be asked for at once, by account and Region of each PATH (default: {RATE_QUOTA})",
    )
    command.add_argument("--strict", action="store_true", help="fail on warnings too")
    command.set_defaults(run=check)
    _add_plan(commands)
    add_commands(commands)
    return parser


def _add_plan(commands: Any) -> None:
    command = commands.add_parser(
        "plan",
        help="tell how long the rated volumes of templates take, what they cost, and whether the quota is enough",
        description="Tell how long rated volumes take to initialize, what that costs, and whether the quota is enough.",
        epilog="exit status: 0 within the quota, 1 over it or asking for what EC2 refuses, 2 unusable input",
    )
    command.add_argument(
        "paths", nargs="+", metavar="PATH", help="a cdk.out, a CloudFormation template in JSON or YAML, or - for stdin"
    )
    command.add_argument(
        "--format",
        metavar="text|json|svg|html",
        help="a table, a document for programs, a picture, or a page with both (default: by FILE, else text)",
    )
    command.add_argument("-o", "--output", type=Path, metavar="FILE", help="write to a file (.txt, .json, .svg, .html)")
    command.add_argument(
        "--snapshot",
        action="append",
        default=[],
        metavar="ID=SIZE",
        help="a snapshot's full size, as in snap-0123456789abcdef0=500GiB; may be repeated",
    )
    command.add_argument(
        "--describe", action="store_true", help="ask AWS for the sizes of the other snapshots (needs boto3)"
    )
    command.add_argument("--region", help="the Region of templates that name none")
    command.add_argument(
        "--quota", type=int, default=RATE_QUOTA, metavar="RATE", help=f"MiB/s at once (default: {RATE_QUOTA})"
    )
    command.add_argument(
        "--price",
        action="append",
        default=[],
        metavar="[REGION=]USD",
        help="for a GiB of snapshot data at 300 MiB/s, in proportion below, in a Region or all others; may be repeated",
    )
    command.add_argument(
        "--fsr-price",
        action="append",
        default=[],
        metavar="[REGION=]USD",
        help="for an hour of fast snapshot restore of a snapshot in an Availability Zone; may be repeated",
    )
    command.set_defaults(run=_plan)


def _plan(arguments: argparse.Namespace) -> int:
    from .plan.command import plan

    return plan(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    streams: tuple[Any, ...] = (sys.stdout, sys.stderr)
    for stream in filter(None, streams):  # None is one that is closed
        stream.reconfigure(errors="backslashreplace")  # for a terminal that is not in UTF-8
    try:
        parsed = _parser().parse_args(arguments)
        status: int = parsed.run(parsed)
        print(end="", flush=True)
    except KeyboardInterrupt:
        return INTERRUPTED
    except OSError as error:  # the output cannot be written: its reader has stopped, as head does, or a disk is full
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError):
            print(f"constructs-ebs: {error.strerror}", file=sys.stderr)
        return UNUSABLE
    return status
