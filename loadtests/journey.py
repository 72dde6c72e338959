"""The journey of a notebook user: log in, choose, spawn, JupyterLab, a kernel, work, stop."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from time import time
from urllib.parse import urlencode

import gevent
from locust import SequentialTaskSet, task
from locust.exception import StopUser

from loadtests.browser import Trouble
from loadtests.kernel import Kernel, KernelSilent, KernelTrouble
from loadtests.pages import Form, error_message, find_form
from loadtests.spawning import Spawning
from loadtests.visitor import Visitor

__all__ = ["Journey", "NotebookUser"]

KERNEL_TIMEOUT_S = 30.0
"""After which a user restarts a kernel that says nothing."""
STOP_TIMEOUT_S = 60.0
LOOK_EVERY_S = 0.25
REMEMBERED = 6


class Journey(SequentialTaskSet):
    """Each task is one step; a step that doesn't go well ends the journey."""

    user: NotebookUser

    def on_start(self) -> None:
        """Nothing is known yet of form and kernel."""
        self.form = Form("")
        self.kernel: Kernel | None = None

    @task
    def log_in(self) -> None:
        """From the moment the user wanted to, however late the driver was, to the hub's home page."""
        session, browser = self.user.session, self.user.browser
        intended_at = self.user.plan.start_at + session.intended_s
        until = intended_at + session.give_up_s
        with self.user.step("login", intended_at):
            page = browser.ask("GET", f"hub/login?{urlencode({'next': '/hub/home'})}", name="login page", until=until)
            form = find_form(page.text, "_xsrf")
            if form is None:
                raise Trouble("failed", f"the login page has no form (HTTP {page.status_code})")
            filled = form.filled({"username": session.user, "password": self.user.password})
            home = browser.ask("POST", form.action, name="POST login", until=until, data=filled)
            if home.status_code != 200 or "/hub/home" not in home.url:
                raise Trouble("failed", error_message(home.text) or f"HTTP {home.status_code}")

    @task
    def open_form(self) -> None:
        """The page with the options; its fields are read from it."""
        with self.user.step("form"):
            page = self.user.browser.ask("GET", "hub/spawn", name="spawn page", until=self.user.gives_up_at())
            form = find_form(page.text, "_xsrf") or find_form(page.text)
            if page.status_code != 200 or form is None:
                raise Trouble(
                    "failed", error_message(page.text) or f"the spawn page has no form (HTTP {page.status_code})"
                )
            form.filled(self.user.session.form)
            self.form = form

    @task
    def spawn(self) -> None:
        """From the click to the first answer of JupyterLab."""
        with self.user.step("spawn"):
            Spawning(self.user, self.form).run()

    @task
    def start_kernel(self) -> None:
        """A new kernel, until it answers over its websocket; one that stays silent is replaced, and counted."""
        with self.user.step("kernel_start"):
            until = self.user.gives_up_at()
            while True:
                self.kernel = self._new_kernel(until)
                try:
                    self._ask_kernel(partial(self.kernel.info, KERNEL_TIMEOUT_S))
                    return
                except KernelSilent:
                    self.kernel.close()
                    if time() > until:
                        raise
                    self.user.recorder.count("silent_kernels", 1, at=time(), target=self.user.session.session)

    @task
    def compute(self) -> None:
        """A cell, whose output must be right."""
        self._execute(f"x = {REMEMBERED}\nprint(x * 7)", expected=f"{REMEMBERED * 7}\n")

    @task
    def work(self) -> None:
        """Nothing but time."""
        gevent.sleep(self.user.session.work_s)

    @task
    def look_again(self) -> None:
        """After the work the server still answers, and its kernel still knows what it was told."""
        with self.user.step("request"):
            path, until = f"{self.user.server_path}api/status", self.user.gives_up_at()
            answer = self.user.browser.api("GET", path, name="GET status", until=until)
            if answer.status_code != 200:
                raise Trouble("failed", f"the server doesn't answer: HTTP {answer.status_code}")
        self._execute("print(x)", expected=f"{REMEMBERED}\n")

    @task
    def stop(self) -> None:
        """As the control panel does it; a user who forgets leaves the server running."""
        if not self.user.session.forgets:
            with self.user.step("stop"):
                self._stop(until=time() + STOP_TIMEOUT_S)
        raise StopUser

    def on_stop(self) -> None:
        """The browser is closed."""
        if self.kernel is not None:
            self.kernel.close()

    def _execute(self, code: str, *, expected: str) -> None:
        """Runs a cell and checks what it prints."""
        assert self.kernel is not None, "an earlier step has started it"
        with self.user.step("execute"):
            printed = self._ask_kernel(partial(self.kernel.execute, code, KERNEL_TIMEOUT_S))
            if printed != expected:
                raise Trouble("failed", f"the cell printed {printed!r}, not {expected!r}")

    def _new_kernel(self, until: float) -> Kernel:
        browser, path = self.user.browser, f"{self.user.server_path}api/kernels"
        answer = browser.api("POST", path, name="POST kernel", until=until, json={"name": "python3"})
        if answer.status_code != 201:
            raise Trouble("failed", f"no kernel: HTTP {answer.status_code}")
        socket = f"ws{browser.base.removeprefix('http')}{path[1:]}/{answer.json()['id']}/channels"
        return Kernel(socket, browser.cookies(path))

    def _ask_kernel(self, ask: Callable[[], str]) -> str:
        """The kernel's answer; a connection that has gone is opened again until patience ends."""
        until = self.user.gives_up_at()
        while True:
            try:
                return ask()
            except KernelSilent:
                raise
            except KernelTrouble:
                if time() > until:
                    raise
                gevent.sleep(LOOK_EVERY_S)

    def _stop(self, until: float) -> None:
        browser, path = self.user.browser, f"hub/api/users/{self.user.session.user}"
        answer = browser.api("DELETE", f"{path}/server", name="DELETE server", until=until)
        if answer.status_code not in (202, 204):
            raise Trouble("failed", f"stop: HTTP {answer.status_code}")
        while browser.api("GET", path, name="GET user", until=until).json().get("servers"):
            if time() > until:
                raise Trouble("timed_out", f"still there {STOP_TIMEOUT_S:.0f} s after it was stopped")
            gevent.sleep(LOOK_EVERY_S)


class NotebookUser(Visitor):
    """A user who comes for one session in JupyterLab."""

    tasks = [Journey]  # noqa: RUF012 - locust's own way
