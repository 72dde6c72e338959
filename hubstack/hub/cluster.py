"""What all spawners of one hub share: the q-programs, the snapshots of the queue, the end of jobs."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar
from weakref import WeakSet

from hubstack.hub.leftovers import Leftovers
from hubstack.hub.qcommands import QCommands
from hubstack.hub.queue_poller import QueuePoller

__all__ = ["Cluster"]


@dataclass(eq=False)
class Cluster:
    """One cell, as one hub sees it. *spawners* are those of the servers that the hub knows of."""

    commands: QCommands
    poller: QueuePoller
    leftovers: Leftovers
    spawners: WeakSet[Any] = field(default_factory=WeakSet)

    _made: ClassVar[dict[tuple[Any, ...], Cluster]] = {}

    @classmethod
    def of(cls, hub: str, environment: Mapping[str, str], sudo: Sequence[str], timeout_s: float) -> Cluster:
        """The cluster that the hub of that name reaches so; the same one for all who ask in one event loop."""
        loop = asyncio.get_running_loop()
        key = (loop, hub, tuple(sorted(environment.items())), tuple(sudo), timeout_s)
        if key not in cls._made:
            cls._made[key] = cls._new(hub, QCommands(environment, sudo, timeout_s))
        return cls._made[key]

    @classmethod
    def _new(cls, hub: str, commands: QCommands) -> Cluster:
        log = logging.getLogger("JupyterHub.gridengine")
        poller = QueuePoller(commands.qstat_all, log)
        spawners: WeakSet[Any] = WeakSet()
        in_use = lambda: {spawner.job_id for spawner in spawners if spawner.job_id}
        leftovers = Leftovers(hub, commands, poller, in_use, log)
        leftovers.start()
        return cls(commands, poller, leftovers, spawners)
