"""One user on a hub: who they are, what they came for, and how each of their steps is recorded."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from time import time

from gevent import GreenletExit
from locust import HttpUser
from locust.env import Environment
from locust.exception import StopUser

from hubstack.results import LoadPlan, Recorder, Visit
from loadtests.browser import Browser, Trouble
from loadtests.kernel import KernelTrouble

__all__ = ["Visitor"]


class Visitor(HttpUser):
    """One planned visit."""

    abstract = True

    def __init__(
        self, environment: Environment, plan: LoadPlan, visit: Visit, recorder: Recorder, password: str
    ) -> None:
        super().__init__(environment)  # type: ignore[no-untyped-call]
        self.client.trust_env = False
        self.plan, self.visit, self.recorder, self.password = plan, visit, recorder, password
        self.browser = Browser(self.client, plan.url, visit.user)

    @contextmanager
    def step(self, name: str, start_at: float | None = None) -> Iterator[None]:
        """Records the block as a span of that name; what goes wrong in it is the span's status and ends the visit."""
        begun = time() if start_at is None else start_at
        status, reason = "ok", ""
        try:
            yield
        except (Trouble, KernelTrouble) as trouble:
            status, reason = getattr(trouble, "status", "failed"), str(trouble)
            raise StopUser from None
        except GreenletExit:
            status, reason = "abandoned", "the run ended"
            raise
        except Exception as unforeseen:
            status, reason = "failed", f"driver: {unforeseen!r}"
            raise
        finally:
            self.record(name, begun, status=status, reason=reason)

    def record(self, name: str, start_at: float, *, status: str = "ok", reason: str = "") -> None:
        """Records an interval that ends now."""
        end_at = max(time(), start_at)
        self.recorder.span(
            name, start_at, end_at, session=self.visit.session, user=self.visit.user, status=status, reason=reason
        )

    def gives_up_at(self) -> float:
        """When the patience of a step that begins now ends (epoch seconds)."""
        return time() + self.visit.give_up_s

    @property
    def server_path(self) -> str:
        """The path of the user's default server."""
        return f"/user/{self.visit.user}/"
