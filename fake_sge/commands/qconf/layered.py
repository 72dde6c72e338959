"""A queue's attribute has a value for all hosts, and others for host groups and hosts: ``16,[@big=32],[gpu001=8]``."""

from __future__ import annotations

from collections.abc import Mapping

from fake_sge.commands.qconf.values import BadValue

__all__ = ["DEFAULT", "join", "split"]

DEFAULT = "@/"
"""Where the value for all other hosts stands."""


def split(text: str) -> dict[str, str]:
    """Values by host or host group. Raises `BadValue`."""
    head, bracket, rest = text.partition("[")
    layers = {}
    if not bracket or head.strip():
        if bracket and not head.rstrip().endswith(","):
            raise BadValue(f'All list elements must be separated by commas: "{text}"')
        layers[DEFAULT] = head.strip().removesuffix(",").strip() if bracket else text.strip()
    while bracket:
        item, closed, rest = rest.partition("]")
        if not closed:
            raise BadValue(f'The last character of each list item must be enclosed in brackets: "{text}"')
        where, equals, value = item.partition("=")
        if not equals:
            raise BadValue("'=' has to separate host or group from value")
        if where.strip() in layers:
            raise BadValue(f'Value for "{where.strip()}" is multiply defined')
        layers[where.strip()] = value.strip()
        between, bracket, rest = rest.partition("[")
        if between.strip() not in ("", ",") or (bracket and "," not in between):
            raise BadValue(f'All list elements must be separated by commas: "{text}"')
        if not bracket and between.strip() == ",":
            raise BadValue(f'There is an extra comma at the end of the list: "{text}"')
    return layers


def join(layers: Mapping[str, str]) -> str:
    """The text of these values: the one for all hosts, then those of groups, then those of hosts."""
    rest = [where for where in layers if where != DEFAULT]
    order = [*(where for where in rest if where.startswith("@")), *(w for w in rest if not w.startswith("@"))]
    parts = [layers[DEFAULT]] if DEFAULT in layers else []
    return ",".join([*parts, *(f"[{where}={layers[where]}]" for where in order)])
