"""What keeps a job from running, and what becomes of it: sge_status(5), as recorded."""

from __future__ import annotations

from pathlib import Path

import pytest

from fake_sge.daemon import RunningCell


@pytest.mark.parametrize(
    ("argv", "reason"),
    [
        pytest.param(
            ["-q", "posix.q", "-o", "/nonexistent/x"],
            'error: can\'t open output file "/nonexistent/x": No such file or directory',
            id="26 no output file",
        ),
        pytest.param(
            ["-q", "posix.q", "-wd", "/nonexistent"],
            "error: can't chdir to /nonexistent: No such file or directory",
            id="28 no cwd",
        ),
        pytest.param(
            ["-q", "unix.q", "-shell", "n"],
            'execvlp(/no/such/prog, "/no/such/prog") failed: No such file or directory',
            id="27 no program",
        ),
    ],
)
def test_job_s_own_fault_is_an_error_state(cell: RunningCell, argv: list[str], reason: str) -> None:
    """A missing output directory, working directory or program puts the job into Eqw, with SGE's words."""
    job = cell.submit(*argv, "-b", "y", "/no/such/prog")
    cell.wait_for(job, "Eqw")
    assert reason in cell.run(["qstat", "-j", str(job)]).stdout
    cell.run(["qdel", str(job)])


def test_failure_is_accounted_without_times(cell: RunningCell) -> None:
    """A job that never ran has an accounting line with its failed code, no times and no usage."""
    job = cell.submit("-q", "posix.q", "-b", "y", "-wd", "/nonexistent", "true")
    cell.wait_for(job, "Eqw")
    (record,) = cell.accounting(job)
    assert (record["failed"].split()[0], record["start_time"], record["end_time"]) == ("28", "-/-", "-/-")
    cell.run(["qdel", str(job)])


def test_missing_program_of_a_shell_is_its_exit_code(cell: RunningCell) -> None:
    """With a starter shell, a missing program is the shell's 127, and the job has run."""
    job = cell.submit("-q", "posix.q", "-b", "y", "/no/such/prog")
    cell.wait_for(job, "gone")
    (record,) = cell.accounting(job)
    assert (record["failed"], record["exit_status"]) == ("0", "127")


def test_exit_code_and_signal(cell: RunningCell) -> None:
    """exit_status is the script's, failed 0; a signal makes it 128 + number, failed 100."""
    plain = cell.submit("-q", "unix.q", script="exit 3\n")
    killed = cell.submit("-q", "unix.q", script="kill -SEGV $$\n")
    cell.wait_for(plain, "gone")
    cell.wait_for(killed, "gone")
    codes = [
        (r["failed"].split()[0], r["exit_status"].split()[0]) for job in (plain, killed) for r in cell.accounting(job)
    ]
    assert codes == [("0", "3"), ("100", "139")]


def test_exit_100_is_an_application_error(cell: RunningCell) -> None:
    """Exit status 100: Eqw, failed 30."""
    job = cell.submit("-q", "unix.q", script="exit 100\n")
    cell.wait_for(job, "Eqw")
    assert cell.accounting(job)[0]["failed"].startswith("30")
    assert "exit_status of job start = 100" in cell.run(["qstat", "-j", str(job)]).stdout
    cell.run(["qdel", str(job)])


def test_exit_99_runs_again(cell: RunningCell, tmp_path: Path) -> None:
    """Exit status 99: failed 25, and the job runs again with RESTARTED=1."""
    script = f"echo $RESTARTED >> {tmp_path}/seen\n[ $RESTARTED = 1 ] || exit 99\n"
    job = cell.submit("-q", "unix.q", script=script)
    cell.wait_for(job, "gone")
    assert (tmp_path / "seen").read_text() == "0\n1\n"
    assert [record["failed"].split()[0] for record in cell.accounting(job)] == ["25", "0"]


@pytest.mark.parametrize(("queue", "failed"), [("prolog1.q", "8"), ("epilog1.q", "15")])
def test_failing_prolog_or_epilog_takes_the_queue_out(cell: RunningCell, queue: str, failed: str) -> None:
    """A prolog or epilog that fails puts the queue instance into E; the job waits for another."""
    job = cell.submit("-q", f"{queue}@node001.site.test", "-b", "y", "true")
    cell.wait_until(lambda: cell.accounting(job), "an accounting line")
    cell.wait_until(lambda: cell.state(job) == "qw", "the job to wait again")
    assert cell.accounting(job)[0]["failed"].split()[0] == failed
    shown = cell.run(["qstat", "-f", "-q", f"{queue}@node001.site.test"]).stdout
    assert " E " in shown.splitlines()[2] + " "
    cell.run(["qdel", str(job)])


