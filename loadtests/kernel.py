"""A notebook's kernel over its websocket: run code, read what it prints."""

from __future__ import annotations

import json
import uuid
from typing import Any

from gevent import Timeout
from websocket import WebSocket, WebSocketException, create_connection

__all__ = ["Kernel", "KernelSilent", "KernelTrouble"]


class KernelTrouble(Exception):
    """The kernel can't be reached or doesn't answer as it should."""


class KernelSilent(KernelTrouble):
    """The kernel is reached and says nothing."""


class Kernel:
    """One kernel's websocket, opened when first needed and again after it broke."""

    def __init__(self, url: str, cookies: str) -> None:
        """*url* is ``ws://HOST/user/NAME/api/kernels/ID/channels``, *cookies* the Cookie header for it."""
        self._session = uuid.uuid4().hex
        self._url = f"{url}?session_id={self._session}"
        self._cookies = cookies
        self._socket: WebSocket | None = None

    def info(self, timeout_s: float) -> str:
        """Waits until the kernel answers, and returns what it printed: nothing. Raises `KernelTrouble`."""
        return self._ask("kernel_info_request", {}, timeout_s)

    def execute(self, code: str, timeout_s: float) -> str:
        """Runs *code* and returns what it printed; raises `KernelTrouble` if it failed or the connection did."""
        content = {"code": code, "silent": False, "store_history": True, "user_expressions": {}, "allow_stdin": False}
        return self._ask("execute_request", content, timeout_s)

    def close(self) -> None:
        """Closes the connection; the kernel stays."""
        if self._socket is not None:
            self._socket.close(timeout=1)
            self._socket = None

    def _ask(self, kind: str, content: dict[str, Any], timeout_s: float) -> str:
        try:
            with Timeout(timeout_s, KernelSilent(f"no answer to {kind} in {timeout_s:.0f} s")):
                return self._exchange(kind, content, timeout_s)
        except (OSError, WebSocketException, ValueError) as trouble:
            self._socket = None
            raise KernelTrouble(f"websocket: {trouble}") from None

    def _exchange(self, kind: str, content: dict[str, Any], timeout_s: float) -> str:
        if self._socket is None:
            self._socket = create_connection(self._url, timeout=timeout_s, cookie=self._cookies)
        asked = uuid.uuid4().hex
        header = {"msg_id": asked, "msg_type": kind, "username": "", "session": self._session, "version": "5.3"}
        message = {"channel": "shell", "header": header, "parent_header": {}, "metadata": {}, "content": content}
        self._socket.send(json.dumps(message))
        return self._answer(asked)

    def _answer(self, asked: str) -> str:
        """What was printed until the reply is there and the kernel is idle again."""
        assert self._socket is not None, "the question went through it"
        printed, replied, idle = "", False, False
        while not (replied and idle):
            message = json.loads(self._socket.recv())
            if message["parent_header"].get("msg_id") != asked:
                continue
            kind, content = message["msg_type"], message["content"]
            if kind == "stream":
                printed += content["text"]
            elif kind == "status":
                idle = content["execution_state"] == "idle"
            elif kind.endswith("_reply"):
                replied = True
                if content.get("status", "ok") != "ok":
                    raise KernelTrouble(f"the kernel says {content.get('ename')}: {content.get('evalue')}")
        return printed
