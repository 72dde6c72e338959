"""The cell that the laws are tried on, and what an administrator may make of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fake_sge.core import CellConfig, Complex, Grant, JobRequest, Machine, ResourceQuotaSet

COMPLEXES = [
    Complex("exclusive", "excl", "BOOL", "EXCL", "YES", "YES", "0", "1000"),
    Complex("gpu", "gpu", "INT", "<=", "YES", "YES", "0", "0"),
    Complex("h_rt", "h_rt", "TIME", "<=", "YES", "NO", "0:0:0", "0"),
    Complex("licence", "lic", "INT", "<=", "YES", "JOB", "0", "0"),
    Complex("np_load_avg", "nla", "DOUBLE", ">=", "NO", "NO", "0", "0"),
    Complex("rmem", "rmem", "MEMORY", "<=", "YES", "YES", "2G", "0"),
    Complex("s_rt", "s_rt", "TIME", "<=", "YES", "NO", "0:0:0", "0"),
    Complex("slots", "s", "INT", "<=", "YES", "YES", "1", "1000"),
]
HOSTS = {"global": "licence=3", "node001": "rmem=16G,slots=3", "node002": "rmem=8G,exclusive=true", "gpu001": "gpu=2"}
QUEUE = {
    "hostlist": "node001 node002 gpu001",
    "pe_list": "mpi fill smp",
    "qtype": "BATCH INTERACTIVE",
    "slots": "2",
    "seq_no": "0",
    "h_rt": "INFINITY",
    "s_rt": "INFINITY",
    "calendar": "NONE",
    "load_thresholds": "NONE",
    "suspend_thresholds": "NONE",
    "complex_values": "NONE",
    "rerun": "FALSE",
}
QUEUES = {
    "a.q": QUEUE | {"load_thresholds": "np_load_avg=1.75"},
    "b.q": QUEUE | {"slots": "3", "seq_no": "5", "rerun": "TRUE"},
}
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
    "weight_urgency": "0.5",
    "weight_priority": "0.0",
    "max_reservation": "0",
    "default_duration": "600",
}


QUOTAS: dict[str, tuple[str, float, Callable[[JobRequest, Grant], object]]] = {
    "limit users {ann} to slots=4": ("slots", 4, lambda job, _: job.owner if job.owner == "ann" else None),
    "limit users {*} to slots=2": ("slots", 2, lambda job, _: job.owner),
    "limit hosts {*} to gpu=1": ("gpu", 1, lambda _, grant: grant.host),
    "limit projects red queues b.q to licence=1": (
        "licence",
        1,
        lambda job, grant: (job.project, grant.queue) if (job.project, grant.queue) == ("red", "b.q") else None,
    ),
}
"""Of each rule: what it limits, how much of it, and whose is counted together (None: isn't)."""


def quota(text: str) -> ResourceQuotaSet:
    return ResourceQuotaSet("caps", limits=[text])


def small_cell(**scheduler: str) -> CellConfig:
    """Three hosts with consumables at every level, two queues, three environments, a quota, two calendars."""
    return CellConfig(
        complexes={c.name: c for c in COMPLEXES},
        hosts={name: {"complex_values": values} for name, values in HOSTS.items()},
        queues=dict(QUEUES),
        parallel_environments={
            name: {"slots": "9", "allocation_rule": rule}
            for name, rule in (("mpi", "$round_robin"), ("fill", "$fill_up"), ("smp", "$pe_slots"))
        },
        projects={"red": {}},
        access_lists={"staff": {"type": "ACL", "entries": "ann,bob"}},
        calendars={
            "lunch": {"year": "NONE", "week": "mon-sun=0:20-0:25=off"},
            "nap": {"year": "NONE", "week": "mon-sun=0:18-0:22=suspended"},
        },
        resource_quotas={"caps": quota("limit users {ann} to slots=4")},
        scheduler=SCHEDULER | scheduler,
        configuration={"global": {"finished_jobs": "100", "reschedule_unknown": "0:1:0"}},
        machines={host: Machine(gpus=(0, 1) if host == "gpu001" else ()) for host in HOSTS if host != "global"},
    )


def changes() -> list[tuple[str, str, Any]]:
    """Kind, name and new value, as `Cell.configure` takes them."""
    slots = ({"slots": text} for text in ("0", "1", "2,[node001=4]", "5"))
    others = (
        {"hostlist": "node001"},
        {"calendar": "lunch"},
        {"calendar": "nap"},
        {"complex_values": "gpu=1"},
        {"complex_values": "licence=1"},
        {"user_lists": "staff"},
        {"projects": "red"},
        {"pe_list": "mpi"},
        {"suspend_thresholds": "np_load_avg=2"},
        {},
    )
    schedulers = (
        {"max_reservation": "2"},
        {"queue_sort_method": "seqno", "job_load_adjustments": "np_load_avg=0.50"},
        {"flush_submit_sec": "0", "flush_finish_sec": "0"},
        {"maxujobs": "2"},
        {"weight_tickets_functional": "1000"},
        {},
    )
    values = ("rmem=4G", "rmem=16G,slots=5", "gpu=1,licence=1", "NONE")
    return [
        *(("queues", "a.q", QUEUES["a.q"] | texts) for texts in slots),
        *(("queues", "b.q", QUEUES["b.q"] | texts) for texts in others),
        ("queues", "c.q", QUEUE | {"slots": "1"}),
        ("queues", "c.q", None),
        *(("hosts", "node001", {"complex_values": text}) for text in values),
        *(("hosts", "global", {"complex_values": text}) for text in ("licence=1", "licence=9,gpu=3", "NONE")),
        ("parallel_environments", "mpi", {"slots": "2", "allocation_rule": "2"}),
        ("parallel_environments", "mpi", {"slots": "9", "allocation_rule": "$fill_up"}),
        *(("resource_quotas", "caps", quota(text)) for text in QUOTAS),
        ("resource_quotas", "caps", None),
        *(("scheduler", "", SCHEDULER | texts) for texts in schedulers),
    ]
