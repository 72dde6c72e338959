"""qquota(1): what is used of resource quotas."""

from __future__ import annotations

from fnmatch import fnmatchcase

from fake_sge.commands.options import Option
from fake_sge.commands.protocol import Cluster, Invocation, Reply, Running
from fake_sge.commands.wordlists import WordTable, items, read_words
from fake_sge.commands.xml import HEADER, escape
from fake_sge.core import Cell
from fake_sge.core.quota import SCOPES, Rule

__all__ = ["OPTIONS", "run"]

OPTIONS = WordTable(
    Option("-h", "[host,...]"),
    Option("-help"),
    Option("-l", "[resource,...]"),
    Option("-P", "[project,...]"),
    Option("-pe", "[environment,...]"),
    Option("-q", "[queue,...]"),
    Option("-u", "[user,...]"),
    Option("-xml"),
)

_FILTERS = {"-u": "users", "-P": "projects", "-pe": "pes", "-q": "queues", "-h": "hosts"}
_SCHEMA = "http://arc.liv.ac.uk/repos/darcs/sge/source/source/dist/util/resources/schemas/qquota/qquota.xsd"


def run(invocation: Invocation, cluster: Cluster) -> Running:
    """One line a limit that something counts against; by default the caller's own."""
    yield from ()
    given = read_words("qquota", OPTIONS, invocation.argv, "error: ")
    if isinstance(given, Reply):
        return given
    wanted = {"users": [invocation.user]}
    resources: list[str] = []
    xml = False
    for option in given:
        if option.name == "-xml":
            xml = True
        elif option.name == "-l":
            resources += items(option)
        else:
            wanted[_FILTERS[option.name]] = items(option)
    rows = _rows(cluster.cell, wanted, resources)
    return Reply(_document(rows) if xml else _table(rows))


_Row = tuple[str, list[tuple[str, str]], list[tuple[str, str, str]]]


def _rows(cell: Cell, wanted: dict[str, list[str]], resources: list[str]) -> list[_Row]:
    """Rule, filters, and limits as (resource, used, limit)."""
    rows: list[_Row] = []
    rules = [rule for rules in cell.quotas.sets for rule in rules]
    for rule in rules:
        keys = sorted({key for name, key, _ in cell.quotas.used if name == rule.name})
        for key in keys:
            filters = _filters(rule, key)
            if any(not _named(value, wanted[scope]) for scope, value in filters if scope in wanted):
                continue
            limits = [
                (name, f"{cell.quotas.used[rule.name, key, name]:g}", limit)
                for name, limit in rule.limits
                if (rule.name, key, name) in cell.quotas.used and (not resources or name in resources)
            ]
            if limits:
                rows.append((rule.name, filters, limits))
    return rows


def _filters(rule: Rule, key: str) -> list[tuple[str, str]]:
    """Filters in braces by the value that is counted, others as they were written."""
    found = []
    for scope, value in zip(SCOPES, key.split("/"), strict=False):
        if scope in rule.filters:
            chosen = rule.filters[scope]
            written = ",".join([*chosen.wanted, *(f"!{name}" for name in chosen.unwanted)])
            found.append((scope, value if chosen.expanded else written))
    return found


def _named(value: str, patterns: list[str]) -> bool:
    return any(fnmatchcase(value, pattern) for pattern in patterns)


def _table(rows: list[_Row]) -> str:
    if not rows:
        return ""
    parts = [f"{'resource quota rule':<19} {'limit':<20} filter\n{'-' * 80}\n"]
    for rule, filters, limits in rows:
        shown = " ".join(f"{scope} {value}" for scope, value in filters)
        for resource, used, limit in limits:
            parts.append(f"{rule:<18} {f'{resource}={used}/{limit}':<20} {shown or '-'}\n")
    return "".join(parts)


def _document(rows: list[_Row]) -> str:
    parts = [f'{HEADER}<qquota_result xmlns="{_SCHEMA}">\n']
    for rule, filters, limits in rows:
        parts.append(f" <qquota_rule name='{escape(rule)}'>\n")
        parts += [f"   <{scope}>{escape(value)}</{scope}>\n" for scope, value in filters]
        parts += [
            f"   <limit resource='{resource}' limit='{limit}' value='{used}'/>\n" for resource, used, limit in limits
        ]
        parts.append(" </qquota_rule>\n")
    return "".join([*parts, "</qquota_result>\n"])
