"""Holds, dependencies, alterations and suspension of jobs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from fake_sge.core import Denied, SignalDue, Task, TaskRange, letters, tasks_to_hold, waiting_letters

Player = Callable[..., Any]


def test_a_held_job_waits_until_all_holds_are_off(play: Player) -> None:
    """qhold and qrls: user, operator and system holds each by themselves."""
    p = play()
    job = p.submit(holds="u")
    p.do("hold", job, None, "s", user="root")
    p.do("release", job, None, "u", user="ann")
    p.run()
    assert waiting_letters(p.job(job)) == "hqw"
    p.do("release", job, None, "s", user="root")
    p.wait(15)
    assert p.where(job)


@pytest.mark.parametrize(("verb", "word"), [("hold", "set"), ("release", "remove")])
def test_system_holds_are_the_managers(play: Player, verb: str, word: str) -> None:
    """Recorded: 'must be manager to set manager hold'."""
    p = play()
    job = p.submit(holds="s" if verb == "release" else "")
    with pytest.raises(Denied) as refused:
        getattr(p.cell, verb)(p.now, job, None, "s", user="ann")
    assert refused.value.text == f'denied: "ann" must be manager to {word} manager hold'


def test_what_changes_no_hold_needs_no_privilege(play: Player) -> None:
    """8.1.9 asks who it is only if a hold would change."""
    p = play()
    job = p.submit(holds="s")
    assert p.cell.hold(p.now, job, None, "s", user="ann") == []
    assert p.cell.release(p.now, job, None, "o", user="ann") == []


def test_a_task_is_let_go_of_a_job_that_is_held_as_a_whole(play: Player) -> None:
    """qrls of some tasks leaves the hold of the others."""
    p = play()
    job = p.submit(holds="u", tasks=TaskRange(1, 3))
    p.cell.release(p.now, job, TaskRange(2, 2), "u", user="ann")
    assert tasks_to_hold(p.job(job), None, "u") == [2]


def test_others_change_nothing(play: Player) -> None:
    """Recorded: 'must be at least owner of job N to change job attributes'."""
    p = play()
    job = p.submit()
    with pytest.raises(Denied) as refused:
        p.cell.hold(p.now, job, None, "u", user="bob")
    assert refused.value.text == f'denied: "bob" must be at least owner of job {job} to change job attributes'


def test_a_running_job_is_only_marked_by_a_hold(play: Player) -> None:
    """Recorded: state hr."""
    p = play()
    job = p.submit()
    p.run()
    p.do("started", job, 1)
    p.do("hold", job, None, "u", user="ann")
    assert letters(p.job(job).tasks[1]) == "hr"


def test_single_tasks_can_be_held(play: Player) -> None:
    """Recorded: 3,5,6 wait in qw and 4 in hqw; released, it is among the others again."""
    p = play({"node001": "NONE"}, {"all.q": {"slots": "0"}})
    job = p.submit(tasks=TaskRange(3, 6))
    p.do("hold", job, TaskRange(4, 4), "u", user="ann")
    assert p.job(job).idle == [TaskRange(3, 3), TaskRange(5, 6)]
    held = [task for _, task in p.cell.pending() if isinstance(task, Task)]
    assert [(task.id, letters(task)) for task in held] == [(4, "hqw")]
    p.do("release", job, TaskRange(4, 4), "u", user="ann")
    assert p.job(job).idle == [TaskRange(3, 6)]


def test_a_successor_waits_for_its_predecessor(play: Player) -> None:
    """-hold_jid by id and by name; it may start when the predecessor has left the cell."""
    p = play()
    first = p.submit()
    chain = [p.submit(hold_jobs=["1"]), p.submit(hold_jobs=["jo*"])]
    p.run()
    assert [waiting_letters(p.job(job)) for job in chain] == ["hqw", "hqw"]
    assert p.cell.why(p.job(chain[0])) == ["job dropped because of job dependencies"]
    p.exit(first)
    p.run()
    assert p.where(chain[0])
    assert p.where(chain[1]) is None


def test_unknown_predecessors_don_t_matter(play: Player) -> None:
    """Recorded: -hold_jid 999999 is accepted."""
    p = play()
    job = p.submit(hold_jobs=["999999"])
    p.run()
    assert p.where(job)


def test_a_successor_of_a_job_in_error_stays_held(play: Player) -> None:
    """Eqw isn't the end of a job."""
    p = play()
    first = p.submit()
    after = p.submit(hold_jobs=[str(first)])
    p.run()
    p.exit(first, failed=30)
    p.wait(60)
    assert p.where(after) is None
    p.do("delete", first, None, user="ann")
    p.run()
    assert p.where(after)


