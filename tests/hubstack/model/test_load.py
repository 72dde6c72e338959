from __future__ import annotations

import pytest

from fake_sge.cellfile import BadFile
from hubstack.model import run_model

FULL = "[{generator: {every: 2s, slots: [1, 1, 2], run: {fixed: 60s}, limit: 2m}, pe: smp}]"
PE = "{smp: {rule: $pe_slots}}"


def waits(recording):
    """How long sessions waited in the queue, shortest first."""
    return sorted(span.duration_s for span in recording.spans if span.name == "queue_wait")


def test_batch_jobs_take_the_slots_that_sessions_wait_for(scenario):
    """Ten times as much batch work as the host has slots for: sessions wait, which they don't on an idle cluster."""
    site = {"site__cell__parallel_environments": PE, "site__cell__queues__0__pe": "[smp]"}
    idle = run_model(scenario(**site), 1)
    busy = run_model(scenario(load=FULL, **site), 1)
    assert waits(idle)[-1] < 5 < waits(busy)[-1]
    counted = {row.name: row.value for row in busy.counters}
    batch = [job for job in busy.jobs if job.user.startswith("load")]
    assert counted["batch_jobs"] == len(batch) > 20
    assert counted["batch_refused"] == 0


def test_a_wide_job_needs_an_environment(scenario):
    """Jobs of several slots without `pe` are refused with the entry's line."""
    with pytest.raises(BadFile, match="needs a parallel environment"):
        run_model(scenario(load="[{generator: {every: 10s, slots: [2], run: {fixed: 20s}}}]"), 1)
