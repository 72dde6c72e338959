"""A day of jobs in no time: the cell in a simpy environment, no daemon and no processes."""

from __future__ import annotations

import random

import simpy

from fake_sge.cellfile import load_cell
from fake_sge.core import Dispatched, Event, JobRequest, Submitted
from fake_sge.virtual import VirtualCluster

DAY_S = 86400.0


def main() -> None:
    """Two hosts of four slots; a job every three minutes on average, each of about twenty minutes."""
    draw = random.Random(1)
    env = simpy.Environment()
    submitted_at: dict[int, float] = {}
    waits: list[float] = []

    def hear(event: Event) -> None:
        if isinstance(event, Submitted):
            submitted_at[event.job] = event.at
        elif isinstance(event, Dispatched):
            waits.append(event.at - submitted_at[event.job])

    cluster = VirtualCluster(env, load_cell("laptop"), hear)

    def users() -> simpy.events.ProcessGenerator:
        while env.now < DAY_S:
            yield env.timeout(draw.expovariate(1 / 180.0))
            cluster.submit(JobRequest(owner="user001", uid=1001, gid=1001, name="job"), draw.expovariate(1 / 1200.0))

    env.process(users())
    env.run()
    waits.sort()
    print(f"{len(waits)} jobs, of which {sum(wait < 60 for wait in waits) / len(waits):.1%} started within a minute")
    print(f"95 % waited less than {waits[int(0.95 * len(waits))] / 60:.0f} minutes")


if __name__ == "__main__":
    main()
