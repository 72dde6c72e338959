"""``qstat -j``: jobs in full, and why they wait."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase

from fake_sge.commands.protocol import Cluster, Reply
from fake_sge.commands.qstat_job_xml import detailed, message, unknown
from fake_sge.commands.reasons import DROPPED, NO_MESSAGES, Kind, kind_of, split
from fake_sge.commands.showjob import show_job
from fake_sge.core import Job

__all__ = ["answer", "find_jobs", "why"]

_RULE = "=" * 62 + "\n"


def answer(cluster: Cluster, wanted: str, *, xml: bool, bindings: bool = True) -> Reply:
    """The jobs that *wanted* names by number, name or pattern; all reasons why jobs wait if it names none."""
    if not wanted:
        return _everything(cluster, xml=xml)
    jobs, missing = find_jobs(cluster.cell.jobs.values(), wanted)
    if not jobs:
        if xml:
            return Reply(unknown(missing))
        return Reply(stderr=f"Following jobs do not exist: \n{', '.join(missing)}\n", code=1)
    if xml:
        return Reply(detailed(cluster.cell, jobs, {job.id: why(cluster, job) for job in jobs}))
    parts = []
    for job in jobs:
        parts.append(_RULE + show_job(cluster.cell, job, cluster.zone, bindings=bindings))
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
    shared = _about_queues(cluster)
    if xml:
        return Reply(message(entries, shared))
    summary: dict[str, dict[int, None]] = {}
    for kind, numbers in entries:
        summary.setdefault(kind.summary, {}).update(dict.fromkeys(numbers))
    if not summary and not shared:
        return Reply(f"scheduling info:            {NO_MESSAGES.summary}\n\n")
    head = "scheduling info:            " + f"\n{' ' * 28}".join(shared) + "\n\n" if shared else ""
    return Reply(head + "\n".join(_paragraph(kind, list(numbers)) for kind, numbers in summary.items()))


def _about_queues(cluster: Cluster) -> list[str]:
    """Messages that concern every job."""
    job = next(iter(cluster.cell.jobs.values()), None)
    return split(why(cluster, job))[0] if job is not None else []


def _reasons(cluster: Cluster) -> Iterator[tuple[Kind, list[int]]]:
    """Kinds of reasons with their jobs: first what the scheduler tried, in its order, then what it dropped."""
    dropped: dict[Kind, list[int]] = {kind: [] for kind in DROPPED}
    waiting = [
        job for job in cluster.cell.jobs.values() if job.idle or not any(one.grants for one in job.tasks.values())
    ]
    for job in sorted(waiting, key=lambda one: (-one.waiting_priority, int(one.submitted_at), one.id)):
        for reason in split(why(cluster, job))[1]:
            kind = kind_of(reason)
            if kind in dropped:
                dropped[kind].append(job.id)
            else:
                yield kind, [job.id]
    yield from ((kind, sorted(numbers)) for kind, numbers in dropped.items() if numbers)


def _paragraph(text: str, numbers: list[int]) -> str:
    lines = [numbers[at : at + 8] for at in range(0, len(numbers), 8)]
    return f"{text}\n" + ",\n".join("\t" + ",\t".join(map(str, line)) for line in lines) + "\n"
