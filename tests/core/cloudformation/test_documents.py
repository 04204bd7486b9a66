"""Reading templates: whatever the bytes are, they are read or refused, and what is read is where it says."""

import json

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from constructs_ebs.core.cloudformation.documents import DEEPEST, LARGEST, UnusableError, read_document

PIECES = st.sampled_from(
    [
        *"{}[]:,-?&*!|>'\"#% \n\t\\",
        *("a: ", "- ", "b:\n  ", "!Ref x", "!GetAtt a.b", "<<: *a", "&a ", "---\n", "...\n"),
        *("null", "yes", "0x1F", "0b_", "1:30", "2027-01-15", ".inf", "1e3", "Resources", "\U0001f600"),
    ]
)
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text())
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(), inner, max_size=4)),
    max_leaves=20,
)
OBJECTS = st.dictionaries(st.text(), VALUES, max_size=4)


def paths(value, path=()):
    """Yield every path into a value."""
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, member in members:
        yield (*path, key)
        yield from paths(member, (*path, key))


@given(st.one_of(st.binary(), st.lists(PIECES).map("".join).map(str.encode)))
def test_any_bytes_are_read_or_refused_in_one_line(content):
    refused, document = None, None
    try:
        document = read_document(content)
    except UnusableError as error:
        refused = error.reason
    assert refused is None or "\n" not in refused
    for path in paths(document.data) if document else ():
        assert document.locate(path) >= (1, 1)


@given(OBJECTS, st.sampled_from([None, 0, 2, "\t"]))
def test_json_is_read_as_json_is_and_every_key_is_where_it_says(value, indent):
    text = json.dumps(value, indent=indent)
    document = read_document(text.encode())
    assert document.data == value
    lines = text.split("\n")
    for path in paths(value):
        line, column = document.locate(path)
        shown = json.dumps(path[-1]) if isinstance(path[-1], str) else ""
        assert lines[line - 1][column - 1 :].startswith(shown)


@pytest.mark.parametrize("loader", ["CSafeLoader", "SafeLoader"])
@pytest.mark.parametrize("style", [True, False, None])
def test_yaml_is_read_as_yaml_is_with_and_without_libyaml(monkeypatch, loader, style):
    if loader == "SafeLoader":
        monkeypatch.delattr(yaml, "CSafeLoader")

    @given(OBJECTS)
    def read(value):
        text = "# a template\n" + yaml.safe_dump(value, allow_unicode=True, default_flow_style=style, sort_keys=False)
        document = read_document(text.encode())
        assert document.data == yaml.safe_load(text)
        assert all(document.locate(path) >= (2, 1) for path in paths(document.data))

    read()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("!Ref A", {"Ref": "A"}),
        ("!Condition A", {"Condition": "A"}),
        ("!GetAtt A.B.C", {"Fn::GetAtt": ["A", "B.C"]}),
        ("!GetAtt [A, !Ref B]", {"Fn::GetAtt": ["A", {"Ref": "B"}]}),
        ("!Sub '${A}'", {"Fn::Sub": "${A}"}),
        ("!If [A, !Ref B, {C: !Sub D}]", {"Fn::If": ["A", {"Ref": "B"}, {"C": {"Fn::Sub": "D"}}]}),
        ("!FindInMap [A, B, C]", {"Fn::FindInMap": ["A", "B", "C"]}),
        ("!Base64\n  Fn::Sub: a", {"Fn::Base64": {"Fn::Sub": "a"}}),
        ("!Transform {Name: x}", {"Fn::Transform": {"Name": "x"}}),
        ("!Acme x", {"Fn::Acme": "x"}),
        ("! x", "x"),
        ("!!str 1", "1"),
        ("!!timestamp 2027-01-15", "2027-01-15"),
        ("yes", True),
        ("'yes'", "yes"),
        ("0100", 64),
        ("2027-01-15", "2027-01-15"),
        ("0b_", "0b_"),
        ('!!int ""', ""),
        ('!!int "-"', "-"),
        ('!!float ""', ""),
        ("~", None),
        ("", None),
    ],
)
def test_yaml_means_what_it_means_to_cloudformation(text, value):
    assert read_document(f"A: {text}\n".encode()).data == {"A": value}


def test_keys_are_what_is_written():
    assert list(read_document(b"Null: 1\nOn: 2\n3: 4\n2027-01-15: 5\n~: 6\n").data) == [
        "Null",
        "On",
        "3",
        "2027-01-15",
        "~",
    ]


@pytest.mark.parametrize("text", ['{"A": {"B": 1, "B": 2}', '{"A": {"B": 1, "B": 2}, }', '{"A": {"B": 1, "B": 2} 3}'])
def test_what_is_not_well_formed_is_said_first(text):
    with pytest.raises(UnusableError, match="JSON not well-formed"):
        read_document(text.encode())


def test_the_largest_and_the_deepest_are_read_and_no_more():
    largest = b'{"a": "' + b"x" * (LARGEST - 9) + b'"}'
    assert len(largest) == LARGEST
    assert read_document(largest).data
    deepest = b"[" * DEEPEST + b"]" * DEEPEST
    assert read_document(deepest).data
    for more in (largest + b" ", b"[" + deepest + b"]"):
        with pytest.raises(UnusableError):
            read_document(more)
