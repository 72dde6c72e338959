"""When a scheduler run happens, and what it does with arrays and categories: sched_conf(5)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fake_sge.core import Dispatched, TaskRange

Player = Callable[..., Any]
NO_FLUSH = {"flush_submit_sec": "0", "flush_finish_sec": "0"}


def test_without_flush_a_job_waits_for_the_interval(play: Player) -> None:
    """flush_submit_sec 0: runs come every schedule_interval, counted from the last one."""
    p = play(scheduler=NO_FLUSH)
    p.wait(20)
    p.submit()
    assert p.cell.next_deadline() == 1030
    p.wait(9)
    assert p.started() == []
    (placed,) = [event for event in p.wait(1) if isinstance(event, Dispatched)]
    assert placed.at == 1030


def test_a_flush_brings_a_run_and_starts_the_interval_anew(play: Player) -> None:
    """flush_submit_sec n: a run n-1 seconds after the submission; the next regular one is an interval later."""
    p = play(scheduler={"flush_submit_sec": "4", "flush_finish_sec": "0"})
    job = p.submit()
    assert p.cell.next_deadline() == 1003
    p.wait(3)
    assert p.where(job)
    p.exit(job)
    assert p.cell.next_deadline() == 1018


def test_nothing_is_due_on_an_idle_cell(play: Player) -> None:
    """Runs that can't start anything are skipped."""
    p = play()
    job = p.submit()
    p.run()
    p.exit(job)
    p.wait(100)
    assert p.cell.next_deadline() is None


def test_tsm_triggers_a_run(play: Player) -> None:
    """qconf -tsm doesn't wait for the interval."""
    p = play(scheduler=NO_FLUSH)
    job = p.submit()
    p.do("trigger")
    p.run()
    assert p.where(job)


def test_jobs_submitted_together_are_seen_by_one_run(play: Player) -> None:
    """Two phases: submissions first, a run over all of them later."""
    p = play({"node001": "NONE"}, {"all.q": {"slots": "1"}}, pes={"smp": "$pe_slots"})
    p.submit()
    p.submit()
    p.run()
    assert p.cell.run_count == 1


def test_a_category_that_found_no_place_isn_t_tried_again_until_something_is_given_back(play: Player) -> None:
    """One failed match rejects all jobs of the category, and no later run repeats it in vain."""
    p = play({"node001": "rmem=4G"}, {"all.q": {"slots": "9"}})
    jobs = [p.submit(l={"rmem": "4G"}) for _ in range(50)]
    p.run()
    category = p.job(jobs[1]).category
    assert category is not None
    assert category.rejected_at == p.cell.capacity_epoch
    p.exit(jobs[0])
    assert category.rejected_at < p.cell.capacity_epoch
    p.run()
    assert p.where(jobs[1])


def test_array_tasks_start_in_order_and_count_singly(play: Player) -> None:
    """Untouched tasks stay ranges; those placed are tasks of their own."""
    p = play({"node001": "NONE"}, {"all.q": {"slots": "2"}})
    job = p.submit(tasks=TaskRange(2, 10, 4))
    p.run()
    assert p.started() == [(job, 2), (job, 6)]
    assert p.job(job).idle == [TaskRange(10, 10, 4)]


def test_tc_counts_an_ended_task_until_the_next_run(play: Player) -> None:
    """-tc: as recorded, the run that sees a task's end still counts it; the one after doesn't."""
    p = play({"node001": "NONE"}, {"all.q": {"slots": "9"}})
    job = p.submit(tasks=TaskRange(1, 6), max_running_tasks=2)
    p.run()
    assert p.started() == [(job, 1), (job, 2)]
    other = p.submit(holds="u")
    p.exit(job, 1)
    p.cell.next_run_at, before = p.now, p.cell.run_count
    p.cell._step(p.now)
    assert p.started()[-1] == (job, 2)
    assert p.cell.run_count == before + 1
    p.run()
    assert p.where(job, 3)
    assert p.job(other).holds == "u"


def test_what_tc_keeps_back_has_no_priority_yet(play: Player) -> None:
    """Recorded: running tasks 0.25000, those kept back 0.00000 and qw."""
    p = play({"node001": "NONE"}, {"all.q": {"slots": "9"}}, pes={"smp": "$pe_slots"})
    p.submit(pe="smp", slots=64)
    job = p.submit(tasks=TaskRange(1, 6), max_running_tasks=2)
    p.run()
    assert f"{p.job(job).priority:.5f}" == "0.25000"
    assert p.job(job).waiting_priority == 0.0
    assert p.cell.why(p.job(job)) == ["not all array tasks may be started due to 'max_aj_instances'"]


def test_execution_time_is_awaited(play: Player) -> None:
    """-a: not before its time, and then without anything else happening."""
    p = play()
    job = p.submit(execute_at=1050.0)
    p.wait(49)
    assert p.where(job) is None
    assert p.cell.why(p.job(job)) == ["execution time not reached"]
    p.wait(1)
    assert p.where(job)


def test_changed_queue_instances_come_last_among_equals(play: Player) -> None:
    """As recorded: what was used last is at the end of the scheduler's list, so equal hosts are taken in turn."""
    p = play({"node001": "NONE", "node002": "NONE"}, {"all.q": {"slots": "4"}})
    first = p.submit()
    p.run()
    p.exit(first)
    p.run()
    second = p.submit()
    p.run()
    assert p.where(second) == "all.q@node002"
