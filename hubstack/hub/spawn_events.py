"""One line of JSON for each step of a spawn, so that its time can be split into parts."""

from __future__ import annotations

import json
import os
import time
from typing import Any

from batchspawner import JobStatus
from traitlets import Bunch, Unicode
from traitlets.config import Configurable

__all__ = ["SpawnEvents"]


class SpawnEvents(Configurable):
    """Put before a spawner of batchspawner's kind: notes what happens to it, and when, in a file.

    ``spawn_requested``, ``submit``, ``submitted`` (the job's id is known), ``queued``, ``running`` (a host is known),
    ``port_reported``, ``listening`` (where the spawner knows), ``ready`` (the proxy has the route), ``failed``,
    ``stop_requested``, ``stopped``.
    """

    spawn_events = Unicode(help="The file that the events are appended to; none if empty.").tag(config=True)

    _noted: frozenset[str] = frozenset()

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        if self.has_trait("stage"):
            self.observe(lambda change: self.note(change.new), "stage")
        self.observe(self._port_changed, "port")

    def note(self, event: str, **details: Any) -> None:
        """Append an event, unless this spawn had it already."""
        if not self.spawn_events or not event or event in self._noted:
            return
        self._noted |= {event}
        spawner: Any = self
        line = {
            "at": time.time(),
            "user": spawner.user.name,
            "server": spawner.name,
            "job": spawner.job_id,
            "event": event,
            **details,
        }
        descriptor = os.open(self.spawn_events, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            os.write(descriptor, json.dumps(line).encode() + b"\n")
        finally:
            os.close(descriptor)

    def _port_changed(self, change: Bunch) -> None:
        if change.new and "submitted" in self._noted:
            self.note("port_reported")

    async def start(self) -> Any:
        """As the spawner does."""
        self._noted = frozenset()
        self.note("spawn_requested")
        try:
            return await super().start()  # type: ignore[misc]
        except BaseException as error:
            self.note("failed", reason=getattr(error, "log_message", "") or str(error) or type(error).__name__)
            raise

    async def submit_batch_script(self) -> Any:
        """As the spawner does."""
        self.note("submit")
        job_id = await super().submit_batch_script()  # type: ignore[misc]
        self.note("submitted")
        return job_id

    async def query_job_status(self) -> Any:
        """As the spawner does."""
        status = await super().query_job_status()  # type: ignore[misc]
        if "submitted" in self._noted:
            if status == JobStatus.PENDING:
                self.note("queued")
            elif status == JobStatus.RUNNING:
                self.note("running", host=super().state_gethost())  # type: ignore[misc]
        return status

    def add_poll_callback(self, *arguments: Any, **settings: Any) -> None:
        """As the spawner does. The hub adds its callback when the server answers and the proxy has its route."""
        super().add_poll_callback(*arguments, **settings)  # type: ignore[misc]
        if self._noted & {"submitted", "listening"}:
            self.note("ready")

    async def stop(self, now: bool = False) -> None:
        """As the spawner does."""
        self.note("stop_requested")
        await super().stop(now)  # type: ignore[misc]
        self.note("stopped")

    def clear_state(self) -> None:
        """As the spawner does. It is how a server ends that nobody stopped."""
        if self.job_id:  # type: ignore[attr-defined]
            self.note("stopped")
        super().clear_state()  # type: ignore[misc]
