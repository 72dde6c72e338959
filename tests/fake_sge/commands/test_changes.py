"""qdel(1), qhold(1), qrls(1), qalter(1), qmod(1): what changes jobs and queues."""

from __future__ import annotations

from typing import Any

import pytest

Bench = Any
"""The fixture's class; conftest has it."""

MASTER = "master.sharc.test"


def test_a_waiting_job_is_deleted_at_once(bench: Bench) -> None:
    """All answers are on standard output."""
    number = bench.submit("-h")
    assert bench.type(f"qdel {number}").stdout == f"user1 has deleted job {number}\n"
    assert bench.cell.jobs == {}


def test_a_running_job_is_registered_for_deletion_once(bench: Bench) -> None:
    """Asking again within a minute is no error."""
    number = bench.submit()
    bench.pass_time()
    assert bench.type(f"qdel {number}").stdout == f"user1 has registered the job {number} for deletion\n"
    again = bench.type(f"qdel {number}")
    assert (again.stdout, again.code) == (f"job {number} is already in deletion\n", 0)


def test_others_jobs_are_safe(bench: Bench) -> None:
    """Exit code 1, and the job stays."""
    number = bench.submit()
    reply = bench.type(f"qdel {number}", user="user2")
    assert reply.stdout == f'user2 - you do not have the necessary privileges to delete the job "{number}"\n'
    assert (reply.code, list(bench.cell.jobs)) == (1, [number])


def test_a_pattern_means_one_s_own_jobs(bench: Bench) -> None:
    """qdel 'a*'; a name that matches nothing is an error."""
    mine = bench.submit("-N abc -h")
    theirs = bench.submit("-N abd -h", user="user2")
    assert bench.type("qdel a*").stdout == f"user1 has deleted job {mine}\n"
    assert list(bench.cell.jobs) == [theirs]
    assert bench.type("qdel a*").stdout == "The job a* of user(s) user1 does not exist\n"


def test_single_tasks_are_deleted(bench: Bench) -> None:
    """By 123.4 or -t, alone or in ranges."""
    number = bench.submit("-t 1-6 -h")
    assert bench.type(f"qdel {number} -t 4-5").stdout == f"user1 has deleted job-array tasks 4,5 of job {number}\n"
    assert bench.type(f"qdel {number}.1").stdout == f"user1 has deleted job-array task {number}.1\n"
    assert bench.type("qdel -t 4").stderr.startswith("error: found lonely '-t 4' option")


def test_force_is_for_managers(bench: Bench) -> None:
    """An ordinary user waits a minute in vain."""
    number = bench.submit()
    bench.pass_time()
    assert bench.type(f"qdel -f {number}").code == 1
    assert bench.type(f"qdel -f {number}", user="root").stdout == f"root forced the deletion of job {number}\n"
    assert bench.cell.jobs == {}


def test_a_user_s_jobs_are_deleted_together(bench: Bench) -> None:
    """qdel -u."""
    one, two = bench.submit("-h"), bench.submit("-h")
    assert bench.type("qdel -u user1").stdout.splitlines() == [f"user1 has deleted job {n}" for n in (one, two)]


def test_a_hold_keeps_a_job_back(bench: Bench) -> None:
    """qhold sets it, qrls removes it."""
    number = bench.submit("-h")
    bench.pass_time()
    assert bench.type(f"qrls {number}").stdout == f"modified hold of job {number}\n"
    bench.pass_time()
    assert (number, 1) in bench.cell.placed


@pytest.mark.parametrize(("line", "user", "code"), [("qhold -h s 1", "user1", 10), ("qhold 1", "user2", 18)])
def test_holds_need_rights(bench: Bench, line: str, user: str, code: int) -> None:
    """The exit code is the qmaster's own status."""
    bench.submit("-h")
    assert bench.type(line, user=user).code == code


def test_altered_fields_are_told_one_by_one(bench: Bench) -> None:
    """qalter says what it modified."""
    number = bench.submit("-h -pe smp 2")
    reply = bench.type(f"qalter -N new -pe smp 4 -l h_rt=60 {number}")
    assert reply.stdout.splitlines() == [
        f"modified job name of job {number}",
        f"modified parallel environment of job {number}",
        f"modified slot range of job {number}",
        f"modified hard resource list of job {number}",
    ]
    assert bench.cell.jobs[number].request.name == "new"


def test_priority_goes_up_for_operators_alone(bench: Bench) -> None:
    """Down for everybody."""
    number = bench.submit("-h")
    assert bench.type(f"qalter -p -5 {number}").stdout.endswith(f"sets scheduling priority of job {number} to -5\n")
    reply = bench.type(f"qalter -p 5 {number}")
    assert (reply.stdout, reply.code) == ('denied: "user1" must be operator to increase job priority\n', 1)


def test_queues_change_state_instance_by_instance(bench: Bench) -> None:
    """A cluster queue's name means all its instances; what is so already is no error."""
    reply = bench.type("qmod -d all.q", user="root", host=MASTER)
    assert reply.stdout.splitlines() == [
        f'root@{MASTER} changed state of "all.q@node00{n}.sharc.test" (disabled)' for n in (1, 2)
    ]
    again = bench.type("qmod -d all.q@node001", user="root", host=MASTER)
    assert again.stdout == 'Queue instance "all.q@node001.sharc.test" is already in the specified state: disabled\n'
    assert again.code == 0


def test_only_admin_hosts_and_owners_change_queues(bench: Bench) -> None:
    """The submit host isn't one, and an ordinary user owns none."""
    assert bench.type("qmod -d all.q").stdout == 'denied: host "hub.sharc.test" is not an admin host\n'
    assert bench.type("qmod -d gpu.q", host=MASTER).stdout == (
        'user1 - you have no permission to modify queue "gpu.q@gpu001.sharc.test"\n'
    )


def test_a_job_is_suspended_and_resumed(bench: Bench) -> None:
    """By its owner; a second time says so."""
    number = bench.submit()
    bench.pass_time()
    lines = [bench.type(f"qmod {option} {number}", host=MASTER).stdout for option in ("-sj", "-sj", "-usj")]
    assert lines == [
        f"user1 - suspended job {number}\n",
        f"user1 - job {number} is already suspended\n",
        f"user1 - unsuspended job {number}\n",
    ]


def test_unknown_names_are_refused(bench: Bench) -> None:
    """Neither a queue nor a job."""
    assert bench.type("qmod -sj 99", host=MASTER).stdout == 'invalid queue or job "99"\n'
    assert bench.type("qmod -d no.q", user="root", host=MASTER).stdout == 'invalid queue "no.q"\n'


def test_tasks_and_users_that_are_not_there(bench: Bench) -> None:
    """Each has its own words, and exit code 1."""
    number = bench.submit("-t 1-3 -h")
    assert bench.type(f"qdel {number}.9").stdout == f'job "{number}" task "9" does not exist\n'
    assert bench.type(f"qdel {number} -t 7-9").stdout == f'job "{number}" task id range "7-9:1" comprises no tasks\n'
    reply = bench.type("qdel -u user9")
    assert (reply.stdout, reply.code) == ("There is no job registered for the following users: user9\n", 1)


def test_a_manager_deletes_everybody_s_jobs(bench: Bench) -> None:
    """-u takes patterns."""
    bench.submit("-h")
    bench.submit("-h", user="user2")
    assert bench.type("qdel -u user*", user="root").stdout.count("root has deleted job") == 2
