"""Which file to read for a component, a job or a user of a stack."""

from __future__ import annotations

import re
from pathlib import Path

from hubstack.testbed.errors import Refused
from hubstack.testbed.stack import COMPONENTS, Stack
from hubstack.testbed.submit_host import ask

__all__ = ["find_log"]

_SESSION_LOG = ".jupyterhub.sge.out"
"""Where a session writes, in its user's home."""


def find_log(stack: Stack, subject: str) -> Path:
    """The log of a component, of a job by its id, or of a user's session.

    Raises:
        Refused: there is no such log (yet).
    """
    if subject in COMPONENTS:
        return _there(stack.log(subject), subject)
    if subject.isdecimal():
        return _job_log(stack, subject)
    return _there(stack.home(subject) / _SESSION_LOG, subject)


def _job_log(stack: Stack, job: str) -> Path:
    """A job writes into its output file: ``-o``, otherwise NAME.oID; the file of a session keeps its name over jobs."""
    owner = _owner(stack, job)
    named = sorted(stack.home(owner).glob(f"*.o{job}"))
    return _there(named[0] if named else stack.home(owner) / _SESSION_LOG, f"job {job}")


def _owner(stack: Stack, job: str) -> str:
    for words in (("qstat", "-j", job), ("qacct", "-j", job)):
        try:
            answer = ask(stack, *words)
        except Refused:
            continue
        if found := re.search(r"^owner:?\s+(\S+)", answer, re.MULTILINE):
            return found[1]
    raise Refused(f"stack {stack.name!r} has no job {job}", "hubstack status lists the jobs")


def _there(path: Path, subject: str) -> Path:
    if not path.is_file():
        what = f"there is no log of {subject}"
        raise Refused(what, f"name a component ({', '.join(COMPONENTS)}), a job's id or a user with a session")
    return path
