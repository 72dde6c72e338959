"""From a task that the scheduler placed to the order that its execd gets."""

from __future__ import annotations

from fake_sge.core import Cell, CellConfig, Dispatched, Job, Task
from fake_sge.core.resources import NotAValue, parse_value
from fake_sge.daemon.clock import Clock
from fake_sge.daemon.identity import Identities
from fake_sge.execd import Order

__all__ = ["make_order"]


def make_order(cell: Cell, job: Job, task: Task, event: Dispatched, identities: Identities, clock: Clock) -> Order:
    """Durations become those of the machine's clock. Raises `LookupError` when the account is gone."""
    instance = next(instance for instance in cell.queue_instances if instance.name == event.grants[0].queue_instance)
    config = cell.config
    machine = config.machines.get(instance.host)
    return Order(
        job=job.id,
        task=task.id,
        request=job.request,
        grants=event.grants,
        account=identities.account(job.request),
        submitted_at=job.submitted_at,
        dispatched_at=event.at,
        restarted=task.restarts > 0,
        h_rt_s=None if event.h_rt_s is None else clock.wall_s(event.h_rt_s),
        s_rt_s=None if event.s_rt_s is None else clock.wall_s(event.s_rt_s),
        notify_s=clock.wall_s(_seconds(instance.texts.get("notify", "60"))),
        rmem_limit=event.rmem_limit,
        queue=dict(instance.texts),
        configuration=_configuration(config, instance.host),
        pe=_environment(config, task, job),
        checkpoint_dir=config.checkpoints.get(job.request.checkpoint or "", {}).get("ckpt_dir"),
        cluster_name=config.cluster_name,
        address=machine.address if machine else "127.0.0.1",
    )


def _configuration(config: CellConfig, host: str) -> dict[str, str]:
    return {**config.configuration.get("global", {}), **config.configuration.get(host, {})}


def _environment(config: CellConfig, task: Task, job: Job) -> dict[str, str] | None:
    name = task.pe or job.request.pe
    return None if name is None else {"pe_name": name, **config.parallel_environments.get(name, {})}


def _seconds(text: str) -> float:
    try:
        return parse_value("TIME", text)
    except NotAValue:
        return 60.0
