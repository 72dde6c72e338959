"""The virtual shell: the cell in simpy's time."""

from __future__ import annotations

import pytest
import simpy

from fake_sge.cellfile import load_cell
from fake_sge.core import (
    Cell,
    Denied,
    Dispatched,
    Event,
    Finished,
    JobRequest,
    Requeued,
    Started,
    Submitted,
    TaskRange,
    letters,
)
from fake_sge.virtual import VirtualCluster, VirtualShell

ORIGIN = 1_790_000_000.0


def request(**fields: object) -> JobRequest:
    """A job of somebody ordinary."""
    return JobRequest(owner="user1", uid=3001, gid=2000, name="job", **fields)  # type: ignore[arg-type]


def cluster(**options: float) -> tuple[simpy.Environment, VirtualCluster, list[Event]]:
    """A recorded cell that begins at an epoch second, and what it tells."""
    env, told = simpy.Environment(), list[Event]()
    return env, VirtualCluster(env, load_cell("recorded"), told.append, origin=ORIGIN, **options), told


def test_a_job_runs_as_long_as_it_is_said_to() -> None:
    """Dispatch, start and report come after their latencies, in epoch seconds."""
    env, virtual, told = cluster(start_latency_s=2.0, report_latency_s=0.5)
    virtual.submit(request(), run_s=60.0, exit_status=3)
    env.run()
    assert [(type(event), event.at - ORIGIN) for event in told] == [
        (Submitted, 0.0),
        (Dispatched, 0.0),
        (Started, 2.0),
        (Finished, 62.5),
    ]
    assert isinstance(told[-1], Finished)
    assert (told[-1].exit.failed, told[-1].exit.exit_status) == (0, 3)


def test_h_rt_is_enforced() -> None:
    """At its limit a job is killed: failed 37, exit status 137."""
    env, virtual, told = cluster()
    virtual.submit(request(hard=[("h_rt", "10")]), run_s=60.0)
    env.run()
    assert isinstance(told[-1], Finished)
    assert (told[-1].exit.failed, told[-1].exit.exit_status, told[-1].exit.usage.wallclock_s) == (37, 137, 10.0)


def test_deleting_kills() -> None:
    """qdel of a running job ends it after the report latency: failed 100, exit status 137."""
    env, virtual, told = cluster()
    job = virtual.submit(request(), run_s=600.0)
    env.run(until=20)
    virtual.delete(job, "user1")
    env.run()
    assert isinstance(told[-1], Finished)
    assert (told[-1].at - ORIGIN, told[-1].exit.failed, told[-1].exit.exit_status) == (21.0, 100, 137)


def test_a_rescheduled_job_runs_anew() -> None:
    """The end of its first stay means nothing to the second."""
    env, virtual, told = cluster()
    job = virtual.submit(request(rerun=True), run_s=100.0)
    env.run(until=50)
    virtual.shell.input("reschedule_job", job_id=job, tasks=None, user="user1")
    env.run()
    assert [type(event) for event in told].count(Requeued) == 1
    finished = [event for event in told if isinstance(event, Finished)]
    assert [event.at - ORIGIN for event in finished] == [152.0]


def test_submissions_of_one_instant_are_seen_by_one_run() -> None:
    """The run comes after everything else that happens at its instant."""
    env, virtual, _ = cluster()
    virtual.submit(request(), run_s=1.0)
    virtual.submit(request(pe="smp", pe_slots=[TaskRange(4, 4)]), run_s=1.0)
    env.run(until=0.5)
    assert virtual.cell.run_count == 1
    assert [task.job.id for task in virtual.cell.running()] == [1, 2]


def test_a_refusal_is_raised_and_nothing_stops() -> None:
    """What happened before a refusal is told all the same."""
    env, virtual, told = cluster()
    virtual.submit(request(), run_s=5.0)
    with pytest.raises(Denied):
        virtual.submit(request(hard=[("nosuch", "1")]), run_s=5.0)
    env.run()
    assert isinstance(told[-1], Finished)
    assert virtual.cell.next_job_id == 3


