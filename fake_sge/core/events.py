"""What happened in a cell: facts, each with the instant (epoch seconds) at which it took effect.

Nobody changes them. They aren't frozen because a frozen dataclass takes three times as long to make, and a workload
makes millions.
"""

from __future__ import annotations

from dataclasses import dataclass

from fake_sge.core.model import Exit, Grant

__all__ = [
    "AccountingFacts",
    "Deleted",
    "DeletionRegistered",
    "Dispatched",
    "Event",
    "Failed",
    "Finished",
    "HostChanged",
    "JobChanged",
    "JobErrored",
    "KillDue",
    "MailDue",
    "QueueChanged",
    "Requeued",
    "ReservationChanged",
    "ReservationGranted",
    "SignalDue",
    "Started",
    "Submitted",
]


@dataclass(slots=True, unsafe_hash=True)
class Event:
    """A fact, at an instant."""

    at: float


@dataclass(slots=True, unsafe_hash=True)
class Submitted(Event):
    """A job was accepted."""

    job: int


@dataclass(slots=True, unsafe_hash=True)
class Dispatched(Event):
    """The scheduler placed a task; the shell now hands it to an execd. *h_rt_s*/*s_rt_s* are the limits that hold
    (None: none).
    """

    job: int
    task: int
    grants: tuple[Grant, ...]
    h_rt_s: float | None = None
    s_rt_s: float | None = None
    rmem_limit: float | None = None


@dataclass(slots=True, unsafe_hash=True)
class Started(Event):
    """An execd acknowledged: the task's state goes from t to r."""

    job: int
    task: int


@dataclass(slots=True, unsafe_hash=True)
class AccountingFacts:
    """The fields of accounting(5) that the qmaster knows; the execd's are in `Exit`."""

    owner: str
    group: str
    name: str
    account: str
    priority: int
    submitted_at: float
    project: str | None
    department: str
    pe: str | None
    slots: int
    task: int
    category: str
    advance_reservation: int = 0
    reserved_at: float = 0.0


@dataclass(slots=True, unsafe_hash=True)
class Finished(Event):
    """A task left the cell; the shell writes one accounting(5) line from *record*."""

    job: int
    task: int
    grants: tuple[Grant, ...]
    exit: Exit
    record: AccountingFacts
    last: bool = True


@dataclass(slots=True, unsafe_hash=True)
class Requeued(Event):
    """A task left its host but stays in the cell (exit 99, qmod -r, a queue's failure); one accounting line is
    written.
    """

    job: int
    task: int
    grants: tuple[Grant, ...]
    exit: Exit
    record: AccountingFacts


@dataclass(slots=True, unsafe_hash=True)
class JobErrored(Event):
    """A task went to Eqw; one accounting line is written."""

    job: int
    task: int
    reason: str
    grants: tuple[Grant, ...] = ()
    exit: Exit | None = None
    record: AccountingFacts | None = None


@dataclass(slots=True, unsafe_hash=True)
class Deleted(Event):
    """A waiting job or task was removed at once; nothing is accounted."""

    job: int
    task: int | None
    user: str


@dataclass(slots=True, unsafe_hash=True)
class DeletionRegistered(Event):
    """A running task got state d; a `KillDue` goes with it."""

    job: int
    task: int
    user: str


@dataclass(slots=True, unsafe_hash=True)
class KillDue(Event):
    """The shell must have the execd kill the task with SIGKILL (and keep trying)."""

    job: int
    task: int
    why: str


@dataclass(slots=True, unsafe_hash=True)
class SignalDue(Event):
    """The shell must have the execd send *signal* (SIGSTOP, SIGCONT, SIGUSR1, ...) to the task."""

    job: int
    task: int
    signal: str


@dataclass(slots=True, unsafe_hash=True)
class JobChanged(Event):
    """Held, released, altered, suspended, resumed, its error cleared: *what* says which."""

    job: int
    task: int | None
    what: str


@dataclass(slots=True, unsafe_hash=True)
class QueueChanged(Event):
    """A queue instance's *state* letters are other ones now: *what* happened in a word."""

    queue_instance: str
    state: str
    what: str


@dataclass(slots=True, unsafe_hash=True)
class HostChanged(Event):
    """A host was lost or has returned."""

    host: str
    what: str


@dataclass(slots=True, unsafe_hash=True)
class MailDue(Event):
    """The usage mail of -m: *on* is b, e, a or s."""

    job: int
    task: int
    on: str
    to: tuple[str, ...]
    exit: Exit | None = None


@dataclass(slots=True, unsafe_hash=True)
class ReservationGranted(Event):
    """An advance reservation was granted; *remarks* are about queues that weren't considered."""

    reservation: int
    remarks: tuple[str, ...] = ()


@dataclass(slots=True, unsafe_hash=True)
class ReservationChanged(Event):
    """An advance reservation began, ended, was deleted or is about to be: *what* says which."""

    reservation: int
    what: str


@dataclass(slots=True, unsafe_hash=True)
class Failed(Event):
    """An immediate job (-now y) found no place in its one run and was removed."""

    job: int
    reason: str
