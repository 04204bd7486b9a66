"""Words: no spelling mistakes, none of the phrases that we do not use, and names that say something."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *(ROOT / "docs").glob("*.yaml")])
MODULES = sorted(path for room in ("constructs_ebs", "examples") for path in (ROOT / room).rglob("*.py"))
PHRASES = [
    tuple(line.split("\t"))
    for line in (ROOT / "tests" / "docs" / "phrases.txt").read_text().splitlines()
    if not line.startswith("#")
]
EMPTY_NAMES = {"it", "made", "one", "some", "thing"}
"""Names of variables that say nothing."""


def paragraphs(page):
    """Yield what a reader of a page reads, and where it begins."""
    text = re.sub(r"^```.*?^```", lambda block: "\n" * block[0].count("\n"), page.read_text(), flags=re.M | re.S)
    for match in re.finditer(r"(?:[^\n]+\n?)+", text):
        yield text.count("\n", 0, match.start()) + 1, match[0]


def strings(module):
    """Yield docstrings, messages and every other string of a module."""
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value


def phrases_in(texts):
    for line, text in texts:
        for pattern, instead in PHRASES:
            if match := re.search(pattern, " ".join(text.split())):
                yield f"{line}: {match[0]!r}: {instead}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_has_none_of_the_phrases(page):
    assert [*phrases_in(paragraphs(page))] == []


@pytest.mark.parametrize("module", MODULES, ids=lambda module: str(module.relative_to(ROOT)))
def test_a_module_has_none_of_the_phrases(module):
    assert [*phrases_in(strings(module))] == []


@pytest.mark.parametrize("module", MODULES, ids=lambda module: str(module.relative_to(ROOT)))
def test_names_say_what_a_thing_is(module):
    nodes = [*ast.walk(ast.parse(module.read_text(encoding="utf-8")))]
    stored = [
        (node.lineno, node.id) for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    ]
    parameters = [(node.lineno, node.arg) for node in nodes if isinstance(node, ast.arg)]
    assert [where for where in [*stored, *parameters] if where[1] in EMPTY_NAMES] == []


def test_nothing_is_misspelled():
    rooms = ("constructs_ebs", "docs", "examples", "scripts", "tests")
    files = [path for room in rooms for path in (ROOT / room).rglob("*") if path.suffix in ("", ".md", ".py", ".yaml")]
    upstreams = ROOT / "constructs_ebs" / "_signatures.py"
    texts = [str(path) for path in [*ROOT.glob("*.md"), *files] if path.is_file() and path != upstreams]
    run = subprocess.run([sys.executable, "-m", "codespell_lib", *texts], capture_output=True, text=True)
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")


@pytest.mark.parametrize(("pattern", "instead"), PHRASES)
def test_a_phrase_is_a_pattern_that_its_replacement_does_not_match(pattern, instead):
    assert not re.search(pattern, instead)
