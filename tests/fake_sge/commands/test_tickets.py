"""Override tickets and job shares of single jobs, and what qstat shows of tickets, as recorded."""

from __future__ import annotations

from typing import Any

import pytest

MASTER = "master.sharc.test"


def waiting(bench: Any) -> int:
    """A job that finds no place."""
    job: int = bench.submit("-l gpu=1 -N waits")
    bench.pass_time()
    return job


def test_a_jobs_own_tickets(bench: Any) -> None:
    """qalter -ot, by operators: with them it has all that there are."""
    job, other = waiting(bench), waiting(bench)
    assert bench.type(f"qalter -ot 100 {job}").stdout == (
        'denied: "user1" must be operator to change amount of override tickets\n'
    )
    reply = bench.type(f"qalter -ot 100 {job}", user="root", host=MASTER)
    assert reply.stdout == f"root@{MASTER} sets override tickets of job {job} to 100\n"
    bench.pass_time()
    lines = bench.type("qstat -ext").stdout.splitlines()
    assert lines[2].startswith(f"      {job} 1.00000 1.00000 waits ")
    assert "  100   100   100     0     0 1.00 " in lines[2]
    assert lines[3].startswith(f"      {other} 0.00000 0.00000 waits ")
    assert "    0     0     0     0     0 0.00 " in lines[3]
    assert "oticket:                    100\n" in bench.type(f"qstat -j {job}").stdout
    text = bench.type("qstat -xml -ext").stdout
    assert "<tickets>100</tickets>\n      <JB_override_tickets>100</JB_override_tickets>\n" in text
    assert "<otickets>100</otickets>" in text
    assert "<JAT_share>1.00000</JAT_share>" in text


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ("-ot x", "invalid override tickets, must be an unsigned integer"),
        ("-ot -5", "invalid override tickets, must be an unsigned integer"),
        ("-js x", "invalid jobshare, must be an unsigned integer"),
    ],
)
def test_what_is_no_number_of_tickets(bench: Any, options: str, text: str) -> None:
    """Said by the client."""
    job = waiting(bench)
    assert bench.type(f"qalter {options} {job}", user="root", host=MASTER).stderr == f"qalter: {text}\n"


def test_the_order_of_figures_in_xml(bench: Any) -> None:
    """-urg -pri -ext: tickets, POSIX priority, urgency and what that is made of."""
    waiting(bench)
    text = bench.type("qstat -xml -urg -pri -ext").stdout
    names = ["JAT_prio", "JAT_ntix", "JB_nppri", "JB_nurg", "JB_rrcontr", "JB_wtcontr", "JB_dlcontr", "JB_priority"]
    positions = [text.index(f"<{name}>") for name in names]
    assert positions == sorted(positions)
