"""qrsub, qrstat, qrdel, as a recorded cluster answered them."""

from __future__ import annotations

from typing import Any

import pytest

HEADER = (
    "ar-id   name       owner        state start at             end at               duration\n"
    "------------------------------------------------------------------------------------------\n"
)
XML = (
    "<?xml version='1.0'?>\n"
    '<qrstat xmlns:xsd="http://arc.liv.ac.uk/repos/darcs/sge/source/dist/util/resources/schemas/qrstat/qrstat.xsd">\n'
)
NO_GPU = 'Your job (no project) does not have the correct project to run in cluster queue "gpu.q"\n'


@pytest.fixture
def allowed(bench: Any) -> Any:
    """user1 may reserve."""
    value = bench.cell.config.access_lists["arusers"] | {"entries": "user1"}
    bench.input("configure", kind="access_lists", name="arusers", value=value, user="root")
    return bench


def test_who_may_reserve(bench: Any) -> None:
    """Managers, and the users on the list arusers."""
    reply = bench.type("qrsub -d 60")
    assert (reply.stdout, reply.code) == ('denied: "user1" must be manager or in userset "arusers"\n', 1)
    assert bench.type("qrsub -d 60", user="root").stdout == "Your advance reservation 1 has been granted\n"


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("-d 60 -N a:b", "Colon (':') not allowed in objectname"),
        ("-d 60 -N 1x", 'denied: "1x" is not a valid object name (cannot start with a digit)'),
        ("-a 202001010000 -d 60", "start time is in the past"),
        ("-a 203001010000", 'missing value for "end time or duration" in advance reservation request'),
        ("-a 203001010000 -e 202901010000", "start time is later than end time"),
        (
            "-a 203001010000 -e 203001010010 -d 100",
            "difference between end and start time does not correspond to duration",
        ),
        ("-d 300 -pe nope 4", 'job rejected: the requested parallel environment "nope" does not exist'),
        ("-d 300 -q nope.q", 'Job was rejected because job requests unknown queue "nope.q"'),
        ("-d 300 -l nope=1", 'unknown resource "nope"'),
        ("-d 300 -l h_rt=foo", 'attribute "h_rt" is not a time value'),
        ("-d 300 -ckpt nope", 'job rejected: the requested checkpointing environment "nope" does not exist'),
        ("-d 300 -u @nogroup", 'Userset "nogroup" does not exist'),
        ("-d 300 -l gpu=1 -q gpu.q", "advance_reservation: no suitable queues"),
        ("-d 300 -w v", NO_GPU + "verification: found suitable queue(s)"),
        ("-d 300 -w v -pe smp 4", NO_GPU + "verification: found possible assignment with 4 slots"),
        (
            "-d 300 -w v -pe smp 99",
            f'{NO_GPU}Your job cannot run in PE "smp" because it only offers 0 slots\nverification: no suitable queues',
        ),
        (
            "-d 100 -l rmem=1000G -w v",
            NO_GPU
            + "".join(
                f'Your job (-l rmem=1000G) cannot run at host "{host}" because it offers only hc:rmem=64.000G\n'
                for host in ("node001.sharc.test", "node002.sharc.test")
            )
            + "verification: no suitable queues",
        ),
    ],
)
def test_what_the_qmaster_refuses(allowed: Any, line: str, answer: str) -> None:
    """On standard output, with exit code 1."""
    reply = allowed.type(f"qrsub {line}")
    assert (reply.stdout, reply.stderr, reply.code) == (f"{answer}\n", "", 1)


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("-d foo", 'qrsub: Wrong time format "foo" specified to -d option'),
        ("-d 1:0", 'qrsub: Wrong time format "1:0" specified to -d option'),
        ("-d 300 -w x", 'qrsub: invalid option argument "-w x"'),
        ("-d 300 -he x", 'qrsub: invalid option argument "-he x"'),
        ("-d 300 -foo", 'qrsub: invalid option argument "-foo"'),
        ("-d 300 -P x", 'error: invalid option argument "-P"'),
        ("-d 300 -cwd", 'error: invalid option argument "-wd"'),
        ("-d", "qrsub: -d option must have argument"),
        ("-u", "qrsub: -u option must have a list usernames"),
        ("-pe smp", "qrsub: -pe option must have range as 2nd argument"),
    ],
)
def test_what_the_client_refuses(allowed: Any, line: str, answer: str) -> None:
    """On standard error, with exit code 1."""
    reply = allowed.type(f"qrsub {line}")
    assert (reply.stdout, reply.stderr, reply.code) == ("", f"{answer}\n", 1)


