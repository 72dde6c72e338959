"""The scheduler run: what 3.2 and 3.3 of sge_schedd do, once, over the snapshot of one instant."""

from __future__ import annotations

from heapq import heapify, heappop, heapreplace
from typing import TYPE_CHECKING

from fake_sge.core import changes, ending, ledger, ranges
from fake_sge.core.advance import barrier
from fake_sge.core.category import Category
from fake_sge.core.events import Deleted, Dispatched, Event, Failed
from fake_sge.core.model import Grant, Job, Task
from fake_sge.core.parallel import explain_parallel, find_places
from fake_sge.core.priority import Standing
from fake_sge.core.reservation import find_reservation
from fake_sge.core.run import Run
from fake_sge.core.serial import explain_serial, find_place
from fake_sge.core.states import TRANSFERRING, UNUSABLE, WAITING
from fake_sge.core.suspension import settle
from fake_sge.core.thresholds import apply_thresholds

if TYPE_CHECKING:
    from fake_sge.core.cell import Cell
    from fake_sge.core.instances import QueueInstance
    from fake_sge.core.tickets import TicketOffice

__all__ = ["explain", "make_run", "run_scheduler", "why"]


def make_run(cell: Cell, *, empty: bool = False) -> Run:
    """The snapshot of this instant."""
    by_seq_no = cell.config.scheduler.get("queue_sort_method", "load") == "seqno"
    return Run(cell.layout, cell.quotas, cell.load_rules, cell.now, by_seq_no, empty, cell.plan).prepare()


def run_scheduler(cell: Cell) -> list[Event]:
    """Place what can be placed now, best priority first."""
    _rank_arrivals(cell)
    if cell.tickets is not None:
        _deal_tickets(cell, cell.tickets)
    cell.scale.take(int(cell.now))
    waiting = [standing for standing in cell.standings.values() if standing.waiting]
    events = apply_thresholds(cell) if cell.layout.suspending else []
    hopeful = [standing for standing in waiting if _hopeful(cell, standing.category)]
    if hopeful:
        if cell.plan is not None:
            cell.plan.look_ahead(cell.now)
        run = make_run(cell)
        events += _dispatch(cell, run, hopeful) if run.order else []
        if run.overloaded:
            cell.given_back()
            cell.request_run()
    for standing in waiting:
        standing.category.seen_in = cell.run_count
    ending.let_go(cell)
    return events + _fail_immediate(cell)


def _rank_arrivals(cell: Cell) -> None:
    for job in cell.arrivals:
        if cell.jobs.get(job.id) is job and job.standing is None and cell.eligible(job):
            cell.rank(job)
    cell.arrivals.clear()


def _deal_tickets(cell: Cell, office: TicketOffice) -> None:
    usable = [place for place in cell.queue_instances if not UNUSABLE.intersection(place.flags)]
    free = sum(max(place.slots - place.used, 0) for place in usable)
    waiting = [job for standing in cell.standings.values() for job in standing.waiting.values()]
    cell.scale.most_tickets = office.deal(cell.running(), waiting, free, cell.now)


def _hopeful(cell: Cell, category: Category) -> bool:
    """Might a job of the category find a place now? Not if none was found and nothing has been given back since."""
    return category.rejected_at != cell.capacity_epoch or category.load_dependent or cell.plan is not None


Entry = tuple[float, int, int, int]


def _entry(standing: Standing, index: int, alone: bool) -> Entry | None:
    """How *standing* ranks by its head; one that is *alone* needs no priority for that."""
    job = standing.head()
    if job is None:
        return None
    return 0.0 if alone else -standing.priority(job), standing.members[job.id], job.id, index


