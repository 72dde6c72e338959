"""qconf -m...: the client has the user edit a text, and nothing else is executed."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from fake_sge.daemon import RunningCell


@pytest.fixture(scope="module")
def cell(tmp_path_factory: pytest.TempPathFactory):  # type: ignore[no-untyped-def]
    running = RunningCell(tmp_path_factory.mktemp("editor"), "laptop")
    yield running
    running.stop()


def edit(cell: RunningCell, editor: str, *argv: str) -> subprocess.CompletedProcess[str]:
    """Type qconf on the qmaster's host, where one may."""
    return cell.run(["qconf", *argv], user="root", host="master", environment={"EDITOR": editor}, cwd=cell.common)


def script(path: Path, line: str) -> str:
    path.write_text(f"#!/bin/sh\n{line}\n")
    path.chmod(0o755)
    return str(path)


def test_what_the_editor_leaves_is_the_new_configuration(cell: RunningCell, tmp_path: Path) -> None:
    """The file is the user's own, and gone afterwards."""
    editor = script(tmp_path / "editor", f'echo "$1" > {tmp_path}/name; sed -i "s/^maxujobs.*/maxujobs 7/" "$1"')
    done = edit(cell, editor, "-msconf")
    assert (done.returncode, done.stderr) == (0, "changed scheduler configuration\n")
    assert "maxujobs                          7\n" in edit(cell, editor, "-ssconf").stdout
    assert not Path((tmp_path / "name").read_text().strip()).exists()


def test_an_editor_that_changes_nothing(cell: RunningCell) -> None:
    """Recorded: file unchanged."""
    done = edit(cell, "true", "-msconf")
    assert (done.returncode, done.stderr) == (1, "file unchanged\n")


def test_an_editor_that_fails(cell: RunningCell) -> None:
    """Recorded: its exit code is told, and nothing changes."""
    done = edit(cell, "false", "-msconf")
    assert (done.returncode, done.stderr) == (1, "error: editor exited with error 1\nedit failed\n")


def test_an_editor_that_is_not_there(cell: RunningCell) -> None:
    """A name with arguments is no program either."""
    done = edit(cell, "/nosuch/vi -R", "-msconf")
    assert done.stderr == "error: can't start editor /nosuch/vi -R\nerror: editor exited with error 1\nedit failed\n"
