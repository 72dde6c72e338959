"""accounting(5): one line of 45 fields for each task that left its host, written and read.

Times are epoch seconds.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

from fake_sge.core.events import AccountingFacts, Event, Finished, JobErrored, Requeued
from fake_sge.core.model import Exit, Grant

__all__ = ["FIELDS", "HEADER", "Record", "line_of", "lines_of", "parse_line", "record_of"]

HEADER = "# Version: 8.1.9\n# \n# DO NOT MODIFY THIS FILE MANUALLY!\n# \n"


@dataclass(frozen=True, slots=True)
class Record:
    """One line: times in epoch seconds, memory in GB seconds, ``maxvmem`` in bytes, ``ru_maxrss`` in KB."""

    qname: str
    hostname: str
    group: str
    owner: str
    job_name: str
    job_number: int
    account: str
    priority: int
    submission_time: int
    start_time: int
    end_time: int
    failed: int
    exit_status: int
    ru_wallclock: int
    ru_utime: float
    ru_stime: float
    ru_maxrss: float
    ru_ixrss: int
    ru_ismrss: int
    ru_idrss: int
    ru_isrss: int
    ru_minflt: int
    ru_majflt: int
    ru_nswap: int
    ru_inblock: float
    ru_oublock: int
    ru_msgsnd: int
    ru_msgrcv: int
    ru_nsignals: int
    ru_nvcsw: int
    ru_nivcsw: int
    project: str
    department: str
    granted_pe: str
    slots: int
    task_number: int
    cpu: float
    mem: float
    io: float
    category: str
    iow: float
    pe_taskid: str
    maxvmem: float
    arid: int
    ar_submission_time: int

    @property
    def line(self) -> str:
        """The line as it stands in the file, newline included."""
        return ":".join(_WRITERS[kind](getattr(self, name)) for name, kind in FIELDS) + "\n"


FIELDS: tuple[tuple[str, str], ...] = tuple((field.name, str(field.type)) for field in fields(Record))
"""Names and kinds (``str``, ``int``, ``float``) of the 45 fields, in order."""

_WRITERS: dict[str, Callable[[Any], str]] = {"str": str, "int": str, "float": lambda number: f"{number:.6f}"}
_READERS: dict[str, Callable[[str], Any]] = {"str": str, "int": int, "float": float}
_FORMS = {"str": "[^:\\n]*", "int": "-?[0-9]{1,25}", "float": r"-?[0-9]{1,40}(?:\.[0-9]*)?(?:e[+-][0-9]{1,3})?"}
_READ = tuple(_READERS[kind] for _, kind in FIELDS)
_LINE = re.compile(":".join(f"({_FORMS[kind]})" for _, kind in FIELDS))


def record_of(number: int, grants: tuple[Grant, ...], exit: Exit, facts: AccountingFacts) -> Record:
    """What the qmaster and the execd know of a task, as a record. A task that never started has no times and no usage.

    When the queue or host was at fault, so that the task waits again, 8.1.9 writes neither submission time nor slots.
    """
    usage = exit.usage
    started = exit.started_at is not None
    master = grants[0] if grants else Grant("unknown@unknown", 0)
    requeued = exit.failed in (5, 6, 7, 8, 9, 10, 15, 34, 36)
    return Record(
        qname=master.queue,
        hostname=master.host,
        group=facts.group,
        owner=facts.owner,
        job_name=facts.name,
        job_number=number,
        account=facts.account,
        priority=facts.priority,
        submission_time=0 if requeued else int(facts.submitted_at),
        start_time=int(exit.started_at or 0),
        end_time=int(exit.ended_at or 0) if started else 0,
        failed=exit.failed,
        exit_status=exit.exit_status,
        ru_wallclock=int(usage.wallclock_s),
        ru_utime=usage.utime_s,
        ru_stime=usage.stime_s,
        ru_maxrss=usage.maxrss,
        ru_ixrss=0,
        ru_ismrss=0,
        ru_idrss=0,
        ru_isrss=0,
        ru_minflt=usage.minflt,
        ru_majflt=usage.majflt,
        ru_nswap=0,
        ru_inblock=usage.inblock,
        ru_oublock=usage.oublock,
        ru_msgsnd=0,
        ru_msgrcv=0,
        ru_nsignals=0,
        ru_nvcsw=usage.nvcsw,
        ru_nivcsw=usage.nivcsw,
        project=facts.project or "NONE",
        department=facts.department,
        granted_pe=facts.pe or "NONE",
        slots=0 if requeued else facts.slots,
        task_number=facts.task,
        cpu=usage.cpu_s,
        mem=usage.mem_gbs,
        io=usage.io_gb,
        category=facts.category or "NONE",
        iow=usage.iow_s,
        pe_taskid="NONE",
        maxvmem=usage.maxvmem,
        arid=facts.advance_reservation,
        ar_submission_time=int(facts.reserved_at),
    )


def line_of(event: Event) -> str | None:
    """The line that an event is worth, None for those that write none."""
    if isinstance(event, (Finished, Requeued)):
        return record_of(event.job, event.grants, event.exit, event.record).line
    if isinstance(event, JobErrored) and event.exit is not None and event.record is not None:
        return record_of(event.job, event.grants, event.exit, event.record).line
    return None


def lines_of(events: list[Event]) -> str:
    """All lines of *events*, in their order."""
    return "".join(line for event in events if (line := line_of(event)) is not None)


def parse_line(line: str) -> Record:
    """Read one line, with or without its end. Raises `ValueError` with what is wrong if it isn't whole."""
    whole = line.rstrip("\r\n")
    found = _LINE.fullmatch(whole)
    if found is not None:
        return Record(*(read(part) for read, part in zip(_READ, found.groups(), strict=True)))
    parts = whole.split(":")
    if len(parts) != len(FIELDS):
        raise ValueError(f"{len(parts)} fields instead of {len(FIELDS)}")
    for part, (name, kind) in zip(parts, FIELDS, strict=True):
        if not re.fullmatch(_FORMS[kind], part):
            raise ValueError(f"{name} is {part[:40]!r}")
    raise ValueError("it has characters that can't be in a line")
