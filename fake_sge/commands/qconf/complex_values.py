"""The table of complex(5): reading it from a file, and what the qmaster has against an entry."""

from __future__ import annotations

from collections.abc import Iterator

from fake_sge.cellfile import parse_complexes
from fake_sge.commands.qconf.files import BadFile
from fake_sge.commands.usage import usage
from fake_sge.core import Cell, Complex
from fake_sge.core.quota import parse_rule
from fake_sge.core.resources import STRING_TYPES, NotAValue, parse_value
from fake_sge.core.texts import pairs

__all__ = ["built_in", "complaints", "parse_table", "reference"]

_TYPES = ("INT", "STRING", "TIME", "MEMORY", "BOOL", "CSTRING", "HOST", "DOUBLE", "RESTRING")
_COLUMNS = 8
_RELOPS = ("==", "!=", ">=", "<=", "<", ">", "EXCL")
_REQUESTABLE = ("YES", "NO", "FORCED")
_CONSUMABLE = ("YES", "NO", "JOB")


def parse_table(text: str) -> dict[str, Complex]:
    """The entries by name. Raises `BadFile`."""
    found: dict[str, Complex] = {}
    for number, line in enumerate(text.splitlines(), 1):
        columns = line.split()
        if not columns or columns[0].startswith("#"):
            continue
        entry = _entry(columns, number)
        for other in found.values():
            if {entry.name, entry.shortcut} & {other.name, other.shortcut}:
                raise BadFile(f"complex with name {entry.name} or shortcut {entry.shortcut} already exists", form=False)
        found[entry.name] = entry
    return found


def _entry(columns: list[str], number: int) -> Complex:
    if len(columns) > 2 and columns[2].upper() not in _TYPES:
        raise BadFile(f'unknown complex attribute type "{columns[2]}"')
    if len(columns) == _COLUMNS - 1:
        raise BadFile("Complex urgency definition is missing", form=False)
    allowed = (_RELOPS, _REQUESTABLE, _CONSUMABLE)
    if len(columns) != _COLUMNS or any(
        word.upper() not in known for word, known in zip(columns[3:6], allowed, strict=True)
    ):
        raise BadFile(f'each value in the attribute value list in line {number} should end with "<NEWLINE>"')
    name, shortcut, type_, relop, requestable, consumable, default, urgency = columns
    return Complex(
        name, shortcut, type_.upper(), relop.upper(), requestable.upper(), consumable.upper(), default, urgency
    )


def built_in() -> dict[str, Complex]:
    """Those that every cell has."""
    return parse_complexes(usage("complexes"))


def complaints(entry: Complex) -> list[str]:
    """What is wrong with an entry by itself: complex(5)."""
    return [*_by_type(entry), *_by_default(entry), *_by_urgency(entry), *_by_origin(entry)]


def _by_type(entry: Complex) -> Iterator[str]:
    name, exclusive, consumed = entry.name, entry.relop == "EXCL", entry.consumable != "NO"
    if entry.type in STRING_TYPES:
        if entry.relop not in ("==", "!="):
            yield f'Complex "{name}" has an invalid relational operator'
        if consumed:
            yield f'Complex "{name}" of type "{entry.type}" cannot be a consumable'
    elif entry.type == "BOOL":
        if entry.relop not in ("==", "EXCL"):
            yield f'Complex "{name}" has an invalid relational operator'
        if consumed and not exclusive:
            yield f'Exclusive complex "{name}" must have EXCL as relational operator'
        if exclusive and not consumed:
            yield f'Exclusive complex "{name}" must be a consumable'
    elif exclusive:
        yield f'Complex "{name}" must be BOOL to use EXCL as relational operator'


def _by_default(entry: Complex) -> Iterator[str]:
    name = entry.name
    if name == "tmpdir" and entry.requestable != "NO":
        yield f'Complex attribute "{name}" is not requestable'
    if entry.consumable == "NO":
        yield from _plain_default(entry)
        return
    if entry.relop not in ("EXCL", "<="):
        yield f'Consumable "{name}" can have only <= as an relational operator'
    if entry.requestable == "YES" or entry.type in STRING_TYPES:
        return
    number, wrong = _number(entry)
    if wrong:
        yield wrong
    if entry.requestable == "NO" and not number:
        yield f'Consumable "{name}" needs a default value because it is not requestable.'
    if entry.requestable == "FORCED" and number:
        yield f'Consumable "{name}" cannot have a (non-zero) default value because it is forced.'


def _plain_default(entry: Complex) -> Iterator[str]:
    number, wrong = _number(entry)
    if wrong:
        yield wrong
    elif number:
        yield f'Complex "{entry.name}" cannot have a (non-zero) default value'


def _number(entry: Complex) -> tuple[float, str]:
    """The default value; or what is wrong with it. A text counts as 1 unless it is NONE."""
    if entry.type in STRING_TYPES:
        return float(entry.default.upper() != "NONE"), ""
    try:
        return parse_value(entry.type, entry.default), ""
    except NotAValue as error:
        return 0.0, f'Complex "{entry.name}"\'s default value should be of type "{error.kind} value"'


def _by_urgency(entry: Complex) -> Iterator[str]:
    try:
        parse_value("DOUBLE", entry.urgency)
    except NotAValue:
        lead = f'The following error occurred for complex "{entry.name}", while parsing the urgency value'
        yield f'{lead}: "double value"'


def _by_origin(entry: Complex) -> Iterator[str]:
    known = built_in().get(entry.name)
    texts = ("STRING", "CSTRING", "RESTRING")
    if known is not None and known.type != entry.type and not (known.type in texts and entry.type in texts):
        yield f'The type of the complex "{entry.name}" cannot be changed due to its built in status'


def reference(cell: Cell, name: str) -> str | None:
    """Why a complex can't be removed."""
    config, lead = cell.config, f'Complex attribute "{name}" is still referenced in'
    if name in built_in():
        return f'The built-in complex "{name}" cannot be deleted'
    formula = config.scheduler.get("load_formula", "")
    if name in formula.replace("*", " ").replace("+", " ").replace("-", " ").split():
        return f"denied: {lead} scheduler configuration."
    for queue, texts in config.queues.items():
        if f"{name}=" in texts.get("complex_values", ""):
            return f'denied: {lead} queue "{queue}".'
    for host, texts in config.hosts.items():
        if name in dict(pairs(texts.get("complex_values", "NONE"))):
            return f'denied: {lead} host "{host}".'
    for one in config.resource_quotas.values():
        limits = [limit for n, text in enumerate(one.limits, 1) for limit in parse_rule(one.name, n, text).limits]
        if name in dict(limits):
            return f'denied: {lead} resource quota set "{one.name}".'
    return None
