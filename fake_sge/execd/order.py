"""What the qmaster tells an execd, and what the execd tells back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from fake_sge.core import Exit, Grant, JobRequest

__all__ = ["Account", "Ended", "Execd", "Order", "Report", "Started"]


@dataclass(frozen=True, slots=True)
class Account:
    """Who a job runs as. *switch* false: as the daemon's own account, whatever *uid* says."""

    name: str
    uid: int
    gid: int
    groups: tuple[int, ...]
    home: str
    shell: str
    switch: bool = False


@dataclass(frozen=True, slots=True)
class Order:
    """One task to run: the master's queue instance is the first of *grants*.

    *queue* are the attributes of that queue instance, *configuration* the host's sge_conf(5), *pe* the parallel
    environment's; *checkpoint_dir* is that of the checkpointing interface, if the job has one. Durations are seconds of
    the machine's clock; *dispatched_at* tells one run of a task from the next.
    """

    job: int
    task: int
    request: JobRequest
    grants: tuple[Grant, ...]
    account: Account
    submitted_at: float
    dispatched_at: float
    restarted: bool = False
    h_rt_s: float | None = None
    s_rt_s: float | None = None
    notify_s: float = 0.0
    rmem_limit: float | None = None
    queue: Mapping[str, str] = field(default_factory=dict)
    configuration: Mapping[str, str] = field(default_factory=dict)
    pe: Mapping[str, str] | None = None
    checkpoint_dir: str | None = None
    cluster_name: str = "default"
    address: str = "127.0.0.1"

    @property
    def host(self) -> str:
        return self.grants[0].host

    @property
    def array(self) -> bool:
        return self.request.tasks is not None


@dataclass(frozen=True, slots=True)
class Started:
    """The job's program runs since *at* (the machine's clock)."""

    job: int
    task: int
    at: float


@dataclass(frozen=True, slots=True)
class Ended:
    """*exit*'s instants are the machine's clock."""

    job: int
    task: int
    exit: Exit


Report = Started | Ended


class Execd(Protocol):
    """Runs tasks. No method blocks; reports come by the callback that the execd was made with, from any thread."""

    def start(self, order: Order) -> None: ...

    def adopt(self, order: Order) -> None:
        """Take up a task that was dispatched before the daemon began: running, ended meanwhile, or never started."""

    def kill(self, job: int, task: int) -> None: ...

    def signal(self, job: int, task: int, name: str) -> None: ...

    def leap(self, seconds: float) -> None:
        """All hosts' clocks are put forward: what runs has run so much longer."""

    def forget(self, job: int, task: int) -> None:
        """The task's end is on record: its files may go."""

    def close(self) -> None: ...
