"""accounting(5): one line of 45 fields for each task that left its host, written and read.

Times are epoch seconds. A line that can't be read is skipped and counted; ``#`` begins a comment.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from fake_sge.core.events import AccountingFacts, Event, Finished, JobErrored, Requeued
from fake_sge.core.model import Exit, Grant

__all__ = ["FIELDS", "HEADER", "Reader", "Record", "line_of", "lines_of", "parse_line", "record_of"]

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
    """Read one line. Raises `ValueError` if it isn't whole."""
    parts = line.rstrip("\n").split(":")
    if len(parts) != len(FIELDS):
        raise ValueError(f"{len(parts)} fields instead of {len(FIELDS)}")
    return Record(*(_READERS[kind](part) for part, (_, kind) in zip(parts, FIELDS, strict=True)))


class Reader:
    """Reads an accounting file from *offset* (bytes) on, so that what was read before needn't be again.

    *offset* afterwards stands behind the last whole line, *damaged* counts lines that were skipped. A file that has
    become shorter than *offset* was rotated, and is read from its beginning.
    """

    def __init__(self, path: Path, offset: int = 0) -> None:
        self.path = path
        self.offset = offset
        self.damaged = 0

    def __iter__(self) -> Iterator[Record]:
        """Raises `OSError` if the file can't be read."""
        if self.path.stat().st_size < self.offset:
            self.offset = 0
        with self.path.open("rb") as file:
            file.seek(self.offset)
            for raw in file:
                if not raw.endswith(b"\n"):
                    return
                self.offset += len(raw)
                if len(raw) <= 2 or raw.startswith(b"#"):
                    continue
                try:
                    yield parse_line(raw.decode("utf-8", "surrogateescape"))
                except ValueError:
                    self.damaged += 1
