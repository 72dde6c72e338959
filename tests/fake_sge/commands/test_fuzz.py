"""Whatever is typed gets an answer: no traceback, no hang."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree as ET

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from fake_sge.commands import COMMANDS, COVERAGE, Invocation, Reply, drive, run

Bench = Any
"""The fixture's class; conftest has it."""

VALUES = (
    "1", "0", "99", "1.2", "1-3", "1-3:2", "9-1", "-1", "a", "job*", "all.q", "*@node001", "all.q@@allhosts", "@x", "",
    "h_rt=60", "rmem=lots", "gpu", "nosuch=1", "smp", "y", "maybe", "user1", "root,user2", "203001010000", "99999999",
    "r", "hu", "zz", "é", "<&>", "x\x00y", "[", "a=b,c=d,", "node001", "infinity", "@", ",", "::", "/x", "-", "--",
)  # fmt: skip


def lines() -> st.SearchStrategy[tuple[str, list[str]]]:
    """A command with options that it knows and values that it may not."""

    def words(command: str) -> st.SearchStrategy[tuple[str, list[str]]]:
        names = sorted(option.name for option in COVERAGE[command])
        word = st.one_of(st.sampled_from(names), st.sampled_from(VALUES), st.text(max_size=6))
        return st.tuples(st.just(command), st.lists(word, max_size=6))

    return st.sampled_from(sorted(COMMANDS)).flatmap(words)


@example(typed=[("qhold", ["-t", "-h"]), ("qrls", ["-t", "-u"]), ("qdel", ["-t", "-u"])], user="user1")
@given(typed=st.lists(lines(), min_size=1, max_size=6), user=st.sampled_from(["user1", "root"]))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_line_gets_an_answer(bench: Bench, typed: list[tuple[str, list[str]]], user: str) -> None:
    """Any command with any words, on a cell that has jobs."""
    bench.submit("-t 1-3")
    bench.pass_time(2)
    for command, argv in typed:
        bench.stdin_bytes = b"#$ -N fuzz\nsleep 1\n"
        host = "master.sharc.test"
        invocation = Invocation(command, argv, user, "/home/user1", {}, "cs", 3001, 2000, "/home/user1", host)
        reply = drive(run(invocation, bench), bench, bench.wait)
        assert isinstance(reply, Reply)
        assert 0 <= reply.code < 256
        if "-xml" in argv and reply.stdout.startswith("<?xml"):
            ET.fromstring(reply.stdout.encode("utf-8", "replace"))
