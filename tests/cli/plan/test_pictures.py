"""The picture and the page of a plan: well formed, inside their frames, readable, and safe with any name."""

import json
import math
import re
import xml.etree.ElementTree as ElementTree
from html import unescape
from html.parser import HTMLParser

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from constructs_ebs.cli.plan.html import render as html
from constructs_ebs.cli.plan.json import render as to_json
from constructs_ebs.cli.plan.svg import COLORS
from constructs_ebs.cli.plan.svg import render as svg
from constructs_ebs.cli.plan.svg_shapes import text_width
from constructs_ebs.cli.plan.text import render as text
from tests.cli.plan.reports import report, volume
from tests.constants import SNAPSHOT, SNAPSHOT_2


def many(count):
    return {
        f"V{index}": volume(
            100 + index % 5 * 50, f"Prod/Shard{index}/Data/Resource", **({"Size": 1 + index * 7} if index % 6 else {})
        )
        for index in range(count)
    }


NAMES = [
    "Prod/" + "VeryLongConstructName" * 9,
    "W" * 80,
    "<script>alert(1)</script>&\"'",
    "データベース/ボリューム/とても長い名前のボリュームです",
    "\n\x00\x1b[31m\ud800",
]
PICTURES = {
    "none": report({}),
    "one": report(many(1), sizes={SNAPSHOT: 500}),
    "five": report(many(5)),
    "forty": report(many(40)),
    "three hundred": report(many(300)),
    "no size": report({"V": volume()}),
    "empty": report({"V": volume()}, sizes={SNAPSHOT: 0}),
    "tiny": report({"V": volume()}, sizes={SNAPSHOT: 1e-6}),
    "largest": report({"V": volume(100)}, sizes={SNAPSHOT: 65_536}),
    "a quota of 1": report(many(5), quota=1),
    "a quota beyond all": report(many(5), quota=10**12),
    "names": report({f"V{index}": volume(Size=9, name=name) for index, name in enumerate(NAMES)}),
    "unknown Region": report(many(3), region=None),
    "long Region": report(many(3), region="x" * 200),
}


def drawn(element, left=0.0, top=0.0):
    """Yield the corners of everything that is drawn, texts as wide as they are estimated."""
    moved = re.fullmatch(r"translate\((\S+) (\S+)\)", element.get("transform", "translate(0 0)"))
    left, top = left + float(moved[1]), top + float(moved[2])
    kinds = element.get("class", "").split()
    name = element.tag.rpartition("}")[2]
    if name == "rect":
        x, y = float(element.get("x", 0)), float(element.get("y", 0))
        yield left + x, top + y
        yield left + x + float(element.get("width")), top + y + float(element.get("height"))
        assert float(element.get("width")) >= 0
    elif name == "path":
        for command, one, other in re.findall(r"([MLHV])(\S+?)(?: (\S+?))?(?=[MLHVZ]|$)", element.get("d")):
            yield (
                (left + float(one) if command != "V" else left),
                (top + float(other or one) if command != "H" else top),
            )
    elif name == "text":
        size = next((size for kind, size in {"h1": 21, "h2": 15, "small": 11, "name": 13}.items() if kind in kinds), 12)
        width = text_width("".join(element.itertext()), size)
        start = float(element.get("x")) - (width if "end" in kinds else width / 2 if "middle" in kinds else 0)
        yield left + start, top + float(element.get("y")) - size
        yield left + start + width, top + float(element.get("y"))
    for child in element:
        yield from drawn(child, left, top)


def assert_well_drawn(picture):
    root = ElementTree.fromstring(picture)
    _, _, width, height = map(float, root.get("viewBox").split())
    assert "nan" not in re.sub(r"<(title|desc|text).*?</\1>", "", picture, flags=re.S).lower()
    for x, y in drawn(root):
        assert math.isfinite(x)
        assert -0.1 <= x <= width + 0.1
        assert -0.1 <= y <= height + 0.1
    return root


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_well_formed_and_inside_its_frame(name):
    root = assert_well_drawn(svg(PICTURES[name]))
    space = "{http://www.w3.org/2000/svg}"
    assert root.find(f"{space}title").text.startswith("Volume initialization plan of ")
    assert root.find(f"{space}desc").text
    assert root.get("role") == "img"


