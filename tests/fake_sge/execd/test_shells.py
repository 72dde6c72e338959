"""How a script is started: queue_conf(5) shell_start_mode, and -S, -b and -shell of qsub(1)."""

from __future__ import annotations

from pathlib import Path

import pytest

from fake_sge.daemon import RunningCell


def output(cell: RunningCell, tmp_path: Path, *argv: str, script: str | None) -> str:
    job = cell.submit("-j", "y", "-o", str(tmp_path / "out"), *argv, script=script)
    cell.wait_for(job, "gone")
    return (tmp_path / "out").read_text()


def test_posix_compliant_takes_the_queue_s_shell(cell: RunningCell, tmp_path: Path) -> None:
    """posix_compliant: the queue's shell reads the script; its #! line is a comment."""
    assert output(cell, tmp_path, "-q", "posix.q", script="#!/bin/cat\necho ${BASH_VERSION:+bash}\n") == "bash\n"


def test_posix_compliant_heeds_the_requested_shell(cell: RunningCell, tmp_path: Path) -> None:
    """posix_compliant: -S overrides the queue's shell."""
    script = "echo shell ${BASH_VERSION:+bash}\n"
    assert output(cell, tmp_path, "-q", "posix.q", "-S", "/bin/sh", script=script) == "shell\n"


def test_shells_of_login_shells_are_login_shells(cell: RunningCell, tmp_path: Path) -> None:
    """A shell among login_shells is started as a login shell, with a dash before its name."""
    script = "shopt -q login_shell && echo login\n"
    assert output(cell, tmp_path, "-q", "posix.q", script=script) == "login\n"


def test_unix_behavior_heeds_the_first_line(cell: RunningCell, tmp_path: Path) -> None:
    """unix_behavior: the script is executed itself, -S is ignored."""
    script = "#!/bin/cat\nthis very line\n"
    assert output(cell, tmp_path, "-q", "unix.q", "-S", "/bin/sh", script=script) == script


def test_unix_behavior_without_first_line(cell: RunningCell, tmp_path: Path) -> None:
    """unix_behavior: a script without #! goes to /bin/sh, as execvp(3) does."""
    assert output(cell, tmp_path, "-q", "unix.q", script="echo shell $0\n").startswith("shell /")


def test_script_from_stdin(cell: RunningCell, tmp_path: Path) -> None:
    """script_from_stdin: the shell reads the script as its standard input, with the arguments after -s."""
    path = tmp_path / "script.sh"
    path.write_text("echo $0 $1\n")
    assert output(cell, tmp_path, "-q", "stdin.q", str(path), "one", script=None) == "-bash one\n"


@pytest.mark.parametrize(
    ("shell", "words"),
    [
        pytest.param("y", ["a", "b", "c"], id="split again by the shell"),
        pytest.param("n", ["a b", "c"], id="-shell n keeps them"),
    ],
)
def test_arguments_of_a_binary(cell: RunningCell, tmp_path: Path, shell: str, words: list[str]) -> None:
    """-b y: the starter shell splits the command line again; -shell n leaves the words as they are."""
    argv = ["-q", "unix.q", "-b", "y", "-shell", shell, "/usr/bin/printf", "%s\\n", "a b", "c"]
    said = output(cell, tmp_path, *argv, script=None)
    assert said == ("".join(f"{word}n" for word in words) if shell == "y" else "".join(f"{word}\n" for word in words))


def test_script_is_spooled(cell: RunningCell, tmp_path: Path) -> None:
    """The job runs the script as it was when submitted, from the host's job_scripts."""
    job = cell.submit("-q", "unix.q", "-j", "y", "-o", str(tmp_path / "out"), script="echo $JOB_SCRIPT\n")
    cell.wait_for(job, "gone")
    host = cell.accounting(job)[0]["hostname"].partition(".")[0]
    assert (tmp_path / "out").read_text() == f"{cell.root}/default/spool/{host}/job_scripts/{job}\n"
