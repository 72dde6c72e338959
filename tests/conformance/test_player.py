"""The player of recordings itself: what it compares, what it can't play, how it ends."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from fake_sge.check import main, normalised
from fake_sge.check.jobs import outcome_of
from fake_sge.check.shell import TEXT_TOOLS, OutOfReach, parse
from fake_sge.core import JobRequest

SUBMIT = {"do": "run", "cmd": "printf 'sleep 5\\n' | qsub -N a", "user": "user1", "host": "hub", "transcript": "qsub/a"}


def _recording(folder: Path, *steps: dict[str, Any], **answers: dict[str, Any]) -> Path:
    """A recording on disk; *answers* by name, a double underscore for the slash."""
    (folder / "recording-1.jsonl").write_text("".join(f"{json.dumps(step)}\n" for step in steps))
    for name, answer in answers.items():
        path = folder / f"{name.replace('__', '/')}.json"
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps({"stdout": "", "stderr": "", "rc": 0} | answer))
    return folder


def test_all_holds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The last line is the sum, and the exit code 0."""
    answer = {"stdout": 'Your job 7 ("a") has been submitted\n'}
    assert main([str(_recording(tmp_path, SUBMIT, qsub__a=answer))]) == 0
    assert capsys.readouterr().out == "1 of 1 transcripts hold\n0 of 0 traces hold\n1 of 1 hold\n"


def test_a_difference_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What, expected, got; the exit code is 1."""
    answer = {"stdout": 'Your job 7 ("b") has been submitted\n'}
    assert main([str(_recording(tmp_path, SUBMIT, qsub__a=answer))]) == 1
    first = capsys.readouterr().out.splitlines()[0]
    assert first.startswith('qsub/a: standard output line 1: expected \'Your job 7 ("b")')


def test_what_cannot_be_played_does_not_count(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is named with its reason."""
    step = SUBMIT | {"cmd": "ls -la", "transcript": "other/ls"}
    main([str(_recording(tmp_path, step, other__ls={}))])
    assert capsys.readouterr().out.splitlines()[:2] == [
        "other/ls: not played: ls would have to be run",
        "0 of 0 transcripts hold",
    ]


def test_nothing_to_play_is_the_user_s_mistake(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 2 and one line, for an empty folder and for files that can't be read."""
    assert main([str(tmp_path)]) == 2
    (tmp_path / "recording-1.jsonl").write_text("not json\n")
    assert main([str(tmp_path)]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 2


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("11/23/2026 05:21:29", "01/02/2030 10:00:00"),
        ("Mon Nov 23 05:38:39 2026", "Tue Jan  5 15:00:00 2027"),
        ("all.q@node001                  BIP   0/3/16         2.51     lx-amd64      d",
         "all.q@node001                  BIP   0/3/16         0.00     lx-amd64      d"),
        ("\thl:mem_free=22.541G", "\thl:mem_free=1.000M"),
        ("ru_utime     0.001s", "ru_utime     12.500s"),
        ("error reason          1:      11/23/2026 05:21:33 [101:2160]: exit_status of job start = 100",
         "error reason          1:      11/23/2027 05:21:33 [101:1]: exit_status of job start = 100"),
    ],
)  # fmt: skip
def test_what_the_machine_decides_is_not_compared(one: str, other: str) -> None:
    """Dates, load, memory in use, times used, process numbers."""
    assert normalised(one) == normalised(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("all.q@node001  BIP   0/3/16  -NA-     lx-amd64  u", "all.q@node001  BIP   0/3/16  2.00     lx-amd64  u"),
        ("\thc:rmem=56.000G", "\thc:rmem=52.000G"),
        ("    109 0.25000 runjob", "    109 0.75000 runjob"),
        ("Following jobs do not exist: ", "Following jobs do not exist:"),
        ("start_time   -/-", "start_time   Mon Nov 23 05:38:39 2026"),
    ],
)
def test_everything_else_is_compared(one: str, other: str) -> None:
    """States, consumables, priorities, and every space."""
    assert normalised(one) != normalised(other)


def test_a_command_line_is_taken_apart() -> None:
    """Assignments, pipes, sequences and redirections."""
    first, second = parse("A=1 printf 'x;y' | qsub -N 'a b' >out; qstat </dev/null", {}.get)
    assert first.commands == [({"A": "1"}, ["printf", "x;y"]), ({}, ["qsub", "-N", "a b"])]
    assert (first.stdout_file, second.stdin_file) == ("out", "/dev/null")


@pytest.mark.parametrize("line", ["qsub $(date)", "qsub 'open", "qstat && qdel 1"])
def test_what_needs_a_real_shell_is_out_of_reach(line: str) -> None:
    """Nothing is guessed."""
    with pytest.raises(OutOfReach):
        parse(line, {}.get)


def test_printf_knows_its_escapes() -> None:
    """Newlines, carriage returns, percent signs, words put in."""
    assert TEXT_TOOLS["printf"](["a\\r\\nb%%\\\\"], "") == "a\r\nb%\\"
    assert TEXT_TOOLS["printf"](["--", "%s=%s", "a", "1"], "") == "a=1"


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["s/^b .*/b 2/"], "a 1\nb 2\n"),
        (["s#1#one#"], "a one\nb 00\n"),
        (["-e", "s/0/x/", "-e", "s/1/&&/"], "a 11\nb x0\n"),
        (["s/0/x/g"], "a 1\nb xx\n"),
    ],
)
def test_sed_substitutes(arguments: list[str], expected: str) -> None:
    """Line by line; once in each, or everywhere with g; & is what was found."""
    assert TEXT_TOOLS["sed"](arguments, "a 1\nb 00\n") == expected


@pytest.mark.parametrize(
    ("script", "arguments", "lasts", "status", "failed"),
    [
        ("sleep ${1:-300}\n", ["7"], 7.0, 0, 0),
        ("sleep ${1:-300}\n", [], 300.0, 0, 0),
        ("sleep 1; exit 3\n", [], 1.0, 3, 0),
        ("exit 99\n", [], 0.0, 99, 25),
        ("kill -9 $$\n", [], 0.0, 137, 100),
    ],
)
def test_what_a_recorded_job_does(script: str, arguments: list[str], lasts: float, status: int, failed: int) -> None:
    """Its sleeps, its exit, its signals."""
    outcome = outcome_of(JobRequest(owner="user1", script=script, args=arguments))
    assert (outcome.lasts_s, outcome.exit_status, outcome.failed) == (lasts, status, failed)
