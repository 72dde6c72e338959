"""The client's frames: one byte that says what, four for the length, the bytes."""

from __future__ import annotations

from collections.abc import Iterator

__all__ = ["FrameReader", "TooLong", "frame"]

_LIMIT = 256 << 20


class TooLong(ValueError):
    """A frame longer than any that a client sends."""


def frame(what: bytes, content: bytes) -> bytes:
    """*content* with its head: *what*, one byte, says what it is."""
    return what + len(content).to_bytes(4, "big") + content


class FrameReader:
    """Puts frames together from what arrives."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, received: bytes) -> Iterator[tuple[bytes, bytes]]:
        """The frames that are complete now. Raises `TooLong`."""
        self._buffer += received
        while len(self._buffer) >= 5:
            end = 5 + int.from_bytes(self._buffer[1:5], "big")
            if end > _LIMIT:
                raise TooLong(end)
            if len(self._buffer) < end:
                return
            what, content = bytes(self._buffer[:1]), bytes(self._buffer[5:end])
            del self._buffer[:end]
            yield what, content