@pytest.mark.parametrize("command", ["qrsub", "qrdel"])
def test_without_options_there_is_help(allowed: Any, command: str) -> None:
    """On standard error; with -help, on standard output."""
    reply = allowed.type(command)
    assert reply.stderr == allowed.type(f"{command} -help").stdout + "ERROR! no option argument\n"
    assert reply.code == 1


def test_the_table(allowed: Any) -> None:
    """The caller's own, or those of -u, by number."""
    allowed.type("qrsub -d 300 -N mine")
    allowed.type("qrsub -d 0:5:0 -a 203001010000", user="root")
    assert allowed.type("qrstat -u user2").stdout == ""
    mine = "      1 mine       user1        r     01/15/2027 08:00:00  01/15/2027 08:05:00  00:05:00\n"
    theirs = "      2            root         w     01/01/2030 00:00:00  01/01/2030 00:05:00  00:05:00\n"
    assert allowed.type("qrstat").stdout == HEADER + mine
    assert allowed.type("qrstat -u *").stdout == HEADER + mine + theirs


def test_everything_about_one(allowed: Any) -> None:
    """-ar, as text and as XML."""
    options = "-N hard -m bea -M joe@x.y,ann -A acct -l rmem=2G,h_rt=0:1:40 -pe smp 2"
    allowed.type(f"qrsub -d 3600 -q all.q@node001 -he y {options}")
    allowed.type("qmod -d all.q@node001", user="root", host="master.sharc.test")
    assert allowed.type("qrstat -ar 1").stdout == "-" * 80 + (
        "\nid                             1\n"
        "name                           hard\n"
        "owner                          user1\n"
        "state                          E\n"
        "start_time                     01/15/2027 08:00:00\n"
        "end_time                       01/15/2027 09:00:00\n"
        "duration                       01:00:00\n"
        "message                        reserved queue all.q@node001.sharc.test is disabled\n"
        "submission_time                01/15/2027 08:00:00\n"
        "group                          sgeadmin\n"
        "account                        acct\n"
        "resource_list                  rmem=2G, h_rt=100\n"
        "error_handling                 true\n"
        "granted_slots_list             all.q@node001.sharc.test=2\n"
        "granted_parallel_environment   smp slots 2\n"
        "mail_options                   abe\n"
        "mail_list                      joe@x.y,ann@NONE\n"
    )
    assert allowed.type("qrstat -xml -ar 1").stdout == XML + (
        "   <ar_summary>\n"
        "      <id>1</id>\n"
        "      <name>hard</name>\n"
        "      <owner>user1</owner>\n"
        "      <state>E</state>\n"
        "      <start_time>2027-01-15T08:00:00</start_time>\n"
        "      <end_time>2027-01-15T09:00:00</end_time>\n"
        "      <duration>01:00:00</duration>\n"
        "      <message>reserved queue all.q@node001.sharc.test is disabled</message>\n"
        "      <submission_time>2027-01-15T08:00:00</submission_time>\n"
        "      <group>sgeadmin</group>\n"
        "      <account>acct</account>\n"
        "      <resource_list>\n"
        '         <resource name="rmem" type="2G"/>\n'
        '         <resource name="h_rt" type="100"/>\n'
        "      </resource_list>\n"
        "      <error_handling>true</error_handling>\n"
        "      <granted_slots_list>\n"
        '         <granted_slots  queue_instance="all.q@node001.sharc.test" slots="2"/>\n'
        "      </granted_slots_list>\n"
        "      <granted_parallel_environment>\n"
        "         <parallel_environment>smp</parallel_environment>\n"
        "         <slots>2</slots>\n"
        "      </granted_parallel_environment>\n"
        "      <mail_options>abe</mail_options>\n"
        "      <mail_list>\n"
        '         <mail  user="joe" host="x.y"/>\n'
        '         <mail  user="ann" host="NONE"/>\n'
        "      </mail_list>\n"
        "   </ar_summary>\n</qrstat>\n"
    )


def test_those_that_are_not_there(allowed: Any) -> None:
    """Named all together, unless one of them is there."""
    allowed.type("qrsub -d 300")
    reply = allowed.type("qrstat -ar 77,78")
    assert (reply.stdout, reply.code) == ("Following advance reservations do not exist:\n77, 78\n", 1)
    reply = allowed.type("qrstat -xml -ar 77")
    assert (reply.stdout, reply.code) == (f"{XML}   <ar_unknown>\n      <id>77</id>\n   </ar_unknown>\n</qrstat>\n", 1)
    assert allowed.type("qrstat -ar 1,77").code == 0


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("-ar x", "ERROR! invalid id, must be an unsigned integer"),
        ("-ar", "-ar option must have argument"),
        ("-u", "-u option must have a list usernames"),
        ("-foo", 'invalid option argument "-foo"'),
        ("foo", "too many options"),
    ],
)
def test_what_qrstat_refuses(allowed: Any, line: str, answer: str) -> None:
    """On standard error, with exit code 1."""
    reply = allowed.type(f"qrstat {line}")
    assert (reply.stderr, reply.code) == (f"error: {answer}\n", 1)


