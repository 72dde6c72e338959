"""Plays a workload on a cell in virtual time, in a process of its own, and says on stdout what it took, as JSON.

    python tests/benchmarks/replay.py '{"jobs": 20000, "reserve": true}'

Of the keys of `OPTIONS` those that aren't given have their defaults. ``swf`` is a file of the Parallel Workloads
Archive (``HPC2N-2002-2.2-cln.swf.gz``); without one a workload of the same shape is generated from a seed.
"""

from __future__ import annotations

import gzip
import heapq
import json
import random
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import simpy

from fake_sge.cellfile import CellDescription, load_cell
from fake_sge.core import Event, JobRequest, TaskRange
from fake_sge.virtual import VirtualCluster

OPTIONS = {"jobs": 20_000, "swf": None, "cell": "hpc2n", "reserve": False, "pool": False}
_WIDTHS = {1: 85, 2: 37, 4: 25, 8: 18, 16: 11, 32: 9, 6: 3, 10: 2, 36: 2, 12: 2, 24: 2, 20: 2, 64: 1}
_LIMITS = (600, 1800, 3600, 7200, 14400, 28800, 43200, 86400, 172800, 259200, 432000)
_OPEN_SLOTS = 1704
"""Slots of the ``sharc`` cell's all.q, the one for everybody."""

Row = tuple[float, float, int, int, str]
"""Submission, run time and limit in seconds (the limit fourth), slots (third), user."""


def read_swf(path: Path) -> Iterator[Row]:
    """The jobs of a trace that ran."""
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as lines:
        for line in lines:
            if line.startswith(";"):
                continue
            field = line.split()
            slots = int(field[4]) if int(field[4]) > 0 else int(field[7])
            run_s = max(int(field[3]), 1)
            yield float(field[1]), run_s, slots, max(int(field[8]), run_s), f"u{field[11]}"


def like_hpc2n(jobs: int, slots: int, load: float) -> Iterator[Row]:
    """Jobs as wide and as long as HPC2N's, come in bursts, with *load* of *slots* in use on average."""
    chance = random.Random(1)
    widths, weights = list(_WIDTHS), list(_WIDTHS.values())
    mean_width = sum(width * weight for width, weight in _WIDTHS.items()) / sum(weights)
    mean_s = 9000.0
    gap_s = mean_width * mean_s / (slots * load)
    at = 0.0
    while jobs > 0:
        burst = min(int(chance.expovariate(1 / 4)) + 1, jobs)
        width, limit, user = chance.choices(widths, weights)[0], chance.choice(_LIMITS), f"u{chance.randrange(256)}"
        at += chance.expovariate(1 / (gap_s * burst))
        for _ in range(burst):
            run_s = float(min(int(chance.lognormvariate(7.5, 1.8)) + 1, limit))
            yield float(int(at)), run_s, width, limit, user
            at += chance.choice((0, 0, 1, 5))
        jobs -= burst


def serial(jobs: int, slots: int, load: float) -> Iterator[Row]:
    """Jobs of one slot and an hour or so, as they come by themselves."""
    chance = random.Random(1)
    at = 0.0
    for _ in range(jobs):
        at += chance.expovariate(slots * load / 3600.0)
        yield at, chance.expovariate(1 / 3600.0), 1, 8 * 3600, f"user{chance.randrange(1, 60):03d}"


def play(rows: Iterator[Row], cell: str, *, reserve: bool) -> tuple[int, float]:
    """The number of events, and the seconds of processor time that it took."""
    env, told = simpy.Environment(), 0
    config = load_cell(cell) if cell != "hpc2n" else CellDescription.model_validate(hpc2n(reserve=reserve)).build()

    def hear(_: Event) -> None:
        nonlocal told
        told += 1

    cluster = VirtualCluster(env, config, hear)

    def arrive() -> simpy.events.ProcessGenerator:
        first = None
        for at, run_s, slots, limit, user in rows:
            first = at if first is None else first
            if at - first > env.now:
                yield env.timeout(at - first - env.now)
            hard = [("h_rt", str(int(limit)))]
            request = JobRequest(owner=user, uid=2000, gid=2000, name="job", hard=hard, reserve=reserve)
            if slots > 1:
                request.pe, request.pe_slots = "mpi", [TaskRange(slots, slots)]
            cluster.submit(request, run_s)

    env.process(arrive())
    began = time.process_time()
    env.run()
    return told, time.process_time() - began


def one_pool(rows: Iterator[Row], slots: int) -> float:
    """A yardstick: first come, first served from one pool of slots, without hosts, queues or priorities."""
    began = time.process_time()
    free, now, ends = slots, 0.0, list[tuple[float, int]]()
    for at, run_s, wanted, _, _ in rows:
        now = max(now, at)
        while ends and (ends[0][0] <= now or free < wanted):
            end, given = heapq.heappop(ends)
            now, free = max(now, end), free + given
        free -= wanted
        heapq.heappush(ends, (now + run_s, wanted))
    return time.process_time() - began


def hpc2n(*, reserve: bool) -> dict[str, object]:
    """120 hosts with 2 slots, everything else by default."""
    cell: dict[str, object] = {
        "hosts": {"n": {"count": 120, "slots": 2, "memory": "1G"}},
        "queues": [{"name": "all.q", "hosts": ["n"], "pe": ["mpi"]}],
        "parallel_environments": {"mpi": {"rule": "$fill_up"}},
    }
    if reserve:
        cell["scheduler"] = {"max_reservation": 1}
    return cell


def peak() -> float:
    """The most memory that this process ever held, in MB."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise ValueError("the kernel doesn't say how much memory a process takes")


def main() -> None:
    """Play what the argument says."""
    options = OPTIONS | json.loads(sys.argv[1] if len(sys.argv) > 1 else "{}")
    jobs, swf, cell = options["jobs"], options["swf"], options["cell"]
    if swf:
        found = [row for row, _ in zip(read_swf(Path(swf)), range(jobs), strict=False)]
        found.sort(key=lambda row: row[0])
        rows, slots = iter(found), 240
    elif cell == "hpc2n":
        rows, slots = like_hpc2n(jobs, 240, 0.7), 240
    else:
        slots = _OPEN_SLOTS
        rows = serial(jobs, slots, 0.9)
    if options["pool"]:
        told, seconds = 0, one_pool(rows, slots)
    else:
        told, seconds = play(rows, cell, reserve=options["reserve"])
    peak_mb = peak()
    print(json.dumps({"jobs": jobs, "events": told, "seconds": seconds, "peak_mb": peak_mb}))


if __name__ == "__main__":
    main()
