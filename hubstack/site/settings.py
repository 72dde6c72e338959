"""What a site says about its hub, its form and its users."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from fake_sge.cellfile import Duration, Memory, Name, Pattern, Strict, Text, expand_names, parse_memory
from fake_sge.cellfile.units import format_memory

__all__ = ["FormSettings", "GpuRange", "HubSettings", "MemoryRange", "NumberRange", "Users"]

GIB = parse_memory("1G")


def _whole_gigabytes(size: float) -> float:
    if size % GIB or not 1 <= size / GIB <= 99_999:
        raise ValueError(f"{format_memory(size)} is not a whole number of gigabytes; write one like 2G")
    return size


Gigabytes = Annotated[Memory, AfterValidator(_whole_gigabytes)]


class NumberRange(Strict):
    """What the form suggests and the most it takes."""

    default: int = Field(1, ge=1)
    max: int = Field(40, ge=1, le=9999)

    @model_validator(mode="after")
    def _ordered(self) -> NumberRange:
        if self.default > self.max:
            raise ValueError("the default is larger than max; lower one or raise the other")
        return self


class GpuRange(Strict):
    """The same for GPUs, which may be none."""

    default: int = Field(0, ge=0)
    max: int = Field(8, ge=0, le=64)

    @model_validator(mode="after")
    def _ordered(self) -> GpuRange:
        if self.default > self.max:
            raise ValueError("the default is larger than max; lower one or raise the other")
        return self


class MemoryRange(Strict):
    """The same for memory, in whole gigabytes."""

    default: Gigabytes = 2 * GIB
    max: Gigabytes = 768 * GIB

    @property
    def default_gb(self) -> int:
        """The default in gigabytes, the unit of the form."""
        return int(self.default / GIB)

    @property
    def max_gb(self) -> int:
        """The most, in gigabytes."""
        return int(self.max / GIB)

    @model_validator(mode="after")
    def _ordered(self) -> MemoryRange:
        if self.default > self.max:
            raise ValueError("the default is larger than max; lower one or raise the other")
        return self


class FormSettings(Strict):
    """The options form: its defaults, and the most that it takes. What a user gets is bounded by the cell, too."""

    project: Name = Field("default", description="`default` asks for none")
    queue: Name = Field("any", description="`any` leaves the choice to the scheduler")
    cores: NumberRange = Field(default_factory=NumberRange)
    memory_per_core: MemoryRange = Field(default_factory=MemoryRange)
    gpus_per_core: GpuRange = Field(default_factory=GpuRange)
    runtime: Duration = Field(4 * 3600.0, ge=60, le=30 * 86400, description="how long a session may last; fixed")


class HubSettings(Strict):
    """The hub: which configuration, and the limits under which it starts servers."""

    config: Text = Field("reference", description="reference, stock, or the path of a jupyterhub_config.py")
    form: FormSettings = Field(default_factory=FormSettings)
    start_timeout: Duration = Field(
        300.0, gt=0, description="how long a server may take to start, its time in the queue included"
    )
    http_timeout: Duration = Field(30.0, gt=0, description="how long a started server may take to answer")
    poll_interval: Duration = Field(30.0, gt=0, description="how often the hub looks after each server")
    concurrent_spawn_limit: int = Field(100, ge=0, description="servers that may be starting at once; 0: any number")
    active_server_limit: int = Field(0, ge=0, description="servers that may be there at once; 0: any number")
    idle_culling: Duration | None = Field(None, description="stop servers that were idle for so long; null: never")


class Users(Strict):
    """The hub's users: so many of one pattern, or a list of names."""

    count: int = Field(0, ge=0, le=100_000)
    names: Pattern | list[Annotated[str, Field(pattern=r"^[a-z_][a-z0-9_-]{0,31}$")]] = "user{n:03d}"

    @model_validator(mode="after")
    def _counted(self) -> Users:
        if isinstance(self.names, str):
            if not self.count:
                raise ValueError("there are no users; give a count")
            if self.count > 1 and "{n" not in self.names:
                raise ValueError("all users would have one name; put {n:03d} into names")
        elif self.count not in (0, len(self.names)) or len(set(self.names)) != len(self.names):
            raise ValueError("names is a list: leave count out, and name each user once; correct the list")
        return self

    def all(self) -> list[str]:
        """The names, in order."""
        return list(self.names) if isinstance(self.names, list) else expand_names(self.names, self.count)