def _dispatch(cell: Cell, run: Run, standings: list[Standing]) -> list[Event]:
    """Pop the best head; place it, or reject its category, or set it aside."""
    events: list[Event] = []
    alone = len(standings) == 1
    heap = [entry for index, standing in enumerate(standings) if (entry := _entry(standing, index, alone))]
    heapify(heap)
    parked: list[tuple[Standing, Job]] = []
    limit = int(cell.config.scheduler.get("maxujobs", "0"))
    while heap and run.order:
        standing = standings[heap[0][3]]
        job = standing.head()
        assert job is not None
        category = standing.category
        rejected = category in run.rejected or not _hopeful(cell, category)
        reserve = _may_reserve(cell, category, job)
        if rejected and not reserve:
            if _may_reserve(cell, category, None) and standing.reserving:
                standing.park()
                parked.append((standing, job))
                entry = _entry(standing, heap[0][3], alone)
                heapreplace(heap, entry) if entry else heappop(heap)
            else:
                heappop(heap)
            continue
        if category.load_dependent and category not in run.unfit:
            category.statics.clear()
        if limit and _placed_of(cell, job.request.owner) >= limit:
            standing.park()
            parked.append((standing, job))
        else:
            if cell.plan is not None:
                run.lineup.look(reserve=reserve, parallel=category.pe is not None)
            placed = None if rejected else _try(cell, run, category, job)
            if placed is not None:
                run.lineup.settled()
                events.append(placed)
                if cell.unsettled:
                    events += settle(cell)
                    run.drop_suspended()
            elif _next_task(job)[1] or (reserve and _reserve(cell, run, category, job)):
                standing.park()
                parked.append((standing, job))
            else:
                category.unreservable = category.unreservable or reserve
                category.rejected_at = cell.capacity_epoch
                run.rejected.add(category)
                if not (standing.reserving and _may_reserve(cell, category, None)):
                    heappop(heap)
                    continue
                standing.park()
                parked.append((standing, job))
        entry = _entry(standing, heap[0][3], alone)
        heapreplace(heap, entry) if entry else heappop(heap)
    for standing, job in parked:
        standing.unpark(job)
    _end_reservations(cell, started=bool(events))
    return events


def _may_reserve(cell: Cell, category: Category, job: Job | None) -> bool:
    """Is there a reservation left for *job* (None: for a job of the category with ``-R y``)?"""
    if cell.plan is None or cell.plan.reservations >= cell.plan.max_reservation or category.unreservable:
        return False
    if category.reservation is not None:
        return False
    return job is None or (job.request.reserve and not job.request.immediate)


def _reserve(cell: Cell, run: Run, category: Category, job: Job) -> bool:
    """Reserve for the job, for as many of its tasks as there are reservations left; its category starts no more."""
    plan = cell.plan
    assert plan is not None
    tasks = len(job.ready) + sum(len(ids) for ids in job.idle)
    for position in range(min(tasks, plan.max_reservation - plan.reservations)):
        if position:
            run.lineup.look(reserve=True, parallel=category.pe is not None)
        found = find_reservation(run, category)
        if found is None:
            break
        run.lineup.settled()
        plan.reserve(found.start_at, plan.length_s(category), ledger.claims(cell, category, found.pe, found.places))
        run.rejected.add(category)
    return category in run.rejected


def _end_reservations(cell: Cell, *, started: bool) -> None:
    """Forget them. After starts the next run reserves otherwise, and may find places that these kept free; else, if
    nothing happens before a running task ought to be over, look again then.
    """
    plan = cell.plan
    if plan is not None and plan.reservations:
        plan.forget_reservations()
        if started:
            cell.request_run()
        if (at := plan.next_end()) is not None:
            cell.look_again(at)


def _placed_of(cell: Cell, user: str) -> int:
    return sum(1 for job in cell.jobs_of(user) for task in job.tasks.values() if task.state != WAITING)


def _next_task(job: Job) -> tuple[int, list[str]]:
    """The lowest id that may start, and the hosts it must not go to."""
    if not job.ready:
        return job.idle[0].first, []
    idle = ranges.first(job.idle)
    requeued = min(job.ready)
    if idle is None or requeued < idle:
        return requeued, job.tasks[requeued].barred
    return idle, []