@pytest.mark.parametrize(
    ("line", "answer", "code"),
    [
        ("foo", 'denied: advance_reservation "foo" does not exist', 1),
        (
            "77 78",
            'denied: advance_reservation "77" does not exist\ndenied: advance_reservation "78" does not exist',
            1,
        ),
        ("1x", 'denied: "1x" is not a valid object name (cannot start with a digit)', 1),
        ("a:b", "Colon (':') not allowed in objectname", 1),
        ("-u user2", "There is no advance_reservation registered for the following users: user2", 1),
        ("-u *", 'denied: "user1" must be manager to modify all advance reservations', 1),
        ("-u user1", "user1 has deleted advance_reservation 1\nuser1 has deleted advance_reservation 2", 0),
        ("m*", "user1 has deleted advance_reservation 1", 0),
        ("mine,2", "user1 has deleted advance_reservation 1\nuser1 has deleted advance_reservation 2", 0),
        ("3", 'user1 - you do not have the necessary privileges to delete the advance_reservation "3"', 1),
    ],
)
def test_deletion(allowed: Any, line: str, answer: str, code: int) -> None:
    """By number, name, pattern and user; a pattern means the caller's own."""
    allowed.type("qrsub -d 300 -N mine")
    allowed.type("qrsub -d 300 -N other")
    allowed.type("qrsub -d 300 -N most", user="root")
    reply = allowed.type(f"qrdel {line}")
    assert (reply.stdout, reply.code) == (f"{answer}\n", code)


def test_a_job_in_a_reservation(allowed: Any) -> None:
    """What qstat and qacct show of it, and of the slots."""
    allowed.type("qrsub -d 1000 -q all.q@node001 -pe smp 2")
    job = allowed.submit("-ar 1")
    allowed.pass_time()
    assert "all.q@node001.sharc.test       BIP   2/1/16 " in allowed.type("qstat -f").stdout
    assert "ar_id:                      1\n" in allowed.type(f"qstat -j {job}").stdout
    assert allowed.type("qrdel 1").stdout == "user1 has registered the advance_reservation 1 for deletion\n"
    allowed.finish(job)
    facts = allowed.type(f"qacct -j {job}").stdout
    assert "arid         1 " in facts
    assert "ar_sub_time  Fri Jan 15 08:00:00 2027\n" in facts
    assert "category     -ar 1\n" in facts
    allowed.pass_time()
    assert allowed.type("qrstat").stdout == ""


def test_a_job_that_nothing_was_reserved_for(allowed: Any) -> None:
    """-ar verifies; why it waits is said."""
    allowed.type("qrsub -d 1000 -q all.q@node001 -l rmem=2G")
    reply = allowed.type("qsub -ar 1 -l gpu=1")
    assert reply.stderr == "Unable to run job: error: no suitable queues\nExiting.\n"
    allowed.submit("-ar 1")
    waiting = allowed.submit("-ar 1 -N waits")
    allowed.pass_time()
    text = allowed.type(f"qstat -j {waiting}").stdout
    assert 'cannot run in queue "all.q@node002.sharc.test" because it was not reserved by advance reservation 1' in text
    assert 'cannot run in queue instance "interactive.q" because it was not reserved by advance reservation 1' in text
    assert '(-l NONE) cannot run in queue "all.q@node001.sharc.test" because it offers only qc:slots=0.000000\n' in text


def test_a_waiting_job_changes_its_reservation(allowed: Any) -> None:
    """qalter -ar takes any number; of a running job it says so and refuses."""
    allowed.type("qrsub -d 1000 -q all.q")
    running, waiting = allowed.submit(), allowed.submit("-h")
    allowed.pass_time()
    said = f"user1@hub.sharc.test sets job advance reservation of job {waiting} to"
    assert allowed.type(f"qalter -ar 99 {waiting}").stdout == f"{said} 99\n"
    assert allowed.type(f"qalter -ar 1 {waiting}").stdout == f"{said} 1\n"
    assert "ar_id:                      1\n" in allowed.type(f"qstat -j {waiting}").stdout
    reply = allowed.type(f"qalter -ar 1 {running}")
    first = f"user1@hub.sharc.test sets job advance reservation of job {running} to 1\n"
    assert (reply.stdout, reply.code) == (f"{first}job {running} can't modify running jobs\n", 1)
