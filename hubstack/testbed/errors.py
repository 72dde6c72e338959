"""What can go wrong with a stack, in words for the person who started it."""

from __future__ import annotations

__all__ = ["ComponentFailed", "Refused"]


class Refused(Exception):
    """This machine lacks or refuses something: exit code 3.

    *what* is the trouble and *fix* the cure, each a short clause without a full stop.
    """

    def __init__(self, what: str, fix: str) -> None:
        super().__init__(f"{what}: {fix}")
        self.what = what
        self.fix = fix


class ComponentFailed(Refused):
    """A component of a stack did not start or went away; *log_tail* is the last it said."""

    def __init__(self, component: str, what: str, fix: str, log_tail: list[str]) -> None:
        super().__init__(what, fix)
        self.component = component
        self.log_tail = log_tail