def _try(cell: Cell, run: Run, category: Category, job: Job) -> Event | None:
    if job.request.advance_reservation and barrier(cell, job) is not None:
        return None
    task_id, barred = _next_task(job)
    if category.pe is None:
        place = find_place(run, category, barred)
        if place is None:
            return None
        return _start(cell, run, job, task_id, None, [(place, 1)])
    found = find_places(run, category, barred)
    if found is None:
        return None
    return _start(cell, run, job, task_id, found.pe, found.places)


def _start(
    cell: Cell, run: Run, job: Job, task_id: int, pe: str | None, places: list[tuple[QueueInstance, int]]
) -> Event:
    """Put a task on its places, all at once."""
    task = job.tasks.get(task_id)
    if task is None:
        job.idle = [] if job.request.tasks is None else ranges.without(job.idle, task_id)
        task = job.tasks[task_id] = Task(job, task_id)
    else:
        job.ready.remove(task_id)
    task.state = TRANSFERRING
    task.pe = pe
    task.dispatched_at = cell.now
    task.error_reason = ""
    ledger.take(cell, task, places)
    cell.placed[job.id, task_id] = task
    job.active += 1
    if job.upcoming_tickets:
        job.tickets = job.upcoming_tickets.pop(0)
    assert job.standing is not None
    if not (job.idle or job.ready):
        job.standing.unqueue(job)
    elif cell.concurrency_reached(job):
        job.settled = job.priority if job.ranked_in < cell.run_count else 0.0
        job.excluded = True
        job.standing.unqueue(job)
    run.started(places)
    hard, soft = task.limits
    grants: tuple[Grant, ...] = tuple(task.grants)
    return Dispatched(cell.now, job.id, task_id, grants, hard, soft, ledger.memory_limit(cell, task))


def _fail_immediate(cell: Cell) -> list[Event]:
    """``-now y``: a job that found no place in its one run is gone."""
    if not cell.immediate:
        return []
    events: list[Event] = []
    for job in cell.immediate:
        if cell.jobs.get(job.id) is job and not job.active:
            cell.remove_job(job)
            changes.job_gone(cell, job)
            reason = "Your qsub request could not be scheduled; try again later."
            events += [Failed(cell.now, job.id, reason), Deleted(cell.now, job.id, None, job.request.owner)]
    cell.immediate.clear()
    return events


def explain(run: Run, category: Category) -> list[str]:
    """Why no job of the category can start on the run's snapshot."""
    reasons = explain_serial(run, category) if category.pe is None else explain_parallel(run, category)
    return [reason.text for reason in reasons]


def why(cell: Cell, job: Job) -> list[str]:
    """What ``qstat -j`` prints as scheduling info."""
    if cell.config.scheduler.get("schedd_job_info", "true").lower() == "false":
        return ["(Collecting of scheduler job information is turned off)"]
    if cell.plan is not None:
        cell.plan.look_ahead(cell.now)
    run = make_run(cell)
    found = run.drops()
    if any(task.in_error for task in job.tasks.values()):
        found.append("Job is in error state")
    if not (job.idle or job.ready or job.blocked):
        return found
    if job.predecessors or job.blocked:
        found.append("job dropped because of job dependencies")
    elif job.holds:
        found.append("Job is in hold state")
    elif job.request.execute_at is not None and job.request.execute_at > cell.now:
        found.append("execution time not reached")
    elif cell.concurrency_reached(job):
        found.append("not all array tasks may be started due to 'max_aj_instances'")
    else:
        category = job.last_category if job.altered_in == cell.run_count else job.category
        if category is not None and category.seen_in and run.order:
            kept_back = barrier(cell, job)
            found += explain(run, category) if kept_back is None else [kept_back] * bool(kept_back)
        barred = dict.fromkeys(host for task in job.tasks.values() for host in task.barred)
        found += [f'cannot run on host "{host}" until clean up of a previous run has finished' for host in barred]
    return found
