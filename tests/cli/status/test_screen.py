"""`constructs-ebs status` in a terminal, a real one of 80 and 200 columns, in a closed one, and in a pipe."""

import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from typing import ClassVar

import pyte
import pytest

from tests.cli.aws import VOLUME


@pytest.fixture
def fleet(aws):
    aws.stack("Fleet", {f"Data{n}": (VOLUME, f"vol-0123456789abcde{n:02}") for n in range(30)})
    for n in range(30):
        look = ("initializing", 3 * n, 10 * n + 1) if n > 4 else "completed"
        aws.volume(f"vol-0123456789abcde{n:02}", look, "completed", rate=300, instance="i-0123456789abcdef0")
    return aws


@pytest.fixture(autouse=True)
def _end():
    yield
    for one in Terminal.made:
        one.process.kill()
        one.process.wait()
    Terminal.made.clear()


NESTED = "arn:aws:cloudformation:us-east-1:123456789012:stack/Prod-Database-1/0"
OWNER = "Prod/DatabaseNestedStackDatabaseNestedStackResource5F6A2D1B/Data3C9B7F02"


@pytest.fixture
def nested(aws):
    """A volume of a nested stack, both named by CDK."""
    aws.stack("Prod", {OWNER.split("/")[1]: ("AWS::CloudFormation::Stack", NESTED)})
    aws.stack(NESTED, {OWNER.split("/")[2]: (VOLUME, "vol-0123456789abcdef0")})
    aws.volume("vol-0123456789abcdef0", ("initializing", 12, 6_002), rate=300, instance="i-0123456789abcdef0")
    return aws


class Terminal:
    """A terminal with a process in it."""

    made: ClassVar = []

    def __init__(self, columns, lines, *arguments, controls=True, **environment):
        self.screen = pyte.Screen(columns, lines)
        self._stream, self.raw = pyte.ByteStream(self.screen), b""
        self.master, slave = pty.openpty()
        environment = {**os.environ, "TERM": "xterm", "COLUMNS": str(columns), "LINES": str(lines), **environment}
        command = [sys.executable, "-m", "constructs_ebs", "status", *arguments]
        self.process = subprocess.Popen(
            command,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=environment,
            start_new_session=True,
            preexec_fn=_own if controls else None,
        )
        os.close(slave)
        Terminal.made.append(self)

    def read(self, until=None):
        """Read until a text is on the screen, or the process has ended."""
        end = time.monotonic() + 60
        while until is None or not any(until in line for line in self.screen.display):
            assert select.select([self.master], [], [], 30)[0], self.raw
            assert time.monotonic() < end, self.raw[-1_000:]
            try:
                content = os.read(self.master, 65_536)
            except OSError:  # the other end is closed
                content = b""
            if not content:
                return self
            self.raw += content
            self._stream.feed(content)
        return self

    @property
    def lines(self):
        return [line.rstrip() for line in self.screen.display if line.strip()]

    def ended(self):
        self.read()
        os.close(self.master)
        return self.process.wait(30)


def _own():
    import fcntl
    import termios

    fcntl.ioctl(0, termios.TIOCSCTTY, 0)  # so that closing it hangs the process up
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # a shell has what it starts in the background ignore it


@pytest.mark.usefixtures("fleet")
def test_a_terminal_of_80_columns_shows_the_sum_and_the_slowest():
    terminal = Terminal(80, 24, "--watch", "--interval", "600", "Fleet").read("Next look")
    assert terminal.lines[0] == "5 of 30 volumes warm, 25 initializing; about 4 min 51 s left"
    assert terminal.lines[1].startswith("━")
    assert terminal.lines[2].split() == ["volume", "state", "done", "time", "left", "made", "by"]
    assert re.fullmatch(r"vol-0123456789abcde29  initializing  87 % +4 min 51 s +Fleet/Data29", terminal.lines[3])
    assert "more that are not warm" in terminal.lines[-2]
    assert len(terminal.lines) <= 23
    os.kill(terminal.process.pid, signal.SIGTERM)
    assert terminal.ended() == 128 + signal.SIGTERM
    assert not terminal.screen.cursor.hidden


@pytest.mark.usefixtures("fleet")
def test_a_terminal_of_200_columns_shows_where_each_volume_is():
    terminal = Terminal(200, 50, "--watch", "--interval", "600", "Fleet").read("Next look")
    assert re.search(r"━ +87 % +4 min 51 s +300 MiB/s +Fleet/Data29 +/dev/xvdf i-0123456789abcdef0$", terminal.lines[3])
    os.kill(terminal.process.pid, signal.SIGINT)
    assert terminal.ended() == 130
    assert not terminal.screen.cursor.hidden


