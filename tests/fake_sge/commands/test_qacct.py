"""qacct(1)."""

from __future__ import annotations

from typing import Any

import pytest

Bench = Any
"""The fixture's class; conftest has it."""


def _ran(bench: Bench, options: str, status: int = 0, failed: int = 0) -> int:
    number = bench.submit(options)
    bench.pass_time()
    bench.finish(number, status=status, failed=failed)
    return number


def test_a_job_s_record_in_words(bench: Bench) -> None:
    """Failed codes and signals are explained."""
    number = _ran(bench, "-N gone -l h_rt=60", 137, 37)
    text = bench.type(f"qacct -j {number}").stdout
    assert "failed       37  : qmaster enforced h_rt, h_cpu, or h_vmem limit\n" in text
    assert "exit_status  137                  (Killed)\n" in text
    assert "taskid       undefined\n" in text


def test_an_unknown_job_is_an_error(bench: Bench) -> None:
    """By number or by name."""
    assert bench.type("qacct -j 99").stderr == "error: job id 99 not found\n"
    assert bench.type("qacct -j no").stderr == "error: job name no not found\n"
    assert bench.type("qacct -j 99 -t 1-2").stderr == "error: Job-array tasks 99.1-2:1 not found\n"


def test_sums_by_owner(bench: Bench) -> None:
    """A row a group; -o user shows that user alone."""
    _ran(bench, "-N a")
    damaged = "not a line\n"
    with bench.accounting_path.open("a") as file:
        file.write(damaged)
    reply = bench.type("qacct -o")
    assert reply.stdout.splitlines()[0].startswith("OWNER ")
    assert reply.stderr == "error: ignoring invalid entry in line 6\n"
    assert bench.type("qacct").stdout.startswith("Total System Usage\n")


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ("-q all.q", True),
        ("-q gpu.q", False),
        ("-h node009", False),
        ("-P rse", True),
        ("-b 203001010000", False),
        ("-d 1", True),
        ("-l gpu=1", False),
    ],
)
def test_filters(bench: Bench, options: str, found: bool) -> None:
    """Each option leaves out what doesn't fit."""
    number = _ran(bench, "-P rse")
    assert (bench.type(f"qacct -j {number} {options}").code == 0) is found


def test_another_file_is_read_as_the_user(bench: Bench) -> None:
    """-f file comes from where the command is typed."""
    _ran(bench, "-N here")
    bench.files["/home/user1/old"] = bench.accounting_path.read_bytes()
    bench.accounting_path.unlink()
    assert bench.type("qacct -j here -f old").code == 0
    assert bench.type("qacct -j here").stderr == f"{bench.accounting_path}: No such file or directory\n"
