"""Both schedulers side by side, and the shortest story on which they part."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

from naive_sge.cell import NaiveCell
from naive_sge.world import World

from fake_sge.core import Cell, Denied, Dispatched, Exit, JobRequest

ROOT = "root"
Step = tuple[str, int, Any]


class Differ(AssertionError):
    """They started different jobs, or on different places."""


class Pair:
    """Two cells; every scheduler run of the fast one is one of the naive one, too."""

    def __init__(self, world: World) -> None:
        self.fast = Cell(world.config(), 1000.0)
        self.naive = NaiveCell(world)
        self.world = world
        self.story: list[str] = []
        self.starts = 0

    def note(self, what: str) -> None:
        self.story.append(f"{self.fast.now:g} {what}")

    def until(self, at: float) -> None:
        """Let time pass, from deadline to deadline."""
        while (due := self.fast.next_deadline()) is not None and due < at:
            self.compare(due)
        self.compare(at)

    def compare(self, at: float) -> None:
        """Do both start the same?"""
        runs, got = self.fast.run_count, []
        for event in self.fast.advance(at):
            if isinstance(event, Dispatched):
                pe = self.fast.placed[event.job, event.task].pe
                got.append((event.job, event.task, pe, [(g.queue_instance, g.slots) for g in event.grants]))
        expected = [start for _ in range(self.fast.run_count - runs) for start in self.naive.run(self.fast.now)]
        self.starts += len(got)
        if got != expected:
            self.note(f"fast {got}, naive {expected}")
            raise Differ("\n".join(self.story))
        if got:
            self.note(f"start {got}")
        if self.fast.next_run_at is None:
            self.nothing_is_missed(at + 15)

    def nothing_is_missed(self, at: float) -> None:
        """Where the fast one sees no reason for another run, the naive one would start nothing in it."""
        if (due := self.fast.next_deadline()) is not None and due <= at:
            return
        missed = copy.deepcopy(self.naive).run(at)
        if missed:
            self.note(f"no run is due, but naive would start {missed}")
            raise Differ("\n".join(self.story))

    def step(self, what: str, number: int, more: Any) -> None:
        """Do *what*, if there is anything to do it to."""
        fast, naive, now = self.fast, self.naive, self.fast.now
        jobs = list(naive.jobs)
        job = naive.jobs[jobs[number % len(jobs)]] if jobs else None
        if what == "time":
            self.until(now + more)
        elif what == "submit":
            self.submit(copy.deepcopy(more), number)
        elif what == "exit" and naive.running:
            task = naive.running[number % len(naive.running)]
            self.note(f"exit {task.job.id}.{task.task} {more}")
            fast.exited(now, task.job.id, task.task, Exit(more))
            naive.exited(task.job.id, task.task, now, more)
        elif what == "flag":
            place = fast.queue_instances[number % len(fast.queue_instances)]
            wanted = more[1] in ("disable", "suspend")
            if (more[0] in place.flags) is not wanted:
                self.note(f"{more[1]} {place.name}")
                fast.change_queue(now, place.name, more[1], user=ROOT)
                naive.flag(place.name, more[0], wanted)
        elif what == "load":
            host = list(self.world.hosts)[number % len(self.world.hosts)]
            self.note(f"load {host} {more}")
            fast.load_report(now, host, {"np_load_avg": str(more)})
            naive.loads[host] = more
        elif job is not None:
            self.change(what, job, more)

    def submit(self, request: JobRequest, number: int) -> None:
        fast, naive = self.fast, self.naive
        if number % 8 == 7 and naive.jobs:
            request.hold_jobs = [str(list(naive.jobs)[number % len(naive.jobs)])]
        if number % 32 == 1:
            request.execute_at = fast.now + 40
        self.note(f"submit {fast.next_job_id}: {shown(request)}")
        try:
            fast.submit(fast.now, request)
        except Denied:
            return
        naive.submit(fast.next_job_id - 1, fast.now, request)

    def change(self, what: str, job: Any, more: Any) -> None:
        fast, naive, now = self.fast, self.naive, self.fast.now
        self.note(f"{what} {job.id} {more or ''}")
        if what == "delete" and (job.tasks or not all(task.deleted for task in naive.tasks_of(job))):
            fast.delete(now, job.id, None, user=ROOT)
            naive.delete(job.id)
        elif what == "hold":
            (fast.release if job.held else fast.hold)(now, job.id, None, "u", user=ROOT)
            naive.hold(job.id, not job.held)
        elif what == "clear" and job.errors:
            fast.clear_job_error(now, job.id, None, user=ROOT)
            naive.clear_error(job.id)
        elif what == "alter":
            if naive.tasks_of(job) or job.errors or job.leaving:
                more = {"priority": more["priority"]}
            fast.alter(now, job.id, more, user=ROOT)
            naive.alter(job.id, replace(job.request, **more))


def play(world: World, steps: list[Step]) -> Pair:
    """Everything in turn; raises `Differ`."""
    pair = Pair(world)
    for step in steps:
        pair.step(*step)
    return pair


def shortest(world: World, steps: list[Step]) -> str:
    """The story on which they part, without what it doesn't need."""

    def parts(some: list[Step]) -> str | None:
        try:
            play(world, some)
        except Differ as found:
            return str(found)
        except Exception:  # noqa: BLE001 -- another story
            return None
        return None

    story, size = parts(steps) or "", max(len(steps) // 2, 1)
    while size:
        start = 0
        while start < len(steps):
            fewer = steps[:start] + steps[start + size :]
            found = parts(fewer)
            if found:
                steps, story = fewer, found
            else:
                start += size
        size //= 2
    return story


def shown(request: JobRequest) -> str:
    """What of a request isn't the default."""
    plain = JobRequest(owner="")
    given = {name: getattr(request, name) for name in request.__slots__}
    return " ".join(f"{name}={value}" for name, value in given.items() if value != getattr(plain, name))
