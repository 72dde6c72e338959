"""qhost(1), qselect(1), qquota(1), qconf(1), qping(1), qrsub(1): what shows the cell."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree as ET

import pytest

from fake_sge.core import ResourceQuotaSet

Bench = Any
"""The fixture's class; conftest has it."""

MASTER = "master.sharc.test"


def test_hosts_are_listed_after_the_cell_itself(bench: Bench) -> None:
    """The line ``global`` stands for the cell."""
    names = [line.split()[0] for line in bench.type("qhost").stdout.splitlines()[2:]]
    assert names == ["global", "gpu001.sharc.test", "node001.sharc.test", "node002.sharc.test"]


def test_a_lost_host_shows_nothing(bench: Bench) -> None:
    """Its figures are unknown, and its queue instances become u."""
    bench.cell.load_report(bench.now, "node001.sharc.test", {"load_avg": "1.0"})
    bench.pass_time(400)
    line = next(line for line in bench.type("qhost").stdout.splitlines() if line.startswith("node001"))
    assert line.split()[2:] == ["-"] * 9
    assert "-NA-" in bench.type("qstat -f -q all.q@node001").stdout


def test_host_queues_and_jobs(bench: Bench) -> None:
    """-q and -j print them below their host; in XML they are inside it."""
    bench.submit("-N here -q all.q@node001.sharc.test")
    bench.pass_time()
    text = bench.type("qhost -q -j").stdout
    assert "   all.q                BIP   0/1/16        \n" in text
    assert "here" in text
    document = ET.fromstring(bench.type("qhost -q -j -xml").stdout)
    assert document.find("host[@name='node001.sharc.test']/job/jobvalue[@name='job_name']").text == "here"


def test_an_unknown_host_is_an_error(bench: Bench) -> None:
    """With the usage, on standard error."""
    reply = bench.type("qhost -h nosuch")
    assert reply.stderr.endswith('error: can\'t resolve hostname "nosuch"\n')
    assert reply.code == 1


@pytest.mark.parametrize(
    ("options", "count"), [("", 5), ("-l gpu=1", 1), ("-q all.q", 2), ("-pe mpi", 2), ("-l gpu=100", 0), ("-qs d", 0)]
)
def test_selected_queues(bench: Bench, options: str, count: int) -> None:
    """One name a line; exit code 1 where there is none."""
    reply = bench.type(f"qselect {options}".strip())
    assert (len(reply.stdout.splitlines()), reply.code) == (count, 0 if count else 1)


def test_quotas_show_what_is_used(bench: Bench) -> None:
    """One's own by default; nothing without use."""
    bench.cell.config.resource_quotas["g"] = ResourceQuotaSet("g", limits=["users {*} to gpu=2"])
    cell = type(bench.cell)(bench.cell.config, bench.now)
    bench.cell = cell
    assert bench.type("qquota").stdout == ""
    bench.submit("-P gpu -l gpu=2")
    bench.pass_time()
    assert bench.type("qquota").stdout.splitlines()[2] == "g/1                gpu=2/2              users user1"
    assert bench.type("qquota -u user4").stdout == ""
    assert ET.fromstring(bench.type("qquota -xml").stdout)[0].get("name") == "g/1"


def test_configuration_is_read_on_admin_hosts(bench: Bench) -> None:
    """Nowhere else."""
    assert bench.type("qconf -sql").stderr == 'denied: host "hub.sharc.test" is not an admin host\n'
    assert bench.type("qconf -sql", host=MASTER).stdout == "all.q\ngpu.q\ninteractive.q\n"


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("-sp nosuch", "nosuch is not a parallel environment"),
        ("-sprj nosuch", "nosuch is not known as a project"),
        ("-su nosuch", 'denied: access list "nosuch" does not exist'),
        ("-scal nosuch", "nosuch is not a calendar"),
        ("-shgrp @nosuch", 'Host group "@nosuch" does not exist'),
        ("-sconf nosuch", "can't resolve hostname \"nosuch\": can't resolve host name"),
        ("-sconf node001", "configuration node001.sharc.test not defined"),
        ("-se nosuch", 'can\'t resolve hostname "nosuch"'),
        ("-srqs nosuch", "No resource quota set found"),
        ("-sstree", "no sharetree element"),
        ("-huh", 'error: invalid option argument "-huh"'),
    ],
)
def test_what_is_not_there_is_said_so(bench: Bench, line: str, text: str) -> None:
    """On standard error, exit code 1."""
    reply = bench.type(f"qconf {line}", host=MASTER)
    assert (reply.stderr.splitlines()[0], reply.stdout, reply.code) == (text, "", 1)


def test_several_options_are_answered_in_turn(bench: Bench) -> None:
    """Until one fails."""
    reply = bench.type("qconf -sss -spl -scal no -sql", host=MASTER)
    assert reply.stdout == f"{MASTER}\nmpi\nmpirr\nsmp\n"
    assert reply.code == 1


def test_changes_are_a_manager_s(bench: Bench) -> None:
    """qconf says who may."""
    line = "qconf -mattr queue slots 2 all.q"
    assert bench.type(line, host=MASTER).stderr == 'denied: "user1" must be manager for this operation\n'


def test_a_manager_triggers_a_scheduler_run(bench: Bench) -> None:
    """qconf -tsm; others are told that they may not."""
    bench.type("qconf -tsm", host=MASTER, user="root")
    assert bench.cell.next_run_at == bench.now
    denied = bench.type("qconf -tsm", host=MASTER)
    assert (denied.stderr, denied.code) == ("starting scheduler monitoring requires manager privileges\n", 0)


def test_an_override_holds_on_its_host(bench: Bench) -> None:
    """qconf -sq prints it in the cluster queue, and its value in the queue instance."""
    bench.cell.config.queues["all.q"]["slots"] = "16,[node001.sharc.test=8]"
    assert "slots                 16,[node001.sharc.test=8]\n" in bench.type("qconf -sq all.q", host=MASTER).stdout
    assert "slots                 8\n" in bench.type("qconf -sq all.q@node001", host=MASTER).stdout


def test_a_component_that_is_not_there_refuses(bench: Bench) -> None:
    """qping asks qmaster and execds at their ports."""
    assert "status:                   0" in bench.type(f"qping -info {MASTER} 6444 qmaster 1").stdout
    reply = bench.type("qping -info node001 6999 execd 1")
    assert reply.stdout == "endpoint node001/execd/1 at port 6999: can't find connection\n"
    assert reply.code == 1


@pytest.mark.parametrize("command", ["qhost", "qacct"])
@pytest.mark.parametrize(
    ("request_", "text"),
    [("nosuch=1", 'unknown resource "nosuch"'), ("rmem=lots", 'attribute "rmem" is not a memory value')],
)
def test_a_request_that_cannot_be_read_is_an_error(bench: Bench, command: str, request_: str, text: str) -> None:
    """-l of every command that selects by it."""
    reply = bench.type(f"{command} -l {request_}")
    assert text in reply.stderr
    assert reply.code == 1


@pytest.mark.parametrize("command", ["qstat", "qselect"])
def test_these_say_nothing_of_such_a_request(bench: Bench, command: str) -> None:
    """As in 8.1.9: exit code 1, and that's all."""
    reply = bench.type(f"{command} -l nosuch=1")
    assert (reply.stdout, reply.stderr, reply.code) == ("", "", 1)


def test_a_program_that_is_not_modelled_is_refused(bench: Bench) -> None:
    """It says so, with exit code 1."""
    reply = bench.type("qmon")
    assert (reply.stderr, reply.code) == ('Unsupported: "qmon" is not supported in this version\n', 1)
