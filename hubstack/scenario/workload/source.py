"""``load:`` of a scenario: other jobs than the hub's, from a trace, an accounting file or a generator."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from pydantic import Field, model_validator

from fake_sge.cellfile import Duration, Name, Strict
from hubstack.scenario.laws import Work, drawn
from hubstack.scenario.streams import Streams
from hubstack.scenario.workload.job import LoadJob
from hubstack.scenario.workload.ledger import read_ledger
from hubstack.scenario.workload.swf import Swf

__all__ = ["LoadGenerator", "LoadSource", "jobs_of"]


class LoadGenerator(Strict):
    """Jobs that arrive at random, one in *every* on average (a Poisson process), with one of *slots* at equal odds.

    *limit* is what they ask for as h_rt; without it they ask for nothing.
    """

    every: Annotated[Duration, Field(gt=0)]
    slots: list[Annotated[int, Field(ge=1)]] = Field(default=[1], min_length=1)
    run: Work
    limit: Duration | None = None
    users: Annotated[int, Field(ge=1)] = 1


class LoadSource(Strict):
    """One entry under ``load``: one of *swf*, *accounting* and *generator*.

    - *skip*: leave out so much of the beginning of a trace. *rate*: how many times denser its jobs come.
    - *size*: how many times more slots each has, rounded, at least one. *pe*: where jobs of several slots run.
    - *queue*, *project*, *owner*: what all of them ask for, and whose they are.
    - *damaged*: refuse a trace with damaged lines, or skip these.
    """

    swf: str | None = None
    accounting: str | None = None
    generator: LoadGenerator | None = None
    skip: Duration = 0.0
    rate: Annotated[float, Field(gt=0)] = 1.0
    size: Annotated[float, Field(gt=0)] = 1.0
    queue: Name | None = None
    project: Name | None = None
    owner: Name | None = None
    pe: Name | None = None
    damaged: Literal["refuse", "skip"] = "refuse"

    @model_validator(mode="after")
    def _is_one_source(self) -> LoadSource:
        if sum(given is not None for given in (self.swf, self.accounting, self.generator)) != 1:
            raise ValueError("other load has exactly one source; write one of swf, accounting, generator")
        return self

    @property
    def file(self) -> str | None:
        """The path as it is written, if the source is a file."""
        return self.swf or self.accounting


def jobs_of(source: LoadSource, path: Path | None, horizon_s: float, streams: Streams, name: str) -> Iterator[LoadJob]:
    """The source's jobs up to the horizon, in order; *path* is where its file is, *name* that of its random stream.

    The first job of a trace comes at once, unless it is skipped. Raises `BadFile` where a trace is damaged.
    """
    jobs = _jobs(source, path, streams, name)
    begin = source.skip
    if source.generator is None:
        first = next(jobs, None)
        if first is None:
            return
        jobs, begin = chain([first], jobs), first.at_s + source.skip
    for job in jobs:
        at_s = (job.at_s - begin) / source.rate
        if at_s >= horizon_s:
            return
        if at_s >= 0:
            slots = max(round(job.slots * source.size), 1)
            owner, project = source.owner or job.owner, source.project or job.project
            yield LoadJob(at_s, job.run_s, slots, job.limit_s, owner, project)


def _jobs(source: LoadSource, path: Path | None, streams: Streams, name: str) -> Iterator[LoadJob]:
    if source.generator is not None:
        return _generated(source.generator, streams.named(name))
    assert path is not None, "a file has a path"
    strict = source.damaged == "refuse"
    return iter(Swf(path, strict=strict)) if source.swf else iter(read_ledger(path, strict=strict))


def _generated(generator: LoadGenerator, draw: np.random.Generator) -> Iterator[LoadJob]:
    at_s = 0.0
    while True:
        at_s += float(draw.exponential(generator.every))
        slots = generator.slots[int(draw.integers(len(generator.slots)))]
        owner = f"load{int(draw.integers(generator.users)) + 1:03d}"
        yield LoadJob(at_s, drawn(generator.run, draw), slots, generator.limit, owner)
