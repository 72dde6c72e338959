"""What a configuration may ask for that the core doesn't do (yet): refused when the cell is built, never ignored."""

from __future__ import annotations

from collections.abc import Iterator

from fake_sge.core.config import CellConfig
from fake_sge.core.refusals import Denied

__all__ = ["refuse_unmodelled"]

_NOTHING = ("", "none", "0", "false")
_QUEUE = ("calendar", "subordinate_list", "suspend_thresholds")
_HOST = ("load_scaling",)
_SCHEDULER = ("max_reservation", "weight_tickets_functional", "weight_tickets_share", "params")


def refuse_unmodelled(config: CellConfig) -> None:
    """Raise `Denied`, naming the object, the attribute and its value, for the first thing that isn't modelled."""
    for what, attribute, value in _asked_for(config):
        text = f'{what}: attribute "{attribute}" with value "{value}" is not modelled'
        raise Denied(text, "unmodelled")


def _asked_for(config: CellConfig) -> Iterator[tuple[str, str, str]]:
    groups = (
        (_QUEUE, ((f'queue "{name}"', texts) for name, texts in config.queues.items())),
        (_HOST, ((f'host "{name}"', texts) for name, texts in config.hosts.items())),
        (_SCHEDULER, (("scheduler configuration", texts) for texts in (config.scheduler,))),
    )
    for attributes, objects in groups:
        for what, texts in objects:
            for attribute in attributes:
                value = texts.get(attribute, "none")
                if value.lower() not in _NOTHING:
                    yield what, attribute, value
