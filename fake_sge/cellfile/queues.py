"""The description of a cluster queue: queue_conf(5) with its own names, and shorter ones for what most queues set."""

from __future__ import annotations

from typing import Literal, TypeAlias

from pydantic import Field

from fake_sge.cellfile.names import Name, Scalar, Text
from fake_sge.cellfile.strict import Strict
from fake_sge.cellfile.units import Duration, Memory

__all__ = ["QueueDescription"]

# One value, or values by host or host group with ``default`` for the rest: ``{default: 16, gpu: 8}``.
Number: TypeAlias = int | dict[str, int]
CalendarName: TypeAlias = Name | dict[str, Name] | None
QueueType: TypeAlias = Literal["batch", "interactive"]
TimeLimit: TypeAlias = Duration | dict[str, Duration] | None
MemoryLimit: TypeAlias = Memory | dict[str, Memory] | None


class QueueDescription(Strict):
    """A cluster queue; what isn't given is as in the template that ``qconf -sq`` prints."""

    name: Name
    hosts: list[Text] = Field(min_length=1, description="groups of hosts, host groups (@name) or hosts")
    slots: Number | None = Field(None, description="slots on each host; default: those of the host")
    seq_no: Number = 0
    pe: list[Name] = Field(default_factory=list, description="parallel environments (pe_list)")
    type: list[QueueType] = Field(default=["batch", "interactive"], description="qtype")
    projects: list[Name] = Field(default_factory=list)
    xprojects: list[Name] = Field(default_factory=list)
    user_lists: list[Name] = Field(default_factory=list)
    xuser_lists: list[Name] = Field(default_factory=list)
    calendar: CalendarName = None
    complex_values: dict[str, Scalar] = Field(default_factory=dict)
    load_thresholds: Text | None = None
    suspend_thresholds: Text | None = None
    nsuspend: int | None = Field(None, ge=0)
    suspend_interval: Duration | None = None
    priority: int | None = Field(None, ge=-20, le=20, description="the nice value of jobs")
    min_cpu_interval: Duration | None = None
    processors: Text | None = None
    ckpt_list: Text | None = None
    rerun: bool = False
    tmpdir: Text | None = None
    shell: Text | None = None
    shell_start_mode: Literal["unix_behavior", "posix_compliant", "script_from_stdin"] | None = None
    prolog: Text | None = None
    epilog: Text | None = None
    starter_method: Text | None = None
    suspend_method: Text | None = None
    resume_method: Text | None = None
    terminate_method: Text | None = None
    notify: Duration | None = None
    owner_list: Text | None = None
    subordinate_list: Text | None = None
    initial_state: Literal["default", "enabled", "disabled"] | None = None
    s_rt: TimeLimit = None
    h_rt: TimeLimit = None
    s_cpu: TimeLimit = None
    h_cpu: TimeLimit = None
    s_fsize: MemoryLimit = None
    h_fsize: MemoryLimit = None
    s_data: MemoryLimit = None
    h_data: MemoryLimit = None
    s_stack: MemoryLimit = None
    h_stack: MemoryLimit = None
    s_core: MemoryLimit = None
    h_core: MemoryLimit = None
    s_rss: MemoryLimit = None
    h_rss: MemoryLimit = None
    s_vmem: MemoryLimit = None
    h_vmem: MemoryLimit = None
    overrides: dict[str, dict[str, Scalar]] = Field(
        default_factory=dict, description="by host or host group: attributes of queue_conf(5), as qconf prints them"
    )
