"""What one scheduler run works on: the usable queue instances in order, and what it has found out so far."""

from __future__ import annotations

from dataclasses import dataclass, field
from operator import attrgetter

from fake_sge.core.advance import Inside
from fake_sge.core.category import Category
from fake_sge.core.layout import Environment, Host, Layout, QueueInstance
from fake_sge.core.lineup import Lineup
from fake_sge.core.load import LoadRules
from fake_sge.core.matching import static_reasons
from fake_sge.core.outlook import Empty, Outlook, Window
from fake_sge.core.plan import Plan
from fake_sge.core.quota import Quotas
from fake_sge.core.states import UNUSABLE

__all__ = ["Run"]

_SORT_KEY = attrgetter("sort_key")
_UNAVAILABLE, _ALARMED, _FULL = "temporarily not available", "in suspend alarm", "full"


def _only_closed(flags: str) -> bool:
    """By its calendar, and by nothing else: then it may be reserved."""
    return ("C" in flags or "D" in flags) and not any(flag in UNUSABLE or flag == "d" for flag in flags)


@dataclass(eq=False)
class Run:
    """The snapshot of a run at *now*. *empty* pretends that nothing is used and no host has any load (``-w e``, ``w``,
    ``v``).

    *room* are the slots left in it, at most. *dropped* says why queue instances aren't in it (without a plan and
    thresholds, full ones aren't mentioned), *aside* are those of them that may be reserved; *unfit* are places that a
    category has tried in vain: nothing is given back during a run, so they stay unfit. With a *plan*, what a job needs
    must be free until its end.
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
    dropped: list[tuple[QueueInstance, str]] = field(default_factory=list)
    aside: list[QueueInstance] = field(default_factory=list)
    environments: list[Environment] = field(init=False)
    lineup: Lineup = field(init=False)
    overloaded: bool = False
    version: int = 0
    unfit: dict[Category, set[int]] = field(default_factory=dict)
    rejected: set[Category] = field(default_factory=set)
    _candidates: dict[Category, tuple[int, list[QueueInstance]]] = field(default_factory=dict)
    _windows: dict[Category, Outlook] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.outlook = Empty(self.quotas.used) if self.empty else Outlook(self.quotas.used)
        self.environments = list(self.layout.environments.values())
        self.lineup = Lineup(self)

    def prepare(self) -> Run:
        """Take the snapshot and sort it."""
        quick = self.plan is None and not self.empty and not self.layout.thresholds_used
        for place in self.layout.with_room() if quick else self.layout.in_order():
            why = "" if self.empty else self._why_dropped(place)
            if why:
                self.dropped.append((place, why))
                if why == _FULL or _only_closed(place.flags):
                    self.aside.append(place)
            else:
                self.order.append(place)
        hosts = {p.execution_host: None for p in self.order} if quick else dict.fromkeys(self.layout.hosts.values())
        for host in hosts:
            if host.stale or host.recent or self.empty:
                self._rate(host)
                host.stale = self.empty
        self.room = sum(place.slots - place.used for place in self.order)
        self._sort()
        return self

    def take_all_in(self) -> Run:
        """Look at full queue instances too, which a run without a plan needn't."""
        self.dropped = [(p, why) for p in self.layout.in_order() if (why := self._why_dropped(p))]
        return self

    def _why_dropped(self, place: QueueInstance) -> str:
        flags = place.flags
        if flags:
            if "C" in flags or any(flag in UNUSABLE for flag in flags):
                return _UNAVAILABLE
            if "d" in flags or "D" in flags:
                return "disabled"
        if place.suspend_thresholds and (alarm := self.load.alarm(self.layout, place, self.now, suspend=True)):
            self.overloaded = True
            return f"{_ALARMED}: {alarm}"
        if place.thresholds and (alarm := self._alarm(place)):
            self.overloaded = True
            return f"overloaded: {alarm}"
        return _FULL if place.used >= place.slots else ""

    def drops(self) -> list[str]:
        """What the scheduler says of queue instances that aren't in the snapshot: first those that no run looks at."""
        first = [entry for entry in self.dropped if entry[1] == _UNAVAILABLE]
        second = [entry for entry in self.dropped if entry[1].startswith(_ALARMED)]
        later = [entry for entry in self.dropped if entry not in first and entry not in second]
        said = [(place, f"dropped because it is {why}") for place, why in first]
        said += [(place, f"is {why}") for place, why in second]
        said += [(place, f"dropped because it is {why}") for place, why in later]
        return [f'queue instance "{place.name}" {words}' for place, words in said]

    def _alarm(self, place: QueueInstance) -> str | None:
        return self.load.alarm(self.layout, place, self.now) if place.thresholds else None

    def _sort(self) -> None:
        """By load and seq_no, or the other way round; equals stay as they stood."""
        self.order.sort(key=_SORT_KEY)
        self.version += 1

    def _rate(self, host: Host) -> bool:
        """Compute a host's load formula; has it changed?"""
        value = 0.0 if self.empty else self.load.sort_value(self.layout, host, self.now)
        changed = value != host.sort_value
        host.sort_value = value
        for place in host.queue_instances:
            place.sort_key = (place.seq_no, value) if self.by_seq_no else (value, place.seq_no)
        return changed

    def started(self, hosts: list[Host], slots: int) -> None:
        """*slots* were placed on *hosts*: drop what is full or overloaded now, and sort again if the load order
        changed.
        """
        self.room -= slots
        gone = {p.index for host in hosts for p in host.queue_instances if p.used >= p.slots or self._alarm(p)}
        if gone:
            leaving = [place for place in self.order if place.index in gone]
            self.order = [place for place in self.order if place.index not in gone]
            if any(place.used < place.slots for place in leaving):
                self.overloaded = True
                self.version += 1
            self.aside += leaving
        before = {host.name: host.sort_value for host in hosts}
        changed = [host for host in hosts if self._rate(host)]
        if changed:
            self.lineup.revalued({host.name: before[host.name] for host in changed})
            self._sort()

    def drop_suspended(self) -> None:
        """What was placed last may have suspended subordinate queue instances: they take nothing more."""
        kept = [place for place in self.order if "S" not in place.flags]
        if len(kept) < len(self.order):
            self.order = kept
            self.version += 1

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

    def candidates(self, category: Category) -> list[QueueInstance]:
        """Queue instances that may suit the category, best first; less those found unfit in this run."""
        known = self._candidates.get(category)
        if known is None or known[0] != self.version:
            reasons = static_reasons(self.layout, category, None)
            unfit = self.unfit.setdefault(category, set())
            known = (self.version, [p for p in self.order if reasons[p.index] is None and p.index not in unfit])
            self._candidates[category] = known
        return known[1]
