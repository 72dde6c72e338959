"""Cells that are textbook queues wait as the textbook says; ones that aren't are told from them.

Each figure is the mean of replications with seeds of their own, and must lie within its confidence interval (Student's
t, 99.9 %) around the formula's. Kleinrock, Queueing Systems I and II.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable
from dataclasses import dataclass, field
from math import factorial, sqrt
from random import Random

import pytest
import simpy

from fake_sge.core import CellConfig, Complex, Dispatched, Event, JobRequest, Machine
from fake_sge.virtual import VirtualCluster

REPLICATIONS, T_999 = 12, 4.437
JOBS, WARM_UP = 900, 150
MEAN_S = 100.0
Draw = Callable[[Random], float]


def exponential(rng: Random) -> float:
    return rng.expovariate(1 / MEAN_S)


def constant(_: Random) -> float:
    return MEAN_S


def mixed(rng: Random) -> float:
    """Many short jobs, few long ones: a squared coefficient of variation of 1.5."""
    return rng.choice((20.0, 20.0, 20.0, 340.0))


MIXED_SQUARES = (3 * 20.0**2 + 340.0**2) / 4


def station(slots: int) -> CellConfig:
    """A host with so many slots whose scheduler sees at once what comes and goes; -p alone makes a difference."""
    return CellConfig(
        complexes={"slots": Complex("slots", "s", "INT", "<=", "YES", "YES", "1", "0")},
        hosts={"node": {"complex_values": "NONE"}},
        queues={"all.q": {"hostlist": "node", "slots": str(slots)}},
        scheduler={
            "flush_submit_sec": "1",
            "flush_finish_sec": "1",
            "job_load_adjustments": "NONE",
            "weight_urgency": "0",
            "weight_ticket": "0",
            "weight_priority": "1",
        },
        machines={"node": Machine()},
    )


@dataclass
class Observed:
    """What arriving jobs found and how long they waited, after the warm-up; by class (its ``-p``)."""

    waits: dict[int, list[float]] = field(default_factory=dict)
    found: list[int] = field(default_factory=list)

    @property
    def all_waits(self) -> list[float]:
        return [wait for waits in self.waits.values() for wait in waits]


def observe(seed: int, slots: int, load: float, service: Draw, classes: tuple[int, ...] = (0,)) -> Observed:
    """One replication: Poisson arrivals, of all classes alike, that keep *load* of one server busy."""
    env, rng, seen = simpy.Environment(), Random(seed), Observed()
    arrived: dict[int, tuple[int, float]] = {}

    def hear(event: Event) -> None:
        if isinstance(event, Dispatched) and event.job > WARM_UP:
            priority, at = arrived[event.job]
            seen.waits.setdefault(priority, []).append(event.at - at)

    cluster = VirtualCluster(env, station(slots), hear, start_latency_s=0.0, report_latency_s=0.0)

    def arrivals() -> simpy.events.ProcessGenerator:
        for number in range(1, JOBS + 1):
            yield env.timeout(rng.expovariate(load / MEAN_S))
            if number > WARM_UP:
                seen.found.append(len(cluster.cell.jobs))
            priority = rng.choice(classes)
            arrived[number] = priority, float(env.now)
            cluster.submit(JobRequest("ann", name="job", priority=priority), run_s=service(rng))

    env.process(arrivals())
    env.run()
    return seen


def replications(slots: int, load: float, service: Draw, classes: tuple[int, ...] = (0,)) -> list[Observed]:
    return [observe(seed, slots, load, service, classes) for seed in range(REPLICATIONS)]


def agree(figures: list[float], expected: float) -> bool:
    """Is *expected* within the confidence interval of the replications' mean?"""
    margin = T_999 * statistics.stdev(figures) / sqrt(len(figures))
    assert margin < 0.6 * statistics.mean(figures), "too few observations to tell anything"
    return abs(statistics.mean(figures) - expected) <= margin


def erlang_c(servers: int, load: float) -> float:
    """The probability that an arrival waits in M/M/c with *load* erlangs."""
    waiting = load**servers / factorial(servers) * servers / (servers - load)
    return waiting / (sum(load**k / factorial(k) for k in range(servers)) + waiting)


