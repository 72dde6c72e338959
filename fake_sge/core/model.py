"""Jobs and their tasks: plain data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fake_sge.core.category import Category
    from fake_sge.core.priority import Standing

__all__ = [
    "Exit",
    "FinishedTask",
    "Grant",
    "Job",
    "JobRequest",
    "ReservationRequest",
    "Resource",
    "Task",
    "TaskRange",
    "Usage",
]

Resource = tuple[str, str]
"""A request, ``("h_rt", "3600")``: the complex's name and the value's text as the user wrote it."""


@dataclass(frozen=True, slots=True)
class TaskRange:
    """Array task ids *first*, *first* + *step*, ... up to *last*: ``-t first-last:step``."""

    first: int
    last: int
    step: int = 1

    def __contains__(self, task: object) -> bool:
        return isinstance(task, int) and self.first <= task <= self.last and (task - self.first) % self.step == 0

    def __len__(self) -> int:
        return (self.last - self.first) // self.step + 1


@dataclass(slots=True)
class JobRequest:
    """What qsub(1) sends to the qmaster: the options, checked for form alone. Times are epoch seconds or seconds."""

    owner: str
    group: str = "users"
    uid: int = 0
    gid: int = 0
    home: str = "/"
    submit_host: str = "localhost"
    name: str = ""
    script: str | None = None
    script_file: str = ""
    args: list[str] = field(default_factory=list)
    binary: bool = False
    use_shell: bool = True
    shells: list[str] = field(default_factory=list)
    cwd: str | None = None
    submit_cwd: str = "/"
    submit_path: str = ""
    submit_shell: str = "/bin/sh"
    submit_mail: str = ""
    environment: dict[str, str] = field(default_factory=dict)
    context: dict[str, str] = field(default_factory=dict)
    account: str = "sge"
    project: str | None = None
    department: str = "defaultdepartment"
    priority: int = 0
    job_share: int = 0
    override_tickets: int = 0
    hard: list[Resource] = field(default_factory=list)
    soft: list[Resource] = field(default_factory=list)
    hard_queues: list[str] = field(default_factory=list)
    soft_queues: list[str] = field(default_factory=list)
    master_queues: list[str] = field(default_factory=list)
    pe: str | None = None
    pe_slots: list[TaskRange] = field(default_factory=list)
    tasks: TaskRange | None = None
    max_running_tasks: int = 0
    holds: str = ""
    hold_jobs: list[str] = field(default_factory=list)
    hold_array_jobs: list[str] = field(default_factory=list)
    execute_at: float | None = None
    deadline_at: float | None = None
    rerun: bool | None = None
    reserve: bool = False
    immediate: bool = False
    notify: bool = False
    merge_output: bool = False
    stdout: list[str] = field(default_factory=list)
    stderr: list[str] = field(default_factory=list)
    stdin: list[str] = field(default_factory=list)
    mail_to: list[str] = field(default_factory=list)
    mail_on: str = ""
    verify: str = "n"
    checkpoint: str | None = None
    checkpoint_when: str = ""
    checkpoint_interval_s: int = 0
    binding: str | None = None
    advance_reservation: int = 0


@dataclass(slots=True)
class ReservationRequest:
    """What qrsub(1) sends to the qmaster. Of *start_at*, *end_at* (epoch seconds) and *duration_s* those that weren't
    given are None. *users* and *no_users* are who may and may not use it: names, ``@list`` for an access list.
    *immediate* (``-now y``) wants interactive queues, *hard_errors* (``-he y``) that no job starts while a queue is
    unusable; *verify_only* (``-w v``) reserves nothing.
    """

    owner: str
    group: str = "users"
    name: str = ""
    account: str = "sge"
    start_at: float | None = None
    end_at: float | None = None
    duration_s: float | None = None
    hard: list[Resource] = field(default_factory=list)
    hard_queues: list[str] = field(default_factory=list)
    master_queues: list[str] = field(default_factory=list)
    pe: str | None = None
    pe_slots: list[TaskRange] = field(default_factory=list)
    checkpoint: str | None = None
    users: list[str] = field(default_factory=list)
    no_users: list[str] = field(default_factory=list)
    mail_to: list[str] = field(default_factory=list)
    mail_on: str = ""
    immediate: bool = False
    hard_errors: bool = False
    verify_only: bool = False


@dataclass(slots=True, unsafe_hash=True)
class Grant:
    """*slots* granted on a queue instance ``queue@host``; *devices* are GPU numbers on that host."""

    queue_instance: str
    slots: int
    devices: tuple[int, ...] = ()

    @property
    def queue(self) -> str:
        return self.queue_instance.partition("@")[0]

    @property
    def host(self) -> str:
        return self.queue_instance.partition("@")[2]


@dataclass(slots=True, unsafe_hash=True)
class Usage:
    """What getrusage(2) and the execd measured: seconds, bytes, GB seconds, counts. Fields 14 to 31 and 37 to 43 of
    accounting(5).
    """

    wallclock_s: float = 0.0
    utime_s: float = 0.0
    stime_s: float = 0.0
    maxrss: float = 0.0
    minflt: int = 0
    majflt: int = 0
    inblock: float = 0.0
    oublock: int = 0
    nvcsw: int = 0
    nivcsw: int = 0
    cpu_s: float = 0.0
    mem_gbs: float = 0.0
    io_gb: float = 0.0
    iow_s: float = 0.0
    maxvmem: float = 0.0


_NO_USAGE = Usage()


@dataclass(slots=True, unsafe_hash=True)
class Exit:
    """How a task ended on its host: *failed* is SGE's code (sge_status(5)), *exit_status* the script's or 128 +
    signal.
    """

    failed: int = 0
    exit_status: int = 0
    usage: Usage = _NO_USAGE
    reason: str = ""
    started_at: float | None = None
    ended_at: float | None = None


@dataclass(slots=True, eq=False)
class Task:
    """One task that has left the range of untouched ones: it runs, is held apart, is in error, or was requeued.

    *state* is the base state (`states`); *grants* is empty while the task isn't placed, the master first; *slots* are
    those of all of them.
    *error_reason* is kept after a failure that requeued the task; *in_error* alone makes it ``Eqw``.
    *barred* are hosts from which the task was taken away and whose execd hasn't been heard since. *charged* is the
    category by whose
    amounts it was debited.
    """

    job: Job
    id: int
    state: str = "qw"
    grants: list[Grant] = field(default_factory=list)
    dispatched_at: float | None = None
    started_at: float | None = None
    deletion_at: float | None = None
    migrating: bool = False
    holds: str = ""
    suspended_by: str = ""
    in_error: bool = False
    error_reason: str = ""
    restarts: int = 0
    submitted_at: float | None = None
    barred: list[str] = field(default_factory=list)
    limits: tuple[float | None, float | None] = (None, None)
    pe: str | None = None
    charged: Category | None = None
    slots: int = 0

    @property
    def start_second(self) -> int:
        """The whole second since when it is on its host."""
        return int(self.started_at or self.dispatched_at or 0)


@dataclass(slots=True, eq=False)
class Job:
    """A job in the qmaster.

    *idle* are ranges of task ids never touched (one of one for a plain job), *blocked* those that wait for the same
    task of a
    job in ``-hold_jid_ad``, *tasks* all others by id. *ready* are ids in *tasks* that wait and may start; *active*
    counts
    tasks that are placed or in error. *submitted_at* is reset by a reschedule (exit 99, ``qmod -r``).
    *standing* ranks the job among the pending and running ones (`priority`); None until a scheduler run has seen it,
    and whenever it is held or in error: *settled* is the priority that ``qstat`` goes on printing then. *excluded* are
    the
    waiting tasks of an array job that has as many running as it may; *last_category* is
    the one before it was altered in the time after run number *altered_in*.
    """

    id: int
    request: JobRequest
    submitted_at: float
    category: Category | None = None
    holds: str = ""
    predecessors: list[int] = field(default_factory=list)
    array_predecessors: list[int] = field(default_factory=list)
    idle: list[TaskRange] = field(default_factory=list)
    blocked: list[TaskRange] = field(default_factory=list)
    tasks: dict[int, Task] = field(default_factory=dict)
    ready: list[int] = field(default_factory=list)
    active: int = 0
    version: int = 0
    standing: Standing | None = None
    settled: float = 0.0
    tickets: float = 0.0
    ticket_parts: tuple[float, float, float] = (0.0, 0.0, 0.0)
    ticket_portion: float = 0.0
    upcoming_tickets: list[float] = field(default_factory=list)
    last_category: Category | None = None
    altered_in: int = -1
    excluded: bool = False
    ranked_in: int = 0

    @property
    def priority(self) -> float:
        """The figure in the second column of qstat(1), as of the last scheduler run."""
        return self.settled if self.standing is None else self.standing.priority(self)

    @property
    def waiting_priority(self) -> float:
        """The same for the tasks that wait: those kept back by ``-tc`` aren't ranked with the ones that run."""
        return self.settled if self.excluded else self.priority

    @property
    def urgency(self) -> float:
        """Resource, waiting time and deadline contributions together; 0 while the job isn't ranked."""
        return 0.0 if self.standing is None else self.standing.urgency(self)


@dataclass(slots=True, unsafe_hash=True)
class FinishedTask:
    """A task that left the cell, as ``qstat -s z`` shows it: the last *finished_jobs* are kept."""

    job: int
    task: int
    request: JobRequest
    submitted_at: float
    slots: int
    priority: float
    ended_at: float
    exit: Exit | None = None
