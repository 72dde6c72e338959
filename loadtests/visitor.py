"""One user on a hub: who they are, what they came for, and how each of their steps is recorded."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from time import time

from gevent import GreenletExit
from locust import HttpUser
from locust.env import Environment
from locust.exception import StopUser

from hubstack.results import LoadPlan, PlannedSession, Recorder
from loadtests.browser import Browser, Trouble
from loadtests.kernel import KernelTrouble

__all__ = ["Visitor"]


class Visitor(HttpUser):
    """One planned session."""

    abstract = True

    def __init__(
        self, environment: Environment, plan: LoadPlan, session: PlannedSession, recorder: Recorder, password: str
    ) -> None:
        self.host = plan.url
        super().__init__(environment)  # type: ignore[no-untyped-call]
        self.client.trust_env = False
        self.plan, self.session, self.recorder, self.password = plan, session, recorder, password
        self.browser = Browser(self.client, plan.url, session.user)

    @contextmanager
    def step(self, name: str, start_at: float | None = None) -> Iterator[None]:
        """Records the block as a span of that name; what goes wrong in it is the span's status and ends the session.

        A step that the run's end cuts off has no end, so it is no span.
        """
        begun = time() if start_at is None else start_at
        try:
            yield
        except (Trouble, KernelTrouble) as trouble:
            self.record(name, begun, status=getattr(trouble, "status", "failed"), reason=str(trouble))
            raise StopUser from None
        except GreenletExit:
            raise
        except Exception as unforeseen:
            self.record(name, begun, status="failed", reason=f"driver: {unforeseen!r}")
            raise StopUser from unforeseen
        else:
            self.record(name, begun)

    def record(self, name: str, start_at: float, *, status: str = "ok", reason: str = "") -> None:
        """Records an interval that ends now."""
        end_at = max(time(), start_at)
        self.recorder.span(
            name, start_at, end_at, session=self.session.session, user=self.session.user, status=status, reason=reason
        )

    def gives_up_at(self) -> float:
        """When the patience of a step that begins now ends (epoch seconds)."""
        return time() + self.session.give_up_s

    @property
    def server_path(self) -> str:
        """The path of the user's default server."""
        return f"/user/{self.session.user}/"
