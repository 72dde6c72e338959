"""What a configuration may ask for that the core doesn't do (yet): refused when the cell is built, never ignored."""

from __future__ import annotations

from collections.abc import Iterator

from fake_sge.core.config import CellConfig
from fake_sge.core.refusals import Denied

__all__ = ["refuse_unmodelled", "unmodelled"]

_NOTHING = ("", "none", "0", "false")
_QUEUE = ("subordinate_list", "suspend_thresholds")
_HOST = ("load_scaling",)


def refuse_unmodelled(config: CellConfig) -> None:
    """Raise `Denied`, naming the object, the attribute and its value, for the first thing that isn't modelled."""
    for kind, name, attribute, value in unmodelled(config):
        what = f'{kind} "{name}"' if name else f"{kind} configuration"
        raise Denied(f'{what}: attribute "{attribute}" with value "{value}" is not modelled', "unmodelled")


def unmodelled(config: CellConfig) -> Iterator[tuple[str, str, str, str]]:
    """What isn't modelled: kind of object (queue, host), its name (or ""), attribute, value."""
    groups = (
        ("queue", _QUEUE, config.queues),
        ("host", _HOST, config.hosts),
    )
    for kind, attributes, objects in groups:
        for name, texts in objects.items():
            for attribute in attributes:
                value = texts.get(attribute, "none")
                if value.lower() not in _NOTHING:
                    yield kind, name, attribute, value
