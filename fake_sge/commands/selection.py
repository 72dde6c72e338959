"""Which jobs and tasks a command's operands mean: ``123``, ``123.4-6:2``, a name, a pattern, ``-t`` behind any."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from fake_sge.commands.options import ESEMANTIC, OptionError
from fake_sge.commands.ranges import parse_tasks
from fake_sge.core import Cell, Job, TaskRange

__all__ = ["Chosen", "Wanted", "choose", "jobs_of_owners", "read_operands"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """One operand: a number, name or pattern, perhaps with tasks."""

    text: str
    tasks: TaskRange | None = None


@dataclass(frozen=True, slots=True)
class Chosen:
    """A job that exists, or, if *job* is None, why there is none.

    *by_name* are the users among whose jobs it was found.
    """

    job: int | None
    tasks: TaskRange | None = None
    refusal: str = ""
    by_name: str = ""


_NUMBER = re.compile(r"(\d+)(?:\.(\d+(?:-\d+)?(?::\d+)?))?$")


def read_operands(words: Sequence[str], prefix: str = "error: ") -> list[Wanted]:
    """Operands, comma lists of them, and ``-t range`` for the one before. Raises `OptionError`."""
    wanted: list[Wanted] = []
    at = 0
    while at < len(words):
        word = words[at]
        at += 1
        if word == "-t":
            text = words[at] if at < len(words) else ""
            if not wanted or not text:
                complaint = f"found lonely '-t {text}' option (The -t option needs a leading job name)."
                raise OptionError(f"{prefix}{complaint}", ESEMANTIC, "-t")
            wanted[-1] = Wanted(wanted[-1].text, parse_tasks(text))
            at += 1
            continue
        for part in word.split(","):
            match = _NUMBER.match(part)
            if match and match[2]:
                wanted.append(Wanted(match[1], parse_tasks(match[2])))
            elif part:
                wanted.append(Wanted(part))
    return wanted


def choose(cell: Cell, wanted: Iterable[Wanted], user: str | None, owners: Sequence[str] = ()) -> list[Chosen]:
    """Jobs by number are anybody's, jobs by name those of *user* or of the *owners* of -u, else anybody's too."""
    chosen: list[Chosen] = []
    names = list(owners) or ([user] if user is not None else [])
    for item in wanted:
        if item.text.isdecimal() and not owners:
            number = int(item.text)
            if number in cell.jobs:
                chosen.append(Chosen(number, item.tasks))
            else:
                chosen.append(Chosen(None, refusal=f'denied: job "{item.text}" does not exist'))
            continue
        own = _of(cell, names)
        if item.text.isdecimal():
            found = [job.id for job in own if job.id == int(item.text)]
        else:
            found = [job.id for job in own if fnmatchcase(job.request.name, item.text)]
        chosen += [Chosen(number, item.tasks, by_name=",".join(names)) for number in sorted(found)]
        if not found:
            text = f"The job {item.text} of user(s) {','.join(names)} does not exist"
            if not names:
                text = f'denied: job "{item.text}" does not exist'
            chosen.append(Chosen(None, refusal=text))
    return chosen


def _of(cell: Cell, owners: Sequence[str]) -> Iterable[Job]:
    """The jobs of users by name or pattern; everybody's where none is named."""
    if len(owners) == 1 and not any(letter in owners[0] for letter in "*?["):
        return cell.jobs_of(owners[0])
    if not owners:
        return list(cell.jobs.values())
    return [job for job in cell.jobs.values() if any(fnmatchcase(job.request.owner, owner) for owner in owners)]


def jobs_of_owners(cell: Cell, owners: Sequence[str]) -> list[Chosen]:
    """All jobs of the users that -u names, by patterns too."""
    return [
        Chosen(job.id) for job in cell.jobs.values() if any(fnmatchcase(job.request.owner, owner) for owner in owners)
    ]
