"""The end of a log, and what is added to it."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from hubstack.cli.progress import StepDisplay
from hubstack.cli.tail import follow_lines, last_lines


def test_the_last_lines_are_shown(tmp_path: Path) -> None:
    """As many as asked for, or all there are; bytes that are no text don't matter."""
    log = tmp_path / "log"
    log.write_bytes(b"one\ntwo\nthree \xff\n")
    assert last_lines(log, 2) == ["two", "three \ufffd"]
    assert last_lines(log, 10) == ["one", "two", "three \ufffd"]
    assert last_lines(log, 0) == []


def test_added_lines_are_shown_whole_until_the_file_goes(tmp_path: Path) -> None:
    """A line that is written in pieces is shown once, when it is complete."""
    log = tmp_path / "log"
    log.write_text("before\n")
    shown: list[str] = []
    added = threading.Event()

    def show(line: str) -> None:
        shown.append(line)
        added.set()

    reader = threading.Thread(target=follow_lines, args=(log, show))
    with log.open("a") as writer:
        reader.start()
        while not added.wait(0.3):
            writer.write("in two ")
            writer.flush()
            writer.write("pieces\n")
            writer.flush()
    log.unlink()
    reader.join(5)
    assert not reader.is_alive()
    assert set(shown) == {"in two pieces"}


def test_a_reader_that_goes_away_is_no_error(tmp_path: Path) -> None:
    """``hubstack ... | head -1`` ends quietly."""
    program = "from hubstack.cli import main; main(['schema', 'site'])"
    command = subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert command.stdout
    assert command.stderr
    command.stdout.close()
    assert command.stderr.read() == ""
    command.stderr.close()
    assert command.wait() == 1


def test_steps_are_plain_lines_where_there_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """With their time; the one that failed is the last."""
    display = StepDisplay()
    display("first", None)
    display("first", 1.234)
    display("second", None)
    display.__exit__(RuntimeError, RuntimeError(), None)
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == [f"✓ {'first':<46}   1.23 s", "✗ second"]
