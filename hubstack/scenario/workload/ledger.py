"""The jobs of an accounting(5) file, as a real site has one: what ran there, to be run again."""

from __future__ import annotations

from pathlib import Path

from fake_sge.accounting import Reader, Record
from fake_sge.cellfile import BadFile
from hubstack.scenario.workload.job import LoadJob

__all__ = ["read_ledger"]


def read_ledger(path: Path, *, strict: bool = True) -> list[LoadJob]:
    """The tasks that ran, in order of submission; each task of an array is a job of its own.

    Raises `BadFile` for a file that can't be read, and with *strict* for one with damaged lines.
    """
    reader = Reader(path)
    try:
        jobs = [_job(record) for record in reader if record.start_time > 0 and record.end_time > record.start_time]
    except OSError as error:
        what = f"can't read the accounting file: {error.strerror}"
        raise BadFile(what, str(path), "give a file as accounting(5) describes it") from None
    if strict and reader.damaged:
        what = f"{reader.damaged} lines of the accounting file are damaged"
        raise BadFile(what, str(path), "write `damaged: skip` beside it to do without them")
    return sorted(jobs, key=lambda job: job.at_s)


def _job(record: Record) -> LoadJob:
    limit = next((word for word in record.category.replace(",", " ").split() if word.startswith("h_rt=")), "")
    seconds = limit.removeprefix("h_rt=")
    return LoadJob(
        at_s=float(record.submission_time),
        run_s=float(record.end_time - record.start_time),
        slots=max(record.slots, 1),
        limit_s=float(seconds) if seconds.isdecimal() else None,
        owner=record.owner,
        project=None if record.project == "NONE" else record.project,
    )
