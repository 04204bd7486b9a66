"""The rooms of the house: what imports what, which of it loads CDK, and how much a module or a function holds."""

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import constructs_ebs as ebs

PACKAGE = Path(ebs.__file__).parent
FLOORS = (
    ("core", "handlers"),
    ("_upstream",),
    (
        "_custom_resources",
        "_surroundings",
        "ami_source",
        "block_device",
        "initialization_rate",
        "launch_specification",
    ),
    ("_lowering", "_signatures"),
    (
        "ami",
        "initialization",
        "instance",
        "launch_template",
        "launch_template_version",
        "root_volume_replacement",
        "spot_fleet",
        "spot_fleet_interface",
        "volume",
    ),
    ("checks", "default_rate", "nag", "policy", "testing"),
)
"""The package from the ground up: what stands on a floor imports from this floor and from those below it."""

FLOORS_OF_CORE = (
    ("limits",),
    ("service_roles",),
    ("regions",),
    ("findings",),
    ("problems",),
    ("actions",),
    ("requests",),
    ("fleets",),
    ("rules",),
    ("estimate",),
    ("cloudformation",),
)
MODULES = {
    ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix("__init__").rstrip("."): path
    for path in sorted(PACKAGE.rglob("*.py"))
}
SOURCES = {name: ast.parse(path.read_text()) for name, path in MODULES.items()}
GENERATED = {name for name, source in SOURCES.items() if "Made by scripts/" in (ast.get_docstring(source) or "")}


def imports(name: str) -> Iterator[str]:
    """Yield every module of the package that a module imports: at once, later, or for type checkers."""
    package = name if MODULES[name].name == "__init__.py" else name.rpartition(".")[0]
    for node in ast.walk(SOURCES[name]):
        if isinstance(node, ast.ImportFrom) and node.level:
            parts = [part for part in package.split(".") if part]
            base = ".".join([*parts[: len(parts) - node.level + 1], *filter(None, [node.module])])
            for alias in node.names:
                inner = f"{base}.{alias.name}".lstrip(".")
                yield inner if inner in MODULES else base
        elif isinstance(node, ast.ImportFrom):
            assert not (node.module or "").startswith("constructs_ebs"), f"{name}: imports are relative"


GRAPH = {name: {module for module in imports(name) if module != name} for name in MODULES if name}


def floor_of(name: str, floors: tuple[tuple[str, ...], ...]) -> int:
    room = name.partition(".")[0]
    [floor] = [number for number, rooms in enumerate(floors) if room in rooms] or pytest.fail(f"{name} has no floor")
    return floor


def functions() -> Iterator[tuple[str, int]]:
    """Yield each function that nobody generated, and the lines of its body without its documentation."""
    for name in MODULES.keys() - GENERATED:
        for node in ast.walk(SOURCES[name]):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                body = node.body[1:] if ast.get_docstring(node) and len(node.body) > 1 else node.body
                yield f"{name}.{node.name}", (node.end_lineno or 0) - body[0].lineno + 1


def loaded(code: str) -> set[str]:
    """Return the modules that some code loads in a new interpreter."""
    code = f"{code}\nimport json, sys\nprint(json.dumps(sorted(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(json.loads(run.stdout.splitlines()[-1]))


def test_imports_point_down():
    up = []
    for name in GRAPH.keys() - {"__main__"}:
        if name.partition(".")[0] != "cli":
            up += [(name, other) for other in GRAPH[name] if floor_of(other, FLOORS) > floor_of(name, FLOORS)]
    assert up == []


def test_the_top_of_the_package_is_seen_at_a_glance():
    assert len([path for path in PACKAGE.glob("*.py") if not path.name.startswith("__")]) <= 24


def test_imports_inside_the_core_point_down():
    core = {name.removeprefix("core."): GRAPH[name] for name in GRAPH if name.startswith("core.")}
    up = [
        (name, other)
        for name, others in core.items()
        for other in others
        if floor_of(other.removeprefix("core."), FLOORS_OF_CORE) > floor_of(name, FLOORS_OF_CORE)
    ]
    assert up == []


def test_what_lambda_gets_imports_nothing_around_it():
    foreign = {(name, other) for name in GRAPH for other in GRAPH[name] if name.startswith("handlers.")}
    assert {other.partition(".")[0] for _, other in foreign} == {"handlers"}


def test_the_command_line_imports_the_core_and_the_marks_of_what_was_made():
    foreign = {
        (name, other)
        for name in GRAPH
        if name.partition(".")[0] == "cli"
        for other in GRAPH[name]
        if other.partition(".")[0] not in ("cli", "core") and other != "handlers.requests"
    }
    assert foreign == set()


def test_there_is_no_circle_of_imports():
    left = {name: set(others) for name, others in GRAPH.items()}
    while free := {name for name, others in left.items() if not others & left.keys()}:
        left = {name: others for name, others in left.items() if name not in free}
    assert left == {}, "these import each other, or something that does"


@pytest.mark.parametrize(
    "code",
    [
        "import constructs_ebs.core",
        "import constructs_ebs.cli.check.command",
        "from constructs_ebs.cli.main import main; main(['check', 'README.md'])",
        "from constructs_ebs import check_template; check_template({})",
        "from constructs_ebs import BlockDevice; BlockDevice.from_image('/dev/xvda', volume_initialization_rate=200)",
        "from constructs_ebs import InitializationRate; InitializationRate.mebibytes_per_second(200).estimate(500)",
    ],
)
def test_checks_and_values_load_neither_jsii_nor_cdk(code):
    assert not {"jsii", "aws_cdk", "constructs", "boto3"} & loaded(code)


def test_the_core_loads_the_standard_library_alone():
    names = {name.partition(".")[0] for name in loaded("import constructs_ebs.core")}
    foreign = names - set(sys.stdlib_module_names) - {"__main__", "constructs_ebs"}
    assert not {name for name in foreign if not name.startswith(("_", "sitecustomize", "usercustomize"))}


def test_a_module_reads_in_one_sitting():
    long = {name: len(MODULES[name].read_text().splitlines()) for name in MODULES.keys() - GENERATED}
    assert {name: lines for name, lines in long.items() if lines > 400} == {}


def test_a_function_fits_a_screen():
    assert {name: lines for name, lines in functions() if lines > 50} == {}


def test_there_are_at_most_24_public_nouns():
    nouns = [path.stem for path in PACKAGE.glob("*.py") if not path.stem.startswith("_")]
    assert len(nouns) <= 24


def test_each_class_has_a_name_of_its_own():
    names = [node.name for name in MODULES for node in SOURCES[name].body if isinstance(node, ast.ClassDef)]
    assert {name for name in names if names.count(name) > 1 and not name.startswith("_")} == set()