ROWS = {
    80: ["Prod/Da…1B/Data3C9B7F02"],
    100: ["300 MiB/s", "Prod/Data…6A2D1B/Data3C9B7F02"],
    120: ["━", "300 MiB/s", "Prod/Databa…ce5F6A2D1B/Data3C9B7F02"],
    140: ["━", "300 MiB/s", "Prod/DatabaseNeste…edStackResource5F6A2D1B/Data3C9B7F02"],
    200: ["━", "300 MiB/s", OWNER, "/dev/xvdf i-0123456789abcdef0"],
}


@pytest.mark.usefixtures("nested")
@pytest.mark.parametrize("columns", ROWS)
def test_a_long_name_leaves_room_for_how_far_a_volume_is(columns):
    terminal = Terminal(columns, 24, "Prod")
    assert terminal.ended() == 1
    row = terminal.lines[3]
    assert row.startswith("vol-0123456789abcdef0  initializing  ")
    assert " 12 %   1 h 41 min " in row
    assert [one for one in ROWS[columns] if one not in row] == []
    assert ("attached" in terminal.lines[2]) == (columns == 200)


@pytest.mark.usefixtures("fleet")
def test_the_last_screen_stays_when_all_are_warm():
    terminal = Terminal(80, 24, "--watch", "--interval", "0.01", "Fleet")
    assert terminal.ended() == 0
    assert terminal.lines[0] == "30 of 30 volumes warm"
    assert "Next look" not in "".join(terminal.lines)
    assert not terminal.screen.cursor.hidden


@pytest.mark.usefixtures("fleet")
def test_once_is_one_screen():
    terminal = Terminal(80, 24, "--slowest", "2", "Fleet")
    assert terminal.ended() == 1
    assert terminal.lines[-1] == "and 23 more that are not warm"


@pytest.mark.usefixtures("fleet")
def test_no_color_has_none():
    terminal = Terminal(80, 24, "Fleet", NO_COLOR="1")
    assert terminal.ended() == 1
    assert not re.search(rb"\x1b\[[\d;]*3\dm", terminal.raw)


@pytest.mark.usefixtures("fleet")
def test_a_dumb_terminal_gets_lines():
    terminal = Terminal(80, 200, "--watch", "--interval", "0.01", "Fleet", TERM="dumb")
    assert terminal.ended() == 0
    assert b"\x1b" not in terminal.raw
    assert terminal.lines[-1] == "30 of 30 volumes warm"


@pytest.mark.usefixtures("fleet")
def test_a_terminal_that_is_closed_ends_it():
    terminal = Terminal(80, 24, "--watch", "--interval", "600", "Fleet").read("Next look")
    os.close(terminal.master)
    assert terminal.process.wait(30) in (129, -signal.SIGHUP)


@pytest.mark.usefixtures("fleet")
def test_a_terminal_that_is_closed_without_a_signal_ends_it():
    terminal = Terminal(80, 24, "--watch", "--interval", "600", "Fleet", controls=False).read("Next look")
    os.close(terminal.master)
    assert terminal.process.wait(30) == 129


@pytest.mark.usefixtures("fleet")
def test_a_pipe_gets_lines_though_colors_are_forced():
    command = [sys.executable, "-m", "constructs_ebs", "status", "--watch", "--interval", "0.01", "Fleet"]
    ended = subprocess.run(command, capture_output=True, env={**os.environ, "FORCE_COLOR": "1"}, check=True)
    assert b"\x1b" not in ended.stdout
    assert ended.stdout.splitlines()[-1] == b"30 of 30 volumes warm"


@pytest.mark.usefixtures("fleet")
def test_a_reader_that_stops_leaves_no_traceback():
    command = [sys.executable, "-m", "constructs_ebs", "status", "--watch", "--interval", "0.01", "--json", "Fleet"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as started:
        started.stdout.readline()
        started.stdout.close()
        assert started.stderr.read() == b""
    assert started.returncode == 2


@pytest.mark.usefixtures("fleet")
def test_a_pipe_gets_each_line_when_it_is_there():
    command = [sys.executable, "-m", "constructs_ebs", "status", "--watch", "--interval", "600", "Fleet"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as started:
        assert started.stdout.readline() == b"5 of 30 volumes warm, 25 initializing; about 4 min 51 s left\n"
        started.terminate()
        assert started.stderr.read() == b""
    assert started.returncode == -signal.SIGTERM


def test_names_cannot_control_the_terminal(aws):
    aws.stack("Odd", {"Data": (VOLUME, "vol-1")})
    aws.volume("vol-1", ("initializing", 5, 9), instance="i-1", device="/dev/\N{RIGHT-TO-LEFT OVERRIDE}[red]x")
    aws.stack("Box", {"Box": ("AWS::EC2::Instance", "i-1")})
    terminal = Terminal(200, 24, "Odd", "Box")
    assert terminal.ended() == 1
    assert r"/dev/\u202e[red]x" in "".join(terminal.lines)
