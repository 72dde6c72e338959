"""From the description of a cell to its complete objects: every attribute with its text, as ``qconf`` prints it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from fake_sge.cellfile import defaults
from fake_sge.cellfile.configuration import setting
from fake_sge.cellfile.description import (
    AccessListDescription,
    CellDescription,
    ComplexDescription,
    GlobalHost,
    HostGroup,
    ParallelEnvironmentDescription,
    ProjectDescription,
    UserDescription,
)
from fake_sge.cellfile.document import BadFile
from fake_sge.cellfile.hosts import expanded_hosts, member_name
from fake_sge.cellfile.names import scalar_text
from fake_sge.cellfile.queues import QueueDescription
from fake_sge.cellfile.quotas import resource_quotas
from fake_sge.cellfile.references import problems
from fake_sge.cellfile.sharetree import share_tree_rows
from fake_sge.cellfile.units import clock, format_memory
from fake_sge.core.config import Attributes, CellConfig, Complex, Machine

__all__ = ["build_config"]

_TIMES = ("s_rt", "h_rt", "s_cpu", "h_cpu", "suspend_interval", "min_cpu_interval", "notify")
_CHOICES = {True: "YES", False: "NO", "forced": "FORCED", "job": "JOB"}
_AMOUNTS = tuple(f"{kind}_{what}" for what in ("fsize", "data", "stack", "core", "rss", "vmem") for kind in "sh")
_PLAIN = (
    "load_thresholds", "suspend_thresholds", "nsuspend", "priority", "processors", "ckpt_list", "tmpdir", "shell",
    "shell_start_mode", "prolog", "epilog", "starter_method", "suspend_method", "resume_method", "terminate_method",
    "owner_list", "subordinate_list", "calendar", "initial_state",
)  # fmt: skip


def build_config(cell: CellDescription) -> CellConfig:
    """The objects of *cell*; raises `BadFile` for the first name that doesn't fit (with its line: `load_cell`)."""
    for problem in problems(cell):
        raise BadFile(problem.what, "cell " + ".".join(map(str, problem.path)), problem.fix)
    qmaster = cell.full_name(cell.qmaster)
    hosts = {host: group for name, group in cell.hosts.items() for host in cell.host_names(name)}
    settings = {name: setting(name, value) for name, value in cell.configuration.items()}
    return CellConfig(
        cell=cell.cell_name,
        cluster_name=cell.cluster_name,
        domain=cell.domain,
        time_zone=cell.time_zone,
        qmaster=qmaster,
        complexes=_complexes(cell.complexes),
        hosts={
            **({"global": _global_host(cell.global_host)} if cell.global_host else {}),
            **{host: _host(cell, host, group) for host, group in hosts.items()},
        },
        host_groups=_host_groups(cell),
        queues={queue.name: _queue(cell, queue) for queue in cell.queues},
        parallel_environments={name: _pe(name, pe) for name, pe in sorted(cell.parallel_environments.items())},
        projects={name: _project(name, one or ProjectDescription()) for name, one in cell.projects.items()},
        access_lists=_access_lists(cell),
        users={name: _user(name, user or UserDescription()) for name, user in cell.users.items()},
        calendars={
            name: {"calendar_name": name, "year": calendar.year, "week": calendar.week}
            for name, calendar in sorted(cell.calendars.items())
        },
        checkpoints={name: {"ckpt_name": name, **one.model_dump()} for name, one in sorted(cell.checkpoints.items())},
        resource_quotas=resource_quotas(cell),
        share_tree=share_tree_rows(cell.share_tree, cell.projects),
        scheduler=cell.scheduler.attributes(),
        configuration={"global": defaults.CONFIGURATION | settings},
        admin_hosts=sorted({qmaster, *hosts, *map(cell.full_name, cell.admin_hosts)}),
        submit_hosts=sorted({qmaster, *map(cell.full_name, cell.submit_hosts)}),
        managers=list(cell.managers),
        operators=list(cell.operators),
        machines={host: _machine(cell, host, group) for host, group in hosts.items()},
        enforce_rmem=cell.enforce_rmem,
        load_follows_jobs=cell.load_follows_jobs,
    )


def _listed(names: Iterable[str], separator: str = " ") -> str:
    return separator.join(names) or "NONE"


def _complexes(own: dict[str, ComplexDescription]) -> dict[str, Complex]:
    found = defaults.complexes()
    for name, one in own.items():
        amount = one.type in ("INT", "DOUBLE", "MEMORY", "TIME")
        nothing = "0:0:0" if one.type == "TIME" else "0" if amount or one.type == "BOOL" else "NONE"
        found[name] = Complex(
            name,
            shortcut=one.shortcut or name,
            type=one.type,
            relop=one.relop or ("<=" if amount else "=="),
            requestable=_CHOICES[one.requestable],
            consumable=_CHOICES[one.consumable],
            default=nothing if one.default is None else scalar_text(one.default),
            urgency=str(one.urgency),
        )
    return dict(sorted(found.items()))


def _host(cell: CellDescription, name: str, group: HostGroup) -> Attributes:
    values = {"slots": str(group.slots)}
    if group.memory is not None and "rmem" in cell.complexes:
        values["rmem"] = format_memory(group.memory)
    if group.devices() and "gpu" in cell.complexes:
        values["gpu"] = str(len(group.devices()))
    for key, value in group.complex_values.items():
        if value is None:
            values.pop(key, None)
        else:
            values[key] = scalar_text(value)
    return _host_attributes(name, group, values)


