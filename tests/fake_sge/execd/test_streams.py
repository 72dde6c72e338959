"""Where output goes: qsub(1), -o, -e, -j, -i, -cwd and -wd."""

from __future__ import annotations

from pathlib import Path

from fake_sge.daemon import RunningCell

SCRIPT = "echo to stdout\necho to stderr >&2\n"


def finished(cell: RunningCell, *argv: str, script: str | None = SCRIPT, cwd: Path | None = None) -> int:
    queue = [] if "-q" in argv else ["-q", "posix.q"]
    job = cell.submit(*queue, *argv, script=script, cwd=cwd)
    cell.wait_for(job, "gone")
    return job


def test_default_names_in_the_home(cell: RunningCell, home: Path) -> None:
    """Without options, NAME.oJOB and NAME.eJOB in the user's home, whatever directory qsub was typed in."""
    job = finished(cell, "-N", "plain", cwd=cell.root)
    assert (home / f"plain.o{job}").read_text() == "to stdout\n"
    assert (home / f"plain.e{job}").read_text() == "to stderr\n"


def test_cwd(cell: RunningCell, tmp_path: Path) -> None:
    """-cwd: the job runs, and its files are, where qsub was typed."""
    job = finished(cell, "-cwd", "-N", "here", script="pwd\n", cwd=tmp_path)
    assert (tmp_path / f"here.o{job}").read_text() == f"{tmp_path}\n"


def test_joined_streams(cell: RunningCell, tmp_path: Path) -> None:
    """-j y: both streams in the output file, and no error file."""
    job = finished(cell, "-j", "y", "-o", str(tmp_path), "-N", "joined")
    assert (tmp_path / f"joined.o{job}").read_text() == "to stdout\nto stderr\n"
    assert [path.name for path in tmp_path.iterdir()] == [f"joined.o{job}"]


def test_pseudo_variables(cell: RunningCell, tmp_path: Path) -> None:
    """$USER, $JOB_ID, $JOB_NAME, $HOSTNAME and $TASK_ID are replaced in -o and -e."""
    path = f"{tmp_path}/$USER-$JOB_ID-$JOB_NAME-$HOSTNAME-$TASK_ID"
    job = finished(cell, "-N", "named", "-t", "4", "-j", "y", "-o", path)
    (written,) = tmp_path.iterdir()
    assert written.name in {f"user001-{job}-named-node00{host}.site.test-4" for host in (1, 2)}


def test_array_tasks_have_files_of_their_own(cell: RunningCell, tmp_path: Path) -> None:
    """NAME.oJOB.TASK for each task of an array."""
    job = finished(
        cell, "-t", "1-3", "-N", "array", "-o", str(tmp_path), "-j", "y", script="echo $SGE_TASK_ID of $SGE_TASK_LAST\n"
    )
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {
        f"array.o{job}.{task}": f"{task} of 3\n" for task in (1, 2, 3)
    }


def test_relative_output_is_below_the_working_directory(cell: RunningCell, tmp_path: Path) -> None:
    """-o with a relative path counts from the job's working directory."""
    finished(cell, "-wd", str(tmp_path), "-o", "out.txt", "-j", "y")
    assert (tmp_path / "out.txt").read_text() == "to stdout\nto stderr\n"


def test_existing_output_is_appended_to(cell: RunningCell, tmp_path: Path) -> None:
    """An output file that exists keeps what it has."""
    (tmp_path / "log").write_text("before\n")
    finished(cell, "-o", str(tmp_path / "log"), "-j", "y", script="echo after\n")
    assert (tmp_path / "log").read_text() == "before\nafter\n"


def test_output_for_one_host(cell: RunningCell, tmp_path: Path) -> None:
    """-o HOST:PATH holds on that host alone."""
    finished(cell, "-q", "posix.q@node002.site.test", "-j", "y", "-o", f"node001:{tmp_path}/one,node002:{tmp_path}/two")
    assert [path.name for path in tmp_path.iterdir()] == ["two"]


def test_standard_input(cell: RunningCell, tmp_path: Path) -> None:
    """-i: the job reads that file; without it, /dev/null."""
    (tmp_path / "in").write_text("read me\n")
    finished(cell, "-b", "y", "-i", str(tmp_path / "in"), "-o", str(tmp_path / "out"), "cat", script=None)
    assert (tmp_path / "out").read_text() == "read me\n"