def test_prolog_exit_100_is_the_job_s_error(cell: RunningCell) -> None:
    """A prolog that ends with 100 puts the job, not the queue, into an error state."""
    job = cell.submit("-q", "prolog100.q", "-b", "y", "true")
    cell.wait_for(job, "Eqw")
    assert cell.accounting(job)[0]["failed"].startswith("30")
    assert "exit_status of prolog = 100" in cell.run(["qstat", "-j", str(job)]).stdout
    cell.run(["qdel", str(job)])


def test_procedures_run_around_the_job(cell: RunningCell, tmp_path: Path) -> None:
    """prolog, PE start procedure, job, epilog: in this order, with their variables replaced, into the job's output."""
    job = cell.submit(
        "-q", "says.q", "-pe", "said", "2", "-j", "y", "-o", str(tmp_path / "out"), "-b", "y", "echo", "job"
    )
    cell.wait_for(job, "gone")
    assert (tmp_path / "out").read_text() == f"prolog {job}\npe_start 2\njob\nepilog\n"


def test_procedures_know_their_job(cell: RunningCell, tmp_path: Path) -> None:
    """Recorded: ja_task_id is 0 for a plain job, processors UNDEFINED; ``USER@`` isn't part of the command."""
    job = cell.submit("-q", "told.q@node002", "-j", "y", "-N", "told", "-o", str(tmp_path / "out"), "-b", "y", "true")
    cell.wait_for(job, "gone")
    assert (tmp_path / "out").read_text() == "node002.site.test 0 user001 told told.q UNDEFINED\n"


def test_unknown_variable_of_a_prolog_takes_the_host_out(cell: RunningCell) -> None:
    """Recorded: failed 7, the job waits with the reason, and every queue instance of the host is in E because of it."""
    job = cell.submit("-q", "unknown.q@node001.site.test", "-b", "y", "true")
    cell.wait_until(lambda: cell.accounting(job), "an accounting line")
    assert cell.accounting(job)[0]["failed"].startswith("7 ")
    assert 'unknown variable "pe_slots"' in cell.run(["qstat", "-j", str(job)]).stdout
    shown = cell.run(["qstat", "-f", "-explain", "E", "-q", "*@node001.site.test"]).stdout
    assert f"\tqueue posix.q marked QERROR as result of job {job}'s failure at host node001.site.test\n" in shown
    cell.run(["qdel", str(job)])
    cell.run(["qmod", "-c", "*@node001.site.test"], user=None)
    states = [
        line.split()[5:] for line in cell.run(["qstat", "-f", "-q", "*@node001*"]).stdout.splitlines() if "@" in line
    ]
    assert not any(states)


def test_unknown_variable_of_an_epilog_is_no_fault_of_the_queue(cell: RunningCell) -> None:
    """Recorded: failed 14 and the job's own exit status; nothing is requeued."""
    job = cell.submit("-q", "late.q", "-b", "y", "-shell", "n", "/bin/sh", "-c", "exit 3")
    cell.wait_for(job, "gone")
    cell.wait_until(lambda: cell.accounting(job), "an accounting line")
    (record,) = cell.accounting(job)
    assert (record["failed"].split()[0], record["exit_status"]) == ("14", "3")


def test_a_starter_is_told_of_the_shell(cell: RunningCell, tmp_path: Path) -> None:
    """Recorded: three variables, only where there is a starter_method."""
    out = tmp_path / "out"
    job = cell.submit("-q", "methods.q", "-o", str(out), "-b", "y", "env")
    cell.wait_for(job, "gone")
    told = sorted(line for line in out.read_text().splitlines() if line.startswith("SGE_STARTER_"))
    assert told == [
        "SGE_STARTER_SHELL_PATH=/bin/bash",
        "SGE_STARTER_SHELL_START_MODE=posix_compliant",
        "SGE_STARTER_USE_LOGIN_SHELL=true",
    ]
