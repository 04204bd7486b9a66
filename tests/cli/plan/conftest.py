"""A folder with templates, and `constructs-ebs plan` in it."""

import json

import pytest

from constructs_ebs.cli.main import main
from tests.cli.plan.reports import volume


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """Return a function that runs `constructs-ebs plan` in a folder: status, and the lines of both outputs."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        try:
            status = main(["plan", *map(str, arguments)])
        except SystemExit as ended:
            status = ended.code
        printed = capsys.readouterr()
        return status, printed.out.splitlines(), printed.err.splitlines()

    return run


@pytest.fixture
def write(tmp_path):
    def write(name="plan.json", **resources):
        (tmp_path / name).write_text(json.dumps({"Resources": resources or {"Data": volume()}}))
        return name

    return write
