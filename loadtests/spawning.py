"""One wish for a server: the click, the progress, the first answer, and every further try until patience ends."""

from __future__ import annotations

from time import time
from urllib.parse import urlsplit

import gevent
import requests
from locust.clients import ResponseContextManager

from hubstack.results import PAUSE_BETWEEN_TRIES_S
from loadtests.browser import Trouble, is_away
from loadtests.pages import Form, error_message, find_form, progress_events, progress_path
from loadtests.visitor import Visitor

__all__ = ["Spawning"]

RELOAD_S = 0.5
"""Before a page is loaded again whose stream of events broke off."""
SILENCE_S = 30.0
"""A stream that says nothing for so long is broken; the hub keeps it alive every 8 s."""
TOO_MANY = 429


class Spawning:
    """Gets a visitor a server by *form*; `run` returns when the server has answered, or raises `Trouble`."""

    def __init__(self, visitor: Visitor, form: Form) -> None:
        self.visitor, self.form, self.browser = visitor, form, visitor.browser
        self.until = time() + visitor.session.give_up_s

    def run(self) -> None:
        """Tries as often as the user does: on failure again, until retries or patience end."""
        for retries_left in range(self.visitor.session.retries, -1, -1):
            try:
                self._try()
                return
            except Trouble as trouble:
                if retries_left == 0 or trouble.status == "abandoned":
                    raise
            if time() > self.until:
                raise Trouble("abandoned", "patience ended after a failed try")
            gevent.sleep(PAUSE_BETWEEN_TRIES_S)

    def _try(self) -> None:
        answer = self._post()
        while not self._reached(answer):
            events = progress_path(answer.text)
            if events is None:
                raise Trouble(
                    "failed", error_message(answer.text) or f"HTTP {answer.status_code} and no word of progress"
                )
            if not self._became_ready(events):
                gevent.sleep(RELOAD_S)
            answer = self._look()

    def _post(self) -> ResponseContextManager:
        """The click on Start; a hub that is too busy is asked again when it says."""
        refused_at: float | None = None
        while True:
            clicked_at = time()
            fields = self.form.filled(self.visitor.session.form)
            answer = self.browser.once("POST", self.form.action, name="POST spawn", files=_multipart(fields))
            if is_away(answer):
                answer = self.browser.ask("GET", "hub/spawn", name="spawn page", until=self.until)
                self.form = find_form(answer.text, "_xsrf") or self.form
                raise Trouble("failed", "the hub went away while the form was sent")
            if answer.status_code != TOO_MANY:
                break
            refused_at = refused_at or clicked_at
            self._wait_as_told(answer)
        if self._accepted(answer):
            self.visitor.record("throttle" if refused_at else "post", refused_at or clicked_at)
        return answer

    def _accepted(self, answer: ResponseContextManager) -> bool:
        """Whether the server is starting, or there already."""
        return progress_path(answer.text) is not None or urlsplit(answer.url).path.startswith(self.visitor.server_path)

    def _wait_as_told(self, answer: ResponseContextManager) -> None:
        pause = float(answer.headers.get("Retry-After", "10"))
        if time() + pause > self.until:
            raise Trouble("abandoned", "HTTP 429 until patience ended")
        gevent.sleep(pause)

    def _became_ready(self, path: str) -> bool:
        """Listens to the progress events: True when the server is ready, False if the stream breaks off."""
        out_of_patience = Trouble("abandoned", "patience ended while the server was starting")
        with gevent.Timeout(max(0.0, self.until - time()), out_of_patience):
            return self._listen(path)

    def _listen(self, path: str) -> bool:
        answer = self.browser.once("GET", path, name="progress", stream=True, timeout=(5, SILENCE_S))
        try:
            if is_away(answer):
                return False
            for event in progress_events(answer.iter_lines(chunk_size=1)):
                if event.get("failed"):
                    raise Trouble("failed", str(event.get("message", "the hub says failed")))
                if event.get("ready"):
                    return True
        except requests.RequestException:
            return False
        finally:
            answer.close()
        return False

    def _look(self) -> ResponseContextManager:
        """Opens JupyterLab: the server answers, or the hub says what is with it."""
        if time() > self.until:
            raise Trouble("abandoned", "patience ended before the server answered")
        return self.browser.ask("GET", f"{self.visitor.server_path}lab", name="JupyterLab", until=self.until)

    def _reached(self, answer: ResponseContextManager) -> bool:
        """Whether the user's own server gave this answer; a page of the hub's is none."""
        path = urlsplit(answer.url).path
        if answer.status_code == 200 and path == f"{self.visitor.server_path}lab":
            return progress_path(answer.text) is None
        if answer.status_code == 200 and path.startswith(self.visitor.server_path):
            return self._reached(self._look())
        return False


def _multipart(fields: dict[str, str]) -> dict[str, tuple[None, str]]:
    return {name: (None, value) for name, value in fields.items()}
