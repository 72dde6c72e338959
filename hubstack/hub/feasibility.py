"""Could a request ever run? Said in a researcher's words, before it is submitted and waits for ever."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from hubstack.site import NO_PROJECT, Access, Place

if TYPE_CHECKING:
    from hubstack.hub.options import Options

__all__ = ["BadOption", "explain_impossible"]


class BadOption(ValueError):
    """A request that is refused: *field* is the form's field ("" for the whole), *message* says what to do."""

    def __init__(self, field: str, message: str) -> None:
        self.field = field
        self.message = message
        super().__init__(message)


def explain_impossible(options: Options, access: Access) -> None:
    """Raise `BadOption` where no host, though empty, could run *options*; the one reason that its user can act on."""
    places = _in_queue(options, access, access.places(options.project))
    places = _with_gpus(options, access, places)
    places = _with_pe(options, access, places)
    if options.pe and access.across_hosts(options.pe):
        _fits_across(options, access, places)
    else:
        _fits_one_host(options, access, places)


def _in_queue(options: Options, access: Access, places: Sequence[Place]) -> Sequence[Place]:
    def in_queue(place: Place) -> bool:
        return options.queue in (None, place.queue)

    if not any(map(in_queue, places)):
        where = f"The queue {options.queue}" if options.queue else "Every queue here"
        wanted = [name for name in access.projects if any(map(in_queue, access.places(name)))] or [NO_PROJECT]
        raise BadOption("project", f"{where} takes jobs of certain projects alone: choose {_or(wanted)}.")
    return list(filter(in_queue, places))


def _with_pe(options: Options, access: Access, places: Sequence[Place]) -> Sequence[Place]:
    offered = [pe for pe in access.parallel_environments if any(pe in place.pes for place in places)]
    where = f"the queue {options.queue}" if options.queue else "the queues where this could run"
    if options.pe is None:
        if options.cores > 1:
            cure = "choose " + _or([_described(pe, access) for pe in offered])
            cure = cure if offered else f"{where} has none, ask for 1 core"
            raise BadOption("pe", f"More than one core needs a parallel environment: {cure}.")
        serial = [place for place in places if place.serial]
        if not serial:
            cure = f"choose the parallel environment {_or(offered)}" if offered else "choose another queue"
            raise BadOption(
                "queue", f"Sessions on one core without a parallel environment can't run in {where}: {cure}."
            )
        return serial
    if options.pe not in offered:
        cure = f"choose {_or(offered)}" if offered else "choose none, or another queue"
        raise BadOption("pe", f"The parallel environment {options.pe} isn't offered by {where}: {cure}.")
    return [place for place in places if options.pe in place.pes]


def _with_gpus(options: Options, access: Access, places: Sequence[Place]) -> Sequence[Place]:
    if not options.gpus_per_core:
        return places
    found = [place for place in places if place.gpus]
    if found:
        return found
    projects = [name for name in access.projects if any(place.gpus for place in access.places(name))]
    if options.project not in projects and not any(place.gpus for place in access.places(options.project)):
        raise BadOption("project", f"GPUs need a project that has them: choose {_or(projects)}, or ask for 0 GPUs.")
    queues = {place.queue for place in access.places(options.project) if place.gpus}
    fitting = [queue for queue in access.queues if queue in queues]
    raise BadOption("queue", f"There are no GPUs where this could run: they are in the queue {_or(fitting)}.")


def _fits_one_host(options: Options, access: Access, places: Sequence[Place]) -> None:
    cores, memory_gb, gpus = options.cores, _memory_gb(options, access), _gpus(options, access)
    if cores > (most := max(place.slots for place in places)):
        spreading = [pe for pe in access.parallel_environments if access.across_hosts(pe)]
        cure = f"ask for fewer, or choose {_or(spreading)}" if spreading else "ask for fewer"
        raise BadOption("cores", f"All cores must be on one host, and {most} is the most that you get on one: {cure}.")
    places = [place for place in places if place.slots >= cores]
    if gpus > (most := max(place.gpus for place in places)):
        raise BadOption(
            "gpus", f"This needs {gpus} GPUs on one host, and {most} is the most that you get on one: ask for fewer."
        )
    places = [place for place in places if place.gpus >= gpus]
    if memory_gb > (most_gb := max(place.memory_gb for place in places)):
        most_text = f"{most_gb:.0f} GB is the most that you get on one"
        raise BadOption("memory", f"This needs {memory_gb} GB on one host, and {most_text}: ask for less.")


def _fits_across(options: Options, access: Access, places: Sequence[Place]) -> None:
    rule = access.cell.parallel_environments[str(options.pe)].rule
    if isinstance(rule, int) and options.cores % rule:
        raise BadOption("cores", f"{options.pe} takes {rule} cores on each host: ask for a multiple of {rule}.")
    by_host: dict[str, int] = {}
    for place in places:
        slots = _slots(options, access, place)
        if isinstance(rule, int):
            slots = rule if slots >= rule else 0
        by_host[place.host] = max(by_host.get(place.host, 0), slots)
    most = sum(by_host.values())
    if not most:
        raise BadOption("memory", "No host has that much for even one core: ask for less memory or fewer GPUs.")
    if options.cores > most:
        raise BadOption("cores", f"All hosts together give {most} such cores at most: ask for fewer, or less per core.")


def _slots(options: Options, access: Access, place: Place) -> int:
    """How many cores of the request *place* could hold."""
    slots = place.slots
    if "rmem" in access.cell.complexes:
        many = place.memory_gb // options.memory_per_core_gb
        slots = min(slots, int(many)) if access.counted_per_slot("rmem") else slots if many else 0
    if options.gpus_per_core:
        many = place.gpus // options.gpus_per_core
        slots = min(slots, many) if access.counted_per_slot("gpu") else slots if many else 0
    return int(slots)


def _memory_gb(options: Options, access: Access) -> int:
    if "rmem" not in access.cell.complexes:
        return 0
    return options.memory_per_core_gb * (options.cores if access.counted_per_slot("rmem") else 1)


def _gpus(options: Options, access: Access) -> int:
    if not options.gpus_per_core:
        return 0
    return options.gpus_per_core * (options.cores if access.counted_per_slot("gpu") else 1)


def _described(pe: str, access: Access) -> str:
    return f"{pe} (cores may be on several hosts)" if access.across_hosts(pe) else f"{pe} (all cores on one host)"


def _or(names: Sequence[str]) -> str:
    return " or ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))
