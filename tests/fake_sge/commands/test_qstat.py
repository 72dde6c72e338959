"""qstat(1)."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree as ET

import pytest

from fake_sge.commands.listing import format_ids

Bench = Any
"""The fixture's class; conftest has it."""


def test_nothing_to_show_prints_nothing(bench: Bench) -> None:
    """No heading without jobs; with -xml both lists are empty."""
    assert bench.type("qstat").stdout == ""
    document = ET.fromstring(bench.type("qstat -xml").stdout)
    assert [len(child) for child in document] == [0, 0]


def test_only_one_s_own_jobs_by_default(bench: Bench) -> None:
    """-u names others, '*' all."""
    bench.submit("-N mine")
    bench.submit("-N theirs", user="user2")
    assert "theirs" not in bench.type("qstat").stdout
    assert "mine" not in bench.type("qstat -u user2").stdout
    assert all(name in bench.type("qstat -u *").stdout for name in ("mine", "theirs"))


def test_batchspawner_finds_its_job(bench: Bench) -> None:
    """A job is found by number, with its letters and its place."""
    number = bench.submit("-N jupyterhub")
    bench.pass_time()
    job = ET.fromstring(bench.type("qstat -xml").stdout).find(f".//job_list[JB_job_number='{number}']")
    assert job is not None
    assert (job.get("state"), job.findtext("state")) == ("running", "r")
    assert (job.findtext("queue_name") or "").startswith("all.q@node00")


def test_waiting_jobs_are_pending_whatever_holds_them(bench: Bench) -> None:
    """The attribute is coarse: held ones are pending too, with an empty queue_name."""
    bench.submit("-h")
    job = ET.fromstring(bench.type("qstat -xml").stdout).find(".//job_list")
    assert job is not None
    assert (job.get("state"), job.findtext("state"), job.findtext("queue_name")) == ("pending", "hqw", "")


def test_names_are_escaped(bench: Bench) -> None:
    """What XML keeps for itself stays text."""
    bench.submit("-N a<b&c")
    assert ET.fromstring(bench.type("qstat -xml").stdout).findtext(".//JB_name") == "a<b&c"


def test_states_select_jobs(bench: Bench) -> None:
    """-s r, p, s, hu, z."""
    running, _ = bench.submit("-N run"), bench.submit("-h -N held")
    bench.pass_time()
    assert "held" not in bench.type("qstat -s r").stdout
    assert "held" in bench.type("qstat -s hu").stdout
    assert "run " not in bench.type("qstat -s p").stdout
    bench.type(f"qmod -sj {running}", host="master.sharc.test")
    assert " s     " in bench.type("qstat -s s").stdout
    bench.finish(running)
    assert " z     " in bench.type("qstat -s z").stdout


def test_array_tasks_in_one_state_share_a_line(bench: Bench) -> None:
    """-g d takes them apart."""
    bench.submit("-t 1-6 -h")
    assert [line.split()[-1] for line in bench.type("qstat").stdout.splitlines()[2:]] == ["1-6:1"]
    assert len(bench.type("qstat -g d").stdout.splitlines()) == 2 + 6


@pytest.mark.parametrize(
    ("ids", "text"),
    [([1], "1"), ([1, 2], "1,2"), ([3, 5, 6], "3,5,6"), ([1, 2, 3], "1-3:1"), ([1, 3, 5, 7, 9], "1-9:2")],
)
def test_ids_become_ranges(ids: list[int], text: str) -> None:
    """Three or more at equal distances make a range."""
    assert format_ids(ids) == text


def test_unknown_jobs_are_named_on_standard_error(bench: Bench) -> None:
    """With -xml they are told on standard output, and the exit code is 0."""
    reply = bench.type("qstat -j 99")
    assert (reply.stderr, reply.code) == ("Following jobs do not exist: \n99\n", 1)
    assert ET.fromstring(bench.type("qstat -j 99 -xml").stdout).findtext("ST_name") == "99"


def test_a_job_in_full_names_its_requests(bench: Bench) -> None:
    """Times are shown in seconds, lists as typed."""
    number = bench.submit("-l h_rt=1:0:0,rmem=4G -pe smp 2-4 -q all.q -N full")
    text = bench.type(f"qstat -j {number}").stdout
    assert "hard resource_list:         h_rt=3600,rmem=4G\n" in text
    assert "parallel environment:  smp range: 2-4\n" in text
    assert "hard_queue_list:            all.q\n" in text


def test_a_parallel_job_shows_once_or_slot_by_slot(bench: Bench) -> None:
    """-g t prints master and slaves."""
    bench.submit("-pe smp 3")
    bench.pass_time()
    assert len(bench.type("qstat").stdout.splitlines()) == 3
    slots = [line.split()[-1] for line in bench.type("qstat -g t").stdout.splitlines()[2:]]
    assert slots == ["MASTER", "SLAVE", "SLAVE"]


def test_queues_are_listed_by_sequence_number(bench: Bench) -> None:
    """-f: seq_no, queue, host."""
    lines = [line.split()[0] for line in bench.type("qstat -f").stdout.splitlines() if "@" in line]
    assert [line.partition("@")[0] for line in lines] == ["all.q", "all.q", "gpu.q", "interactive.q", "interactive.q"]


def test_a_selection_without_a_queue_fails_silently(bench: Bench) -> None:
    """Exit code 1, nothing printed."""
    assert bench.type("qstat -f -q no.q") == type(bench.type("qstat"))(code=1)


def test_resources_are_what_is_left(bench: Bench) -> None:
    """-F shows consumables as free, of host or queue whichever has less."""
    bench.submit("-q interactive.q -l rmem=4G")
    bench.pass_time()
    text = bench.type("qstat -F rmem,slots -q interactive.q").stdout
    assert "\thc:rmem=60.000G\n" in text
    assert "\tqc:slots=3\n" in text


def test_a_user_s_own_defaults_hold_unless_overridden(bench: Bench) -> None:
    """~/.sge_qstat; the command line overrides it option by option."""
    bench.files["/home/user1/.sge_qstat"] = b"-u user2\n"
    bench.submit("-N mine")
    assert bench.type("qstat").stdout == ""
    assert "mine" in bench.type("qstat -u user1").stdout


def test_bad_options_show_the_usage(bench: Bench) -> None:
    """On standard error, exit code 1."""
    reply = bench.type("qstat -nosuch")
    assert reply.stderr.endswith('invalid option argument "-nosuch"\n')
    assert (reply.stdout, reply.code) == ("", 1)
    assert bench.type("qstat -s q").code == 1


def test_every_view_can_be_combined(bench: Bench) -> None:
    """Text and XML in all views come out whole."""
    bench.submit("-pe smp 2 -l h_rt=60 -P rse")
    bench.submit("-t 1-3 -tc 1 -hold_jid 1")
    bench.pass_time()
    for options in (
        "-ext",
        "-pri",
        "-urg",
        "-r",
        "-ext -urg -pri -r",
        "-f -r -ext",
        "-g t -ext",
        "-F",
        "-explain aAcE",
    ):
        assert bench.type(f"qstat {options}").code == 0
        ET.fromstring(bench.type(f"qstat {options} -xml").stdout)