@pytest.mark.parametrize("name", PICTURES)
def test_labels_do_not_reach_into_the_bars(name):
    for element in ElementTree.fromstring(svg(PICTURES[name])).iter():
        if "name" in element.get("class", "").split() and PICTURES[name].plan.accounts:
            assert float(element.get("x")) + text_width(element.text, 13) <= 320


@pytest.mark.parametrize("name", PICTURES)
def test_the_same_plan_is_the_same_picture(name):
    assert svg(PICTURES[name]) == svg(PICTURES[name])
    assert html(PICTURES[name]) == html(PICTURES[name])


def test_forty_bars_are_drawn_and_more_are_one():
    assert svg(PICTURES["three hundred"]).count('class="name ink"') == 41  # and the sum of the rates
    assert "261 more devices, 261 volumes" in svg(PICTURES["three hundred"])
    assert html(PICTURES["three hundred"]).count('<th scope="row">Prod/Shard') == 300


def test_nothing_to_initialize_is_a_time_too():
    picture = svg(report({"V": volume(100)}, sizes={SNAPSHOT: 0}))
    assert ">0 s<" in picture
    assert "no time is known" not in picture
    assert_well_drawn(picture)


class Page(HTMLParser):
    """Collects what a page is made of."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.links, self.open = set(), [], []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        self.links += [value for name, value in attributes if name in ("src", "href", "xlink:href") or name[:2] == "on"]
        if tag not in ("meta", "rect", "path", "br"):
            self.open.append(tag)

    def handle_startendtag(self, tag, _):
        self.tags.add(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.mark.parametrize("name", PICTURES)
def test_a_page_needs_nothing_else_and_closes_what_it_opens(name):
    text = html(PICTURES[name])
    page = Page(text)
    assert page.open == []
    assert page.links == []
    assert not {"script", "link", "iframe", "img", "object"} & page.tags
    assert "@import" not in text
    assert "url(" not in text


def test_names_cannot_break_out_of_any_format():
    given = PICTURES["names"]
    for made in (svg(given), html(given)):
        assert "<script>" not in made
        assert "&lt;script&gt;" in made
    for made in (svg(given), html(given), text(given), to_json(given)):
        assert all(line.isprintable() for line in made.splitlines())


def test_a_picture_and_a_page_are_of_ascii_so_that_any_terminal_can_carry_them():
    for made in (svg(PICTURES["names"]), html(PICTURES["names"])):
        assert made.isascii()
        assert "データベース/ボリューム" in unescape(made)


@pytest.mark.parametrize("scheme", [1, 2])
def test_texts_have_contrast(scheme):
    def luminance(color):
        parts = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    def contrast(one, other):
        low, high = sorted(luminance(COLORS[name][scheme]) for name in (one, other))
        return (high + 0.05) / (low + 0.05)

    for ground in ("ground", "tile"):
        assert min(contrast(one, ground) for one in ("ink", "soft", "alarm")) >= 4.5
    assert min(contrast(one, "ground") for one in ("sure", "over", "edge", "mark", "limit", "axis")) >= 3


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(
            st.sampled_from([100, 123, 300, {"Ref": "Rate"}]),
            st.one_of(st.none(), st.integers(1, 16_384), st.just({"Ref": "Size"})),
            st.text(max_size=60),
        ),
        max_size=12,
    ),
    st.integers(1, 10**7),
    st.floats(0, 65_536),
)
@example([(100, None, ""), (100, None, "")], 1, 5e-324)  # a time of next to nothing
def test_any_plan_can_be_shown(volumes, quota, gib):
    snapshots = SNAPSHOT_2, SNAPSHOT, SNAPSHOT
    resources = {
        f"V{index}": volume(rate, name, snapshots[index % 3], **({} if size is None else {"Size": size}))
        for index, (rate, size, name) in enumerate(volumes)
    }
    made = report(resources, quota=quota, sizes={SNAPSHOT: gib})
    assert_well_drawn(svg(made))
    assert Page(html(made)).open == []
    json.loads(to_json(made), parse_constant=pytest.fail)  # NaN and Infinity are not JSON
    assert text(made)
