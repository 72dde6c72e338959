"""What follows a task's end: sge_status(5), qdel(1), rescheduling."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from fake_sge.core import (
    Deleted,
    DeletionRegistered,
    Denied,
    Finished,
    JobErrored,
    KillDue,
    MailDue,
    Requeued,
    Started,
    TaskRange,
    letters,
)

Player = Callable[..., Any]


def running(p: Any, **fields: Any) -> int:
    """A job in state r."""
    job = p.submit(**fields)
    p.run()
    p.do("started", job, 1)
    return int(job)


def test_t_becomes_r_when_the_execd_acknowledges(play: Player) -> None:
    """A task is in t from dispatch until its execd answers; a second answer is no news."""
    p = play()
    job = p.submit()
    p.run()
    assert letters(p.job(job).tasks[1]) == "t"
    assert [type(event) for event in p.do("started", job, 1)] == [Started]
    assert letters(p.job(job).tasks[1]) == "r"
    assert p.do("started", job, 1) == []


@pytest.mark.parametrize("failed", [0, 12, 16, 37, 100])
def test_ended_tasks_leave_the_cell(play: Player, failed: int) -> None:
    """0 and the codes after the job: finished, the queue untouched, one accounting line."""
    p = play()
    job = running(p, project=None)
    (event,) = p.exit(job, failed=failed, exit_status=137)
    assert isinstance(event, Finished)
    assert (event.exit.failed, event.record.slots, event.record.task, event.last) == (failed, 1, 0, True)
    assert job not in p.cell.jobs
    assert [gone.job for gone in p.cell.finished] == [job]
    assert all(not place.state for place in p.cell.queue_instances)


@pytest.mark.parametrize("failed", [11, 26, 27, 28, 30])
def test_a_job_s_own_fault_puts_it_into_error(play: Player, failed: int) -> None:
    """Eqw until qmod -cj; the slots are free again."""
    p = play()
    job = running(p)
    (event,) = p.exit(job, failed=failed, reason="error: can't chdir to /nonexistent")
    assert isinstance(event, JobErrored)
    task = p.job(job).tasks[1]
    assert (letters(task), task.error_reason) == ("Eqw", "error: can't chdir to /nonexistent")
    assert p.cell.queue_instances[0].used == 0
    p.wait(60)
    assert p.where(job) is None
    assert p.cell.why(p.job(job)) == ["Job is in error state"]
    p.do("clear_job_error", job, None, user="ann")
    p.run()
    assert p.where(job)


@pytest.mark.parametrize(("failed", "states"), [(8, ["E", ""]), (10, ["E", ""]), (7, ["E", "E"]), (36, ["E", "E"])])
def test_a_queue_s_or_host_s_fault_requeues_and_closes_it(play: Player, failed: int, states: list[str]) -> None:
    """5-10 close the queue instance, 7, 34 and 36 all of the host; the job runs elsewhere (or waits)."""
    p = play({"node001": "NONE"}, {"a.q": {}, "b.q": {}})
    job = running(p)
    events = p.exit(job, failed=failed, reason="in prolog")
    assert [type(event) for event in events if isinstance(event, Requeued)] == [Requeued]
    assert [place.state for place in p.cell.queue_instances] == states
    assert letters(p.job(job).tasks[1]) == "qw"
    assert p.job(job).tasks[1].error_reason == "in prolog"
    p.run()
    assert p.where(job) == ("b.q@node001" if "" in states else None)


def test_a_pe_stop_failure_closes_the_queue_but_ends_the_job(play: Player) -> None:
    """13: the job had run."""
    p = play()
    job = running(p)
    p.exit(job, failed=13)
    assert p.cell.queue_instances[0].state == "E"
    assert job not in p.cell.jobs


def test_exit_99_puts_a_job_behind_the_others(play: Player) -> None:
    """25: requeued with a new submission time, so it goes to the back."""
    p = play({"node001": "NONE"}, {"all.q": {"slots": "1"}})
    job = running(p)
    p.wait(10)
    other = p.submit()
    p.wait(10)
    p.exit(job, failed=25, exit_status=99)
    p.run()
    assert p.where(other)
    assert p.job(job).submitted_at == 1020
    p.exit(other)
    p.run()
    assert letters(p.job(job).tasks[1]) == "Rt"


@pytest.mark.parametrize(("rerun", "stays"), [(True, True), (False, False), (None, False)])
def test_a_lost_shepherd_requeues_rerunnable_jobs_only(play: Player, rerun: bool | None, stays: bool) -> None:
    """17 and 19: -r y, or the queue's rerun TRUE."""
    p = play()
    job = running(p, rerun=rerun)
    p.exit(job, failed=19)
    assert (job in p.cell.jobs) is stays