def test_array_successors_follow_task_by_task(play: Player) -> None:
    """-hold_jid_ad: task n waits for task n."""
    p = play({"node001": "NONE"}, {"all.q": {"slots": "2"}})
    first = p.submit(tasks=TaskRange(1, 2))
    after = p.submit(tasks=TaskRange(1, 2), hold_array_jobs=[str(first)])
    p.run()
    p.exit(first, 2)
    p.run()
    assert p.where(after, 2)
    assert p.where(after, 1) is None
    p.exit(first, 1)
    p.run()
    assert p.where(after, 1)


def test_altered_requests_count_from_the_next_run_on(play: Player) -> None:
    """qalter -l replaces the list; the messages shown are those of the last run (recorded)."""
    p = play({"node001": "rmem=4G"})
    job = p.submit(l={"rmem": "8G"})
    p.run()
    before = p.cell.why(p.job(job))
    p.do("alter", job, {"hard": [("h_rt", "0:20:0")]}, user="ann")
    assert p.cell.why(p.job(job)) == before
    assert p.job(job).version == 1
    p.wait(15)
    assert p.where(job)


def test_a_running_job_keeps_its_consumables(play: Player) -> None:
    """Recorded: 'former resource request on consumable ... missing in new resource request'."""
    p = play({"node001": "rmem=8G"})
    job = p.submit(l={"rmem": "4G"})
    p.run()
    with pytest.raises(Denied, match='former resource request on consumable "rmem" of running job missing'):
        p.cell.alter(p.now, job, {"hard": [("h_rt", "60")]}, user="ann")
    with pytest.raises(Denied, match='can\'t change consumable resource request "rmem" of running job'):
        p.cell.alter(p.now, job, {"hard": [("rmem", "2G")]}, user="ann")
    assert p.job(job).request.hard == [("rmem", "4G")]


def test_users_may_lower_their_priority_only(play: Player) -> None:
    """Recorded: 'must be operator to increase job priority'."""
    p = play()
    job = p.submit(holds="u")
    p.do("alter", job, {"priority": -50}, user="ann")
    with pytest.raises(Denied, match='denied: "ann" must be operator to increase job priority'):
        p.cell.alter(p.now, job, {"priority": 50}, user="ann")


def test_suspended_jobs_keep_their_slots(play: Player) -> None:
    """qmod -sj and -usj: SIGSTOP, s; SIGCONT, r; told so when already there."""
    p = play()
    job = p.submit()
    p.run()
    p.do("started", job, 1)
    assert SignalDue(p.now, job, 1, "SIGSTOP") in p.do("suspend_job", job, None, user="ann")
    assert letters(p.job(job).tasks[1]) == "s"
    assert p.cell.queue_instances[0].used == 1
    with pytest.raises(Denied, match=f"ann - job {job} is already suspended"):
        p.cell.suspend_job(p.now, job, None, user="ann")
    assert SignalDue(p.now, job, 1, "SIGCONT") in p.do("resume_job", job, None, user="ann")
    assert letters(p.job(job).tasks[1]) == "r"
    with pytest.raises(Denied, match=f"ann - job {job} is already unsuspended"):
        p.cell.resume_job(p.now, job, None, user="ann")


def test_jobs_that_aren_t_in_error_have_none_to_clear(play: Player) -> None:
    """Recorded: 'Job N is not in error state'."""
    p = play()
    job = p.submit()
    with pytest.raises(Denied, match=f"Job {job} is not in error state"):
        p.cell.clear_job_error(p.now, job, None, user="root")
