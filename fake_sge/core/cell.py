"""The cell: a whole Grid Engine cluster as plain state.

The laws:

1. Time comes in as ``now`` and never goes back.
2. An input takes effect only through a method; each returns its events in order.
3. Order is by ``(at, seq)``. Lists are iterated, never sets: the same inputs give the same bytes.
4. No job is in two places; slots and consumables given back equal those taken, at every level.
5. An option that isn't modelled is refused in SGE's own words, never ignored.
6. The core never ends a running job by guess: `exited`, a limit, `delete` or a lost host does.

A shell gives it time: it waits for `next_deadline` or a wake-up, calls `advance`, and hands out the events. What is due
before an input's ``now`` happens, at its own instant, before the input does; so replaying the inputs is enough.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Collection, Iterable
from heapq import heapify, heappop, heappush
from typing import Any

from fake_sge.core import changes, dispatch, ending, granting, places, reconfigure, submission, suspension
from fake_sge.core.advance import AdvanceReservation
from fake_sge.core.calendar import read_calendars
from fake_sge.core.category import Category, category_key, make_category
from fake_sge.core.config import CellConfig
from fake_sge.core.events import Event
from fake_sge.core.instances import Host, QueueInstance
from fake_sge.core.layout import Layout
from fake_sge.core.load import LoadRules
from fake_sge.core.model import Exit, FinishedTask, Job, JobRequest, ReservationRequest, Task, TaskRange
from fake_sge.core.plan import Plan, max_reservation
from fake_sge.core.policy import Policy
from fake_sge.core.priority import Owners, Scale, Standing, Weights
from fake_sge.core.quota import Quotas
from fake_sge.core.resources import parse_time
from fake_sge.core.states import WAITING
from fake_sge.core.submission import Form, Verification
from fake_sge.core.thresholds import follow_load, show_alarm
from fake_sge.core.tickets import TicketOffice

__all__ = ["Cell"]

_MOST_CATEGORIES = 4096


class Cell:
    """A cell's state and everything that can happen to it.

    *config* is taken over, not copied; what of it isn't modelled is refused with `Denied`. *now* is the instant at
    which the cell begins; all its hosts are up and idle.
    """

    def __init__(self, config: CellConfig, now: float = 0.0) -> None:
        self.config = config
        self.now = now
        self.next_job_id = 1
        self.jobs: dict[int, Job] = {}
        self.finished: deque[FinishedTask] = deque()
        self.placed: dict[tuple[int, int], Task] = {}
        self.arrivals: list[Job] = []
        self.immediate: list[Job] = []
        self.unsettled: list[QueueInstance] = []
        self.stirred: dict[str, None] = {}
        self.leaving: list[tuple[Job, int]] = []
        self.successors: dict[int, list[int]] = {}
        self.capacity_epoch = 0
        self.run_count = 0
        self.last_run_at = now
        self.next_run_at: float | None = None
        self.scheduling = True
        self._timers: list[tuple[float, int, str, tuple[Any, ...]]] = []
        self._seq = 0
        self._undelivered: list[Event] = []
        self._owners: dict[str, dict[int, Job]] = {}
        self.standings: dict[tuple[Category, int, float | None, Owners | None], Standing] = {}
        self.categories: dict[str, Category] = {}
        self._most_categories = _MOST_CATEGORIES
        self.plan: Plan | None = None
        self.advance_reservations: dict[int, AdvanceReservation] = {}
        self.next_reservation_id = 1
        self._looks_again_at: float | None = None
        self.scale = Scale(Weights.of(config.scheduler), int(now))
        self.compile(config)
        self._undelivered += self.open_calendars()

    def compile(self, config: CellConfig, occupied: Iterable[str] = ()) -> None:
        """Make everything from *config*'s texts that is made from them; queue instances that are *occupied* stay."""
        self.config = config
        self.policy = Policy.of(config.configuration.get("global", {}))
        self.forms: dict[tuple[object, ...], Form] = {}
        self.finished = deque(self.finished, maxlen=self.policy.finished_jobs)
        self.layout = Layout(config, occupied)
        self.quotas = Quotas(config.resource_quotas.values(), self.layout)
        self.tickets = TicketOffice.of(config, self.layout, self.jobs.values())
        self.load_rules = LoadRules.of(config.scheduler)
        self.interval_s = max(parse_time(config.scheduler.get("schedule_interval", "0:0:15")), 1.0)
        self.plan = None
        if max_reservation(config.scheduler) or self.advance_reservations:
            self.plan = Plan.of(config.scheduler, self.interval_s)
            self.plan.slots = sum(place.slots for place in self.queue_instances)
        self.flush_submit_s = int(config.scheduler.get("flush_submit_sec", "0"))
        self.flush_finish_s = int(config.scheduler.get("flush_finish_sec", "0"))
        for place in self.queue_instances:
            show_alarm(self, place)
        used = [place.texts.get("calendar", "NONE") for place in self.queue_instances]
        self.calendars = read_calendars(config, [name for name in used if name.upper() != "NONE"])

    def open_calendars(self) -> list[Event]:
        """Bring every queue instance with a calendar into its present state, and wait for the next."""
        self._timers = [timer for timer in self._timers if timer[2] != "calendar"]
        heapify(self._timers)
        return [event for name in self.calendars for event in places.calendar_changes(self, name)]

    # What a cell consists of

    @property
    def queue_instances(self) -> list[QueueInstance]:
        """In the order of ``qconf -sql``, each queue's in the order of its host list."""
        return self.layout.queue_instances

    @property
    def hosts(self) -> dict[str, Host]:
        """The execution hosts by name."""
        return self.layout.hosts

    def is_manager(self, user: str) -> bool:
        return user in self.config.managers

    def is_operator(self, user: str) -> bool:
        return user in self.config.operators or user in self.config.managers

    def jobs_of(self, user: str) -> Collection[Job]:
        """The user's own jobs, in order of submission; costs no more than their number."""
        return self._owners.get(user, {}).values()

    def pending(self, jobs: Iterable[Job] | None = None) -> list[tuple[Job, Task | TaskRange]]:
        """What waits, as ``qstat`` prints it: best priority first. Of *jobs*, if given."""
        waiting = [job for job in (self.jobs.values() if jobs is None else jobs) if _waits(job)]
        waiting.sort(key=lambda job: (-job.waiting_priority, int(job.submitted_at), job.id))
        found: list[tuple[Job, Task | TaskRange]] = []
        for job in waiting:
            found += [(job, ids) for ids in (*job.idle, *job.blocked)]
            found += [(job, task) for task in job.tasks.values() if task.state == WAITING]
        return found

    def running(self, jobs: Iterable[Job] | None = None) -> list[Task]:
        """Tasks on hosts, by job and task id. Of *jobs*, if given."""
        if jobs is None:
            found = list(self.placed.values())
        else:
            found = [task for job in jobs for task in job.tasks.values() if task.state != WAITING]
        return sorted(found, key=lambda task: (task.job.id, task.id))

    def why(self, job: Job) -> list[str]:
        """The scheduler's messages about a job: ``scheduling info`` of ``qstat -j``."""
        return dispatch.why(self, job)

    # Inputs

    def submit(self, now: float, request: JobRequest) -> list[Event]:
        """qsub(1). Raises `Denied`; even then a job id is used up."""
        return self._input(now, submission.submit, request)

    def verify(self, now: float, request: JobRequest, level: str) -> Verification:
        """The dry run of ``-w`` (*level* e, w, v or p), without submitting."""
        self._catch_up(now)
        return submission.verify(self, request, level)

    def delete(
        self, now: float, job_id: int, tasks: TaskRange | None, *, user: str, forced: bool = False
    ) -> list[Event]:
        """qdel(1)."""
        return self._input(now, ending.delete, job_id, tasks, user, forced)

    def hold(self, now: float, job_id: int, tasks: TaskRange | None, kinds: str, *, user: str) -> list[Event]:
        """qhold(1): *kinds* of u, o and s."""
        return self._input(now, changes.hold, job_id, tasks, kinds, user)

    def release(self, now: float, job_id: int, tasks: TaskRange | None, kinds: str, *, user: str) -> list[Event]:
        """qrls(1)."""
        return self._input(now, changes.release, job_id, tasks, kinds, user)

    def alter(self, now: float, job_id: int, changed: dict[str, Any], *, user: str) -> list[Event]:
        """qalter(1): new values for fields of the job's `JobRequest`."""
        return self._input(now, changes.alter, job_id, changed, user)

    def clear_job_error(self, now: float, job_id: int, tasks: TaskRange | None, *, user: str) -> list[Event]:
        """``qmod -cj``."""
        return self._input(now, changes.clear_error, job_id, tasks, user)

    def suspend_job(self, now: float, job_id: int, tasks: TaskRange | None, *, user: str) -> list[Event]:
        """``qmod -sj``."""
        return self._input(now, changes.suspend, job_id, tasks, user)

    def resume_job(self, now: float, job_id: int, tasks: TaskRange | None, *, user: str) -> list[Event]:
        """``qmod -usj``."""
        return self._input(now, changes.resume, job_id, tasks, user)

    def reschedule_job(
        self, now: float, job_id: int, tasks: TaskRange | None, *, user: str, forced: bool = False
    ) -> list[Event]:
        """``qmod -rj``; *forced* takes jobs that aren't rerunnable too."""
        return self._input(now, ending.reschedule_job, job_id, tasks, user, forced)

    def change_queue(self, now: float, queue_instance: str, action: str, *, user: str) -> list[Event]:
        """``qmod -d, -e, -s, -us, -c, -r`` of one queue instance: *action* disable, enable, suspend, resume,
        clear_error, reschedule.
        """
        return self._input(now, places.change_queue, queue_instance, action, user)

    def started(self, now: float, job_id: int, task_id: int) -> list[Event]:
        """An execd has acknowledged a task."""
        return self._input(now, ending.started, job_id, task_id)

    def exited(self, now: float, job_id: int, task_id: int, exit: Exit) -> list[Event]:
        """An execd reports a task's end; what follows depends on its *failed* code."""
        return self._input(now, ending.exited, job_id, task_id, exit)

    def load_report(self, now: float, host: str, values: dict[str, str]) -> list[Event]:
        """An execd reports load values; it is heard, and from now on missed when it falls silent."""
        return self._input(now, places.load_report, host, values)

    def host_lost(self, now: float, host: str) -> list[Event]:
        """From now on nothing is heard from a host; after max_unheard its queue instances become ``u``."""
        return self._input(now, places.host_lost, host)

    def host_returned(self, now: float, host: str) -> list[Event]:
        """A host is heard again."""
        return self._input(now, places.host_returned, host)

    def reserve(self, now: float, request: ReservationRequest) -> list[Event]:
        """qrsub(1). Raises `Denied`; a reservation id is used up if the request was right, granted or not."""
        return self._input(now, granting.reserve, request)

    def unreserve(self, now: float, reservation: int, *, user: str, forced: bool = False) -> list[Event]:
        """qrdel(1): its jobs go with it; while they are being killed, unless *forced*, it stays in state d."""
        return self._input(now, granting.unreserve, reservation, user, forced)

    def configure(self, now: float, kind: str, name: str, value: Any, *, user: str) -> list[Event]:
        """``qconf``: replace one object of the configuration; None removes it. What runs keeps what it has.

        *kind* is a field of `CellConfig`; *name* is the object's, or "" where *value* is the whole field. Raises
        `Denied` for what would lose a running task, or can't be compiled; then nothing has changed.
        """
        return self._input(now, reconfigure.configure, kind, name, value, user)

    def clear_usage(self, now: float, users: list[str] | None = None) -> list[Event]:
        """``qconf -clearusage``: what these users have used isn't held against them any more; None is everybody."""
        return self._input(now, _clear_usage, users)

    def set_scheduler(self, now: float, *, runs: bool) -> list[Event]:
        """``qconf -ks`` and ``-at scheduler``: without a scheduler nothing is placed."""
        return self._input(now, _set_scheduler, runs)

    def trigger(self, now: float) -> list[Event]:
        """``qconf -tsm``: a scheduler run at once."""
        return self._input(now, _run_now)

    def advance(self, now: float) -> list[Event]:
        """Everything that is due up to and including *now*."""
        self._catch_up(now)
        while (due := self._due()) is not None and due <= now:
            self._undelivered += self._step(due)
            self._settle()
        return self._deliver()

    def next_deadline(self) -> float | None:
        """When `advance` will have something to tell; None if nothing happens by itself."""
        return self.now if self._undelivered else self._due()

    # Time

    def _due(self) -> float | None:
        first = self._timers[0][0] if self._timers else math.inf
        due = first if self.next_run_at is None or not self.scheduling else min(first, self.next_run_at)
        return None if due == math.inf else max(due, self.now)

    def _catch_up(self, now: float) -> None:
        if now < self.now:
            raise ValueError(f"time went back from {self.now} to {now}")
        while (due := self._due()) is not None and due < now:
            self._undelivered += self._step(due)
            self._settle()
        self.now = now

    def _input(self, now: float, effect: Callable[..., list[Event]], *facts: Any) -> list[Event]:
        """Have *effect* at *now*. If it is denied, what was due before is told by the next call."""
        self._catch_up(now)
        self._undelivered += effect(self, *facts)
        self._settle()
        return self._deliver()

    def _settle(self) -> None:
        """What follows at once from what has just happened."""
        self._undelivered += suspension.settle(self)
        if self.stirred:
            follow_load(self)

    def _deliver(self) -> list[Event]:
        events, self._undelivered = self._undelivered, []
        return events

    def _step(self, due: float) -> list[Event]:
        self.now = due
        if self._timers and self._timers[0][0] <= due:
            _, _, kind, facts = heappop(self._timers)
            return self._timer(kind, facts)
        self.next_run_at = None
        self.last_run_at = due
        self.run_count += 1
        return dispatch.run_scheduler(self)

    def _timer(self, kind: str, facts: tuple[Any, ...]) -> list[Event]:
        if kind == "eligible":
            if job := self.jobs.get(facts[0]):
                self.consider(job)
                self.request_run(self.flush_submit_s)
            return []
        if kind == "look_again":
            self._looks_again_at = None
            self.request_run()
            return []
        if kind == "cleaned":
            ending.cleaned(self, *facts)
            return []
        if kind == "kill":
            return ending.kill_again(self, *facts)
        if kind == "reservation":
            return granting.turn(self, *facts)
        if kind == "compile":
            return reconfigure.compile_anew(self, self.config)
        return places.timer(self, kind, facts)

    def set_timer(self, at: float, kind: str, *facts: Any) -> None:
        """Have *kind* happen at *at*."""
        self._seq += 1
        heappush(self._timers, (max(at, self.now), self._seq, kind, facts))

    def request_run(self, flush_s: int = 0) -> None:
        """Something happened that a scheduler run should see: at the next interval, or *flush_s* - 1 seconds from now.

        A run starts the interval anew (`sched_conf(5)`: flush_submit_sec, flush_finish_sec).
        """
        since = self.now - self.last_run_at
        at = self.last_run_at + self.interval_s * max(math.ceil(since / self.interval_s - 1e-9), 1)
        if flush_s > 0:
            at = min(at, self.now + flush_s - 1)
        self.next_run_at = at if self.next_run_at is None else min(at, self.next_run_at)

    def look_again(self, at: float) -> None:
        """Have a scheduler run at (or, by the interval, after) *at*, even if nothing happens until then."""
        if self._looks_again_at is None or at < self._looks_again_at:
            self._looks_again_at = at
            self.set_timer(at, "look_again")

    def given_back(self) -> None:
        """Capacity was given back or added: categories that found no place may find one now."""
        self.capacity_epoch += 1

    # Jobs

    def add_job(self, job: Job, category_key: str) -> None:
        """Take a verified job in."""
        self.jobs[job.id] = job
        self._owners.setdefault(job.request.owner, {})[job.id] = job
        self._enter_category(job, category_key)
        for before in (*job.predecessors, *job.array_predecessors):
            self.successors.setdefault(before, []).append(job.id)
        if job.request.immediate:
            self.immediate.append(job)
        if job.request.execute_at is not None and job.request.execute_at > self.now:
            self.set_timer(job.request.execute_at, "eligible", job.id)
        self.consider(job)

    def remove_job(self, job: Job) -> None:
        """Let a job go that has no task left."""
        self.unrank(job)
        self.forsake_category(job)
        del self.jobs[job.id]
        own = self._owners[job.request.owner]
        del own[job.id]
        if not own:
            del self._owners[job.request.owner]

    def categorise(self, job: Job) -> None:
        """Find the category of the job's request, or make it."""
        self._enter_category(job, category_key(self.layout, self.quotas, job.request))

    def _enter_category(self, job: Job, key: str) -> None:
        category = self.categories.get(key)
        if category is None:
            if len(self.categories) >= self._most_categories:
                self._drop_unused_categories()
            category = self.categories[key] = make_category(self.layout, key, job.request)
            category.reservation = self.advance_reservations.get(job.request.advance_reservation)
        self.forsake_category(job)
        job.category = category
        category.jobs += 1

    def forsake_category(self, job: Job) -> None:
        """Count the job no more to its category."""
        if job.category is not None:
            job.category.jobs -= 1
            job.category.unreservable = job.category.unreservable and job.category.jobs > 0

    def _drop_unused_categories(self) -> None:
        self.categories = {key: category for key, category in self.categories.items() if category.jobs}
        self._most_categories = max(2 * len(self.categories), _MOST_CATEGORIES)
        self.quotas.forget_all()

    def consider(self, job: Job) -> None:
        """Something about a job has changed: let it stand among those that may start, or take it out."""
        if self.eligible(job):
            if job.standing is None:
                self.arrivals.append(job)
            else:
                job.excluded = False
                job.standing.queue(job)
        elif job.standing is not None:
            if any(task.state != WAITING for task in job.tasks.values()):
                job.standing.unqueue(job)
            else:
                self.unrank(job)

    def eligible(self, job: Job) -> bool:
        """May the scheduler start a task of it?"""
        if job.holds or job.predecessors or not (job.idle or job.ready):
            return False
        if job.request.execute_at is not None and job.request.execute_at > self.now:
            return False
        return not self.concurrency_reached(job)

    def concurrency_reached(self, job: Job) -> bool:
        """Has an array job as many tasks placed or in error as ``-tc`` and max_aj_instances allow?"""
        if job.request.tasks is None:
            return False
        return job.active >= min(job.request.max_running_tasks or math.inf, self.policy.max_aj_instances)

    def rank(self, job: Job) -> None:
        """Give an eligible job its place among its like."""
        assert job.category is not None
        request = job.request
        owners = None if self.tickets is None else self.tickets.who(job)
        key = (job.category, request.priority, request.deadline_at, owners)
        standing = self.standings.get(key)
        if standing is None:
            standing = Standing(job.category, request.priority, request.deadline_at, self.scale, owners)
            self.standings[key] = standing
        standing.join(job)
        standing.queue(job)
        job.ranked_in = self.run_count

    def rank_running(self, job: Job) -> None:
        """Compare a job that runs again with the others; it isn't among those that may start."""
        self.rank(job)
        if job.standing is not None and not self.eligible(job):
            job.standing.unqueue(job)

    def unrank(self, job: Job) -> None:
        """Compare it with the others no more; ``qstat`` goes on printing the priority it had."""
        standing = job.standing
        if standing is None:
            return
        standing.leave(job)
        if not standing.members:
            del self.standings[standing.category, standing.posix, standing.deadline_at, standing.owners]


def _clear_usage(cell: Cell, users: list[str] | None) -> list[Event]:
    if cell.tickets is not None:
        cell.tickets.past.clear(users)
    return []


def _set_scheduler(cell: Cell, runs: bool) -> list[Event]:
    cell.scheduling = runs
    return _run_now(cell) if runs else []


def _run_now(cell: Cell) -> list[Event]:
    cell.next_run_at = cell.now
    return []


def _waits(job: Job) -> bool:
    return bool(job.idle or job.blocked) or any(task.state == WAITING for task in job.tasks.values())
