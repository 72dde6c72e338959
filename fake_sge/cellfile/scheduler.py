"""The scheduler's settings: sched_conf(5), starting from a profile."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from fake_sge.cellfile.defaults import SCHEDULER, SCHEDULER_UPSTREAM
from fake_sge.cellfile.names import Text
from fake_sge.cellfile.strict import Strict
from fake_sge.cellfile.units import Duration, clock
from fake_sge.core.config import Attributes

__all__ = ["SchedulerDescription"]

Seconds = int
Weight = float
Whole = int


class SchedulerDescription(Strict):
    """What differs from the profile: ``debian`` is Debian's, as recorded, ``upstream`` has upstream's weights."""

    profile: Literal["debian", "upstream"] = "debian"
    schedule_interval: Duration | None = None
    maxujobs: Whole | None = Field(None, ge=0)
    queue_sort_method: Literal["load", "seqno"] | None = None
    job_load_adjustments: Text | None = None
    load_adjustment_decay_time: Duration | None = None
    load_formula: Text | None = None
    schedd_job_info: bool | None = None
    flush_submit_sec: Seconds | None = Field(None, ge=0)
    flush_finish_sec: Seconds | None = Field(None, ge=0)
    params: Text | None = None
    reprioritize_interval: Duration | None = None
    halftime: Whole | None = Field(None, ge=0, description="hours")
    usage_weight_list: Text | None = None
    compensation_factor: Weight | None = Field(None, ge=0)
    weight_user: Weight | None = Field(None, ge=0)
    weight_project: Weight | None = Field(None, ge=0)
    weight_department: Weight | None = Field(None, ge=0)
    weight_job: Weight | None = Field(None, ge=0)
    weight_tickets_functional: Whole | None = Field(None, ge=0)
    weight_tickets_share: Whole | None = Field(None, ge=0)
    share_override_tickets: bool | None = None
    share_functional_shares: bool | None = None
    max_functional_jobs_to_schedule: Whole | None = Field(None, ge=0)
    report_pjob_tickets: bool | None = None
    max_pending_tasks_per_job: Whole | None = Field(None, ge=0)
    halflife_decay_list: Text | None = None
    policy_hierarchy: Text | None = None
    weight_ticket: Weight | None = Field(None, ge=0)
    weight_waiting_time: Weight | None = Field(None, ge=0)
    weight_deadline: Weight | None = Field(None, ge=0)
    weight_urgency: Weight | None = Field(None, ge=0)
    weight_priority: Weight | None = Field(None, ge=0)
    max_reservation: Whole | None = Field(None, ge=0)
    default_duration: Duration | None = None

    def attributes(self) -> Attributes:
        """All settings as ``qconf -ssconf`` prints them."""
        return (SCHEDULER if self.profile == "debian" else SCHEDULER_UPSTREAM) | dict(self._given())

    def _given(self) -> Iterator[tuple[str, str]]:
        for name in SCHEDULER:
            value = getattr(self, name, None)
            if isinstance(value, bool):
                yield name, str(value).lower() if name == "schedd_job_info" else str(value).upper()
            elif name in (
                "schedule_interval",
                "load_adjustment_decay_time",
                "reprioritize_interval",
                "default_duration",
            ):
                if value is not None:
                    yield name, clock(value, padded=False)
            elif isinstance(value, float):
                yield name, f"{value:.6f}"
            elif value is not None:
                yield name, str(value)