def test_a_job_marked_for_deletion_just_ends(play: Player) -> None:
    """Whatever its failed code says: it isn't requeued, nor put into error."""
    p = play()
    job = running(p)
    p.do("delete", job, None, user="ann")
    p.exit(job, failed=8)
    assert job not in p.cell.jobs


def test_deleting_a_waiting_job_removes_it_and_accounts_nothing(play: Player) -> None:
    """Recorded: 'has deleted job', no accounting line."""
    p = play()
    job = p.submit(holds="u")
    assert p.do("delete", job, None, user="ann") == [Deleted(1000.0, job, None, "ann")]
    assert not p.cell.jobs


def test_deleting_a_running_job_marks_it_and_has_it_killed(play: Player) -> None:
    """State dr until its execd reports; a repeat within a minute is told so, one after kills again."""
    p = play()
    job = running(p)
    events = p.do("delete", job, None, user="ann")
    assert [type(event) for event in events] == [DeletionRegistered, KillDue]
    assert letters(p.job(job).tasks[1]) == "dr"
    with pytest.raises(Denied, match=f"job {job} is already in deletion") as again:
        p.cell.delete(p.now, job, None, user="ann")
    assert again.value.exit_code == 0
    p.wait(60)
    assert KillDue in [type(event) for event in p.do("delete", job, None, user="ann")]


def test_only_owners_and_operators_delete(play: Player) -> None:
    """Recorded words; root is a manager."""
    p = play()
    job = p.submit()
    with pytest.raises(Denied) as refused:
        p.cell.delete(p.now, job, None, user="bob")
    assert refused.value.text == f'bob - you do not have the necessary privileges to delete the job "{job}"'
    with pytest.raises(Denied) as unknown:
        p.cell.delete(p.now, 99, None, user="ann")
    assert unknown.value.text == 'denied: job "99" does not exist'
    p.do("delete", job, None, user="root")
    assert not p.cell.jobs


def test_forced_deletion_needs_no_execd(play: Player) -> None:
    """qdel -f by a manager ends a job on a host that can't be reached, and accounts for it."""
    p = play()
    job = running(p)
    kinds = [type(event) for event in p.do("delete", job, None, user="root", forced=True)]
    assert kinds == [KillDue, Finished, Deleted]
    assert not p.cell.jobs
    assert p.cell.queue_instances[0].used == 0


def test_tasks_of_an_array_are_deleted_one_by_one(play: Player) -> None:
    """qdel job -t: waiting tasks go, running ones are marked, the others stay."""
    p = play({"node001": "NONE"}, {"all.q": {"slots": "2"}})
    job = p.submit(tasks=TaskRange(1, 6))
    p.run()
    p.do("delete", job, TaskRange(4, 5), user="ann")
    p.do("delete", job, TaskRange(1, 1), user="ann")
    assert p.job(job).idle == [TaskRange(3, 3), TaskRange(6, 6)]
    p.do("delete", job, None, user="ann")
    assert p.job(job).idle == []
    p.exit(job, 1, failed=100, exit_status=137)
    (last,) = p.exit(job, 2, failed=100, exit_status=137)
    assert last.last
    assert not p.cell.jobs


def test_rescheduling_takes_a_job_off_its_host(play: Player) -> None:
    """qmod -rj of a rerunnable job: killed, requeued as R, as if submitted now."""
    p = play()
    job = running(p, rerun=True)
    p.wait(5)
    kinds = [type(event).__name__ for event in p.do("reschedule_job", job, None, user="ann")]
    assert kinds == ["KillDue", "Requeued", "JobChanged"]
    assert p.job(job).submitted_at == 1005
    p.run()
    p.do("started", job, 1)
    assert letters(p.job(job).tasks[1]) == "Rr"


