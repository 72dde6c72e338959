"""Who comes first: 5.1 and 5.2, computed anew for every job."""

from __future__ import annotations

from naive_sge.jobs import Running, Waiting
from naive_sge.world import KIND, URGENCY, World

from fake_sge.core import JobRequest


def slots_asked(world: World, request: JobRequest) -> float:
    if request.pe is None:
        return 1.0
    first, last = request.pe_slots[0].first, request.pe_slots[-1].last
    pe = world.pes.get(request.pe)
    rule = pe.urgency_slots if pe else "min"
    return float({"min": first, "max": last, "avg": (first + last) // 2}.get(rule) or rule)


def resource_urgency(world: World, request: JobRequest) -> float:
    slots = slots_asked(world, request)
    total = URGENCY["slots"] * slots
    for name, value in sorted(request.hard):
        if URGENCY[name]:
            number = 1.0 if KIND[name].type == "BOOL" else float(value)
            total += URGENCY[name] * slots * number
    return total


def priorities(world: World, now: int, jobs: list[Waiting], running: list[Running]) -> dict[int, float]:
    """For all that waits and may start, or runs: normalised over both."""
    names = ("priority", "urgency", "ticket", "waiting_time")
    weight = {name: float(world.scheduler[f"weight_{name}"]) for name in names}
    alive = {job.id: job for job in [*jobs, *(task.job for task in running)]}
    urgency = {
        job.id: resource_urgency(world, job.request) + weight["waiting_time"] * max(now - int(job.submitted), 0)
        for job in alive.values()
    }
    low, high = min(urgency.values(), default=0.0), max(urgency.values(), default=0.0)
    found = {}
    for job in alive.values():
        nurg = 0.5 if high - low < 1e-5 else (urgency[job.id] - low) / (high - low)
        posix = (1024 + job.request.priority) / 2048
        found[job.id] = weight["priority"] * posix + weight["urgency"] * nurg + weight["ticket"] * 0.5
    return found
