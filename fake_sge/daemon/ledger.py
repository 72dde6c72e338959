"""The accounting file: written from the cell's events, made whole again after a crash."""

from __future__ import annotations

from pathlib import Path

__all__ = ["Ledger"]

_HEAD = "# Version: 8.1.9\n# \n# DO NOT MODIFY THIS FILE MANUALLY!\n# \n"


class Ledger:
    """accounting(5) lines in *path*. The journal is the truth: lines that a crash kept from the file can be made again."""

    def __init__(self, path: Path) -> None:
        self.path = path
        if not path.exists():
            path.write_text(_HEAD)

    @property
    def size(self) -> int:
        return self.path.stat().st_size

    def append(self, lines: list[str]) -> None:
        """Add lines, without their newlines."""
        with open(self.path, "a", encoding="utf-8", errors="surrogateescape") as file:
            file.write("".join(f"{line}\n" for line in lines))

    def complete(self, offset: int, lines: list[str]) -> None:
        """From *offset* on the file ought to hold *lines*: add what is missing. A file that others changed is left alone."""
        expected = "".join(f"{line}\n" for line in lines).encode("utf-8", "surrogateescape")
        with open(self.path, "r+b") as file:
            file.seek(offset)
            present = file.read()
            if expected.startswith(present):
                file.write(expected[len(present) :])
