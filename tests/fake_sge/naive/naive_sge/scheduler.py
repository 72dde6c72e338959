"""A scheduler run, written down as the rules are: every job is tried on every place, and nothing is remembered.

O(jobs x places) for each try, and each try sums up everything that runs. Only what the rules say is shared between jobs
is: a category that found no place isn't tried again in the same run.
"""

from __future__ import annotations

import math
from fnmatch import fnmatchcase

from naive_sge.jobs import Key, Place, Running, Waiting, claims, levels
from naive_sge.matching import admits, category, suits, violations
from naive_sge.parallel import Attempt, Taken, slot_amounts
from naive_sge.priority import priorities
from naive_sge.quotas import counter, denies_everywhere, lists_of, rules, slots_left
from naive_sge.world import CONSUMABLE, EXCLUSIVE, PER_JOB, World, alone, amount

from fake_sge.core import JobRequest

Start = tuple[int, int, str | None, list[tuple[str, int]]]
"""Job, task, environment, and slots by queue instance, the master's first."""

OFFSET_S = 60.0


def ranks(values: dict[str, float]) -> list[int]:
    """The rank of each host; equals share one."""
    found = sorted(set(values.values()))
    return [found.index(value) for value in values.values()]


class Run:
    """One run, at *now*, over *jobs* that may start, what is *running*, and *places* in their order."""

    def __init__(
        self,
        world: World,
        now: float,
        jobs: list[Waiting],
        running: list[Running],
        places: list[Place],
        loads: dict[str, float],
        hopeless: set[str],
        stamps: dict[str, int],
    ) -> None:
        self.world, self.now, self.running, self.loads = world, int(now), running, loads
        self.jobs, self.hopeless = jobs, hopeless
        self.look_ahead = int(world.scheduler["max_reservation"]) > 0
        self.reservations: list[tuple[float, float, list[tuple[Key, float]]]] = []
        self.places, self.aside = [], []
        for place in sorted(places, key=lambda p: (list(world.queues).index(p.queue), p.stamp)):
            if place.flags & set("usSE") or "d" in place.flags or self.alarmed(place):
                continue
            (self.places if self.used_slots(place) < place.slots else self.aside).append(place)
        self.sort()
        self.joined: list[Place] = []
        self.numbered, self.values = False, dict.fromkeys(world.hosts, -math.inf)
        self.pes = sorted(world.pes, key=lambda name: stamps.get(name, 0))

    # What is taken

    def stays(self) -> list[tuple[float, float, list[tuple[Key, float]]]]:
        """Everything that runs or is reserved: from when until when, and what it takes."""
        found = []
        for task in self.running:
            start, end = task.start, task.start + self.limit_s(task) + OFFSET_S
            if end <= self.now:
                end = self.now + 15.0
            found.append((start, end, claims(self.world, task.request, task.pe, task.grants)))
        return found + self.reservations

    def limit_s(self, task: Running) -> float:
        own = dict(task.request.hard).get("h_rt")
        if own is not None:
            return float(own)
        limits = [self.world.queues[place.queue].h_rt for place, _ in task.grants]
        known = [limit for limit in limits if limit is not None]
        return min(known) if known else self.default_s()

    def default_s(self) -> float:
        text = self.world.scheduler["default_duration"]
        return math.inf if text == "INFINITY" else float(text)

    def length_s(self, request: JobRequest) -> float:
        return float(dict(request.hard).get("h_rt", self.default_s())) + OFFSET_S

    def held_now(self, key: Key) -> float:
        """What running tasks have of it at present."""
        return sum(
            value
            for task in self.running
            for other, value in claims(self.world, task.request, task.pe, task.grants)
            if other == key
        )

    def most_taken(self, key: Key, start: float, end: float) -> float:
        """The most that is taken at any instant from *start* until *end*."""
        stays = self.stays()
        instants = [start, *(began for began, _, _ in stays if start < began < end)]
        return max(self.taken_at(stays, key, at) for at in instants)

    @staticmethod
    def taken_at(stays: list[tuple[float, float, list[tuple[Key, float]]]], key: Key, at: float) -> float:
        return sum(value for start, end, some in stays if start <= at < end for other, value in some if other == key)

    def taken_for(self, request: JobRequest, at: float | None = None) -> Taken:
        """What a job must count as taken: what is, or where one looks ahead, the most until its end."""
        if not self.look_ahead:
            return self.held_now
        start = float(self.now) if at is None else at
        return lambda key: self.most_taken(key, start, start + self.length_s(request))

    def used_slots(self, place: Place) -> float:
        return self.held_now(("queue", place.name, "slots"))

    def lacks(self, request: JobRequest, level: Key, capacity: dict[str, float], slots: int, taken: Taken) -> bool:
        """Is there too little of anything at this level for *slots* slots?"""
        for name, most in capacity.items():
            if name == EXCLUSIVE:
                if taken((*level, "alone")) or (alone(request) and taken((*level, "beside"))):
                    return True
            elif amount(request, name) * (1 if name in PER_JOB else slots) > most - taken((*level, name)):
                return True
        return False

    # Load

    def load(self, host: str) -> float:
        """np_load_avg with what young jobs add to it."""
        adjustment = self.world.scheduler["job_load_adjustments"]
        load = self.loads[host]
        if adjustment == "NONE":
            return load
        hundredths = 0
        for task in self.running:
            age = self.now - task.start
            for place, slots in task.grants:
                if place.host == host and age < 450:
                    hundredths += int((1.0 - age / 450) * slots * 100)
        if not hundredths:
            return load
        return load + float(adjustment.partition("=")[2]) * (hundredths / 100) / self.world.hosts[host].processors

    def alarmed(self, place: Place) -> bool:
        threshold = self.world.queues[place.queue].threshold
        return threshold is not None and self.load(place.host) >= threshold

    def rank(self, place: Place) -> float:
        """The load formula."""
        formula = self.world.scheduler["load_formula"]
        if formula == "np_load_avg":
            return self.load(place.host)
        capacity = self.world.hosts[place.host].capacity
        if "rmem" not in capacity:
            return 9999.0 * 9999.0
        free = capacity["rmem"] - self.held_now(("host", place.host, "rmem"))
        return -free if formula.startswith("-") else free

    def order(self, place: Place) -> tuple[float, float]:
        seq_no, load = self.world.queues[place.queue].seq_no, self.rank(place)
        return (seq_no, load) if self.world.scheduler["queue_sort_method"] == "seqno" else (load, seq_no)

    def sort(self) -> None:
        self.places.sort(key=self.order)

    # Dispatch

    def go(self) -> list[Start]:
        """Place what can be placed, best priority first."""
        found: list[Start] = []
        rank = priorities(self.world, self.now, self.jobs, self.running)
        parked: set[int] = set()
        rejected: set[str] = set()
        most = int(self.world.scheduler["max_reservation"])
        maxujobs = int(self.world.scheduler["maxujobs"])
        while self.places:
            waiting = [job for job in self.jobs if job.id not in parked and self.may_start(job)]
            if not waiting:
                break
            job = min(waiting, key=lambda job: (-rank[job.id], int(job.submitted), job.id))
            alike = repr(category(self.world, job.request))
            reserve = len(self.reservations) < most and job.request.reserve and not job.request.immediate
            reserve = reserve and alike not in self.hopeless
            if alike in rejected and not reserve:
                parked.add(job.id)
                continue
            if maxujobs and sum(task.job.request.owner == job.request.owner for task in self.running) >= maxujobs:
                parked.add(job.id)
                continue
            self.look(job.request, reserve)
            if alike not in rejected:
                placed = self.find(job.request)
                if placed is not None:
                    found.append(self.start(job, *placed))
                    continue
            tasks, reserved = len(job.startable()), False
            while reserve and tasks and len(self.reservations) < most and self.reserve(job.request):
                tasks, reserved = tasks - 1, True
                self.settle()
                if tasks and len(self.reservations) < most:
                    self.look(job.request, reserve)
            rejected.add(alike)
            parked.add(job.id)
            if reserve and not reserved:
                self.hopeless.add(alike)
        return found

    def may_start(self, job: Waiting) -> bool:
        if job.held or job.before or not job.startable():
            return False
        if job.request.execute_at is not None and job.request.execute_at > self.now:
            return False
        if job.request.tasks is None or not job.request.max_running_tasks:
            return True
        active = sum(task.job is job for task in self.running) + len(job.errors) + job.leaving
        return active < job.request.max_running_tasks

    def find(self, request: JobRequest) -> tuple[str | None, list[tuple[Place, int]]] | None:
        taken = self.taken_for(request)
        if request.pe is not None:
            return self.find_parallel(request, taken)
        if self.lacks(request, ("global",), self.world.everywhere.capacity, 1, taken):
            return None
        best: Place | None = None
        fewest = 0
        for place in self.places:
            left, tightest = slots_left(self.world, request, None, place, taken, {})
            if left < 1 and tightest is not None and denies_everywhere(tightest):
                break
            if left < 1 or not suits(self.world, request, place, None) or not self.fits(request, place, taken):
                continue
            missed = violations(self.world, request, place)
            if best is None or missed < fewest:
                best, fewest = place, missed
        return None if best is None else (None, [(best, 1)])

    def fits(self, request: JobRequest, place: Place, taken: Taken) -> bool:
        if taken(("queue", place.name, "slots")) >= place.slots:
            return False
        return not any(self.lacks(request, level, some, 1, taken) for level, some in levels(self.world, place)[1:])

    def find_parallel(self, request: JobRequest, taken: Taken) -> tuple[str | None, list[tuple[Place, int]]] | None:
        best: tuple[int, int, str, list[tuple[Place, int]]] | None = None
        for name in self.environments(request):
            found = self.most_slots(request, name, taken, self.places, slot_amounts(self.world.pes[name], request))
            if found is None:
                continue
            places, missed = found
            slots = sum(some for _, some in places)
            if best is None or slots > best[0] or missed < best[1]:
                best = (slots, missed, name, places)
        return None if best is None else (best[2], best[3])

    def environments(self, request: JobRequest) -> list[str]:
        lists = lists_of(self.world, request.owner)
        return [
            name
            for name in self.pes
            if fnmatchcase(name, request.pe or "") and admits(self.world.pes[name].entry, lists, None)
        ]

    def most_slots(
        self, request: JobRequest, pe: str, taken: Taken, places: list[Place], wanted: list[int]
    ) -> tuple[list[tuple[Place, int]], int] | None:
        """By halves, as the scheduler looks for it."""
        low, high, best = 0, len(wanted) - 1, None
        while low <= high:
            middle = (low + high) // 2
            found = Attempt(self, request, pe, wanted[middle], taken).go(places)
            if found is None:
                high = middle - 1
            else:
                best, low = found, middle + 1
        return best

    def start(self, job: Waiting, pe: str | None, grants: list[tuple[Place, int]]) -> Start:
        task = job.startable()[0]
        job.tasks.remove(task)
        self.running.append(Running(job, task, job.request, pe, grants, self.now))
        for place in [p for p in self.places if self.used_slots(p) >= p.slots or self.alarmed(p)]:
            self.places.remove(place)
            self.aside.append(place)
        self.sort()
        self.settle()
        return job.id, task, pe, [(place.name, slots) for place, slots in grants]

    # Reservations

    def look(self, request: JobRequest, reserve: bool) -> None:
        """In which order a reservation looks at places: those that have fallen out behind the others, and sorted only
        where the hosts stand otherwise than when a job was tried last (a parallel job numbers hosts, even equal ones).
        """
        values = {host: self.rank(Place("", host, 0, 0, 0)) for host in self.world.hosts}
        first = -math.inf in self.values.values()
        changed = not first and values != self.values
        anew = first or (
            changed and bool(self.joined or reserve) and (self.numbered or ranks(values) != ranks(self.values))
        )
        self.numbered = request.pe is not None or (self.numbered and not changed)
        self.values = values
        if reserve:
            self.joined, self.aside = [*(self.joined or self.places), *self.aside], []
        if anew:
            self.joined.sort(key=self.order)

    def settle(self) -> None:
        """Something was placed or reserved."""
        if self.joined:
            self.aside, self.joined = [place for place in self.joined if place not in self.places], []

    def reserve(self, request: JobRequest) -> bool:
        found = self.reserve_serial(request) if request.pe is None else self.reserve_parallel(request)
        if found is None:
            return False
        at, pe, grants = found
        self.reservations.append((at, at + self.length_s(request), claims(self.world, request, pe, grants)))
        return True

    def since(self, key: Key, most: float) -> float:
        """Since when no more than *most* is taken, for good."""
        stays = self.stays()
        instants = sorted({at for start, end, _ in stays for at in (start, end) if at < math.inf})
        last = -math.inf
        for number, at in enumerate(instants):
            if self.taken_at(stays, key, at) > most:
                last = instants[number + 1] if number + 1 < len(instants) else math.inf
        return last

    def level_since(self, request: JobRequest, level: Key, capacity: dict[str, float]) -> float:
        since = -math.inf
        for name, most in capacity.items():
            if name == EXCLUSIVE:
                since = max(since, self.since((*level, "alone"), 0))
                if alone(request):
                    since = max(since, self.since((*level, "beside"), 0))
            elif amount(request, name) > most:
                return math.inf
            elif amount(request, name):
                since = max(since, self.since((*level, name), most - amount(request, name)))
        return since

    def quota_since(self, request: JobRequest, place: Place) -> float:
        since = -math.inf
        for limit in rules(self.world, request, None, place):
            for resource, most in limit.limits.items():
                if resource in CONSUMABLE:
                    wanted = amount(request, resource)
                    if wanted > most:
                        return math.inf
                    if wanted:
                        key = ("quota", *counter(limit, request, None, place), resource)
                        since = max(since, self.since(key, most - wanted))
                elif float(dict(request.hard).get(resource, 0)) > most:
                    return math.inf
        return since

    def reserve_serial(self, request: JobRequest) -> tuple[float, str | None, list[tuple[Place, int]]] | None:
        best, best_at = None, math.inf
        for place in self.joined:
            if not suits(self.world, request, place, None) or place.slots < 1:
                continue
            at = max(
                self.quota_since(request, place),
                self.since(("queue", place.name, "slots"), place.slots - 1),
                *(self.level_since(request, level, capacity) for level, capacity in levels(self.world, place)),
            )
            if at < best_at:
                best, best_at = place, at
        return None if best is None else (max(best_at, float(self.now)), None, [(best, 1)])

    def reserve_parallel(self, request: JobRequest) -> tuple[float, str | None, list[tuple[Place, int]]] | None:
        order = self.joined
        best: tuple[float, str | None, list[tuple[Place, int]]] | None = None
        for pe in self.environments(request):
            wanted = slot_amounts(self.world.pes[pe], request)
            found = None
            instants = {at for start, end, _ in self.stays() for at in (start, end) if self.now < at < math.inf}
            for at in sorted({float(self.now), *instants}, reverse=True):
                least = self.most_slots(request, pe, self.taken_for(request, at), order, wanted[:1])
                if least is None:
                    break
                found = at
            if found is not None and (best is None or found < best[0]):
                places = self.most_slots(request, pe, self.taken_for(request, found), order, wanted) or least
                assert places is not None
                best = (found, pe, places[0])
        return best