def test_a_host_that_is_cleaning_up_is_barred_to_the_task(play: Player) -> None:
    """Recorded: a rescheduled job goes to another host, though its own has more room; alone, it waits a moment."""
    p = play({"node001": "NONE"}, {"all.q": {}})
    job = running(p, rerun=True)
    p.do("reschedule_job", job, None, user="ann")
    p.run()
    assert p.where(job) is None
    assert p.cell.why(p.job(job)) == ['cannot run on host "node001" until clean up of a previous run has finished']
    p.wait(15)
    assert p.where(job) == "all.q@node001"


def test_what_isn_t_rerunnable_is_rescheduled_by_force_only(play: Player) -> None:
    """Recorded: 'The job N is running in queue none where jobs are not rerunable.'"""
    p = play()
    job = running(p, rerun=False)
    with pytest.raises(Denied, match="running in queue none where jobs are not rerunable"):
        p.cell.reschedule_job(p.now, job, None, user="root")
    p.do("reschedule_job", job, None, user="root", forced=True)
    assert p.where(job) is None


def test_mail_is_due_as_asked_for(play: Player) -> None:
    """-m b, e, a: at the beginning, the end, an abort."""
    p = play()
    job = p.submit(mail_on="bea", mail_to=["ann@example.org"])
    p.run()
    assert [event.on for event in p.do("started", job, 1) if isinstance(event, MailDue)] == ["b"]
    assert [event.on for event in p.exit(job) if isinstance(event, MailDue)] == ["e"]
    other = running(p, mail_on="a")
    assert [event.on for event in p.exit(other, failed=37, exit_status=137) if isinstance(event, MailDue)] == ["a"]


def test_the_last_finished_jobs_are_kept(play: Player) -> None:
    """finished_jobs of sge_conf(5), for qstat -s z."""
    p = play(settings={"finished_jobs": "2"})
    for _ in range(3):
        p.exit(running(p))
    assert [gone.job for gone in p.cell.finished] == [2, 3]


def test_a_report_of_a_task_that_is_gone_is_no_news(play: Player) -> None:
    """An execd may report twice."""
    p = play()
    job = running(p)
    p.exit(job)
    assert p.exit(job) == []


@pytest.mark.parametrize(("failed", "state"), [(8, "qw"), (7, "qw"), (15, "qw"), (25, "Rq"), (24, "Rq")])
def test_a_job_that_never_got_through_waits_as_if_new(play: Player, failed: int, state: str) -> None:
    """Recorded: a failing prolog or epilog leaves qw; R is for what was rescheduled."""
    p = play({"node001": "NONE"})
    job = p.submit()
    p.run()
    p.do("started", job, 1)
    p.exit(job, failed=failed)
    assert letters(p.job(job).tasks[1]) == state


def test_a_forced_deletion_says_nothing_of_how_it_ended(play: Player) -> None:
    """Recorded: failed 0, exit status 0, from its start until now."""
    p = play()
    job = running(p)
    p.wait(20)
    events = p.do("delete", job, None, user="root", forced=True)
    (gone,) = [event for event in events if isinstance(event, Finished)]
    assert (gone.exit.failed, gone.exit.exit_status, gone.exit.ended_at) == (0, 0, p.now)
    assert gone.exit.started_at is not None


def test_a_queue_in_error_tells_of_each_failure(play: Player) -> None:
    """Recorded words; one line a job that failed there, until qmod -cq."""
    p = play({"node001": "NONE"})
    jobs = [running(p), running(p)]
    for job in jobs:
        p.exit(job, failed=8)
    (place,) = p.cell.queue_instances
    assert place.error_reason.split("\n") == [
        f"queue all.q marked QERROR as result of job {job}'s failure at host node001" for job in jobs
    ]
    p.do("change_queue", place.name, "clear_error", user="root")
    assert (place.error_reason, place.state) == ("", "")
