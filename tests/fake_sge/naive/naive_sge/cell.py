"""The naive scheduler's own book of what was submitted, runs and ended."""

from __future__ import annotations

from naive_sge.jobs import Place, Running, Waiting
from naive_sge.matching import category
from naive_sge.scheduler import Run, Start
from naive_sge.world import World

from fake_sge.core import JobRequest


class NaiveCell:
    """Told what happens, and when the scheduler runs; says what must start then."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.jobs: dict[int, Waiting] = {}
        self.running: list[Running] = []
        self.loads = dict.fromkeys(world.hosts, 0.0)
        self.hopeless: set[str] = set()
        self.left: list[Waiting] = []
        self.fresh: list[Waiting] = []
        self.stamp = 0
        self.stamps: dict[str, int] = {}
        self.places = [
            Place(name, host, 0, queue.slots_on.get(host, queue.slots), self.touched())
            for name, queue in world.queues.items()
            for host in queue.hosts
        ]

    def touched(self) -> int:
        self.stamp += 1
        return self.stamp

    def touch(self, task: Running) -> None:
        """What a task takes or gives back is looked at later from now on."""
        for place, _ in task.grants:
            place.stamp = self.touched()
        if task.pe is not None:
            self.stamps[task.pe] = self.touched()

    def submit(self, number: int, now: float, request: JobRequest) -> None:
        tasks = request.tasks
        ids = range(tasks.first, tasks.last + 1, tasks.step) if tasks else [1]
        before = [int(other) for other in request.hold_jobs if int(other) in self.jobs]
        self.jobs[number] = Waiting(number, request, now, bool(request.holds), before, list(ids))
        if request.immediate:
            self.fresh.append(self.jobs[number])

    def run(self, now: float) -> list[Start]:
        self.forget_hopeless()
        run = Run(self.world, now, self.able(now), self.running, self.places, self.loads, self.hopeless, self.stamps)
        starts = run.go()
        for task in self.running[len(self.running) - len(starts) :]:
            self.touch(task)
        self.let_go()
        for job in self.fresh:
            if job.id in self.jobs and not self.tasks_of(job):
                self.gone(job)
        self.fresh.clear()
        return starts

    def able(self, now: float) -> list[Waiting]:
        """Jobs of which a task may start, as far as they are concerned."""
        run = Run(self.world, now, [], self.running, [], self.loads, set(), {})
        return [job for job in self.jobs.values() if run.may_start(job)]

    def forget_hopeless(self) -> None:
        """What was said of a category is forgotten with its last job."""
        alive = {repr(category(self.world, job.request)) for job in self.jobs.values()}
        self.hopeless &= alive

    def let_go(self) -> None:
        """A run does this last: what ended before it counts against nothing any more, and nobody waits for it."""
        left, self.left = self.left, []
        for job in left:
            job.leaving -= 1
            if job.id not in self.jobs and not job.leaving:
                self.release_successors(job)

    def release_successors(self, job: Waiting) -> None:
        for other in self.jobs.values():
            if job.id in other.before:
                other.before.remove(job.id)

    def tasks_of(self, job: Waiting) -> list[Running]:
        return [task for task in self.running if task.job is job]

    def exited(self, number: int, task_id: int, now: float, failed: int) -> None:
        task = next(task for task in self.running if task.job.id == number and task.task == task_id)
        self.running.remove(task)
        self.touch(task)
        job = task.job
        if failed and not task.deleted and not job.request.immediate:
            job.tasks.append(task_id)
            if failed == 30:
                job.errors.append(task_id)
            if failed == 25:
                job.submitted = now
            return
        job.leaving += 1
        self.left.append(job)
        if not job.tasks and not self.tasks_of(job):
            del self.jobs[job.id]

    def clear_error(self, number: int) -> None:
        self.jobs[number].errors.clear()

    def delete(self, number: int) -> None:
        job = self.jobs[number]
        job.tasks.clear()
        job.errors.clear()
        for task in self.tasks_of(job):
            task.deleted = True
        if not self.tasks_of(job):
            self.gone(job)

    def gone(self, job: Waiting) -> None:
        del self.jobs[job.id]
        if not job.leaving:
            self.release_successors(job)

    def hold(self, number: int, held: bool) -> None:
        self.jobs[number].held = held

    def alter(self, number: int, request: JobRequest) -> None:
        self.jobs[number].request = request

    def flag(self, name: str, letter: str, present: bool) -> None:
        place = next(place for place in self.places if place.name == name)
        (place.flags.add if present else place.flags.discard)(letter)
        place.stamp = self.touched()
