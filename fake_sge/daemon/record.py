"""``common/events.jsonl``: what happened in the cell, one JSON object a line. For reading, not for recovery."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fake_sge.core import Event, Started

__all__ = ["EventLog"]


class EventLog:
    """Appends events to *path*. A crash may keep the last of them from it; a restart doesn't write any twice."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def append(self, events: list[Event], started_at: Mapping[tuple[int, int], float]) -> None:
        """*started_at* has the instants at which programs really began, for the `Started` events of these tasks."""
        lines = []
        for event in events:
            fields: dict[str, Any] = {"at": 0.0, "event": type(event).__name__, **dataclasses.asdict(event)}
            if isinstance(event, Started):
                fields["at"] = started_at.get((event.job, event.task), event.at)
            fields["at"] = round(fields["at"], 6)
            lines.append(json.dumps(fields, separators=(",", ":")) + "\n")
        with open(self._path, "a", encoding="utf-8") as file:
            file.write("".join(lines))
