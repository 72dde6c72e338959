"""qhost(1): what execution hosts have and do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from fake_sge.commands.listing import JobFilter, Line, lines_of_queue
from fake_sge.commands.options import Option
from fake_sge.commands.protocol import Cluster, Invocation, Reply, Running
from fake_sge.commands.qstat_text import heading, job_line
from fake_sge.commands.queuechoice import resource_requests
from fake_sge.commands.queues import complaint_about, host_resources, host_satisfies, queue_type
from fake_sge.commands.usage import usage
from fake_sge.commands.views import View
from fake_sge.commands.wordlists import WordTable, items, read_words
from fake_sge.commands.xml import HEADER, QHOST, escape
from fake_sge.core import Cell
from fake_sge.core.instances import Host, QueueInstance
from fake_sge.core.resources import parse_value
from fake_sge.core.texts import same_host

__all__ = ["OPTIONS", "Wish", "run"]

OPTIONS = WordTable(
    Option("-F", "[resource,...]"),
    Option("-h", "host,..."),
    Option("-help"),
    Option("-j"),
    Option("-l", "resource=value,..."),
    Option("-ncb"),
    Option("-q"),
    Option("-u", "user,..."),
    Option("-xml"),
)

_VALUES = (
    "arch",
    "num_proc",
    "m_socket",
    "m_core",
    "m_thread",
    "load_avg",
    "mem_total",
    "mem_used",
    "swap_total",
    "swap_used",
)
_BOUND = ("m_socket", "m_core", "m_thread")
_INDENT = "   "


@dataclass(slots=True)
class Wish:
    """What the options ask for."""

    hosts: list[str] = field(default_factory=list)
    requests: list[tuple[str, str]] = field(default_factory=list)
    users: list[str] = field(default_factory=list)
    resources: list[str] | None = None
    queues: bool = False
    jobs: bool = False
    xml: bool = False
    topology: bool = True


def run(invocation: Invocation, cluster: Cluster) -> Running:
    """A line a host, the cell itself first, and below it what is asked for."""
    yield from ()
    given = read_words("qhost", OPTIONS, invocation.argv, "error: ")
    if isinstance(given, Reply):
        return given
    wish = Wish()
    for option in given:
        match option.name:
            case "-F":
                wish.resources = (wish.resources or []) + items(option)
            case "-h":
                wish.hosts += items(option)
            case "-l":
                wish.requests += resource_requests(option)
            case "-u":
                wish.users += items(option)
            case "-j":
                wish.jobs = True
            case "-q":
                wish.queues = True
            case "-xml":
                wish.xml = True
            case "-ncb":
                wish.topology = False
    cell = cluster.cell
    known = [*cell.hosts, *cell.config.admin_hosts, *cell.config.submit_hosts, cell.config.qmaster]
    for name in wish.hosts:
        if not any(same_host(name, host) for host in known):
            return _failed(f'error: can\'t resolve hostname "{name}"')
    complaint = complaint_about(cell, wish.requests)
    if complaint:
        return Reply(stderr=f"error: {complaint}\n", code=1)
    hosts = _chosen(cell, wish)
    return Reply(_document(cluster, hosts, wish) if wish.xml else _table(cluster, hosts, wish))


def _failed(text: str) -> Reply:
    return Reply(stderr=f"{usage('qhost')}{text}\n", code=1)


def _chosen(cell: Cell, wish: Wish) -> list[Host]:
    """The cell's own line leads unless resources are asked for that it doesn't have itself."""
    chosen = [
        cell.hosts[name]
        for name in sorted(cell.hosts)
        if not wish.hosts or any(same_host(wanted, name) for wanted in wish.hosts)
    ]
    if wish.requests and not host_satisfies(cell, cell.layout.everywhere, wish.requests):
        return [host for host in chosen if host_satisfies(cell, host, wish.requests)]
    return [cell.layout.everywhere, *chosen]


def _figures(cell: Cell, host: Host) -> dict[str, str]:
    """What stands in a host's line; ``-`` for what isn't known."""
    if host is cell.layout.everywhere or not host.up:
        arch = host.load.get("arch", "-") if host is not cell.layout.everywhere else "-"
        return dict.fromkeys(_VALUES, "-") | {"arch": arch}
    load = host.load
    figures = {name: load.get(name, "-") for name in _VALUES}
    if "load_avg" in load:
        figures["load_avg"] = f"{float(load['load_avg']):.2f}"
    for name in ("mem_total", "mem_used", "swap_total", "swap_used"):
        if name in load:
            figures[name] = _size(parse_value("MEMORY", load[name]))
    return figures


def _size(number: float) -> str:
    """Five characters of a size: ``23.5G``, ``1023.7M``, ``0.0``."""
    for unit, size in (("T", 1024.0**4), ("G", 1024.0**3), ("M", 1024.0**2), ("K", 1024.0)):
        if number >= size:
            return f"{number / size:.1f}{unit}"
    return f"{number:.1f}"


def _table(cluster: Cluster, hosts: Iterable[Host], wish: Wish) -> str:
    titles = ["HOSTNAME", "ARCH", "NCPU", "NSOC", "NCOR", "NTHR", "LOAD", "MEMTOT", "MEMUSE", "SWAPTO", "SWAPUS"]
    widths = [4, 4, 4, 4, 5, 7, 7, 7, 7]
    values = list(_VALUES)
    if not wish.topology:
        titles = [title for title in titles if title not in ("NSOC", "NCOR", "NTHR")]
        values = [name for name in values if name not in _BOUND]
        widths = [4, 5, 7, 7, 7, 7]

    def line(cells: list[str]) -> str:
        numbers = " ".join(f"{cell:>{width}}" for cell, width in zip(cells[2:], widths, strict=True))
        return f"{cells[0]:<23.23} {cells[1]:<12.12} {numbers}\n"

    hosts = list(hosts)
    if not hosts:
        return ""
    head = line(titles)
    parts = [head, "-" * (len(head) - 1) + "\n"]
    # below queues the jobs need neither a heading nor their queue's name
    view = View(by_slot=True, full=wish.queues)
    headed = wish.queues
    for host in hosts:
        figures = _figures(cluster.cell, host)
        parts.append(line([host.name, *(figures[name] for name in values)]))
        parts += _resources_text(cluster.cell, host, wish)
        for instance, lines in _by_queue(cluster.cell, host, wish):
            if wish.queues:
                parts.append(_queue_text(instance))
            if lines and not headed:
                parts.append(heading(view, _INDENT, 10))
                headed = True
            parts += [job_line(cluster.cell, item, view, cluster.zone, _INDENT, 10) for item in lines]
    return "".join(parts)


def _wanted_resources(cell: Cell, host: Host, wish: Wish) -> list[tuple[str, str, str]]:
    if wish.resources is None:
        return []
    names = {complex_.name for name in wish.resources if (complex_ := cell.layout.complex(name)) is not None}
    found = [item for item in host_resources(cell, host) if not wish.resources or item.name in names]
    return [(item.level, item.name, item.value) for item in found]


def _resources_text(cell: Cell, host: Host, wish: Wish) -> list[str]:
    """The first one is announced if they were asked for by name, in the same line."""
    lines = [f"{_INDENT}{level}:{name}={value}\n" for level, name, value in _wanted_resources(cell, host, wish)]
    return [f"    Host Resource(s):   {lines[0]}", *lines[1:]] if lines and wish.resources else lines


def _queue_text(instance: QueueInstance) -> str:
    slots = f"{instance.reserved}/{instance.used}/{instance.slots}"
    return f"{_INDENT}{instance.queue:<20} {queue_type(instance):<5.5} {slots:<14.14}{instance.state}\n"


def _by_queue(cell: Cell, host: Host, wish: Wish) -> Iterator[tuple[QueueInstance, list[Line]]]:
    """The host's queue instances by name, each with its jobs if those are wanted."""
    wanted = JobFilter(users=[] if "*" in wish.users else wish.users)
    placed = [(task.job, task) for task in cell.running(wanted.jobs(cell))] if wish.jobs else []
    for instance in sorted(host.queue_instances, key=lambda place: place.queue):
        yield instance, list(lines_of_queue(cell, placed, instance.name, wanted, by_slot=True))


