"""How much there is of everything: as it stands, in an empty cell, or throughout a time to come."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fake_sge.core.instances import QueueInstance

if TYPE_CHECKING:
    from fake_sge.core.category import Demand
    from fake_sge.core.instances import Environment, Host
    from fake_sge.core.plan import Plan

__all__ = ["Counter", "Empty", "Outlook", "Window", "quota_key", "shared"]

Counter = tuple[str, str, str]
"""A resource quota's rule, key and resource."""


def shared(name: str) -> str:
    """Under this name those who don't ask for an exclusive resource are counted in the plan."""
    return f"{name} shared"


def quota_key(counter: Counter) -> tuple[str, str]:
    """The plan's name of a quota's counter."""
    return f"rule {counter[0]} {counter[1]}", counter[2]


class Outlook:
    """What is free at present."""

    def __init__(self, quota_used: dict[Counter, float]) -> None:
        self.quota_used = quota_used

    def free(self, level: Host | QueueInstance, name: str) -> float:
        """What is left of a consumable that *level* has."""
        return level.free(name)

    def slots(self, place: QueueInstance) -> int:
        """Slots left in a queue instance."""
        return place.slots - place.used

    def environment_slots(self, environment: Environment) -> int:
        """Slots left in a parallel environment."""
        return environment.slots - environment.used

    def room(self, room: int) -> float:
        """How many of *room* slots, which are free at present, may be free for long enough, at most."""
        return room

    def quota(self, counter: Counter) -> float:
        """What counts on a resource quota."""
        return self.quota_used.get(counter, 0.0)

    def conflict(self, level: Host | QueueInstance, demand: Demand) -> bool:
        """Whoever asks for *level* alone needs it empty; nobody comes beside one who did."""
        if isinstance(level, QueueInstance):
            return bool(level.tasks) if demand.amount else level.used_of.get(demand.name, 0.0) > 0
        busy = any(instance.tasks for instance in level.queue_instances)
        return busy if demand.amount else level.used.get(demand.name, 0.0) > 0


class Empty(Outlook):
    """What would be free if nothing ran."""

    def free(self, level: Host | QueueInstance, name: str) -> float:
        return level.capacity[name]

    def slots(self, place: QueueInstance) -> int:
        return place.slots

    def environment_slots(self, environment: Environment) -> int:
        return environment.slots

    def quota(self, counter: Counter) -> float:  # noqa: ARG002
        return 0.0

    def conflict(self, level: Host | QueueInstance, demand: Demand) -> bool:  # noqa: ARG002
        return False


class Window(Outlook):
    """What is free all the time from *start* until *end*, by the plan."""

    def __init__(self, quota_used: dict[Counter, float], plan: Plan, start: float, end: float) -> None:
        super().__init__(quota_used)
        self.plan, self.start, self.end = plan, start, end

    def _taken(self, whose: str, name: str) -> float:
        return self.plan.taken((whose, name), self.start, self.end)

    def free(self, level: Host | QueueInstance, name: str) -> float:
        left = level.capacity[name] - self._taken(level.name, name)
        measured = {} if isinstance(level, QueueInstance) else level.measured
        return min(left, measured[name]) if name in measured else left

    def slots(self, place: QueueInstance) -> int:
        return place.slots - int(self._taken(place.name, "slots"))

    def room(self, room: int) -> float:
        return min(room, self.plan.room(self.start, self.end))

    def environment_slots(self, environment: Environment) -> int:
        return environment.slots - int(self._taken(f"pe {environment.name}", "slots"))

    def quota(self, counter: Counter) -> float:
        return self.plan.taken(quota_key(counter), self.start, self.end)

    def conflict(self, level: Host | QueueInstance, demand: Demand) -> bool:
        alone = self._taken(level.name, demand.name) > 0
        return alone or (bool(demand.amount) and self._taken(level.name, shared(demand.name)) > 0)
