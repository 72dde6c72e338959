"""The description of a cell, as its YAML file holds it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from fake_sge.cellfile.names import Entry, HostName, Name, Pattern, Scalar, Text, TimeZone, expand_names
from fake_sge.cellfile.queues import QueueDescription
from fake_sge.cellfile.scheduler import SchedulerDescription
from fake_sge.cellfile.sharetree import Shares
from fake_sge.cellfile.strict import Strict
from fake_sge.cellfile.units import Memory
from fake_sge.core.config import CellConfig

__all__ = [
    "AccessListDescription",
    "CalendarDescription",
    "CellDescription",
    "CheckpointDescription",
    "ComplexDescription",
    "GlobalHost",
    "HostGroup",
    "ParallelEnvironmentDescription",
    "ProjectDescription",
    "QuotaDescription",
    "UserDescription",
]


class HostGroup(Strict):
    """Execution hosts of one kind; the group is also a host group ``@name`` of the cell."""

    count: int = Field(1, ge=1, le=10_000)
    names: Pattern = Field("{group}{n:03d}", description="pattern of the hosts' names; {n:03d} is the number")
    first: int = Field(1, ge=0, le=1_000_000, description="the number of the first host")
    slots: int = Field(1, ge=0, le=10_000)
    memory: Memory | None = Field(None, description="what a host has; also its rmem, where the cell has that complex")
    swap: Memory = 0.0
    gpus: Annotated[int, Field(ge=0, le=64)] | list[Annotated[int, Field(ge=0, le=63)]] = Field(
        0, description="how many, or the numbers of the working devices; also its complex gpu"
    )
    processors: int | None = Field(None, ge=1, le=10_000, description="num_proc; default: slots")
    sockets: int = Field(1, ge=1, le=64)
    cores: int | None = Field(None, ge=1, le=10_000, description="default: processors")
    arch: Text = "lx-amd64"
    complex_values: dict[str, Scalar | None] = Field(
        default_factory=dict, description="besides slots, rmem and gpu; null leaves one of these out"
    )
    user_lists: list[Name] = Field(default_factory=list)
    xuser_lists: list[Name] = Field(default_factory=list)
    projects: list[Name] = Field(default_factory=list)
    xprojects: list[Name] = Field(default_factory=list)
    load_scaling: Text = "NONE"
    usage_scaling: Text = "NONE"
    report_variables: Text = "NONE"

    def devices(self) -> tuple[int, ...]:
        """The numbers of the GPUs that jobs are given, in order."""
        return tuple(self.gpus) if isinstance(self.gpus, list) else tuple(range(self.gpus))


class GlobalHost(Strict):
    """What holds for all hosts together: the host ``global`` of host_conf(5)."""

    complex_values: dict[str, Scalar] = Field(default_factory=dict, description="what the whole cell has")
    user_lists: list[Name] = Field(default_factory=list)
    xuser_lists: list[Name] = Field(default_factory=list)
    projects: list[Name] = Field(default_factory=list)
    xprojects: list[Name] = Field(default_factory=list)
    load_scaling: Text = "NONE"
    usage_scaling: Text = "NONE"
    report_variables: Text = "NONE"


class ParallelEnvironmentDescription(Strict):
    """A parallel environment: sge_pe(5)."""

    rule: Literal["$pe_slots", "$fill_up", "$round_robin"] | Annotated[int, Field(ge=1)] = Field(
        description="allocation_rule"
    )
    slots: int = Field(9999, ge=0)
    user_lists: list[Name] = Field(default_factory=list)
    xuser_lists: list[Name] = Field(default_factory=list)
    start_proc_args: Text = "NONE"
    stop_proc_args: Text = "NONE"
    control_slaves: bool = True
    job_is_first_task: bool | None = Field(None, description="default: true for $pe_slots alone")
    urgency_slots: Literal["min", "max", "avg"] | Annotated[int, Field(ge=1)] = "min"
    accounting_summary: bool = True
    qsort_args: Text = "NONE"


class ComplexDescription(Strict):
    """A complex of the cell's own: complex(5)."""

    type: Literal["INT", "DOUBLE", "MEMORY", "TIME", "BOOL", "STRING", "CSTRING", "RESTRING", "HOST"]
    shortcut: Name | None = Field(None, description="default: the name")
    relop: Literal["==", "!=", "<", "<=", ">", ">=", "EXCL"] | None = Field(
        None, description="default: <= for amounts, else =="
    )
    requestable: bool | Literal["forced"] = True
    consumable: bool | Literal["job"] = Field(False, description="true: for each slot; job: once for each job")
    default: Scalar | None = Field(None, description="what a job that doesn't ask takes, if consumable")
    urgency: int | float = 0


class ProjectDescription(Strict):
    """A project: project(5)."""

    access: list[Name] = Field(
        default_factory=list, description="access lists whose users may use it; default: everybody"
    )
    no_access: list[Name] = Field(default_factory=list, description="access lists whose users may not")
    oticket: int = Field(0, ge=0)
    fshare: int = Field(0, ge=0)


