"""What a recording's own answers tell of its hosts: which had how much load, and which had gone silent.

Nobody typed these things, but they decide where jobs go. ``qstat -f`` and its like show each queue instance with the
load that its host last reported, or ``-NA-`` and the state ``u`` when it hasn't reported for long.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from fake_sge.check.recording import Recording
from fake_sge.core import Cell, Host

__all__ = ["HostsSeen"]

_INSTANCE = re.compile(
    r"^\S+@(?P<host>\S+) +[BICPN]+ +\d+/\d+/\d+ +(?P<load>\S+) +\S*(?: +(?P<state>\w+))?", re.MULTILINE
)


@dataclass(slots=True)
class HostsSeen:
    """*loads* hold from a step's position on, until the next ones do: what an answer shows is what hosts have reported
    since the answer before it. *silent* are the hosts that are unknown by a step.
    """

    loads: list[tuple[int, dict[str, float]]] = field(default_factory=list)
    silent: dict[int, list[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, recording: Recording) -> HostsSeen:
        seen = cls()
        begin = 0
        for position, step in enumerate(recording.steps):
            transcript = recording.transcripts.get(step.transcript or "")
            rows = list(_INSTANCE.finditer(transcript.stdout)) if transcript else []
            loads = {row["host"]: float(row["load"]) for row in rows if row["load"][0].isdecimal()}
            if loads:
                seen.loads.append((begin, loads))
                begin = position + 1
            if silent := [row["host"] for row in rows if "u" in (row["state"] or "")]:
                seen.silent[position] = silent
        return seen

    def apply(self, cell: Cell, position: int) -> None:
        """Let *cell*'s hosts have reported, or have been silent for long, as they had by that step."""
        while self.loads and self.loads[0][0] <= position:
            for shown, load in self.loads.pop(0)[1].items():
                if (host := _known(cell, shown)) and host.up:
                    processors = max(host.machine.processors, 1)
                    values = {"load_avg": f"{load:.6f}", "np_load_avg": f"{load / processors:.6f}"}
                    cell.load_report(cell.now, host.name, values)
                    cell.host_returned(cell.now, host.name)  # nobody counts how long ago it was
        for shown in self.silent.get(position, ()):
            if (host := _known(cell, shown)) and host.up:
                host.heard_at = cell.now - cell.policy.silence_s
                cell.set_timer(cell.now, "unheard", host.name)


def _known(cell: Cell, shown: str) -> Host | None:
    """The host behind a name that a table cut off."""
    return next((host for name, host in cell.hosts.items() if name.startswith(shown)), None)
