"""Where execution hosts answer: ``qstat`` names a host, the hub and the proxy connect to its numeric address."""

from __future__ import annotations

from typing import Any

from traitlets import Dict, Unicode
from traitlets.config import Configurable

__all__ = ["HostAddresses"]


class HostAddresses(Configurable):
    """Put before any spawner that has batchspawner's ``state_gethost``: maps what it finds."""

    host_addresses = Dict(
        key_trait=Unicode(),
        value_trait=Unicode(),
        help="Host names, as qstat prints them, and their addresses. A host that isn't here is reached by its name.",
    ).tag(config=True)

    def state_gethost(self) -> Any:
        """The address of the host on which the job runs."""
        host = super().state_gethost()  # type: ignore[misc]
        return self.host_addresses.get(host, host)