def _global_host(host: GlobalHost) -> Attributes:
    return _host_attributes("global", host, {key: scalar_text(value) for key, value in host.complex_values.items()})


def _host_attributes(name: str, group: HostGroup | GlobalHost, values: dict[str, str]) -> Attributes:
    return defaults.HOST | {
        "hostname": name,
        "load_scaling": group.load_scaling,
        "complex_values": _listed((f"{key}={value}" for key, value in values.items()), ","),
        "user_lists": _listed(group.user_lists),
        "xuser_lists": _listed(group.xuser_lists),
        "projects": _listed(group.projects),
        "xprojects": _listed(group.xprojects),
        "usage_scaling": group.usage_scaling,
        "report_variables": group.report_variables,
    }


def _machine(cell: CellDescription, name: str, group: HostGroup) -> Machine:
    processors = group.processors or max(group.slots, 1)
    addresses = {cell.full_name(host): address for host, address in cell.addresses.items()}
    return Machine(
        processors=processors,
        sockets=group.sockets,
        cores=group.cores or processors,
        threads=processors,
        memory=group.memory or 0.0,
        swap=group.swap,
        gpus=group.devices(),
        address=addresses.get(name, "127.0.0.1"),
        arch=group.arch,
    )


def _host_groups(cell: CellDescription) -> dict[str, list[str]]:
    groups = {f"@{name}": cell.host_names(name) for name in cell.hosts}
    groups |= {
        f"@{name}": [member_name(cell, member) for member in members] for name, members in cell.host_groups.items()
    }
    return dict(sorted(groups.items()))


def _queue(cell: CellDescription, queue: QueueDescription) -> Attributes:
    def per_host(value: Any, text: Callable[[Any], str]) -> str:
        if not isinstance(value, dict):
            return text(value)
        others = [f"[{member_name(cell, host)}={text(one)}]" for host, one in value.items() if host != "default"]
        return ",".join([text(value["default"]), *others])

    texts: Attributes = {
        "qname": queue.name,
        "hostlist": _listed(member_name(cell, host) for host in queue.hosts),
        "seq_no": per_host(queue.seq_no, str),
        "qtype": _listed(kind.upper() for kind in ("batch", "interactive") if kind in queue.type),
        "pe_list": _listed(queue.pe),
        "rerun": str(queue.rerun).upper(),
        "slots": per_host(_slots(cell, queue) if queue.slots is None else queue.slots, str),
        "user_lists": _listed(queue.user_lists),
        "xuser_lists": _listed(queue.xuser_lists),
        "complex_values": _listed((f"{key}={scalar_text(value)}" for key, value in queue.complex_values.items()), ","),
        "projects": _listed(queue.projects),
        "xprojects": _listed(queue.xprojects),
    }
    for names, text in ((_TIMES, clock), (_AMOUNTS, format_memory), (_PLAIN, str)):
        texts |= {name: per_host(value, text) for name in names if (value := getattr(queue, name)) is not None}
    whole = defaults.QUEUE | texts
    for host, attributes in queue.overrides.items():
        for name, value in attributes.items():
            whole[name] += f",[{member_name(cell, host)}={scalar_text(value)}]"
    return whole


def _slots(cell: CellDescription, queue: QueueDescription) -> int | dict[str, int]:
    """The slots of the queue's hosts: one number where they agree."""
    by_group = {
        group: hosts.slots
        for group, hosts in cell.hosts.items()
        if set(cell.host_names(group)) & set(expanded_hosts(cell, queue.hosts))
    }
    if len(set(by_group.values())) <= 1:
        return next(iter(by_group.values()), 1)
    usual = next(iter(by_group.values()))
    return {"default": usual, **{group: slots for group, slots in by_group.items() if slots != usual}}


def _pe(name: str, pe: ParallelEnvironmentDescription) -> Attributes:
    first_task = pe.rule == "$pe_slots" if pe.job_is_first_task is None else pe.job_is_first_task
    return defaults.PE | {
        "pe_name": name,
        "slots": str(pe.slots),
        "user_lists": _listed(pe.user_lists),
        "xuser_lists": _listed(pe.xuser_lists),
        "start_proc_args": pe.start_proc_args,
        "stop_proc_args": pe.stop_proc_args,
        "allocation_rule": str(pe.rule),
        "control_slaves": str(pe.control_slaves).upper(),
        "job_is_first_task": str(first_task).upper(),
        "urgency_slots": str(pe.urgency_slots),
        "accounting_summary": str(pe.accounting_summary).upper(),
        "qsort_args": pe.qsort_args,
    }


def _project(name: str, project: ProjectDescription) -> Attributes:
    return {
        "name": name,
        "oticket": str(project.oticket),
        "fshare": str(project.fshare),
        "acl": _listed(project.access),
        "xacl": _listed(project.no_access),
    }


def _access_lists(cell: CellDescription) -> dict[str, Attributes]:
    found = {name: dict(attributes) for name, attributes in defaults.ACCESS_LISTS.items()}
    for name, given in cell.access_lists.items():
        one = given if isinstance(given, AccessListDescription) else AccessListDescription(entries=given)
        found[name] = {
            "name": name,
            "type": one.type,
            "fshare": str(one.fshare),
            "oticket": str(one.oticket),
            "entries": _listed(one.entries, ","),
        }
    return dict(sorted(found.items()))


def _user(name: str, user: UserDescription) -> Attributes:
    return {
        "name": name,
        "oticket": str(user.oticket),
        "fshare": str(user.fshare),
        "delete_time": "0",
        "default_project": user.default_project or "NONE",
    }
