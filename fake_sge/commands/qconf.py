"""qconf(1): show a cell's configuration. Changes are refused."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from fake_sge.commands import qconf_print
from fake_sge.commands.options import Option, OptionTable, Standing
from fake_sge.commands.protocol import Cluster, Invocation, Reply, Running
from fake_sge.commands.queues import select_queues
from fake_sge.commands.usage import usage, usage_of
from fake_sge.core import Cell
from fake_sge.core.layout import expand_hosts, same_host

__all__ = ["OPTIONS", "run"]

_NO_CHANGES = "the configuration comes from the cell's description"
_CHANGES = [
    "-Aattr",
    "-Acal",
    "-Ackpt",
    "-Aconf",
    "-Ae",
    "-Ahgrp",
    "-Ap",
    "-Aprj",
    "-Aq",
    "-Arqs",
    "-Astree",
    "-Au",
    "-Auser",
    "-Dattr",
    "-Mattr",
    "-Mc",
    "-Mcal",
    "-Mckpt",
    "-Mconf",
    "-Me",
    "-Mhgrp",
    "-Mp",
    "-Mprj",
    "-Mq",
    "-Mrqs",
    "-Msconf",
    "-Mstree",
    "-Mu",
    "-Muser",
    "-Rattr",
    "-aattr",
    "-acal",
    "-ackpt",
    "-aconf",
    "-ae",
    "-ah",
    "-ahgrp",
    "-am",
    "-ao",
    "-ap",
    "-aprj",
    "-aq",
    "-arqs",
    "-as",
    "-astnode",
    "-astree",
    "-au",
    "-auser",
    "-clearusage",
    "-cq",
    "-dattr",
    "-dcal",
    "-dckpt",
    "-dconf",
    "-de",
    "-dh",
    "-dhgrp",
    "-dm",
    "-do",
    "-dp",
    "-dprj",
    "-dq",
    "-drqs",
    "-ds",
    "-dstnode",
    "-dstree",
    "-du",
    "-dul",
    "-duser",
    "-ke",
    "-kec",
    "-kej",
    "-km",
    "-mattr",
    "-mc",
    "-mcal",
    "-mckpt",
    "-mconf",
    "-me",
    "-mhgrp",
    "-mp",
    "-mprj",
    "-mq",
    "-mrqs",
    "-msconf",
    "-mstnode",
    "-mstree",
    "-mu",
    "-muser",
    "-purge",
    "-rattr",
    "-sst",
]

Show = Callable[[Cell, Sequence[str]], Reply]


def run(invocation: Invocation, cluster: Cluster) -> Running:
    """Answer each option in turn; the first that fails ends it."""
    yield from ()
    argv = list(invocation.argv)
    cell = cluster.cell
    if not argv or argv == ["-help"]:
        return Reply(usage_of("qconf", OPTIONS), code=0 if argv else 1)
    hosts = cell.config.admin_hosts
    if hosts and invocation.host not in hosts:
        return Reply(stderr=f'denied: host "{invocation.host}" is not an admin host\n', code=1)
    shown: list[str] = []
    while argv:
        option = argv.pop(0)
        arguments = []
        while argv and not argv[0].startswith("-"):
            arguments.append(argv.pop(0))
        reply = _answer(invocation, cluster, option, arguments)
        shown.append(reply.stdout)
        if reply.code or reply.stderr:
            return Reply("".join(shown), reply.stderr, reply.code)
    return Reply("".join(shown))


def _answer(invocation: Invocation, cluster: Cluster, option: str, arguments: list[str]) -> Reply:
    cell = cluster.cell
    if option in _SHOW:
        return _SHOW[option](cell, arguments)
    if option in ("-tsm", "-ks"):
        return _scheduler(invocation, cluster, option)
    if option in _CHANGES:
        if not cell.is_manager(invocation.user):
            return _failed(f'denied: "{invocation.user}" must be manager for this operation')
        return _failed(f'Unsupported: "{option}" is not supported in this version')
    return _failed(f'error: invalid option argument "{option}"\nUsage: qconf -help')


def _failed(text: str) -> Reply:
    return Reply(stderr=f"{text}\n", code=1)


def _scheduler(invocation: Invocation, cluster: Cluster, option: str) -> Reply:
    """-tsm: a scheduler run at once. -ks would leave the cell without a scheduler for good."""
    if not cluster.cell.is_manager(invocation.user):
        if option == "-tsm":
            return Reply(stderr="starting scheduler monitoring requires manager privileges\n")
        return _failed(f'denied: "{invocation.user}" must be manager for this operation')
    if option == "-ks":
        return _failed('Unsupported: "-ks" is not supported in this version')
    cluster.input("trigger")
    return Reply(f"{invocation.user}@{invocation.host} triggers scheduler monitoring\n")


def _lines(items: Iterable[str], what: str) -> Reply:
    """A list sorted by name, or that there is none."""
    found = sorted(items)
    return Reply("".join(f"{item}\n" for item in found)) if found else _failed(f"no {what} defined")


def _list(of: Callable[[Cell], Iterable[str]], what: str) -> Show:
    return lambda cell, arguments: _lines(of(cell), what)


def _each(show: Callable[[Cell, str], Reply]) -> Show:
    """For options that take a comma list of names."""

    def answer(cell: Cell, arguments: Sequence[str]) -> Reply:
        given = [name for text in arguments for name in text.split(",") if name]
        if not given:
            return _failed("ERROR! no option argument")
        shown: list[str] = []
        for name in given:
            reply = show(cell, name)
            if reply.code:
                return Reply("".join(shown), reply.stderr, reply.code)
            shown.append(reply.stdout)
        return Reply("".join(shown))

    return answer


def _queue(cell: Cell, arguments: Sequence[str]) -> Reply:
    """A cluster queue, queue instances, or without a name the template."""
    if not arguments:
        return Reply(usage("queue_template"))
    shown: list[str] = []
    for name in arguments[0].split(","):
        if "@" in name:
            places = select_queues(cell, [name])
            found = [qconf_print.queue_instance(cell, place.queue, place.host) for place in places]
        else:
            queues = dict.fromkeys(place.queue for place in select_queues(cell, [name]))
            if name in cell.config.queues:
                queues[name] = None
            found = [qconf_print.cluster_queue(cell.config.queues[queue]) for queue in sorted(queues)]
        if not found:
            return _failed(f'No cluster queue or queue instance matches the phrase "{name}"')
        shown += found
    return Reply("\n".join(shown))


def _execution_host(cell: Cell, name: str) -> Reply:
    if name in ("global", "template"):
        return Reply(
            qconf_print.execution_host(cell.layout.everywhere, cell.config.hosts.get(name, {"hostname": name}))
        )
    for known, host in cell.hosts.items():
        if same_host(name, known):
            return Reply(qconf_print.execution_host(host, cell.config.hosts[known]))
    known_hosts = (*cell.config.admin_hosts, *cell.config.submit_hosts)
    if any(same_host(name, known) for known in known_hosts):
        return _failed(f"{name} is not an execution host")
    return _failed(f'can\'t resolve hostname "{name}"')


def _configuration(cell: Cell, arguments: Sequence[str]) -> Reply:
    shown = []
    for name in arguments[0].split(",") if arguments else ["global"]:
        if name not in cell.config.configuration:
            return _failed(f"configuration {name} not defined")
        shown.append(qconf_print.configuration(name, cell.config.configuration[name]))
    return Reply("\n".join([*shown, ""]))


def _environment(cell: Cell, name: str) -> Reply:
    found = cell.config.parallel_environments.get(name)
    return _failed(f"{name} is not a parallel environment") if found is None else Reply(qconf_print.padded(found, 19))


def _project(cell: Cell, name: str) -> Reply:
    found = cell.config.projects.get(name)
    return _failed(f"{name} is not known as a project") if found is None else Reply(qconf_print.spaced(found))


def _access_list(cell: Cell, name: str) -> Reply:
    found = cell.config.access_lists.get(name)
    return _failed(f'access list "{name}" doesn\'t exist') if found is None else Reply(qconf_print.padded(found, 8))


def _user(cell: Cell, name: str) -> Reply:
    found = cell.config.users.get(name)
    return _failed(f"{name} is not known as user") if found is None else Reply(qconf_print.spaced(found))


def _calendar(cell: Cell, name: str) -> Reply:
    found = cell.config.calendars.get(name)
    return _failed(f"{name} is not a calendar") if found is None else Reply(qconf_print.calendar(found))


def _group(show: Callable[[Cell, str], str]) -> Show:
    def answer(cell: Cell, name: str) -> Reply:
        if name not in cell.config.host_groups:
            return _failed(f'Host group "{name}" does not exist')
        return Reply(show(cell, name))

    return _each(answer)


def _resource_quotas(cell: Cell, arguments: Sequence[str]) -> Reply:
    sets = cell.config.resource_quotas
    wanted = arguments[0].split(",") if arguments else list(sets)
    for name in wanted:
        if name not in sets:
            return _failed(f'resource quota set "{name}" does not exist')
    if not wanted:
        return _failed("No resource quota set found")
    return Reply(qconf_print.resource_quotas(sets[name] for name in wanted))


def _event_clients(cell: Cell, arguments: Sequence[str]) -> Reply:
    head = f"{'ID':>8} {'NAME':<15} {'HOST':<25}\n{'-' * 50}\n"
    return Reply(f"{head}{1:8d} {'scheduler':<15} {cell.config.qmaster:<25}\n")


def _complex_list(cell: Cell, arguments: Sequence[str]) -> Reply:
    return Reply(qconf_print.complexes(cell.config.complexes.values()))


def _scheduler_configuration(cell: Cell, arguments: Sequence[str]) -> Reply:
    return Reply(qconf_print.padded(cell.config.scheduler, 34))


_SHOW: dict[str, Show] = {
    "-sc": _complex_list,
    "-scal": _each(_calendar),
    "-scall": _list(lambda cell: cell.config.calendars, "calendar"),
    "-sconf": _configuration,
    "-sconfl": _list(lambda cell: [name for name in cell.config.configuration if name != "global"], "config"),
    "-se": _each(_execution_host),
    "-secl": _event_clients,
    "-sel": _list(lambda cell: cell.hosts, "execution host"),
    "-sh": _list(lambda cell: cell.config.admin_hosts, "administrative host"),
    "-shgrp": _group(lambda cell, name: qconf_print.host_group(name, cell.config.host_groups[name])),
    "-shgrp_resolved": _group(lambda cell, name: " ".join(expand_hosts(cell.config.host_groups, [name])) + "\n"),
    "-shgrp_tree": _group(lambda cell, name: qconf_print.host_group_tree(cell.config.host_groups, name)),
    "-shgrpl": _list(lambda cell: cell.config.host_groups, "host group list"),
    "-sm": _list(lambda cell: cell.config.managers, "manager"),
    "-so": _list(lambda cell: cell.config.operators, "operator"),
    "-sp": _each(_environment),
    "-spl": _list(lambda cell: cell.config.parallel_environments, "parallel environment"),
    "-sprj": _each(_project),
    "-sprjl": _list(lambda cell: cell.config.projects, "project list"),
    "-sq": _queue,
    "-sql": _list(lambda cell: cell.config.queues, "cqueue list"),
    "-srqs": _resource_quotas,
    "-srqsl": _list(lambda cell: cell.config.resource_quotas, "resource quota set list"),
    "-ss": _list(lambda cell: cell.config.submit_hosts, "submit host"),
    "-ssconf": _scheduler_configuration,
    "-sss": lambda cell, arguments: Reply(f"{cell.config.qmaster}\n"),
    "-sstree": lambda cell, arguments: (
        Reply(qconf_print.share_tree(cell.config.share_tree))
        if cell.config.share_tree
        else _failed("no sharetree element")
    ),
    "-su": _each(_access_list),
    "-sul": _list(lambda cell: cell.config.access_lists, "userset list"),
    "-suser": _each(_user),
    "-suserl": _list(lambda cell: cell.config.users, "user list"),
}

OPTIONS = OptionTable(
    Option("-help"),
    *(Option(name) for name in _SHOW),
    Option("-tsm"),
    Option("-ks", "", Standing.REFUSED, "the scheduler is a part of the cell"),
    *(Option(name, "", Standing.REFUSED, _NO_CHANGES) for name in _CHANGES),
)
