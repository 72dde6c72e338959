"""Other load than the hub's: traces, accounting files and generators, all as one stream of jobs."""

from __future__ import annotations

from hubstack.scenario.workload.job import LoadJob
from hubstack.scenario.workload.ledger import read_ledger
from hubstack.scenario.workload.source import LoadGenerator, LoadSource, jobs_of
from hubstack.scenario.workload.swf import Swf

__all__ = ["LoadGenerator", "LoadJob", "LoadSource", "Swf", "jobs_of", "read_ledger"]
