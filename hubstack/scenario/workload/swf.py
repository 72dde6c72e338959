"""Workload traces in the Standard Workload Format of the Parallel Workloads Archive.

A line a job, 18 numbers each (-1 for what isn't known), ``;`` before comments; jobs are in order of submission.
"""

from __future__ import annotations

import gzip
import io
import math
from collections.abc import Iterator
from pathlib import Path

from fake_sge.cellfile import BadFile
from hubstack.scenario.workload.job import LoadJob

__all__ = ["Swf"]

_FIELDS = 18
_SUBMIT, _RUN, _ALLOCATED, _REQUESTED, _TIME, _USER = 1, 3, 4, 7, 8, 11


class Swf:
    """The jobs of a trace, in its order; the file may be compressed with gzip. Iterate it once.

    *damaged* lines are skipped and counted, or with *strict* refused. Jobs that never ran, or of which the run time or
    the size isn't known, are left out and counted in *without_a_run*.
    """

    def __init__(self, path: Path, *, strict: bool = True) -> None:
        self.path = path
        self.strict = strict
        self.damaged = 0
        self.without_a_run = 0

    def __iter__(self) -> Iterator[LoadJob]:
        """Raises `BadFile` with the line of what is no job, and for a file that can't be read."""
        before = -math.inf
        try:
            for number, line in self._lines():
                words = line.split()
                if not words or words[0].startswith(";"):
                    continue
                try:
                    numbers = _numbers(words, before)
                except ValueError as problem:
                    self._is_damaged(number, str(problem))
                    continue
                before = numbers[_SUBMIT]
                if job := _job(numbers):
                    yield job
                else:
                    self.without_a_run += 1
        except (OSError, EOFError) as error:
            what = f"can't read the trace: {getattr(error, 'strerror', None) or error}"
            raise BadFile(what, str(self.path), "give a file in the Standard Workload Format") from None

    def _lines(self) -> Iterator[tuple[int, str]]:
        with self.path.open("rb") as raw:
            compressed = raw.peek(2)[:2] == b"\x1f\x8b"
            stream = gzip.GzipFile(fileobj=raw) if compressed else raw
            with io.TextIOWrapper(stream, "utf-8", "replace") as text:
                yield from enumerate(text, start=1)

    def _is_damaged(self, number: int, what: str) -> None:
        if self.strict:
            fix = "correct the line, or write `damaged: skip` beside the trace"
            raise BadFile(what, f"{self.path}:{number}", fix)
        self.damaged += 1


def _numbers(words: list[str], before: float) -> list[float]:
    if len(words) != _FIELDS:
        raise ValueError(f"a job has {_FIELDS} numbers, this line has {len(words)}")
    numbers = [float(word) for word in words]
    if not all(map(math.isfinite, numbers)):
        raise ValueError("a job's numbers are finite")
    if numbers[_SUBMIT] < before:
        raise ValueError(f"the job was submitted at {numbers[_SUBMIT]:g} s, before the one above it ({before:g} s)")
    return numbers


def _job(numbers: list[float]) -> LoadJob | None:
    slots = int(numbers[_ALLOCATED] if numbers[_ALLOCATED] > 0 else numbers[_REQUESTED])
    if numbers[_RUN] <= 0 or slots <= 0:
        return None
    limit = numbers[_TIME] if numbers[_TIME] > 0 else None
    user = int(numbers[_USER])
    return LoadJob(numbers[_SUBMIT], numbers[_RUN], slots, limit, f"swf{max(user, 0)}")
