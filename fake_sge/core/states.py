"""What tasks and queue instances can be, which moves are legal, and the letters that stand for it.

Rules of this file: everything that decides a task's letters lives here; nothing here changes a task. A task's base
state
is one of three (`WAITING`, `TRANSFERRING`, `RUNNING`); everything else (held, in error, suspended, being deleted,
rescheduled) lies on top of it as a fact of its own, and ``qstat`` prints all of them in one fixed order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fake_sge.core.model import Job, Task

__all__ = [
    "MOVES",
    "QUEUE_LETTERS",
    "RUNNING",
    "TASK_LETTERS",
    "TRANSFERRING",
    "UNUSABLE",
    "WAITING",
    "letters",
    "queue_letters",
    "waiting_letters",
]

WAITING = "qw"
TRANSFERRING = "t"
RUNNING = "r"

TASK_LETTERS = "dESThRqrstwx"
"""The order in which qstat(1) joins a task's letters; a finished task's are replaced by ``z``."""

QUEUE_LETTERS = "aACDduESscoP"

UNUSABLE = frozenset("usSEcoP")
"""Queue states that keep a queue instance out of the scheduler's snapshot; d, D, C, a and full ones are dropped later
in the run.
"""

MOVES: dict[str, dict[str, str]] = {
    WAITING: {"dispatch": TRANSFERRING, "delete": "gone"},
    TRANSFERRING: {"start": RUNNING, "requeue": WAITING, "fail": WAITING, "end": "gone"},
    RUNNING: {"requeue": WAITING, "fail": WAITING, "end": "gone"},
}
"""Base state, then what happens, then the base state after it. ``fail`` is a requeue into state E."""


def letters(task: Task) -> str:
    """The state that ``qstat`` prints for *task*: ``qw``, ``hqw``, ``Eqw``, ``t``, ``r``, ``Rr``, ``dr``, ``S``, ..."""
    job = task.job
    found = set(task.suspended_by.replace("P", "S"))
    if task.deletion_at is not None:
        found.add("d")
    if task.in_error:
        found.add("E")
    if job.holds or job.predecessors or task.holds:
        found.add("h")
    if task.restarts:
        found.add("R")
    if task.state == WAITING:
        found.update("q" if task.restarts else "qw")
    elif not task.suspended_by:
        found.add(task.state)
    return "".join(letter for letter in TASK_LETTERS if letter in found)


def waiting_letters(job: Job) -> str:
    """The state of the job's untouched tasks: ``qw`` or ``hqw``."""
    return "hqw" if job.holds or job.predecessors else "qw"


def queue_letters(flags: str) -> str:
    """Queue state letters in the order in which qstat(1) prints them."""
    return "".join(letter for letter in QUEUE_LETTERS if letter in flags)