def _document(cluster: Cluster, hosts: Iterable[Host], wish: Wish) -> str:
    parts = [f'{HEADER}<qhost xmlns:xsd="{QHOST}">\n']
    for host in hosts:
        parts.append(f" <host name='{escape(host.name)}'>\n")
        figures = _figures(cluster.cell, host)
        for name in _VALUES:
            if wish.topology or name not in _BOUND:
                tag = "arch_string" if name == "arch" else name
                parts.append(f"   <hostvalue name='{tag}'>{escape(figures[name])}</hostvalue>\n")
        for level, name, value in _wanted_resources(cluster.cell, host, wish):
            parts.append(f"   <resourcevalue name='{name}' dominance='{level}'>{escape(value)}</resourcevalue>\n")
        for instance, lines in _by_queue(cluster.cell, host, wish):
            if wish.queues:
                parts.append(_queue_xml(instance))
            parts += [_job_xml(line, full=wish.queues) for line in lines]
        parts.append(" </host>\n")
    return "".join([*parts, "</qhost>\n"])


def _queue_xml(instance: QueueInstance) -> str:
    name = escape(instance.queue)
    values = (
        ("qtype_string", queue_type(instance)),
        ("slots_used", str(instance.used)),
        ("slots", str(instance.slots)),
        ("slots_resv", str(instance.reserved)),
        ("state_string", instance.state),
    )
    lines = [f"   <queuevalue qname='{name}' name='{key}'>{value}</queuevalue>\n" for key, value in values]
    return f" <queue name='{name}'>\n{''.join(lines)} </queue>\n"


def _job_xml(line: Line, *, full: bool) -> str:
    request = line.job.request
    values = [
        ("qinstance_name", line.queue),
        ("job_name", request.name),
        ("job_owner", request.owner),
        ("job_state", line.state),
        ("start_time", f"{line.at:.0f}"),
    ]
    if not full:
        values.append(("queue_name", line.queue))
    values.append(("pe_master", line.master))
    if line.ids:
        values.append(("taskid", line.ids))
    number = line.job.id
    # 8.1.9 puts the priority in quotes
    lines = [f"   <jobvalue jobid='{number}' name='priority'>'{line.priority:f}'</jobvalue>\n"]
    lines += [f"   <jobvalue jobid='{number}' name='{key}'>{escape(value)}</jobvalue>\n" for key, value in values]
    return f" <job name='{number}'>\n{''.join(lines)} </job>\n"
