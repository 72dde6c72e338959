"""The mail of ``qsub -m``: sge_execd(8)'s texts, delivered into mbox files below the spool directory."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from fake_sge.core import Exit

__all__ = ["Letter", "deliver", "letter"]

_FAILED_WORDS = {
    25: "rescheduling",
    26: "opening input/output file",
    27: "searching requested shell",
    28: "changing into working directory",
    30: "application error returned",
    37: "qmaster enforced h_rt, h_cpu, or h_vmem limit",
    100: "assumedly after job",
}


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail without its addresses."""

    subject: str
    body: str


def letter(on: str, job: str, name: str, owner: str, queue_instance: str, exit_: Exit | None) -> Letter:
    """The letter for *on*: ``b`` (began), ``e`` (ended), ``a`` (aborted) or ``s`` (suspended).

    The instants of *exit_* are cell time.
    """
    queue, _, host = queue_instance.partition("@")
    if exit_ is None or on in "bs":
        what = "Started" if on == "b" else "Suspended"
        lines = [f" User       = {owner}", f" Queue      = {queue}", f" Host       = {host}"]
        return Letter(f"Job {job} ({name}) {what}", "\n".join([f"Job {job} ({name}) {what}", *lines]) + "\n")
    what = "Aborted" if on == "a" else "Complete"
    return Letter(f"Job {job} ({name}) {what}", _ending(what, job, name, owner, queue_instance, exit_))


def _ending(what: str, job: str, name: str, owner: str, queue_instance: str, exit_: Exit) -> str:
    usage, aborted = exit_.usage, what == "Aborted"
    fields = {
        "User": owner,
        "Queue": queue_instance,
        "Host": queue_instance.partition("@")[2],
        "Start Time": _instant(exit_.started_at),
        "End Time": _instant(exit_.ended_at),
        "User Time": _duration(usage.utime_s),
        "System Time": _duration(usage.stime_s),
        "Wallclock Time": _duration(usage.wallclock_s),
        "CPU": _duration(usage.cpu_s),
        "Max vmem": _memory(usage.maxvmem),
        "Exit Status": str(exit_.exit_status),
    }
    lines = [f"Job {job} ({name}) {what}", *(f" {name:<16} = {value}" for name, value in fields.items())]
    if aborted and exit_.failed:
        lines += [f"failed {_FAILED_WORDS.get(exit_.failed, exit_.failed)} because:", exit_.reason]
    return "\n".join(lines) + "\n"


def deliver(directory: Path, sender: str, to: Sequence[str], message: Letter, at: float) -> None:
    """Append to one mbox file for each recipient, named by the part before the ``@``."""
    directory.mkdir(parents=True, exist_ok=True)
    body = "\n".join(f">{line}" if line.startswith("From ") else line for line in message.body.split("\n"))
    for address in to:
        box = address.partition("@")[0].replace("/", "_").lstrip(".") or "nobody"
        head = f"From {sender} {time.asctime(time.localtime(at))}\n"
        text = f"{head}From: {sender}\nTo: {address}\nSubject: {message.subject}\nDate: {_instant(at)}\n\n{body}\n"
        with open(directory / box, "a", encoding="utf-8", errors="replace") as file:
            file.write(text)


def _instant(at: float | None) -> str:
    return "Unknown" if at is None else time.strftime("%m/%d/%Y %H:%M:%S", time.localtime(at))


def _duration(seconds: float) -> str:
    whole = int(seconds)
    return f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}"


def _memory(size: float) -> str:
    for unit, factor in (("G", 1024.0**3), ("M", 1024.0**2), ("K", 1024.0)):
        if size >= factor:
            return f"{size / factor:.3f}{unit}"
    return "NA" if size == 0 else f"{size:.3f}"
