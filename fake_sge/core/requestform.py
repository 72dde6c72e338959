"""What a request must look like: names that are allowed, values of resources, hosts and queues that are known."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from fake_sge.core.matching import queue_named
from fake_sge.core.model import JobRequest, Resource
from fake_sge.core.refusals import Denied
from fake_sge.core.resources import STRING_TYPES, NotAValue, parse_value
from fake_sge.core.texts import same_host

if TYPE_CHECKING:
    from fake_sge.core.cell import Cell

__all__ = ["check_names", "check_queues", "check_requests", "with_known_hosts", "with_values"]

_UNUSUAL = re.compile(r"[^!-~]|[/:@\\*?]")
_FORBIDDEN = {
    "\n": "Return", "\t": "Tab", "\r": "Carriage return", "/": "Slash ('/')", ":": "Colon (':')", "@": "At ('@')",
    "\\": "Backslash ('\\')", "*": "Asterisk ('*')", "?": "Questionmark ('?')",
}  # fmt: skip
_KEYWORDS = ("NONE", "ALL", "TEMPLATE")
_PATTERN = re.compile(r"[*?\[|&!()]")


def check_names(request: JobRequest) -> None:
    """The job's name and account (QSUB_TABLE of 8.1.9). Raises `Denied`."""
    if not request.name:
        raise Denied("job rejected cause there is no job_name in the request", "name")
    if request.name[0].isdigit():
        text = f'denied: "{request.name}" is not a valid object name (cannot start with a digit)'
        raise Denied(text, "name")
    for name in (request.name, request.account):
        unusual = _UNUSUAL.search(name)
        if unusual is not None:
            word = _FORBIDDEN.get(unusual[0])
            # of other characters the qmaster says nothing, and the client complains of that
            text = f"{word} not allowed in objectname" if word else "Error reading answer list from qmaster"
            raise Denied(text, "name")
        if name.upper() in _KEYWORDS:
            raise Denied(f'Keyword ("{name.upper()}") not allowed as objectname', "name")


def with_values(cell: Cell, requested: list[Resource]) -> list[Resource]:
    """Requests with their resources' full names and times in seconds. Raises `Denied`."""
    found: dict[str, str] = {}
    for name, value in requested:
        attribute = cell.layout.complex(name)
        if attribute is None:
            raise Denied(f'unknown resource "{name}"', "unknown_resource")
        if attribute.requestable == "NO":
            raise Denied(f'resource "{attribute.name}" configured as non requestable', "not_requestable")
        if not value:
            raise Denied(f'denied: missing value for resource "{attribute.name}"', "no_value")
        if attribute.type not in STRING_TYPES:
            value = _number(attribute.name, attribute.type, attribute.consumable, value)  # noqa: PLW2901
        elif attribute.name == "hostname":
            value = _host(cell, value)  # noqa: PLW2901
        elif attribute.name == "qname" and "@" in value:
            raise Denied("Queue instance names are not allowed in -l resource requests", "queue_instance")
        found[attribute.name] = value
    return list(found.items())


def _number(name: str, type_: str, consumable: str, text: str) -> str:
    try:
        number = parse_value(type_, text)
    except NotAValue as error:
        raise Denied(f'attribute "{name}" is not a {error.kind} value', "bad_value") from None
    if consumable != "NO" and number < 0:
        raise Denied(f'attribute "{name}" is consumable but has a negative value', "bad_value")
    if type_ == "TIME":
        return "INFINITY" if number == math.inf else f"{math.floor(number + 0.5):d}"
    return text


def _host(cell: Cell, name: str) -> str:
    """The full name of a host that the cell knows; patterns stay as they are. Raises `Denied`."""
    if _PATTERN.search(name):
        return name
    config = cell.config
    for known in (*cell.hosts, *config.admin_hosts, *config.submit_hosts, config.qmaster):
        if same_host(name, known):
            return name if "." in name else name + known[len(name) :]
    if name == "localhost" or not cell.config.submit_hosts:
        return name
    raise Denied(f'can\'t resolve hostname "{name}"', "unknown_host")


def with_known_hosts(cell: Cell, request: JobRequest) -> JobRequest:
    """The request with the full names of the hosts of its paths and queues. Raises `Denied`."""
    changed: dict[str, Any] = {}
    for field in ("stdout", "stderr", "stdin", "shells"):
        paths: list[str] = getattr(request, field)
        if paths:
            changed[field] = _paths(cell, paths, once=field != "shells")
    for field in ("hard_queues", "soft_queues", "master_queues"):
        entries: list[str] = getattr(request, field)
        if any("@" in entry for entry in entries):
            changed[field] = [_queue(cell, entry) for entry in entries]
    return replace(request, **changed) if changed else request


def _paths(cell: Cell, paths: list[str], *, once: bool) -> list[str]:
    resolved, hosts = [], set()
    for text in paths:
        host, colon, path = text.partition(":")
        if once and not (path if colon else host):
            raise Denied("paths may not be empty strings", "path")
        if colon and host:
            host = _host(cell, host)
            text = f"{host}:{path}"  # noqa: PLW2901
        elif not colon:
            host = ""
        if host in hosts and once:
            raise Denied("ERROR! two files are specified for the same host", "path")
        hosts.add(host)
        resolved.append(text)
    return resolved


def _queue(cell: Cell, entry: str) -> str:
    queue, at, where = entry.partition("@")
    if not at or where.startswith("@"):
        return entry
    try:
        return f"{queue}@{_host(cell, where)}"
    except Denied:
        return entry


def check_requests(cell: Cell, request: JobRequest) -> None:
    """No slots, no soft requests on consumables. Raises `Denied`."""
    for name, _ in (*request.hard, *request.soft):
        if name == "slots":
            raise Denied('"job" denied: use parallel environments instead of requesting slots explicitly', "slots")
    for name, _ in request.soft:
        if cell.layout.complexes[name].consumable != "NO":
            raise Denied(f'denied: soft requests on consumables like "{name}" are not supported', "soft_consumable")


def check_queues(cell: Cell, request: JobRequest) -> None:
    """Each entry of -q and -masterq must name a queue, or one of its instances. Raises `Denied`."""
    for entry in (*request.hard_queues, *request.soft_queues, *request.master_queues):
        if "@" in entry:
            places = cell.queue_instances
            known = any(queue_named([entry], cell.layout, place.queue, place.host) for place in places)
        else:
            known = any(queue_named([entry], cell.layout, name, None) for name in cell.config.queues)
        if not known:
            raise Denied(f'Job was rejected because job requests unknown queue "{entry}"', "unknown_queue")
