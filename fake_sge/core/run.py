"""What one scheduler run works on: the usable queue instances in order, and what it has found out so far."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from operator import attrgetter

from fake_sge.core.advance import Inside
from fake_sge.core.category import Category
from fake_sge.core.instances import Environment, Host, QueueInstance
from fake_sge.core.layout import Layout
from fake_sge.core.lineup import Lineup
from fake_sge.core.load import LoadRules
from fake_sge.core.outlook import Empty, Outlook, Window
from fake_sge.core.plan import Plan
from fake_sge.core.quota import Quotas
from fake_sge.core.states import UNUSABLE

__all__ = ["Run"]

_SORT_KEY = attrgetter("sort_key")
_UNAVAILABLE, _ALARMED, _OVERLOADED, _FULL = "temporarily not available", "in suspend alarm", "overloaded", "full"


def _only_closed(flags: str) -> bool:
    """By its calendar, and by nothing else: then it may be reserved."""
    return ("C" in flags or "D" in flags) and not any(flag in UNUSABLE or flag == "d" for flag in flags)


def _has_room(host: Host) -> bool:
    return any(place.used < place.slots for place in host.queue_instances)


@dataclass(eq=False)
class Run:
    """The snapshot of a run at *now*. *empty* pretends that nothing is used and no host has any load (``-w e``, ``w``,
    ``v``).

    *room* are the slots left in it, at most. *aside* are queue instances that aren't in it but may be reserved;
    *unfit* are places that a category has tried in vain: nothing is given back during a run, so they stay unfit. With a
    *plan*, what a job needs must be free until its end.
    """

    layout: Layout
    quotas: Quotas
    load: LoadRules
    now: float
    by_seq_no: bool = False
    empty: bool = False
    plan: Plan | None = None
    outlook: Outlook = field(init=False)
    order: list[QueueInstance] = field(default_factory=list)
    room: int = 0
    aside: list[QueueInstance] = field(default_factory=list)
    environments: list[Environment] = field(init=False)
    lineup: Lineup = field(init=False)
    overloaded: bool = False
    unfit: dict[Category, set[int]] = field(default_factory=dict)
    rejected: set[Category] = field(default_factory=set)
    _windows: dict[Category, Outlook] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.outlook = Empty(self.quotas.used) if self.empty else Outlook(self.quotas.used)
        self.environments = list(self.layout.environments.values())
        self.lineup = Lineup(self)

    def prepare(self) -> Run:
        """Take the snapshot and sort it."""
        layout = self.layout
        if self.empty:
            self.order = layout.in_order()
        else:
            open_ = [p for p in layout.with_room() if p.used < p.slots]
            self.order = [p for p in open_ if not ((p.flags or layout.restless) and self._why_dropped(p))]
            for place in layout.restless:
                self._why_dropped(place)
            if self.plan is not None:
                shut = [p for p in layout.in_order() if p.used >= p.slots or p.flags or p in layout.restless]
                self.aside = [p for p in shut if self._is_aside(p)]
        self._rate_all(layout.hosts.values() if self.plan else [place.execution_host for place in self.order])
        self.room = sum([place.slots - place.used for place in self.order])
        self.order.sort(key=_SORT_KEY)
        return self

    def _is_aside(self, place: QueueInstance) -> bool:
        why = self._why_dropped(place)
        return why == _FULL or (why != "" and _only_closed(place.flags))

    def _why_dropped(self, place: QueueInstance) -> str:
        flags = place.flags
        if flags:
            if "C" in flags or any(flag in UNUSABLE for flag in flags):
                return _UNAVAILABLE
            if "d" in flags or "D" in flags:
                return "disabled"
        if place in self.layout.restless and (alarm := self._alarm(place)):
            self.overloaded = True
            return alarm
        return _FULL if place.used >= place.slots else ""

    def _alarm(self, place: QueueInstance) -> str:
        if why := self.load.alarm(self.layout, place, self.now, suspend=True):
            return f"{_ALARMED}: {why}"
        return self._overload(place)

    def _overload(self, place: QueueInstance) -> str:
        why = self.load.alarm(self.layout, place, self.now)
        return f"{_OVERLOADED}: {why}" if why else ""

    def drops(self) -> list[str]:
        """What the scheduler says of queue instances that aren't in the snapshot: first those that no run looks at."""
        dropped = [(place, why) for place in self.layout.in_order() if (why := self._why_dropped(place))]
        first = [(place, f"dropped because it is {why}") for place, why in dropped if why == _UNAVAILABLE]
        second = [(place, f"is {why}") for place, why in dropped if why.startswith(_ALARMED)]
        later = [(place, why) for place, why in dropped if why != _UNAVAILABLE and not why.startswith(_ALARMED)]
        said = (*first, *second, *((place, f"dropped because it is {why}") for place, why in later))
        return [f'queue instance "{place.name}" {words}' for place, words in said]

    def _rate_all(self, hosts: Iterable[Host]) -> None:
        """Rate those whose rating may have changed since the last run."""
        for host in hosts:
            if host.recent or host.stale or self.empty:
                self._rate(host)
                host.stale = self.empty

    def _rate(self, host: Host) -> bool:
        """Compute a host's load formula; has it changed?"""
        value = 0.0 if self.empty else self.load.sort_value(self.layout, host, self.now)
        changed = value != host.sort_value
        host.sort_value = value
        for place in host.queue_instances:
            place.sort_key = (place.seq_no, value) if self.by_seq_no else (value, place.seq_no)
        return changed

    def started(self, places: list[tuple[QueueInstance, int]]) -> None:
        """A task was placed: drop what is full or overloaded now, and sort again if the load order changed."""
        self.room -= sum([slots for _, slots in places])
        hosts = list(dict.fromkeys([place.execution_host for place, _ in places]))
        gone = {place.index for place, _ in places if place.used >= place.slots}
        if self.layout.restless:
            restless = [p for host in hosts for p in host.queue_instances if p in self.layout.restless]
            gone.update(place.index for place in restless if self._overload(place))
        if gone:
            leaving = [place for place in self.order if place.index in gone]
            self.order = [place for place in self.order if place.index not in gone]
            self.overloaded = self.overloaded or any(place.used < place.slots for place in leaving)
            self.aside += leaving
        seen = hosts if self.plan is not None else [host for host in hosts if _has_room(host)]
        before = {host.name: host.sort_value for host in seen}
        changed = [host for host in seen if self._rate(host)]
        if changed:
            self.lineup.revalued({host.name: before[host.name] for host in changed})
            self.order.sort(key=_SORT_KEY)

    def drop_suspended(self) -> None:
        """What was placed last may have suspended subordinate queue instances: they take nothing more."""
        self.order = [place for place in self.order if "S" not in place.flags]

    def outlook_of(self, category: Category) -> Outlook:
        """What a job of the category finds if it starts now."""
        if category.reservation is not None or self.plan is None or self.empty:
            return self.present(category)
        known = self._windows.get(category)
        if known is None:
            start = float(int(self.now))
            known = Window(self.quotas.used, self.plan, start, start + self.plan.length_s(category))
            self._windows[category] = known
        return known

    def present(self, category: Category) -> Outlook:
        """What there is for the category at this instant."""
        if category.reservation is not None:
            return Inside(category.reservation, category, empty=self.empty)
        return self.outlook
