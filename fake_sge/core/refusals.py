"""SGE's refusals."""

from __future__ import annotations

__all__ = ["Denied"]


class Denied(Exception):
    """What the qmaster answers instead of doing what was asked, in its own words.

    *exit_code* is the client's: 1, or 25 where trying again later helps. *kind* is a short tag for programs.
    """

    def __init__(self, text: str, kind: str = "denied", exit_code: int = 1) -> None:
        super().__init__(text)
        self.text = text
        self.kind = kind
        self.exit_code = exit_code

    def __reduce__(self) -> tuple[type[Denied], tuple[str, str, int]]:
        return Denied, (self.text, self.kind, self.exit_code)
