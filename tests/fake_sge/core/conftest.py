"""A small cell and a hand to play it with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from fake_sge.core import (
    Cell,
    CellConfig,
    Complex,
    Denied,
    Dispatched,
    Event,
    Exit,
    Job,
    JobRequest,
    Machine,
    ResourceQuotaSet,
    Submitted,
    TaskRange,
)

COMPLEXES = [
    Complex("arch", "a", "STRING", "==", "YES", "NO", "NONE", "0"),
    Complex("exclusive", "excl", "BOOL", "EXCL", "YES", "YES", "0", "1000"),
    Complex("gpu", "gpu", "INT", "<=", "YES", "YES", "0", "0"),
    Complex("h_rt", "h_rt", "TIME", "<=", "YES", "NO", "0:0:0", "0"),
    Complex("hostname", "h", "HOST", "==", "YES", "NO", "NONE", "0"),
    Complex("licence", "lic", "INT", "<=", "YES", "JOB", "0", "0"),
    Complex("load_avg", "la", "DOUBLE", ">=", "NO", "NO", "0", "0"),
    Complex("mem_free", "mf", "MEMORY", "<=", "YES", "NO", "0", "0"),
    Complex("np_load_avg", "nla", "DOUBLE", ">=", "NO", "NO", "0", "0"),
    Complex("num_proc", "p", "INT", "==", "YES", "NO", "0", "0"),
    Complex("qname", "q", "STRING", "==", "YES", "NO", "NONE", "0"),
    Complex("rmem", "rmem", "MEMORY", "<=", "YES", "YES", "2G", "0"),
    Complex("s_rt", "s_rt", "TIME", "<=", "YES", "NO", "0:0:0", "0"),
    Complex("slots", "s", "INT", "<=", "YES", "YES", "1", "1000"),
    Complex("special", "sp", "BOOL", "==", "FORCED", "NO", "0", "0"),
]

SCHEDULER = {
    "schedule_interval": "0:0:15",
    "maxujobs": "0",
    "queue_sort_method": "load",
    "job_load_adjustments": "NONE",
    "load_adjustment_decay_time": "0:7:30",
    "load_formula": "np_load_avg",
    "flush_submit_sec": "1",
    "flush_finish_sec": "1",
    "weight_ticket": "0.5",
    "weight_waiting_time": "0.278",
    "weight_deadline": "3600000",
    "weight_urgency": "0.5",
    "weight_priority": "0.0",
}

Config = Callable[..., CellConfig]


def make_config(
    hosts: Mapping[str, str] | None = None,
    queues: Mapping[str, Mapping[str, str]] | None = None,
    *,
    gpus: Mapping[str, int] | None = None,
    pes: Mapping[str, str] | None = None,
    quotas: tuple[str, ...] = (),
    scheduler: Mapping[str, str] | None = None,
    settings: Mapping[str, str] | None = None,
    **more: Any,
) -> CellConfig:
    """Hosts with their complex_values, queues with what differs from ``slots 2`` on all hosts, environments by rule."""
    hosts = hosts or {"node001": "NONE", "node002": "NONE"}
    queues = queues or {"all.q": {}}
    everywhere = " ".join(name for name in hosts if name != "global")
    names = " ".join(pes or ())
    defaults = {
        "pe_list": names or "NONE",
        "s_rt": "INFINITY",
        "hostlist": everywhere,
        "slots": "2",
        "seq_no": "0",
        "qtype": "BATCH INTERACTIVE",
        "h_rt": "INFINITY",
    }
    return CellConfig(
        complexes={c.name: c for c in COMPLEXES},
        hosts={name: {"complex_values": values} for name, values in hosts.items()},
        queues={name: defaults | dict(changed) for name, changed in queues.items()},
        parallel_environments={name: {"slots": "99", "allocation_rule": rule} for name, rule in (pes or {}).items()},
        resource_quotas={f"q{i}": ResourceQuotaSet(f"q{i}", limits=[text]) for i, text in enumerate(quotas)},
        scheduler=SCHEDULER | dict(scheduler or {}),
        configuration={"global": {"finished_jobs": "100", **(settings or {})}},
        machines={h: Machine(gpus=tuple(range((gpus or {}).get(h, 0)))) for h in hosts if h != "global"},
        **more,
    )


class Play:
    """A cell, and short words for what happens to it. Time moves only through `at` and `wait`."""

    def __init__(self, cell: Cell) -> None:
        self.cell = cell
        self.events: list[Event] = []

    @property
    def now(self) -> float:
        return self.cell.now

    def wait(self, seconds: float) -> list[Event]:
        """Let time pass; what happened meanwhile."""
        return self._note(self.cell.advance(self.now + seconds))

    def run(self) -> list[Event]:
        """Let happen what is due now."""
        return self._note(self.cell.advance(self.now))

    def submit(self, user: str = "ann", **fields: Any) -> int:
        """qsub; the job's id. *slots* is ``-pe``'s range of one, *l* ``-l`` as a mapping."""
        if slots := fields.pop("slots", None):
            fields["pe_slots"] = [TaskRange(slots, slots)]
        if wanted := fields.pop("l", None):
            fields["hard"] = list(wanted.items())
        events = self._note(self.cell.submit(self.now, JobRequest(owner=user, name="job", **fields)))
        return next(event.job for event in events if isinstance(event, Submitted))

    def refused(self, user: str = "ann", **fields: Any) -> Denied:
        """The refusal of a submission."""
        with pytest.raises(Denied) as caught:
            self.submit(user, **fields)
        return caught.value

    def exit(self, job: int, task: int = 1, failed: int = 0, exit_status: int = 0, reason: str = "") -> list[Event]:
        return self._note(self.cell.exited(self.now, job, task, Exit(failed, exit_status, reason=reason)))

    def do(self, name: str, *arguments: Any, **named: Any) -> list[Event]:
        """Any input, now."""
        return self._note(getattr(self.cell, name)(self.now, *arguments, **named))

    def job(self, job: int) -> Job:
        return self.cell.jobs[job]

    def places(self, job: int, task: int = 1) -> dict[str, int]:
        """Slots by queue instance, the master's first."""
        return {grant.queue_instance: grant.slots for grant in self.job(job).tasks[task].grants}

    def where(self, job: int, task: int = 1) -> str | None:
        """The master's queue instance; None while the task waits."""
        placed = self.cell.placed.get((job, task))
        return placed.grants[0].queue_instance if placed else None

    def started(self) -> list[tuple[int, int]]:
        """Jobs and tasks in the order of their dispatch."""
        return [(event.job, event.task) for event in self.events if isinstance(event, Dispatched)]

    def _note(self, events: list[Event]) -> list[Event]:
        self.events += events
        return events


@pytest.fixture
def config() -> Config:
    """Makes configurations."""
    return make_config


@pytest.fixture
def play() -> Callable[..., Play]:
    """Makes cells to play with, from the arguments of `config`."""
    return lambda *args, **named: Play(Cell(make_config(*args, **named), 1000.0))
