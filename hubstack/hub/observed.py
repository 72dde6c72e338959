"""The spawners that the configuration chooses from, each with its steps noted."""

from __future__ import annotations

import batchspawner

from hubstack.hub.addresses import HostAddresses
from hubstack.hub.spawn_events import SpawnEvents
from hubstack.hub.spawner import GridengineSpawner

__all__ = ["ReferenceSpawner", "StockSpawner"]


class ReferenceSpawner(SpawnEvents, GridengineSpawner):
    """What a site should deploy."""


class StockSpawner(HostAddresses, SpawnEvents, batchspawner.GridengineSpawner):
    """batchspawner's own with its defaults, on hosts that only the mapping of addresses knows."""
