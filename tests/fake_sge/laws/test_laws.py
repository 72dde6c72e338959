"""Anything may happen in any order: the laws hold, and replaying it repeats every event."""

from __future__ import annotations

import copy
from collections import Counter
from typing import Any

from book import Book
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from small_cell import changes, small_cell

from fake_sge.core import Cell, Denied, Dispatched, Event, Exit, Job, JobRequest, ReservationRequest, TaskRange

USERS = ("ann", "bob", "cleo")
EXITS = (0, 0, 0, 7, 8, 11, 13, 19, 24, 25, 30, 37, 100)
CHANGES = changes()
START = 1000.0
PICK = st.integers(0, 20)


def resources() -> st.SearchStrategy[list[tuple[str, str]]]:
    names = {
        "rmem": ("1G", "4G"),
        "gpu": ("1", "2"),
        "licence": ("1",),
        "exclusive": ("true",),
        "h_rt": ("60", "300"),
    }
    one = st.sampled_from([(name, value) for name, values in names.items() for value in values])
    return st.one_of(st.just([]), one.map(lambda entry: [entry]), st.lists(one, max_size=3, unique_by=lambda e: e[0]))


class CellMachine(RuleBasedStateMachine):
    """A small cell, and an onlooker's `Book` of it."""

    @initialize(
        by=st.sampled_from(("load", "seqno")),
        ahead=st.sampled_from(("0", "0", "2")),
        adjust=st.sampled_from(("NONE", "np_load_avg=0.50")),
    )
    def begin(self, by: str, ahead: str, adjust: str) -> None:
        config = small_cell(queue_sort_method=by, max_reservation=ahead, job_load_adjustments=adjust)
        self.first = copy.deepcopy(config)
        self.cell = Cell(config, START)
        self.book = Book(config)
        self.inputs: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = []
        self.events: list[Event] = []
        self.submissions = 0

    # Doing

    def do(self, name: str, *arguments: Any, **named: Any) -> None:
        """An input, now; it may be denied."""
        self.until(self.cell.now)
        self.inputs.append((name, copy.deepcopy((self.cell.now, *arguments)), copy.deepcopy(named)))
        try:
            events = getattr(self.cell, name)(self.cell.now, *arguments, **named)
        except Denied:
            return
        finally:
            self.book.config = self.cell.config
        for event in events:
            self.book.tell(event, arguments[0] if name == "submit" else None)
        self.events += events

    def until(self, at: float) -> None:
        """Let time pass, step by step, so that each scheduler run is seen by itself."""
        while (due := self.cell.next_deadline()) is not None and due <= at:
            self.step(due)
        self.step(at)

    def step(self, at: float) -> None:
        ahead = [(job, self.startable(job)) for job in self.cell.jobs.values()]
        before, now = self.cell.run_count, self.cell.now
        self.inputs.append(("advance", (at,), {}))
        events = self.cell.advance(at)
        assert now <= self.cell.now
        for event in events:
            self.book.tell(event)
        if self.cell.run_count == before + 1:
            self.nobody_is_passed_over(ahead, [event for event in events if isinstance(event, Dispatched)])
        self.events += events

    @staticmethod
    def startable(job: Job) -> int:
        """How many of the job's tasks may start, but for what -tc allows."""
        if job.holds or job.predecessors or job.request.max_running_tasks or job.request.immediate:
            return 0
        if any(task.barred for task in job.tasks.values()) or job.standing is None:
            return 0
        return len(job.ready) + sum(len(ids) for ids in job.idle)

    def nobody_is_passed_over(self, ahead: list[tuple[Job, int]], starts: list[Dispatched]) -> None:
        """No start of a job while one ahead of it in its category could."""
        if self.cell.config.scheduler["maxujobs"] != "0" or self.cell.tickets is not None:
            return
        left = {job.id: count for job, count in ahead if count and job.standing is not None}
        jobs = {job.id: job for job, _ in ahead}
        for start in starts:
            job = jobs.get(start.job)
            if job is None or job.category is None:
                continue
            mine = int(job.submitted_at), job.id
            for other in (jobs[number] for number, count in left.items() if count):
                if other.category is job.category and other.request.priority == job.request.priority:
                    assert mine <= (int(other.submitted_at), other.id), f"{start} before {other.id}"
            if job.id in left:
                left[job.id] -= 1

    def some_job(self, pick: int) -> int:
        jobs = list(self.cell.jobs)
        return jobs[pick % len(jobs)] if jobs else 1

    @rule(
        user=st.sampled_from(USERS),
        pe=st.sampled_from((None, None, None, "mpi", "fill", "smp")),
        slots=st.integers(1, 6),
        tasks=st.sampled_from((None, None, (1, 4, 1), (3, 9, 2))),
        wanted=resources(),
        hold=st.sampled_from(("", "", "u")),
        after=st.integers(0, 9),
        rerun=st.sampled_from((None, True, False)),
        more=st.sampled_from(
            (
                {},
                {},
                {},
                {"reserve": True},
                {"project": "red"},
                {"hard_queues": ["b.q"]},
                {"soft": [("h_rt", "600")]},
                {"soft_queues": ["b.q"]},
                {"immediate": True},
                {"priority": -100},
                {"advance_reservation": 1},
                {"advance_reservation": 2},
            )
        ),
    )
    def submit(
        self, user: str, pe: Any, slots: int, tasks: Any, wanted: Any, hold: str, after: int, rerun: Any, more: Any
    ) -> None:
        self.submissions += 1
        request = JobRequest(
            owner=user,
            name="job",
            pe=pe,
            pe_slots=[TaskRange(min(slots, 2), slots)] if pe else [],
            tasks=TaskRange(*tasks) if tasks else None,
            max_running_tasks=2 if tasks == (3, 9, 2) else 0,
            hard=wanted,
            holds=hold,
            hold_jobs=[str(self.some_job(after))] if after == 5 else [],
            hold_array_jobs=[str(self.some_job(after))] if after == 6 and tasks else [],
            execute_at=self.cell.now + 45 if after == 7 else None,
            rerun=rerun,
            **more,
        )
        self.do("submit", request)

    @rule(seconds=st.sampled_from((0, 0, 1, 15, 60, 400)))
    def advance(self, seconds: float) -> None:
        self.until(self.cell.now + seconds)

    @rule(pick=PICK, failed=st.sampled_from(EXITS), late=st.sampled_from((0, 1, 20)))
    def exit(self, pick: int, failed: int, late: float) -> None:
        self.until(self.cell.now + late)
        placed = list(self.cell.placed)
        if placed:
            self.do("exited", *placed[pick % len(placed)], Exit(failed, 1 if failed else 0))

    @rule(pick=PICK)
    def acknowledge(self, pick: int) -> None:
        placed = list(self.cell.placed)
        if placed:
            self.do("started", *placed[pick % len(placed)])

    @rule(pick=PICK, part=st.booleans(), user=st.sampled_from((*USERS, "root")), forced=st.booleans())
    def delete(self, pick: int, part: bool, user: str, forced: bool) -> None:
        self.do("delete", self.some_job(pick), TaskRange(2, 4) if part else None, user=user, forced=forced)

    @rule(pick=PICK, part=st.booleans(), verb=st.sampled_from(("hold", "release")), kind=st.sampled_from("uos"))
    def hold_or_release(self, pick: int, part: bool, verb: str, kind: str) -> None:
        self.do(verb, self.some_job(pick), TaskRange(2, 4) if part else None, kind, user="root")

    @rule(pick=PICK, verb=st.sampled_from(("suspend_job", "resume_job", "clear_job_error", "reschedule_job")))
    def modify(self, pick: int, verb: str) -> None:
        self.do(verb, self.some_job(pick), None, user="root")

    @rule(
        pick=PICK,
        changed=st.one_of(
            st.fixed_dictionaries({"hard": resources()}),
            st.fixed_dictionaries({"priority": st.integers(-5, 0)}),
            st.sampled_from(({"hard_queues": ["a.q"]}, {"project": "red"}, {"reserve": True}, {"holds": "u"})),
        ),
    )
    def alter(self, pick: int, changed: Any) -> None:
        job = self.some_job(pick)
        self.do("alter", job, changed, user="root")
        if job in self.cell.jobs:
            self.book.requests[job] = self.cell.jobs[job].request

    @rule(
        pick=PICK,
        action=st.sampled_from(("disable", "enable", "suspend", "resume", "clear_error", "clear_error", "reschedule")),
    )
    def queue(self, pick: int, action: str) -> None:
        places = self.cell.queue_instances
        self.do("change_queue", places[pick % len(places)].name, action, user="root")

    @rule(host=st.sampled_from(("node001", "node002", "gpu001")), verb=st.sampled_from(("host_lost", "host_returned")))
    def host(self, host: str, verb: str) -> None:
        self.do(verb, host)

    @rule(host=st.sampled_from(("node001", "gpu001")), load=st.sampled_from(("0.1", "0.9", "3.0")))
    def report(self, host: str, load: str) -> None:
        self.do("load_report", host, {"np_load_avg": load})

    @rule(which=st.sampled_from(CHANGES))
    def configure(self, which: Any) -> None:
        self.do("configure", *which, user="root")

    @rule(
        start=st.sampled_from((0, 30, 100)),
        duration=st.sampled_from((50, 200)),
        pe=st.sampled_from((None, "fill", "smp")),
        slots=st.integers(1, 3),
        wanted=st.sampled_from(([], [("gpu", "1")], [("rmem", "4G")])),
    )
    def reserve(self, start: float, duration: float, pe: Any, slots: int, wanted: Any) -> None:
        request = ReservationRequest(
            "root",
            start_at=self.cell.now + start,
            duration_s=duration,
            pe=pe,
            pe_slots=[TaskRange(slots, slots)] if pe else [],
            hard=wanted,
            users=list(USERS),
        )
        self.do("reserve", request)

    @rule(pick=st.integers(1, 3))
    def unreserve(self, pick: int) -> None:
        self.do("unreserve", pick, user="root")

    @rule()
    def trigger(self) -> None:
        self.do("trigger")

    # What must hold

    @invariant()
    def the_book_and_the_cell_agree(self) -> None:
        """The same jobs, on the same places; none lost."""
        if not hasattr(self, "cell"):
            return
        placed = {key: tuple(task.grants) for key, task in self.cell.placed.items()}
        assert placed == {key: stay.grants for key, stay in self.book.placed.items()}
        assert list(self.cell.jobs) == list(self.book.alive)
        for number, job in self.cell.jobs.items():
            ids = [task for r in (*job.idle, *job.blocked) for task in range(r.first, r.last + 1, r.step)]
            assert sorted([*ids, *job.tasks]) == self.book.alive[number]
        assert self.cell.next_job_id == self.submissions + 1

    @invariant()
    def everything_is_given_back(self) -> None:
        """What counts as taken is what the placed tasks have."""
        if not hasattr(self, "cell"):
            return
        slots: Counter[str] = Counter()
        for stay in self.book.placed.values():
            for grant in stay.grants:
                slots[grant.queue_instance] += grant.slots
        assert {place.name: place.used for place in self.cell.queue_instances if place.used} == dict(slots)
        if not self.book.placed:
            layout = self.cell.layout
            used = [host.used for host in (layout.everywhere, *layout.hosts.values())]
            used += [place.used_of for place in layout.queue_instances]
            assert not any(any(amounts.values()) for amounts in used)
            assert not any(self.cell.quotas.used.values())
            assert not any(environment.used for environment in layout.environments.values())
            assert [h.free_devices for h in layout.hosts.values()] == [
                list(h.machine.gpus) for h in layout.hosts.values()
            ]

    @invariant()
    def accounting_sums_to_what_was_debited(self) -> None:
        """One line for each stay on a host, with the slots that were held."""
        if hasattr(self, "cell"):
            assert self.book.accounted == self.book.debited
            assert self.book.lines == self.book.ended

    def teardown(self) -> None:
        """Replaying the inputs repeats the events."""
        if not hasattr(self, "cell"):
            return
        twin, events = Cell(self.first, START), list[Event]()
        for name, arguments, named in self.inputs:
            try:
                events += getattr(twin, name)(*arguments, **named)
            except Denied:
                continue
        assert events == self.events


def test_the_laws_hold_whatever_happens() -> None:
    """No oversubscription, everything given back, one place for each task, none passed over, lost or come back, and
    replay repeats everything.
    """
    run_state_machine_as_test(CellMachine, settings=settings(suppress_health_check=list(HealthCheck)))
