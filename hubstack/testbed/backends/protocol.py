"""What the testbed asks of a Grid Engine, whatever it is made of."""

from __future__ import annotations

from typing import Protocol

from hubstack.hub.deployment import SubmitHost
from hubstack.site import Site
from hubstack.testbed.stack import Stack

__all__ = ["Backend"]


class Backend(Protocol):
    """A Grid Engine for a stack. Its component is started and ended like the others, by name."""

    component: str
    """The qmaster's component name."""

    def prepare(self, stack: Stack, site: Site) -> None:
        """Write what the Grid Engine needs of the site into the stack's directory."""

    def start(self, stack: Stack) -> None:
        """Start the qmaster; returns at once. Jobs of an earlier one are taken over."""

    def ready(self, stack: Stack) -> bool:
        """Whether the qmaster answers."""

    def submit_host(self, stack: Stack) -> SubmitHost:
        """What a process needs to use the q-commands, and where hosts are reached; once the qmaster is ready."""

    def stop(self, stack: Stack) -> None:
        """End the qmaster and every job; also when the qmaster has been killed before."""
