"""What one ``qstat -xml`` said. Anything but a whole, right document is refused: it says nothing about any job."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any
from xml.parsers import expat

__all__ = ["BadAnswer", "QueuedJob", "Snapshot", "parse_snapshot"]

_LARGEST = 64 * 2**20
_JOB_ID = re.compile(r"[0-9]{1,7}")


class BadAnswer(Exception):
    """Not a list of jobs: empty, truncated, not XML, another document, or too large to be one."""


@dataclass(frozen=True, slots=True)
class QueuedJob:
    """A job as ``qstat`` lists it. *letters* is its state, ``qw`` or ``r``; *host* is empty while it waits."""

    job_id: str
    owner: str
    name: str
    letters: str
    queue: str = ""
    host: str = ""

    @property
    def in_error(self) -> bool:
        """It failed to start and waits for somebody to clear or delete it (``Eqw``)."""
        return "E" in self.letters

    @property
    def being_deleted(self) -> bool:
        """``qdel`` was accepted and the job hasn't ended yet."""
        return "d" in self.letters

    @property
    def suspended(self) -> bool:
        """By a person, a queue or a threshold: it lives, and can't answer."""
        return any(letter in self.letters for letter in "sST")

    @property
    def waiting(self) -> bool:
        """It has no host (``qw``, ``hqw``, ``Rq``)."""
        return not self.host


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everybody's jobs at one moment, by id, in the order of ``qstat``: waiting ones stand by their priority.

    *asked_at* is when the question was put, in seconds of the monotonic clock: what was submitted later may be missing.
    """

    asked_at: float
    jobs: dict[str, QueuedJob] = field(default_factory=dict)

    def job(self, job_id: str, owner: str) -> QueuedJob | None:
        """That user's job of that id: ids come round again, and may then be somebody else's."""
        job = self.jobs.get(job_id)
        return job if job is not None and job.owner == owner else None

    def place_in_queue(self, job: QueuedJob) -> tuple[int, int]:
        """The job's place among those that wait (1 is next), and how many wait."""
        waiting = [other.job_id for other in self.jobs.values() if other.waiting and not other.in_error]
        return (waiting.index(job.job_id) + 1 if job.job_id in waiting else 0), len(waiting)


def parse_snapshot(document: bytes, asked_at: float) -> Snapshot:
    """Read the answer of ``qstat -xml -u '*'``.

    Raises:
        BadAnswer: it isn't one.

    """
    if len(document) > _LARGEST:
        raise BadAnswer(f"qstat printed {len(document)} bytes")
    reader = _Reader()
    try:
        reader.parser.Parse(document, True)
    except expat.ExpatError as error:
        raise BadAnswer(f"qstat printed no whole XML document: {error}") from error
    if not reader.parts >= {"queue_info", "job_info"}:
        raise BadAnswer("qstat printed no list of jobs")
    return Snapshot(asked_at, reader.jobs)


class _Reader:
    """Collects ``job_list`` elements; only expat itself can refuse a document type before it is acted on."""

    def __init__(self) -> None:
        self.jobs: dict[str, QueuedJob] = {}
        self.parts: set[str] = set()
        self._path: list[str] = []
        self._fields: dict[str, str] = {}
        self._text: list[str] = []
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text.append
        self.parser.StartDoctypeDeclHandler = self._refuse

    def _refuse(self, *_: Any) -> None:
        raise BadAnswer("qstat printed a document type, which it never does")

    def _start(self, name: str, _: dict[str, str]) -> None:
        if not self._path and name != "job_info":
            raise BadAnswer(f"qstat printed a document of another kind: {name}")
        if len(self._path) == 1:
            self.parts.add(name)
        if name == "job_list":
            self._fields = {}
        self._path.append(name)
        self._text.clear()

    def _end(self, name: str) -> None:
        self._path.pop()
        if name != "job_list":
            self._fields[name] = "".join(self._text).strip()
            self._text.clear()
            return
        found = self._fields
        queue, _, host = found.get("queue_name", "").partition("@")
        job_id = found.get("JB_job_number", "")
        if not _JOB_ID.fullmatch(job_id) or not found.get("state"):
            raise BadAnswer(f"qstat listed a job without id or state: {found}")
        # Tasks of an array share an id; the first stands for them.
        job = QueuedJob(job_id, found.get("JB_owner", ""), found.get("JB_name", ""), found["state"], queue, host)
        self.jobs.setdefault(job_id, job)
