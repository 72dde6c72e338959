"""Other load than the hub's: batch jobs that compete for the same slots."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import Any

import simpy

from fake_sge.core import Denied
from hubstack.model.cluster import Cluster
from hubstack.scenario import LoadedScenario, LoadJob, LoadSource, Streams, jobs_of

__all__ = ["Load"]


class Load:
    """Submits the jobs of every source. *submitted* and *refused* count them."""

    def __init__(self, env: simpy.Environment, cluster: Cluster, loaded: LoadedScenario, streams: Streams) -> None:
        self._env = env
        self._cluster = cluster
        self._loaded = loaded
        self.submitted = 0
        self.refused = 0
        for number, (source, path) in enumerate(zip(loaded.scenario.load, loaded.load_files(), strict=True)):
            env.process(self._run(number, source, path, streams))

    def _run(
        self, number: int, source: LoadSource, path: Path | None, streams: Streams
    ) -> Generator[simpy.Event, Any, None]:
        begin = self._env.now
        for job in jobs_of(source, path, self._loaded.scenario.horizon, streams, f"load.{number}"):
            if (wait := begin + job.at_s - self._env.now) > 0:
                yield self._env.timeout(wait)
            self._submit(number, source, job)

    def _submit(self, number: int, source: LoadSource, job: LoadJob) -> None:
        if job.slots > 1 and source.pe is None:
            what = f"a job of {job.slots} slots needs a parallel environment"
            raise self._loaded.document.bad(("load", number), what, "write `pe`, or a `size` that makes it one slot")
        try:
            self._cluster.submit_batch(job, source.queue, source.pe)
        except Denied:
            self.refused += 1
        else:
            self.submitted += 1
