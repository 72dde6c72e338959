"""``qstat -j``: jobs in full, and why they wait."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase

from fake_sge.commands.protocol import Cluster, Reply
from fake_sge.commands.qstat_job_xml import detailed, message, unknown
from fake_sge.commands.showjob import show_job
from fake_sge.core import Job

__all__ = ["answer", "find_jobs", "why"]

_RULE = "=" * 62 + "\n"


def answer(cluster: Cluster, wanted: str, *, xml: bool) -> Reply:
    """The jobs that *wanted* names by number, name or pattern; all reasons why jobs wait if it names none."""
    if not wanted:
        return _everything(cluster, xml=xml)
    jobs, missing = find_jobs(cluster.cell.jobs.values(), wanted)
    if not jobs:
        if xml:
            return Reply(unknown(missing))
        return Reply(stderr="Following jobs do not exist: \n" + "".join(f"{name}\n" for name in missing), code=1)
    if xml:
        return Reply(detailed(cluster.cell, jobs, {job.id: why(cluster, job) for job in jobs}))
    parts = []
    for job in jobs:
        parts.append(_RULE + show_job(cluster.cell, job, cluster.zone))
        reasons = why(cluster, job)
        if reasons:
            parts.append("scheduling info:            " + f"\n{' ' * 28}".join(reasons) + "\n")
    return Reply("".join(parts))


def find_jobs(jobs: Iterable[Job], wanted: str) -> tuple[list[Job], list[str]]:
    """Jobs by number, name or pattern in the order of their numbers, and what named none."""
    candidates = list(jobs)
    found: dict[int, Job] = {}
    missing = []
    for name in (part for part in wanted.replace(" ", ",").split(",") if part):
        if name.isdecimal():
            matching = [job for job in candidates if job.id == int(name)]
        else:
            matching = [job for job in candidates if fnmatchcase(job.request.name, name)]
        if not matching:
            missing.append(name)
        found.update((job.id, job) for job in matching)
    return [found[number] for number in sorted(found)], missing


def why(cluster: Cluster, job: Job) -> list[str]:
    """Why the job, or what is left of it, isn't running."""
    return cluster.cell.why(job)


def _everything(cluster: Cluster, *, xml: bool) -> Reply:
    """The summary that ``qstat -j`` alone prints: for each kind of reason the jobs that it concerns."""
    entries = list(_reasons(cluster))
    if xml:
        return Reply(message(entries))
    summary: dict[str, dict[int, None]] = {}
    for kind, numbers in entries:
        summary.setdefault(kind, {}).update(dict.fromkeys(numbers))
    return Reply("\n".join(_paragraph(kind, list(numbers)) for kind, numbers in summary.items()))


def _reasons(cluster: Cluster) -> Iterator[tuple[str, list[int]]]:
    """Kinds of reasons with their jobs: first what the scheduler tried, in its order, then what it dropped."""
    dropped: dict[str, list[int]] = {kind: [] for kind in _DROPPED.values()}
    waiting = [job for job in cluster.cell.jobs.values() if not any(task.grants for task in job.tasks.values())]
    for job in sorted(waiting, key=lambda one: (-one.waiting_priority, int(one.submitted_at), one.id)):
        for reason in why(cluster, job):
            kind = _kind(reason)
            if reason in _DROPPED:
                dropped[_DROPPED[reason]].append(job.id)
            else:
                yield kind, [job.id]
    yield from ((kind, numbers) for kind, numbers in dropped.items() if numbers)


def _paragraph(text: str, numbers: list[int]) -> str:
    lines = [numbers[at : at + 8] for at in range(0, len(numbers), 8)]
    return f"{text}\n" + ",\n".join("\t" + ",\t".join(map(str, line)) for line in lines) + "\n"


_KINDS = (
    ("does not have the correct project", "Jobs are not assigned to a project to get a queue instance"),
    ("only offers", "Jobs can not run because available slots combined under PE are not in range of job"),
    ("cannot run at host", "Jobs can not run because no host can satisfy the resource requirements"),
    ("unknown resource", "Jobs can not run because the resource requirements can not be satisfied"),
    ("hard queue list", "Jobs can not run in queue because they are not contained in its hard queue list"),
    ("exceeds limit", "Jobs can not run because they exceed resource quotas"),
)


_DROPPED = {
    "Job is in error state": "Jobs dropped because of error state",
    "Job is in hold state": "Jobs dropped because of hold state",
    "job dropped because of job dependencies": "Job dropped because of job dependencies",
}


def _kind(reason: str) -> str:
    return next((kind for part, kind in _KINDS if part in reason), reason)
