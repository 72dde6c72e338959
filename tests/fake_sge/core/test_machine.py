"""Anything may happen in any order: the laws hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from fake_sge.core import Cell, CellConfig, Denied, Dispatched, Event, Exit, Finished, JobRequest, TaskRange
from fake_sge.core.layout import Host

USERS = ("ann", "bob", "cleo")
EXITS = (0, 0, 0, 7, 8, 11, 13, 19, 25, 30, 37, 100)


class CellMachine(RuleBasedStateMachine):
    """A cell of three hosts with consumables at every level, a quota, two queues and two environments."""

    def __init__(self, make_config: Callable[..., CellConfig]) -> None:
        super().__init__()
        self.make_config = make_config

    @initialize(by_seq_no=st.booleans(), adjust=st.booleans())
    def begin(self, by_seq_no: bool, adjust: bool) -> None:
        config = self.make_config(
            {
                "global": "licence=3",
                "node001": "rmem=16G,slots=3",
                "node002": "rmem=8G,exclusive=true",
                "gpu001": "gpu=2",
            },
            {
                "a.q": {"slots": "2", "load_thresholds": "np_load_avg=1.75"},
                "b.q": {"slots": "3", "seq_no": "5", "rerun": "TRUE"},
            },
            gpus={"gpu001": 2},
            pes={"mpi": "$round_robin", "fill": "$fill_up", "smp": "$pe_slots"},
            quotas=("limit users {ann} to slots=4",),
            scheduler={
                "queue_sort_method": "seqno" if by_seq_no else "load",
                "job_load_adjustments": "np_load_avg=0.50" if adjust else "NONE",
            },
            settings={"reschedule_unknown": "0:1:0"},
        )
        self.cell = Cell(config, 1000.0)
        self.inputs: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = []
        self.events: list[Event] = []
        self.ended: set[tuple[int, int]] = set()
        self.submissions = 0

    def do(self, name: str, *arguments: Any, **named: Any) -> None:
        """An input; it may be denied."""
        self.inputs.append((name, arguments, named))
        before = self.cell.now
        try:
            events = getattr(self.cell, name)(*arguments, **named)
        except Denied:
            events = []
        assert self.cell.now >= before
        for event in events:
            if isinstance(event, Finished):
                assert (event.job, event.task) not in self.ended
                self.ended.add((event.job, event.task))
            if isinstance(event, Dispatched):
                assert (event.job, event.task) not in self.ended
        self.events += events

    def some_job(self, pick: int) -> int:
        jobs = list(self.cell.jobs)
        return jobs[pick % len(jobs)] if jobs else 1

    @rule(
        user=st.sampled_from(USERS),
        pe=st.sampled_from((None, None, None, "mpi", "fill", "smp")),
        slots=st.integers(1, 6),
        tasks=st.sampled_from((None, None, (1, 4), (3, 9))),
        wanted=st.sampled_from(
            ((), ("rmem", "4G"), ("gpu", "1"), ("licence", "1"), ("exclusive", "true"), ("h_rt", "60"))
        ),
        hold=st.sampled_from(("", "", "u")),
        after=st.integers(0, 5),
        rerun=st.sampled_from((None, True, False)),
    )
    def submit(
        self, user: str, pe: str | None, slots: int, tasks: Any, wanted: Any, hold: str, after: int, rerun: Any
    ) -> None:
        self.submissions += 1
        request = JobRequest(
            owner=user,
            name="job",
            pe=pe,
            pe_slots=[TaskRange(min(slots, 2), slots)] if pe else [],
            tasks=TaskRange(*tasks) if tasks else None,
            max_running_tasks=2 if tasks == (3, 9) else 0,
            hard=[wanted] if wanted else [],
            holds=hold,
            hold_jobs=[str(self.some_job(after))] if after == 5 else [],
            rerun=rerun,
        )
        self.do("submit", self.cell.now, request)

    @rule(seconds=st.sampled_from((0, 0, 1, 15, 60, 400)))
    def advance(self, seconds: float) -> None:
        self.do("advance", self.cell.now + seconds)

    @rule(pick=st.integers(0, 20), failed=st.sampled_from(EXITS), late=st.sampled_from((0, 1, 20)))
    def exit(self, pick: int, failed: int, late: float) -> None:
        placed = list(self.cell.placed)
        if placed:
            self.do("exited", self.cell.now + late, *placed[pick % len(placed)], Exit(failed, 1 if failed else 0))

    @rule(pick=st.integers(0, 20))
    def acknowledge(self, pick: int) -> None:
        placed = list(self.cell.placed)
        if placed:
            self.do("started", self.cell.now, *placed[pick % len(placed)])

    @rule(pick=st.integers(0, 20), part=st.booleans(), user=st.sampled_from((*USERS, "root")), forced=st.booleans())
    def delete(self, pick: int, part: bool, user: str, forced: bool) -> None:
        tasks = TaskRange(2, 4) if part else None
        self.do("delete", self.cell.now, self.some_job(pick), tasks, user=user, forced=forced)

    @rule(pick=st.integers(0, 20), part=st.booleans(), verb=st.sampled_from(("hold", "release")))
    def hold_or_release(self, pick: int, part: bool, verb: str) -> None:
        tasks = TaskRange(2, 4) if part else None
        self.do(verb, self.cell.now, self.some_job(pick), tasks, "u", user="root")

    @rule(
        pick=st.integers(0, 20),
        verb=st.sampled_from(("suspend_job", "resume_job", "clear_job_error", "reschedule_job")),
    )
    def modify(self, pick: int, verb: str) -> None:
        self.do(verb, self.cell.now, self.some_job(pick), None, user="root")

    @rule(
        pick=st.integers(0, 20),
        wanted=st.sampled_from(([], [("h_rt", "30")], [("rmem", "1G")])),
        priority=st.integers(-5, 0),
    )
    def alter(self, pick: int, wanted: Any, priority: int) -> None:
        self.do("alter", self.cell.now, self.some_job(pick), {"hard": wanted, "priority": priority}, user="root")

    @rule(
        pick=st.integers(0, 5),
        action=st.sampled_from(("disable", "enable", "suspend", "resume", "clear_error", "clear_error", "reschedule")),
    )
    def queue(self, pick: int, action: str) -> None:
        self.do("change_queue", self.cell.now, self.cell.queue_instances[pick].name, action, user="root")

    @rule(host=st.sampled_from(("node001", "node002", "gpu001")), verb=st.sampled_from(("host_lost", "host_returned")))
    def host(self, host: str, verb: str) -> None:
        self.do(verb, self.cell.now, host)

    @rule(host=st.sampled_from(("node001", "gpu001")), load=st.sampled_from(("0.1", "0.9", "3.0")))
    def report(self, host: str, load: str) -> None:
        self.do("load_report", self.cell.now, host, {"np_load_avg": load})

    @invariant()
    def nothing_is_oversubscribed(self) -> None:
        """Slots and consumables at queue, host and cell level, environments, quotas."""
        if not hasattr(self, "cell"):
            return
        layout = self.cell.layout
        for place in layout.queue_instances:
            assert 0 <= place.used <= place.slots
        for host in (layout.everywhere, *layout.hosts.values()):
            for name, used in host.used.items():
                limit = host.capacity[name]
                assert 0 <= used <= limit or layout.complexes[name].relop == "EXCL"
        for environment in layout.environments.values():
            assert 0 <= environment.used <= environment.slots
        assert all(used <= 4 for used in self.cell.quotas.used.values())

    @invariant()
    def what_is_used_is_what_the_placed_tasks_hold(self) -> None:
        """Taken and given back are equal at every level."""
        if not hasattr(self, "cell"):
            return
        layout = self.cell.layout
        slots: Counter[str] = Counter()
        devices: dict[str, list[int]] = {name: [] for name in layout.hosts}
        for task in self.cell.placed.values():
            assert task.grants
            for grant in task.grants:
                slots[grant.queue_instance] += grant.slots
                devices[grant.host] += grant.devices
        for place in layout.queue_instances:
            assert place.used == slots[place.name]
            assert all(key in self.cell.placed for key in place.tasks)
        for host in layout.hosts.values():
            assert sorted(devices[host.name] + host.free_devices) == list(host.machine.gpus)
            self.check_host(host)
        assert sum(e.used for e in layout.environments.values()) == sum(
            t.slots for t in self.cell.placed.values() if t.pe
        )

    def check_host(self, host: Host) -> None:
        for name in host.capacity:
            held = 0.0
            for task in self.cell.placed.values():
                assert task.charged is not None
                demand = next((d for d in task.charged.demands if d.name == name), None)
                for index, grant in enumerate(task.grants):
                    if demand is not None and grant.host == host.name:
                        amount = (
                            float(bool(demand.amount))
                            if demand.exclusive
                            else demand.amount * (int(index == 0) if demand.per_job else grant.slots)
                        )
                        held += amount
            assert abs(host.used.get(name, 0.0) - held) < 1e-6

    @invariant()
    def every_task_is_in_one_place(self) -> None:
        """Untouched, blocked, apart or placed; none twice, none lost."""
        if not hasattr(self, "cell"):
            return
        assert self.cell.next_job_id == self.submissions + 1
        for job in self.cell.jobs.values():
            ids = [task for r in (*job.idle, *job.blocked) for task in range(r.first, r.last + 1, r.step)]
            assert len(ids) == len(set(ids))
            assert not set(ids) & set(job.tasks)
            assert ids or job.tasks
            assert sorted(job.ready) == sorted(
                t.id for t in job.tasks.values() if t.state == "qw" and not t.in_error and not t.holds
            )
            leaving = sum(1 for other, _ in self.cell.leaving if other is job)
            assert job.active == leaving + sum(1 for t in job.tasks.values() if t.state != "qw" or t.in_error)
        placed = [(t.job.id, t.id) for job in self.cell.jobs.values() for t in job.tasks.values() if t.state != "qw"]
        assert sorted(placed) == sorted(self.cell.placed)

    def teardown(self) -> None:
        """Replaying the inputs repeats the events."""
        if not hasattr(self, "cell"):
            return
        twin = Cell(self.cell.config, 1000.0)
        events: list[Event] = []
        for name, arguments, named in self.inputs:
            try:
                events += getattr(twin, name)(*arguments, **named)
            except Denied:
                continue
        assert events == self.events


def test_the_laws_hold_whatever_happens(config: Callable[..., CellConfig]) -> None:
    """No oversubscription, everything given back, one place for each task, replay repeats everything."""
    bounds = settings(suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(lambda: CellMachine(config), settings=bounds)
