"""What the global configuration lets users do: sge_conf(5), parsed once."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from fake_sge.core.resources import NotAValue, parse_time
from fake_sge.core.texts import names, pairs

__all__ = ["Policy"]


@dataclass(frozen=True, slots=True)
class Policy:
    """Limits are `math.inf` where the configuration says 0; durations are seconds."""

    min_uid: int
    min_gid: int
    user_lists: tuple[str, ...]
    xuser_lists: tuple[str, ...]
    projects: tuple[str, ...]
    enforce_project: bool
    max_jobs: float
    max_u_jobs: float
    max_aj_tasks: float
    max_aj_instances: float
    max_advance_reservations: float
    finished_jobs: int
    silence_s: float
    reschedule_unknown_s: float
    never_reschedules: bool
    reschedule_kills: bool
    reschedules_slaves: bool
    users_force_deletion: bool
    forces_deletion_if_unknown: bool

    @classmethod
    def of(cls, texts: Mapping[str, str]) -> Policy:
        """Read the texts of ``qconf -sconf``; what is missing has its default."""

        def count(name: str, default: str) -> int:
            return _count(texts.get(name, default), int(default))

        def limit(name: str, default: str) -> float:
            return count(name, default) or math.inf

        def entries(name: str) -> tuple[str, ...]:
            return tuple(names(texts.get(name, "none")))

        def seconds(name: str, default: str) -> float:
            try:
                return parse_time(texts.get(name, default))
            except NotAValue:
                return parse_time(default)

        parameters = dict(pairs(texts.get("qmaster_params", "none").upper()))

        def switch(name: str) -> bool:
            return parameters.get(name, "0") in ("", "1", "TRUE", "Y", "YES")

        return cls(
            min_uid=count("min_uid", "0"),
            min_gid=count("min_gid", "0"),
            user_lists=entries("user_lists"),
            xuser_lists=entries("xuser_lists"),
            projects=entries("projects"),
            enforce_project=texts.get("enforce_project", "false").lower() == "true",
            max_jobs=limit("max_jobs", "0"),
            max_u_jobs=limit("max_u_jobs", "0"),
            max_aj_tasks=limit("max_aj_tasks", "75000"),
            max_aj_instances=limit("max_aj_instances", "2000"),
            max_advance_reservations=limit("max_advance_reservations", "0"),
            finished_jobs=count("finished_jobs", "100"),
            silence_s=max(3 * seconds("load_report_time", "00:00:40"), seconds("max_unheard", "00:05:00")),
            reschedule_unknown_s=seconds("reschedule_unknown", "00:00:00"),
            never_reschedules=switch("DISABLE_RESCHEDULE"),
            reschedule_kills=switch("ENABLE_RESCHEDULE_KILL"),
            reschedules_slaves=switch("ENABLE_RESCHEDULE_SLAVE"),
            users_force_deletion=switch("ENABLE_FORCED_QDEL"),
            forces_deletion_if_unknown=switch("ENABLE_FORCED_QDEL_IF_UNKNOWN"),
        )


def _count(text: str, default: int) -> int:
    """The qmaster takes any text for a number, and goes on with the default where it is none."""
    return int(text) if text.isdecimal() else default
