"""The README and the pages: links that lead somewhere, and lengths that a reader has the patience for."""

import re

import pytest

from tests.constants import ROOT

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]


def text_of(page):
    """Return a page without its blocks of code."""
    return re.sub(r"^```.*?^```", "", page.read_text(), flags=re.M | re.S)


def anchors_of(page):
    """Return what the headings of a page are linked by, as code hosts make it."""
    headings = re.findall(r"^#+ (.+)$", text_of(page), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    for link in re.findall(r"\]\((?!https?://)([^)\s]+)\)", text_of(page)):
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        assert not anchor or anchor in anchors_of(target), link


def test_every_page_is_linked():
    linked = {
        (page.parent / link.partition("#")[0]).resolve()
        for page in PAGES
        for link in re.findall(r"\]\((?!https?://)([^)\s]+)\)", text_of(page))
    }
    assert {page for page in PAGES if page.parent.name == "docs"} <= linked


def test_the_readme_is_read_in_one_sitting():
    assert len((ROOT / "README.md").read_text().splitlines()) < 250


@pytest.mark.parametrize("page", [page for page in PAGES if page.parent.name == "docs"], ids=lambda page: page.name)
def test_a_page_begins_with_what_its_reader_came_for(page):
    _, beginning = page.read_text().split("\n\n", 1)
    assert re.search(r"^(```|\||- |!\[)", beginning[:1_200], re.M), "code, a table or a list near the top"


def test_the_plan_of_the_house_has_every_room_and_the_files_that_it_names():
    plan, package = (ROOT / "docs" / "architecture.md").read_text(), ROOT / "constructs_ebs"
    rooms = {
        path.stem for floor in (package, package / "core") for path in floor.iterdir() if path.suffix in ("", ".py")
    }
    assert {room for room in rooms if not room.startswith("__") and room not in plan} == set()
    for path in re.findall(r"`([\w/.]+/(?:[\w.]+)?)`", plan.partition("## What to touch")[2]):
        assert (ROOT / path).exists() or (package / path).exists(), path


def test_the_tests_that_pages_name_exist():
    named = {name for page in PAGES for name in re.findall(r"`(test_\w+)`", page.read_text())}
    defined = {
        name
        for path in (ROOT / "tests").rglob("test_*.py")
        for name in (path.stem, *re.findall(r"^def (test_\w+)", path.read_text(), re.MULTILINE))
    }
    assert named
    assert named <= defined
