"""Resource quota sets: ``-srqs -srqsl -Arqs -Mrqs -drqs``, sge_resource_quota(5)."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping, Sequence

from fake_sge.commands.protocol import Answer, Request
from fake_sge.commands.qconf import printing
from fake_sge.commands.qconf.call import Call, Refused, Steps, Verb
from fake_sge.commands.qconf.naming import check_name
from fake_sge.commands.qconf.objects import listing
from fake_sge.commands.qconf.quota_file import BadQuota, check_limits, read_sets
from fake_sge.core import ResourceQuotaSet

__all__ = ["VERBS"]

_WHOLE = "resource quota set list"
_LIMITS = ["to slots=0"]


def _show(call: Call) -> None:
    """In the order in which they are kept; unknown names are passed over."""
    sets = call.cell.config.resource_quotas
    wanted = set(call.names()) if call.has_word else set(sets)
    found = [one for name, one in sets.items() if name in wanted]
    if not found:
        raise Refused("No resource quota set found")
    call.show(printing.resource_quotas(found))


def _read(call: Call) -> Generator[Request, Answer, list[ResourceQuotaSet]]:
    call.must_be_manager()
    path = call.word()
    try:
        text = yield from call.read(path)
        return read_sets(text)
    except Refused as refused:
        raise Refused(refused.text.removeprefix("error: ")) from None
    except BadQuota as bad:
        raise Refused(str(bad)) from None


def _add_file(call: Call) -> Steps:
    """``-Arqs``: all sets of a file."""
    sets = yield from _read(call)
    _add(call, sets)


def _add(call: Call, sets: Iterable[ResourceQuotaSet]) -> None:
    """Each set for itself; qconf tells what became of the first."""
    answers = [_added(call, one) for one in sets]
    for text, well in answers[:1]:
        if well:
            call.say(text)
        else:
            call.fail(text)


def _added(call: Call, one: ResourceQuotaSet) -> tuple[str, bool]:
    if one.name in call.cell.config.resource_quotas:
        return f'resource quota set "{one.name}" already exists', False
    try:
        _check(call, one)
        call.configure("resource_quotas", one.name, one)
    except Refused as refused:
        return refused.text, False
    return f'{call.who} added "{one.name}" to {_WHOLE}', True


def _modify_file(call: Call) -> Steps:
    """``-Mrqs``: the sets named, as a file has them; without names the file's sets instead of all that there are."""
    sets = {one.name: one for one in (yield from _read(call))}
    path = call.last
    if not call.has_word:
        _replace_all(call, sets.values())
        return
    _modify(call, sets, call.names(), path)


def _modify(call: Call, sets: Mapping[str, ResourceQuotaSet], names: Iterable[str], path: str) -> None:
    """Those of *names*; what is modified becomes the last."""
    for name in names:
        if name not in sets:
            raise Refused(f'resource quota set "{name}" not found in file "{path}"')
        if name not in call.cell.config.resource_quotas:
            call.fail(f'denied: resource quota set "{name}" does not exist')
            continue
        _check(call, sets[name])
        others = {one: found for one, found in call.cell.config.resource_quotas.items() if one != name}
        call.configure("resource_quotas", "", {**others, name: sets[name]})
        call.tell(f'{call.who} modified "{name}" in {_WHOLE}')


def _add_edited(call: Call) -> Steps:
    """``-arqs``: sets that begin as the template."""
    names = call.names() if call.has_word else ["template"]
    call.must_be_manager()
    sets = yield from _edited(call, [ResourceQuotaSet(name, "NONE", enabled=False, limits=_LIMITS) for name in names])
    _add(call, sets)


def _modify_edited(call: Call) -> Steps:
    """``-mrqs``: the sets named, or all."""
    names = call.names() if call.has_word else None
    call.must_be_manager()
    known = call.cell.config.resource_quotas
    shown = [known.get(name, ResourceQuotaSet(name, enabled=False, limits=_LIMITS)) for name in names or known]
    sets = yield from _edited(call, shown)
    if names is None:
        _replace_all(call, sets)
    else:
        _modify(call, {one.name: one for one in sets}, names, "")


def _edited(call: Call, sets: Sequence[ResourceQuotaSet]) -> Generator[Request, Answer, list[ResourceQuotaSet]]:
    edited = yield from call.edit(printing.resource_quotas(sets))
    if not edited.changed:
        raise Refused("file unchanged")
    try:
        return read_sets(edited.text)
    except BadQuota as bad:
        raise Refused(str(bad)) from None


def _replace_all(call: Call, sets: Iterable[ResourceQuotaSet]) -> None:
    """What there was is removed first, and stays so if something is wrong with a new set."""
    before = list(call.cell.config.resource_quotas)
    call.configure("resource_quotas", "", {})
    for name in before:
        call.tell(f'{call.who} removed "{name}" from {_WHOLE}')
    for one in sets:
        _check(call, one)
        call.configure("resource_quotas", one.name, one)
        call.tell(f'{call.who} added "{one.name}" to {_WHOLE}')


def _check(call: Call, one: ResourceQuotaSet) -> None:
    check_name(one.name)
    for problem in check_limits(one, call.cell.config.complexes):
        raise Refused(problem)


def _delete(call: Call) -> None:
    names = call.names()
    call.must_be_manager()
    for name in names:
        if name not in call.cell.config.resource_quotas:
            call.fail(f'denied: resource quota set "{name}" does not exist')
        else:
            call.configure("resource_quotas", name, None)
            call.tell(f'{call.who} removed "{name}" from {_WHOLE}')


VERBS = (
    Verb("-Arqs", _add_file, "fname"),
    Verb("-Mrqs", _modify_file, "fname [rqs_list]"),
    Verb("-arqs", _add_edited, "[rqs_list]"),
    Verb("-drqs", _delete, "rqs_list"),
    Verb("-mrqs", _modify_edited, "[rqs_list]"),
    Verb("-srqs", _show, "[rqs_list]"),
    Verb("-srqsl", listing(lambda cell: cell.config.resource_quotas, _WHOLE)),
)
