"""Random small clusters, jobs and happenings, from one stream of chance each."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Any

from naive_sge.world import Chosen, Entry, Level, Limit, Machinery, Parallel, Queue, World

from fake_sge.core import JobRequest, TaskRange

USERS = ("ann", "bob", "cleo")
LISTS = {"staff": ["ann", "bob"], "guests": ["cleo"]}
PROJECTS = ["red", "blue"]
HOSTS = ("h1", "h2", "h3", "h4")
QUEUES = ("b.q", "a.q", "c.q")
RULES = ("$pe_slots", "$fill_up", "$round_robin", "1", "2", "3")
ACTIONS = ("submit",) * 8 + ("time",) * 7 + ("exit",) * 5 + ("flag", "load", "delete", "hold", "alter", "clear")


def some_of(rng: Random, entries: Any, most: int = 2) -> list[Any]:
    return rng.sample(list(entries), min(rng.randint(1, most), len(entries)))


def entry(rng: Random, chance: float, *, projects: bool = True) -> Entry:
    """Who may come in: mostly everybody."""
    made = Entry()
    if rng.random() < chance:
        for kind, names in (("users", LISTS), ("xusers", LISTS), ("projects", PROJECTS), ("xprojects", PROJECTS)):
            if rng.random() < 0.3 and (projects or names is LISTS):
                setattr(made, kind, some_of(rng, names, 1))
    return made


def values(rng: Random, chance: float, *, everywhere: bool = False) -> tuple[dict[str, float], dict[str, str]]:
    """complex_values of a level."""
    capacity: dict[str, float] = {}
    fixed: dict[str, str] = {}
    for name, least, most in (("gpu", 0, 4), ("licence", 1, 4), ("rmem", 2, 24)):
        if rng.random() < chance:
            capacity[name] = float(rng.randint(least, most))
    if rng.random() < 0.2 and not everywhere:
        capacity["exclusive"] = 1.0
    if rng.random() < 0.3:
        fixed["size"] = str(rng.randint(1, 5))
    if rng.random() < 0.3 and not everywhere:
        fixed["colour"] = rng.choice(("green", "grey"))
    if rng.random() < 0.07 and not everywhere:
        fixed["special"] = "true"
    return capacity, fixed


def limit(rng: Random, name: str) -> Limit:
    scopes = {
        "users": ("ann", "bob", "*", "@staff"),
        "projects": ("red", "*"),
        "pes": ("p1", "*"),
        "queues": ("a.q", "b.q", "*"),
        "hosts": ("h1", "h2", "*"),
    }
    chosen = set(some_of(rng, scopes))
    filters = {
        scope: Chosen(some_of(rng, names), [names[0]] if rng.random() < 0.1 else [], rng.random() < 0.5)
        for scope, names in scopes.items()
        if scope in chosen
    }
    resource = rng.choice(("slots", "slots", "slots", "gpu", "licence", "rmem"))
    return Limit(name, filters, {resource: float(rng.randint(0, 8))})


def world(rng: Random) -> World:
    """A cluster of up to four hosts and three queues."""
    hosts = {}
    for name in HOSTS[: rng.randint(1, 4)]:
        capacity, fixed = values(rng, 0.5)
        hosts[name] = Machinery(capacity, fixed, entry(rng, 0.15), rng.choice((1, 2, 4)))
    pes = {
        name: Parallel(
            rng.choice((99, 99, 8, 4)),
            rng.choice(RULES),
            entry(rng, 0.15, projects=False),
            rng.choice(("min", "max", "avg", "3")),
        )
        for name in ("p1", "p2")[: rng.randint(0, 2)]
    }
    queues = {}
    for name in QUEUES[: rng.randint(1, 3)]:
        capacity, fixed = values(rng, 0.2)
        queues[name] = Queue(
            capacity,
            fixed,
            hosts=rng.sample(list(hosts), rng.randint(1, len(hosts))),
            slots=rng.randint(1, 4),
            slots_on={rng.choice(list(hosts)): rng.randint(0, 5)} if rng.random() < 0.3 else {},
            seq_no=rng.choice((0, 0, 5, 9)),
            types=rng.choice(("BATCH INTERACTIVE",) * 4 + ("BATCH", "INTERACTIVE")),
            pes=[pe for pe in pes if rng.random() < 0.85],
            entry=entry(rng, 0.2),
            h_rt=rng.choice((None, None, None, 50.0, 400.0)),
            threshold=rng.choice((1.0, 1.75)) if rng.random() < 0.25 else None,
        )
    quotas = [
        [limit(rng, f"set{i}/{k}") for k in range(1, 1 + rng.randint(1, 2))] for i in range(rng.choice((0, 0, 1, 2)))
    ]
    everywhere = Level(*values(rng, 0.2, everywhere=True))
    return World(everywhere, hosts, queues, pes, quotas, LISTS, PROJECTS, scheduler(rng))


def scheduler(rng: Random) -> dict[str, str]:
    flush = rng.choice(("0", "1"))
    return {
        "schedule_interval": "0:0:15",
        "maxujobs": rng.choice(("0", "0", "0", "2")),
        "queue_sort_method": rng.choice(("load", "seqno")),
        "job_load_adjustments": rng.choice(("NONE", "np_load_avg=0.50")),
        "load_adjustment_decay_time": "0:7:30",
        "load_formula": rng.choice(("np_load_avg", "np_load_avg", "rmem", "-rmem")),
        "flush_submit_sec": flush,
        "flush_finish_sec": flush,
        "weight_ticket": "0.5",
        "weight_waiting_time": rng.choice(("0.278", "0", "20")),
        "weight_deadline": "3600000",
        "weight_urgency": "0.5",
        "weight_priority": rng.choice(("0.0", "1.0")),
        "max_reservation": rng.choice(("0", "0", "1", "3")),
        "default_duration": rng.choice(("INFINITY", "600")),
    }


def resources(rng: Random) -> list[tuple[str, str]]:
    hard = {"h_rt": rng.choice(("30", "60", "300"))} if rng.random() < 0.6 else {}
    for name, some, chance in (
        ("gpu", ("0", "1", "2"), 0.12),
        ("rmem", ("0", "1", "3", "8"), 0.25),
        ("licence", ("1", "2"), 0.12),
        ("exclusive", ("true",), 0.08),
        ("size", ("1", "3"), 0.08),
        ("colour", ("green", "gr*"), 0.08),
        ("special", ("true",), 0.04),
    ):
        if rng.random() < chance:
            hard[name] = rng.choice(some)
    return list(hard.items())


def request(rng: Random, cluster: World) -> JobRequest:
    """A job."""
    pe = rng.choice((None, *cluster.pes, "p*")) if cluster.pes else None
    low = rng.randint(1, 5)
    tasks = rng.choice((TaskRange(1, 3), TaskRange(2, 6, 2))) if rng.random() < 0.2 else None
    queues = [*cluster.queues, "*", f"*@{rng.choice(HOSTS)}", f"{rng.choice(list(cluster.queues))}@{rng.choice(HOSTS)}"]
    soft = ([("size", "3")], [("colour", "green")], [("size", "2"), ("colour", "gr*")])
    return JobRequest(
        owner=rng.choice(USERS),
        name="job",
        project=rng.choice(PROJECTS) if rng.random() < 0.3 else None,
        priority=rng.choice((-100, -1023)) if rng.random() < 0.2 else 0,
        hard=resources(rng),
        soft=rng.choice(soft) if rng.random() < 0.15 else [],
        hard_queues=some_of(rng, queues) if rng.random() < 0.15 else [],
        soft_queues=some_of(rng, cluster.queues, 1) if rng.random() < 0.1 else [],
        master_queues=some_of(rng, cluster.queues, 1) if pe and rng.random() < 0.1 else [],
        pe=pe,
        pe_slots=[TaskRange(low, low + rng.choice((0, 0, 1, 4)))] if pe else [],
        tasks=tasks,
        max_running_tasks=rng.choice((0, 1, 2)) if tasks else 0,
        holds="u" if rng.random() < 0.1 else "",
        reserve=rng.random() < 0.5,
        immediate=rng.random() < 0.04,
    )


def another(rng: Random, like: JobRequest) -> JobRequest:
    """One of the same category, mostly."""
    made = replace(like, reserve=rng.random() < 0.5)
    if rng.random() < 0.2:
        made = replace(made, owner=rng.choice(USERS))
    if rng.random() < 0.2:
        made = replace(made, priority=rng.choice((0, -100, -1023)))
    return made


def steps(rng: Random, cluster: World) -> list[tuple[str, int, Any]]:
    """What happens: to the number-th of what there is then, with what is drawn for it now."""
    made = []
    alike = [request(rng, cluster) for _ in range(rng.randint(1, 4))]
    for _ in range(rng.randint(6, 40)):
        what, number = rng.choice(ACTIONS), rng.randrange(1 << 16)
        more: Any = None
        if what == "submit":
            more = another(rng, rng.choice(alike)) if rng.random() < 0.7 else request(rng, cluster)
        elif what == "time":
            more = rng.choice((0, 1, 15, 15, 40, 200))
        elif what == "exit":
            more = rng.choice((0, 0, 0, 0, 1, 25, 30))
        elif what == "flag":
            more = rng.choice((("d", "disable"), ("d", "enable"), ("s", "suspend"), ("s", "resume")))
        elif what == "load":
            more = rng.choice((0.0, 0.25, 0.9, 1.5, 3.0))
        elif what == "alter":
            more = {"priority": rng.choice((0, -500)), "hard": resources(rng)}
        made.append((what, number, more))
    return [*made, ("time", 0, 15)]
