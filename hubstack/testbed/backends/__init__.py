"""Where a stack's Grid Engine comes from: one backend for each stage."""

from __future__ import annotations

from hubstack.testbed.backends.fake import FakeBackend
from hubstack.testbed.backends.protocol import Backend
from hubstack.testbed.errors import Refused

__all__ = ["Backend", "FakeBackend", "backend_for"]


def backend_for(stage: str) -> Backend:
    """The backend of a stage.

    Raises:
        Refused: this version has none for it.
    """
    if stage == "fake":
        return FakeBackend()
    raise Refused(f"this version of hubstack has no stage {stage!r}", "use --stage fake")
