"""Tickets: the override, functional and share tree policies of sge_priority(5), shared out anew by each run.

``policy_hierarchy`` says which policy deals out first; those that it names prefer jobs that have tickets already.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from fake_sge.core.config import Attributes, CellConfig
from fake_sge.core.functional import deal_functional
from fake_sge.core.layout import Layout
from fake_sge.core.model import Job, Task, Usage
from fake_sge.core.sharetree import Node, PastUsage, Who, parse_share_tree, set_targets
from fake_sge.core.stake import Stake
from fake_sge.core.texts import names

__all__ = ["TicketOffice"]

_POLICIES = "OFS"


def _number(texts: Mapping[str, str], name: str, default: float) -> float:
    return float(texts.get(name, default))


@dataclass(slots=True, eq=False)
class TicketOffice:
    """Deals out tickets: *functional* and *shared* are their totals; override tickets come with users and projects."""

    config: CellConfig
    layout: Layout
    scheduler: Attributes
    functional: float
    shared: float
    tree: list[Attributes]
    past: PastUsage
    reserved: bool
    _charged_until: dict[tuple[int, int], float] = field(default_factory=dict)

    @classmethod
    def of(cls, config: CellConfig, layout: Layout, jobs: Iterable[Job] = ()) -> TicketOffice | None:
        """None if no policy has any tickets, nor any of *jobs* tickets of its own."""
        scheduler = config.scheduler
        functional = _number(scheduler, "weight_tickets_functional", 0)
        shared = _number(scheduler, "weight_tickets_share", 0) if config.share_tree else 0.0
        objects = (*config.users.values(), *config.projects.values(), *config.access_lists.values())
        overriding = any(_number(texts, "oticket", 0) for texts in objects)
        if not functional and not shared and not overriding and not any(job.request.override_tickets for job in jobs):
            return None
        parse_share_tree(config.share_tree)
        parameters = config.configuration.get("global", {}).get("execd_params", "none").lower()
        reserved = "sharetree_reserved_usage=true" in parameters or "sharetree_reserved_usage=1" in parameters
        return cls(config, layout, scheduler, functional, shared, config.share_tree, PastUsage(scheduler), reserved)

    def take_over(self, before: TicketOffice, now: float) -> None:
        """Go on from what an earlier office held against users until *now*."""
        self.past.take_over(before.past, now)
        self._charged_until = before._charged_until

    def who(self, job: Job) -> tuple[str, str | None, str, int, int]:
        """Jobs that are alike in this get their tickets in order of age."""
        request = job.request
        return request.owner, request.project, self._department(job), request.job_share, request.override_tickets

    def _department(self, job: Job) -> str:
        for name, texts in self.config.access_lists.items():
            members = names(texts.get("entries", "NONE"))
            if "DEPT" in texts.get("type", "ACL") and (
                job.request.owner in members or f"@{job.request.group}" in members
            ):
                return name
        return job.request.department

    def charge(self, task: Task, usage: Usage, now: float) -> None:
        """A task has ended: what it used counts against its owner."""
        request = task.job.request
        until = self._charged_until.pop((task.job.id, task.id), task.dispatched_at or now)
        if self.reserved:
            usage = Usage(cpu_s=task.slots * (now - until))
        self.past.add((request.owner, request.project), usage, now)

    def _charge_running(self, running: Iterable[Task], now: float) -> None:
        for task in running:
            request, key = task.job.request, (task.job.id, task.id)
            until = self._charged_until.get(key, task.dispatched_at or now)
            self.past.add((request.owner, request.project), Usage(cpu_s=task.slots * (now - until)), now)
            self._charged_until[key] = now

    def deal(self, running: list[Task], waiting: list[Job], free_slots: int, now: float) -> float:
        """Give each job its tickets; the most that one got."""
        if self.reserved:
            self._charge_running(running, now)
        stakes = [self._stake(task.job, queued=False, task=task.id) for task in running]
        most = min(int(_number(self.scheduler, "max_pending_tasks_per_job", 50)), free_slots + 1)
        for job in sorted(waiting, key=lambda job: (int(job.submitted_at), job.id)):
            ids = [*job.ready, *(task for ids in job.idle for task in range(ids.first, ids.last + 1, ids.step))]
            stakes += [self._stake(job, queued=True, task=task) for task in sorted(ids)[: max(most, 1)]]
        hierarchy = [letter for letter in self.scheduler.get("policy_hierarchy", "OFS").upper() if letter in _POLICIES]
        if "NONE" in self.scheduler.get("policy_hierarchy", "").upper():
            hierarchy = []
        for policy in [*hierarchy, *(letter for letter in _POLICIES if letter not in hierarchy)]:
            self._deal_one(policy, policy in hierarchy, stakes, now)
        whole = sum(stake.total for stake in stakes)
        for stake in reversed(stakes):
            stake.job.ticket_parts = stake.overridden, stake.functional, stake.shared
            stake.job.ticket_portion = stake.total / whole if whole else 0.0
            if not stake.queued:
                stake.job.tickets = stake.total
        upcoming: dict[Job, list[float]] = {}
        for stake in stakes:
            if stake.queued:
                upcoming.setdefault(stake.job, []).append(stake.total)
        for job, tickets in upcoming.items():
            job.tickets, job.upcoming_tickets = tickets[0], tickets[1:]
        return max((stake.total for stake in stakes), default=0.0)

    def _deal_one(self, policy: str, dependent: bool, stakes: list[Stake], now: float) -> None:
        match policy:
            case "O":
                _deal_override(
                    stakes, self.scheduler.get("share_override_tickets", "TRUE").upper() == "TRUE", dependent
                )
            case "F" if self.functional:
                deal_functional(stakes, self.scheduler, self.functional, dependent)
            case "S" if self.shared:
                self._deal_shared(stakes, dependent, now)

    def _stake(self, job: Job, *, queued: bool, task: int) -> Stake:
        request = job.request
        texts = (
            self.config.users.get(request.owner),
            self.config.projects.get(request.project or ""),
            self.config.access_lists.get(self._department(job)),
        )
        found = [(kind, one) for kind, one in zip(("user", "project", "department"), texts, strict=True) if one]
        own = {"job": float(request.override_tickets)} if request.override_tickets else {}
        return Stake(
            job,
            task,
            queued,
            shares={kind: _number(one, "fshare", 0) for kind, one in found},
            override={kind: _number(one, "oticket", 0) for kind, one in found} | own,
            names={
                "job": str(job.id),
                "user": request.owner,
                "project": request.project or "",
                "department": self._department(job),
            },
        )

    def _deal_shared(self, stakes: list[Stake], dependent: bool, now: float) -> None:
        root = parse_share_tree(self.tree)
        assert root is not None
        projects = list(self.config.projects)
        ways: dict[Who, list[Node]] = {}
        leaves: dict[Node, list[Stake]] = {}
        for stake in stakes:
            who = stake.job.request.owner, stake.job.request.project
            way = ways.get(who)
            if way is None:
                way = ways[who] = root.leaf(who, projects)
            for node in way:
                node.jobs += 1
            if way:
                leaves.setdefault(way[-1], []).append(stake)
        for who, used in self.past.everything(now):
            for node in ways.get(who) or root.leaf(who, projects):
                node.usage += used
        set_targets(root, _number(self.scheduler, "compensation_factor", 5))
        for leaf, there in leaves.items():
            for stake in there:
                if not stake.queued:
                    stake.shared = leaf.overall * self.shared / leaf.jobs
        for stake, share in _dilute(_top(root), leaves, self.shared, dependent):
            if stake.queued:
                stake.shared = share * self.shared


def _top(root: Node) -> Node:
    """Where dealing begins: as long as only one child has jobs, that child."""
    active = [child for child in root.children if child.jobs]
    return _top(active[0]) if len(active) == 1 else root


def _dilute(top: Node, leaves: dict[Node, list[Stake]], total: float, dependent: bool) -> list[tuple[Stake, float]]:
    """Jobs below a node, each with its part of the node's target: the k-th gets what k-1 jobs' slots leave it."""

    def below(node: Node) -> list[tuple[Stake, float]]:
        found = [
            (stake, (stake.total if dependent else 0.0) + stake.job.request.job_share * (0.01 if dependent else 1))
            for stake in leaves.get(node, ())
        ]
        own = bool(found)
        before = {id(stake): stake.total if dependent else 0.0 for stake, _ in found}
        for child in node.children:
            if child.jobs:
                for stake, part in below(child):
                    before[id(stake)] = stake.total if dependent else 0.0
                    found.append((stake, before[id(stake)] + part * total))
        if node is top and not own:
            return [(stake, (rank - before[id(stake)]) / total) for stake, rank in found]
        found.sort(key=lambda entry: (entry[0].queued, -entry[1], entry[0].job.id, entry[0].task))
        diluted, parts = 1, []
        for stake, _ in found:
            parts.append((stake, node.target / diluted))
            slots = stake.job.request.pe_slots
            diluted += max(slots[0].first, 1) if slots else 1
        return parts

    return below(top)


def _deal_override(stakes: list[Stake], shared: bool, dependent: bool) -> None:
    """oticket of the user, project and department: each its jobs share, or (share_override_tickets) has in full.

    Those that run share first; then, one by one, the waiting one that would get most.
    """
    counts: dict[tuple[str, str], int] = {}

    def count(stake: Stake) -> None:
        for kind in stake.override:
            counts[kind, stake.names[kind]] = counts.get((kind, stake.names[kind]), 0) + 1

    def part(stake: Stake, more: int) -> float:
        return sum(
            tickets / ((counts.get((kind, stake.names[kind]), 0) + more) if shared else 1)
            for kind, tickets in stake.override.items()
        )

    for stake in stakes:
        if not stake.queued:
            count(stake)
    waiting: dict[tuple[str, ...], deque[Stake]] = {}
    for stake in sorted(stakes, key=lambda s: (-s.total if dependent else 0.0, int(s.job.submitted_at), s.job.id)):
        if stake.queued and any(stake.override.values()):
            key = tuple(stake.names[kind] if tickets else "" for kind, tickets in stake.override.items())
            waiting.setdefault(key, deque()).append(stake)
        elif not stake.queued:
            stake.overridden = part(stake, 0)
    while heads := [queue[0] for queue in waiting.values() if queue]:
        best = min(heads, key=lambda stake: (-part(stake, 1), stake.job.id, stake.task))
        best.overridden = part(best, 1)
        next(queue for queue in waiting.values() if queue and queue[0] is best).popleft()
        count(best)
