"""The report of a server's port: the one thing that a job tells the hub.

batchspawner's wrapper and ours post ``{"port": 50000}`` to ``/hub/api/batchspawner`` with the server's own token. This
handler takes that, and nothing else.
"""

from __future__ import annotations

import json
from typing import Any, Protocol

import batchspawner.api
from jupyterhub import apihandlers
from tornado import web

__all__ = ["PORTS", "ExpectsPort", "PortReportHandler", "accept_port_reports_only", "port_in"]

PORTS = range(1024, 65536)
_LARGEST_BODY = 256


class ExpectsPort(Protocol):
    """A spawner that waits for its server's port."""

    def owns_token(self, token: str) -> bool:
        """Whether it is the token that this server was given."""

    def accept_port(self, port: int) -> bool:
        """Take the port; False if none is expected."""


def port_in(body: bytes) -> int:
    """The port that a report holds.

    Raises:
        ValueError: it holds anything else, or anything besides.

    """
    if len(body) > _LARGEST_BODY:
        raise ValueError("too long")
    report = json.loads(body)
    if not isinstance(report, dict) or set(report) != {"port"}:
        raise ValueError("not a port alone")
    port = report["port"]
    if type(port) is not int or port not in PORTS:
        raise ValueError("not a port that a server may have")
    return port


class PortReportHandler(apihandlers.APIHandler):
    """``POST /hub/api/batchspawner``."""

    @web.authenticated
    def post(self) -> None:
        """Hand the port to the spawner whose server's token was sent. Else 400 or 403, and nothing changes."""
        token = self.get_auth_token() or ""
        spawners: list[Any] = list(getattr(self.current_user, "spawners", {}).values())
        spawner: ExpectsPort | None = next((one for one in spawners if token and one.owns_token(token)), None)
        if spawner is None:
            raise web.HTTPError(403, "This is not the token of a server that reports a port")
        try:
            port = port_in(self.request.body)
        except ValueError as error:
            raise web.HTTPError(400, f"A report is one port and nothing else: {error}") from None
        if not spawner.accept_port(port):
            raise web.HTTPError(403, "No port is expected from this server")
        self.finish({"port": port})


def accept_port_reports_only() -> None:
    """Put this handler where batchspawner, when it was imported, put its own."""
    handlers: list[Any] = apihandlers.default_handlers
    handlers[:] = [entry for entry in handlers if entry[1] is not batchspawner.api.BatchSpawnerAPIHandler]
    if not any(entry[1] is PortReportHandler for entry in handlers):
        handlers.append((r"/api/batchspawner", PortReportHandler))
