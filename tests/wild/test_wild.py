"""Templates as people and tools write them: never an exception, never a false error, and true errors by name."""

import json
import re
from pathlib import Path

import pytest

from constructs_ebs.core import AppTemplate, check_app, check_template
from constructs_ebs.core.cloudformation.documents import read_document

HERE = Path(__file__).parent


def cases(file):
    """Return the templates of a file, each below a line that says what it is, and with a colon what it is judged."""
    blocks = re.split("^=== ", (HERE / file).read_text(), flags=re.MULTILINE)[1:]
    return [
        pytest.param(text, head.partition(": ")[2].split(), id=head)
        for head, _, text in (b.partition("\n") for b in blocks)
    ]


ACCEPTED, WRONG = cases("accepted.txt"), cases("wrong.txt")


def findings(text):
    template = read_document(text.encode()).data
    [found] = check_app([AppTemplate(name="template", template=template)])
    assert set(check_template(template)) <= set(found)
    # What JSON says is said the same of its YAML, and of other line ends.
    for again in (json.dumps(template), "\ufeff" + text.replace("\n", "\r\n")):
        assert check_app([AppTemplate(name="template", template=read_document(again.encode()).data)]) == [found]
    return found


@pytest.mark.parametrize(("text", "codes"), ACCEPTED)
def test_finds_nothing(text, codes):
    assert codes == [], "nothing accepted has codes"
    assert findings(text) == []


@pytest.mark.parametrize(("text", "codes"), WRONG)
def test_finds_exactly_what_is_wrong(text, codes):
    assert codes, "nothing wrong has no codes"
    assert sorted(finding.code for finding in findings(text)) == codes


@pytest.mark.parametrize(("text", "codes"), WRONG)
def test_every_finding_has_a_place_in_its_text(text, codes):
    document = read_document(text.encode())
    lines = text.splitlines()
    for finding in check_app([AppTemplate(name="template", template=document.data)])[0]:
        line, column = document.locate(finding.path)
        rest = lines[line - 1][column - 1 :]
        named = [key for key in finding.path if isinstance(key, str)]
        assert codes
        of_a_list = isinstance(finding.path[-1], int)  # a branch of an Fn::If, or a device
        by_key = any(re.match(rf'["?]?{re.escape(key)}["]?\s*:', rest) for key in named[-3:])
        assert of_a_list or by_key or rest[0] in "{[/"


def test_there_are_a_hundred():
    assert len(ACCEPTED) + len(WRONG) >= 100
