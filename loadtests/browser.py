"""A user's browser: cookies, redirects, and the patience to reload while the hub is away."""

from __future__ import annotations

import re
from dataclasses import dataclass
from time import time
from typing import Any
from urllib.parse import urljoin, urlsplit

import gevent
from locust.clients import HttpSession, ResponseContextManager

from hubstack.results import reload_pauses

__all__ = ["Browser", "Trouble", "is_away"]

AWAY = (0, 502, 503, 504)
"""Statuses of a hub or proxy that isn't there (0: no connection): a person reloads."""
NOT_ROUTED = 424
"""The hub's answer in a server's place, while the proxy has no route to it."""

REQUEST_TIMEOUT_S = 30.0


class Trouble(Exception):
    """A step that didn't go well: its *status* (failed, timed_out, abandoned) and the reason in one line."""

    def __init__(self, status: str, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = " ".join(reason.split())[:200]


@dataclass(frozen=True, slots=True)
class Browser:
    """One user's browser on one hub; *base* is the hub's public address, with a slash at its end."""

    client: HttpSession
    base: str
    user: str

    def ask(self, method: str, path: str, *, name: str, until: float, **options: Any) -> ResponseContextManager:
        """One request with its redirects, repeated while hub or proxy are away; *name* groups it in locust's figures.

        Raises `Trouble` (abandoned) if that lasts until the epoch second *until*.
        """
        pauses = reload_pauses()
        while True:
            answer = self.once(method, path, name=name, **options)
            if not is_away(answer):
                return answer
            pause = next(pauses)
            if time() + pause > until:
                raise Trouble("abandoned", f"{name}: {_why(answer)} until patience ended")
            gevent.sleep(pause)

    def once(self, method: str, path: str, *, name: str, **options: Any) -> ResponseContextManager:
        """One request with its redirects; a connection that fails gives status 0."""
        url = urljoin(self.base, path)
        options.setdefault("timeout", REQUEST_TIMEOUT_S)
        answer: ResponseContextManager
        with self.client.request(method, url, name=name, catch_response=True, **options) as answer:
            if answer.status_code == 0 or answer.status_code >= 400:
                answer.failure(_why(answer))  # type: ignore[no-untyped-call]
            else:
                answer.success()  # type: ignore[no-untyped-call]
        return answer

    def api(self, method: str, path: str, *, name: str, until: float, **options: Any) -> ResponseContextManager:
        """Like `ask`, for an API that wants the XSRF token of its path in a header, as the pages send it."""
        headers = {
            "X-XSRFToken": self.cookie("_xsrf", urlsplit(urljoin(self.base, path)).path) or "",
            "Referer": self.base,
        }
        return self.ask(method, path, name=name, until=until, headers=headers, **options)

    def cookie(self, name: str, path: str) -> str | None:
        """The value of the cookie that is sent to *path*: of several, the one set for the longest part of it."""
        fitting = [one for one in self.client.cookies if one.name == name and path.startswith(one.path)]
        return max(fitting, key=lambda one: len(one.path)).value if fitting else None

    def cookies(self, path: str) -> str:
        """The Cookie header for *path*."""
        fitting = sorted(
            (one for one in self.client.cookies if path.startswith(one.path)), key=lambda one: -len(one.path)
        )
        return "; ".join(f"{one.name}={one.value}" for one in fitting)


def is_away(answer: ResponseContextManager) -> bool:
    """Whether nobody is there who could answer, now.

    A proxy that has just started has no routes, and its 404 is neither a hub's nor a server's; and while it lacks only
    the server's, the hub answers for the server's API with 424.
    """
    if answer.status_code == 404:
        return "X-JupyterHub-Version" not in answer.headers
    return answer.status_code in AWAY or (answer.status_code == NOT_ROUTED and "/api/" in answer.url)


def _why(answer: ResponseContextManager) -> str:
    if answer.status_code:
        return f"HTTP {answer.status_code}"
    return re.sub(r"0x[0-9a-f]+", "0x", type(answer.error).__name__)