class AccessListDescription(Strict):
    """An access list or department: access_list(5)."""

    entries: list[Entry] = Field(default_factory=list)
    type: Literal["ACL", "DEPT", "ACL DEPT"] = "ACL"
    oticket: int = Field(0, ge=0)
    fshare: int = Field(0, ge=0)


class UserDescription(Strict):
    """A user that the cell knows by name: user(5)."""

    oticket: int = Field(0, ge=0)
    fshare: int = Field(0, ge=0)
    default_project: Name | None = None


class CalendarDescription(Strict):
    """A calendar: calendar_conf(5)."""

    year: Text = "NONE"
    week: Text = "NONE"


class CheckpointDescription(Strict):
    """A checkpointing interface: checkpoint(5)."""

    interface: Text = "userdefined"
    ckpt_command: Text = "none"
    migr_command: Text = "none"
    restart_command: Text = "none"
    clean_command: Text = "none"
    ckpt_dir: Text = "/tmp"  # noqa: S108 -- as sge_conf(5) has it
    signal: Text = "none"
    when: Text = "sx"


class QuotaDescription(Strict):
    """A resource quota set: sge_resource_quota(5); in each set the first limit that matches holds."""

    name: Name
    limits: list[Text] = Field(min_length=1)
    description: Text = "NONE"
    enabled: bool = True


class CellDescription(Strict):
    """A cell: its execution hosts, queues and policies. Hosts' names get the *domain*."""

    hosts: dict[Name, HostGroup] = Field(min_length=1)
    queues: list[QueueDescription] = Field(min_length=1)
    global_host: GlobalHost | None = Field(None, description="capacities and access of the cell as a whole")
    host_groups: dict[Name, list[Text]] = Field(
        default_factory=dict, description="more host groups, of groups and hosts"
    )
    parallel_environments: dict[Name, ParallelEnvironmentDescription] = Field(default_factory=dict)
    complexes: dict[Name, ComplexDescription] = Field(default_factory=dict)
    projects: dict[Name, ProjectDescription | None] = Field(default_factory=dict)
    access_lists: dict[Name, list[Entry] | AccessListDescription] = Field(default_factory=dict)
    users: dict[Name, UserDescription | None] = Field(
        default_factory=dict, description="users with tickets or a default project"
    )
    quotas: list[Text | QuotaDescription] = Field(
        default_factory=list, description="limits, each a set of its own, or sets"
    )
    calendars: dict[Name, CalendarDescription] = Field(default_factory=dict)
    checkpoints: dict[Name, CheckpointDescription] = Field(
        default_factory=dict, description="checkpointing interfaces: checkpoint(5); queues name them in ckpt_list"
    )
    share_tree: dict[Name, Annotated[int, Field(ge=0)] | Shares] = Field(
        default_factory=dict, description="shares of users and projects, or groups of them: share_tree(5)"
    )
    scheduler: SchedulerDescription = Field(default_factory=SchedulerDescription)
    configuration: dict[str, Scalar] = Field(default_factory=dict, description="the global configuration: sge_conf(5)")
    managers: list[Name] = Field(default_factory=lambda: ["root"])
    operators: list[Name] = Field(default_factory=list)
    time_zone: TimeZone = Field("UTC", description="by whose clocks the calendars go; by default the site's")
    domain: Literal[""] | HostName = ""
    cell_name: Name = "default"
    cluster_name: Name = "hubstack"
    qmaster: HostName = "master"
    submit_hosts: list[HostName] = Field(default_factory=lambda: ["hub"], description="besides the qmaster's host")
    admin_hosts: list[HostName] = Field(
        default_factory=list, description="besides the qmaster's and the execution hosts"
    )
    enforce_rmem: bool = Field(
        False, description="kill a job whose resident memory exceeds rmem x slots; stock SGE doesn't"
    )
    load_follows_jobs: bool = Field(
        False, description="hosts report one process of load for each slot that runs; else they are always idle"
    )
    addresses: dict[HostName, Text] = Field(default_factory=dict, description="numeric addresses of hosts")

    def host_names(self, group: str) -> list[str]:
        """The full names of the hosts of a group, in order."""
        hosts = self.hosts[group]
        return [self.full_name(name) for name in expand_names(hosts.names, hosts.count, hosts.first, group)]

    def full_name(self, host: str) -> str:
        """*host* with the cell's domain, unless it has one."""
        return f"{host}.{self.domain}" if self.domain and "." not in host else host

    def entries_of(self, access_list: str) -> list[str]:
        """The users and ``@groups`` of an access list; none of one that every cell has."""
        one = self.access_lists.get(access_list, [])
        return one.entries if isinstance(one, AccessListDescription) else one

    def build(self) -> CellConfig:
        """All the cell's attributes, as ``qconf`` would print them; raises `BadFile` where names don't fit together."""
        from fake_sge.cellfile.build import build_config

        return build_config(self)