def test_listeners_may_act_and_hear_everything_in_order() -> None:
    """What a listener's own input leads to is told after what is being told."""
    env = simpy.Environment()
    heard: list[tuple[str, type[Event]]] = []

    def first(event: Event) -> None:
        heard.append(("first", type(event)))
        if isinstance(event, Dispatched):
            shell.input("started", job_id=event.job, task_id=event.task)

    shell = VirtualShell(env, Cell(load_cell("recorded"), ORIGIN), first, origin=ORIGIN)
    shell.listeners.append(lambda event: heard.append(("second", type(event))))
    shell.input("submit", request=request())
    env.run()
    kinds = (Submitted, Dispatched, Started)
    assert heard == [(name, kind) for kind in kinds for name in ("first", "second")]


def test_the_shell_sleeps_when_nothing_is_due() -> None:
    """An idle cell costs no events: simpy runs out of them."""
    env, virtual, _ = cluster()
    virtual.submit(request(), run_s=1.0)
    env.run()
    assert env.peek() == float("inf")
    assert virtual.cell.next_deadline() is None


def test_two_runs_tell_the_same() -> None:
    """The same submissions give the same events."""

    def events() -> list[Event]:
        env, virtual, told = cluster()

        def users() -> simpy.events.ProcessGenerator:
            for i in range(40):
                virtual.submit(request(tasks=TaskRange(1, 2) if i % 7 == 0 else None), run_s=5.0 + i % 11)
                yield env.timeout(0.3)

        env.process(users())
        env.run()
        return told

    assert events() == events()


def last_of(told: list[Event]) -> Finished:
    assert isinstance(told[-1], Finished)
    return told[-1]


def test_a_suspended_job_makes_no_progress() -> None:
    """What it stood still it runs on at the end, stopped before or at the time when it would have been over."""
    env, virtual, told = cluster(start_latency_s=0.0, report_latency_s=0.0)
    job = virtual.submit(request(), run_s=60.0)
    for until, name in ((10, "suspend_job"), (30, "resume_job"), (50, "suspend_job"), (100, "resume_job")):
        env.run(until)
        virtual.shell.input(name, job_id=job, tasks=None, user="user1")
    env.run()
    assert (last_of(told).at - ORIGIN, last_of(told).exit.usage.wallclock_s) == (130.0, 130.0)


def test_its_limit_goes_on_meanwhile() -> None:
    """h_rt is wall time, whether the job moves or not."""
    env, virtual, told = cluster(start_latency_s=0.0, report_latency_s=0.0)
    job = virtual.submit(request(hard=[("h_rt", "100")]), run_s=60.0)
    env.run(10)
    virtual.shell.input("suspend_job", job_id=job, tasks=None, user="user1")
    env.run(90)
    virtual.shell.input("resume_job", job_id=job, tasks=None, user="user1")
    env.run()
    assert (last_of(told).at - ORIGIN, last_of(told).exit.failed) == (100.0, 37)


def test_a_lost_host_takes_its_jobs_with_it() -> None:
    """Recorded: after its return what ran there ends with failed 19, what was sent there meanwhile stays t."""
    env, virtual, told = cluster()
    here = [("hostname", "node001.sharc.test")]
    first = virtual.submit(request(hard=here), run_s=60.0)
    env.run(10)
    virtual.lose_host("node001.sharc.test")
    late = virtual.submit(request(hard=here), run_s=60.0)
    env.run(400)
    assert letters(virtual.cell.jobs[first].tasks[1]) == "r"
    assert virtual.cell.layout.place("all.q@node001.sharc.test").state == "u"
    virtual.return_host("node001.sharc.test")
    assert (last_of(told).job, last_of(told).exit.failed) == (first, 19)
    env.run(800)
    assert letters(virtual.cell.jobs[late].tasks[1]) == "t"
    virtual.delete(late, "user1")
    env.run(810)
    assert not virtual.cell.jobs


def test_a_rerunnable_job_of_a_lost_host_runs_again_when_it_is_back() -> None:
    """Recorded: -r y, failed 19, Rq."""
    env, virtual, told = cluster()
    virtual.submit(request(hard=[("hostname", "node001.sharc.test")], rerun=True), run_s=60.0)
    env.run(10)
    virtual.lose_host("node001.sharc.test")
    env.run(20)
    virtual.return_host("node001.sharc.test")
    env.run()
    assert [event.exit.failed for event in told if isinstance(event, Requeued)] == [19]
    assert last_of(told).exit.failed == 0
