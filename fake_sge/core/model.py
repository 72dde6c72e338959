"""Jobs and their tasks: plain data."""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["Exit", "Grant", "Job", "JobRequest", "Resource", "Task", "TaskRange", "Usage"]

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
    binding: str | None = None
    advance_reservation: int = 0


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
class Usage:
    """What getrusage(2) and the execd measured: seconds, bytes, GB seconds, counts. Fields 14 to 31 and 37 to 43 of accounting(5)."""

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


@dataclass(frozen=True, slots=True)
class Exit:
    """How a task ended on its host: *failed* is SGE's code (sge_status(5)), *exit_status* the script's or 128 + signal."""

    failed: int = 0
    exit_status: int = 0
    usage: Usage = Usage()
    reason: str = ""
    started_at: float | None = None
    ended_at: float | None = None


@dataclass(slots=True, eq=False)
class Task:
    """One task that has left the range of untouched ones: it runs, is held apart, is in error, or was requeued.

    *states* holds `TaskState` letters (see `states`); *grants* is empty while the task isn't placed, the master first.
    """

    job: Job
    id: int
    state: str = "qw"
    grants: list[Grant] = field(default_factory=list)
    dispatched_at: float | None = None
    started_at: float | None = None
    deletion_at: float | None = None
    holds: str = ""
    suspended_by: str = ""
    error_reason: str = ""
    restarts: int = 0
    submitted_at: float | None = None


@dataclass(slots=True, eq=False)
class Job:
    """A job in the qmaster. *idle* are ranges of task ids never touched (one of one for a plain job); *running* tasks by id."""

    id: int
    request: JobRequest
    submitted_at: float
    category: object = None
    priority: float = 0.0
    urgency: float = 0.0
    tickets: float = 0.0
    holds: str = ""
    predecessors: list[int] = field(default_factory=list)
    idle: list[TaskRange] = field(default_factory=list)
    tasks: dict[int, Task] = field(default_factory=dict)
    why: list[str] = field(default_factory=list)