@pytest.fixture(scope="module")
def three_servers() -> list[Observed]:
    """M/M/3 at 2.1 erlangs."""
    return replications(3, 2.1, exponential)


def share_waiting(observed: Observed) -> float:
    return sum(wait > 1e-6 for wait in observed.all_waits) / len(observed.all_waits)


def mean_wait(observed: Observed) -> float:
    return statistics.mean(observed.all_waits)


def test_as_many_wait_as_erlang_says(three_servers: list[Observed]) -> None:
    """M/M/c: Erlang's C formula."""
    assert agree([share_waiting(one) for one in three_servers], erlang_c(3, 2.1))


def test_they_wait_as_long_as_erlang_says(three_servers: list[Observed]) -> None:
    """M/M/c: the mean wait is C / (c mu - lambda)."""
    assert agree([mean_wait(one) for one in three_servers], erlang_c(3, 2.1) * MEAN_S / (3 - 2.1))


def test_arrivals_find_what_little_says(three_servers: list[Observed]) -> None:
    """Little's law, as Poisson arrivals see time averages: jobs in the cell = rate x (mean wait + mean run)."""
    expected = 2.1 / MEAN_S * (erlang_c(3, 2.1) * MEAN_S / (3 - 2.1) + MEAN_S)
    assert agree([statistics.mean(one.found) for one in three_servers], expected)


def test_one_server_more_is_noticed() -> None:
    """The power of the tests above: a fourth slot fails all of them."""
    four = replications(4, 2.1, exponential)
    assert not agree([share_waiting(one) for one in four], erlang_c(3, 2.1))
    assert not agree([mean_wait(one) for one in four], erlang_c(3, 2.1) * MEAN_S / (3 - 2.1))
    assert not agree([statistics.mean(one.found) for one in four], 2.1 + 2.1 * erlang_c(3, 2.1) / (3 - 2.1))


def test_constant_jobs_wait_half_as_long() -> None:
    """M/D/1: rho / (2 (1 - rho)) services, half of M/M/1's; and M/M/1's isn't mistaken for it."""
    waits = [mean_wait(one) for one in replications(1, 0.6, constant)]
    assert agree(waits, 0.6 / (2 * 0.4) * MEAN_S)
    assert not agree(waits, 0.6 / 0.4 * MEAN_S)


def cobham(load: float, order: tuple[int, ...]) -> dict[int, float]:
    """Mean waits of M/G/1 with non-preemptive priorities, the classes alike in arrivals and runs, first come first."""
    residual = load / MEAN_S * MIXED_SQUARES / 2
    share = load / len(order)
    return {priority: residual / ((1 - share * rank) * (1 - share * (rank + 1))) for rank, priority in enumerate(order)}


def test_classes_wait_as_cobham_says() -> None:
    """M/G/1 with -p: each class waits as Cobham's formula says; with the order turned round nothing agrees."""
    observed = replications(1, 0.6, mixed, (0, -500))
    for order, right in (((0, -500), True), ((-500, 0), False)):
        for priority, expected in cobham(0.6, order).items():
            figures = [statistics.mean(one.waits[priority]) for one in observed]
            assert agree(figures, expected) is right, (priority, expected)


def test_the_first_come_is_the_first_served() -> None:
    """Within a class nobody is overtaken: on one server, jobs start in the order in which they came."""
    env, order = simpy.Environment(), list[int]()
    cluster = VirtualCluster(
        env,
        station(1),
        lambda event: order.append(event.job) if isinstance(event, Dispatched) else None,
        start_latency_s=0.0,
        report_latency_s=0.0,
    )
    rng = Random(5)

    def arrivals() -> simpy.events.ProcessGenerator:
        for _ in range(200):
            yield env.timeout(rng.expovariate(2 / MEAN_S))
            cluster.submit(JobRequest("ann", name="job"), run_s=exponential(rng))

    env.process(arrivals())
    env.run()
    assert order == list(range(1, 201))
