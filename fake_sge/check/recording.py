"""Recordings on disk: what was typed, in order, and the answers that are on file.

``recording-*.jsonl`` has a step a line (``do`` is run, wait or until); a step's ``transcript`` names the file beside it
that holds the answer.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

__all__ = ["Recording", "Step", "Transcript", "find_recordings", "read_recording"]


@dataclass(frozen=True, slots=True)
class Transcript:
    """One recorded answer."""

    id: str
    stdout: str
    stderr: str
    code: int


@dataclass(frozen=True, slots=True)
class Step:
    """*kind* is run, wait or until. *at* is the latest instant at which it can have happened, if that is known."""

    kind: str
    command: str = ""
    user: str = ""
    host: str = ""
    stdin: str = ""
    transcript: str | None = None
    job: str | None = None
    state: str = ""
    seconds: float = 0.0
    at: float | None = None

    @property
    def number(self) -> int | None:
        """The number that the step's job got, if it is one and not a placeholder."""
        return int(self.job) if self.job is not None and self.job.isdecimal() else None


@dataclass(slots=True)
class Recording:
    """A recording: its steps, and the instants at which its jobs were submitted as far as its answers tell."""

    path: Path
    steps: list[Step]
    transcripts: dict[str, Transcript]
    submitted_at: dict[int, float] = field(default_factory=dict)


def find_recordings(directory: Path) -> list[Path]:
    """Every ``recording-*.jsonl`` below *directory*."""
    return sorted(directory.rglob("recording-*.jsonl"))


def read_recording(path: Path) -> Recording:
    """Raises `OSError` and `ValueError` for what can't be read."""
    raw = [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]
    steps = _with_instants([_step(one) for one in raw])
    transcripts = {}
    for step in steps:
        if step.transcript is not None and step.transcript not in transcripts:
            transcripts[step.transcript] = _transcript(path.parent, step.transcript)
    recording = Recording(path, steps, transcripts)
    for transcript in transcripts.values():
        for number, at in _submissions(transcript.stdout):
            recording.submitted_at.setdefault(number, at)
    return recording


def _step(one: dict[str, Any]) -> Step:
    at = datetime.fromisoformat(one["at"]).timestamp() if "at" in one else None
    return Step(
        kind=one["do"],
        command=one.get("cmd", ""),
        user=one.get("user", ""),
        host=one.get("host", ""),
        stdin=one.get("stdin", ""),
        transcript=one.get("transcript"),
        job=one.get("job"),
        state=one.get("state", ""),
        seconds=float(one.get("seconds", 0)),
        at=at,
    )


def _with_instants(steps: Sequence[Step]) -> list[Step]:
    """Some answers were recorded anew later, so an instant counts only if nothing that follows has an earlier one."""
    earliest: float | None = None
    result = []
    for step in reversed(steps):
        if step.at is not None:
            earliest = step.at if earliest is None else min(earliest, step.at)
        instant = earliest if step.at is not None else None
        result.append(replace(step, at=instant))
    return result[::-1]


def _transcript(folder: Path, name: str) -> Transcript:
    one = json.loads((folder / f"{name}.json").read_text("utf-8"))
    return Transcript(name, one["stdout"], one["stderr"], one["rc"])


_TABLE_ROW = re.compile(
    r"^ *(\d+) \d\.\d{5} \S+ +\S+ +h?[EqwR]+ +(\d\d)/(\d\d)/(\d{4}) (\d\d):(\d\d):(\d\d)", re.MULTILINE
)
_LONG = re.compile(
    r"^job_number: +(\d+)$.*?^submission_time: +\w{3} (\w{3} [ \d]\d \d\d:\d\d:\d\d \d{4})$", re.MULTILINE | re.DOTALL
)


def _submissions(text: str) -> Iterable[tuple[int, float]]:
    """Job numbers and submission instants (UTC) that an answer of qstat tells: waiting jobs' lines, ``qstat -j``."""
    for row in _TABLE_ROW.finditer(text):
        number, month, day, year, hour, minute, second = map(int, row.groups())
        yield number, datetime(year, month, day, hour, minute, second, tzinfo=UTC).timestamp()
    for found in _LONG.finditer(text):
        moment = datetime.strptime(found[2], "%b %d %H:%M:%S %Y").replace(tzinfo=UTC)
        yield int(found[1]), moment.timestamp()
