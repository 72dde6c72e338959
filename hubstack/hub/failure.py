"""How a start fails in words for the user who waits."""

from __future__ import annotations

from jupyterhub.spawner import SpawnException

__all__ = ["failure"]


def failure(message: str, status_code: int = 503, reason: str = "gridengine") -> SpawnException:
    """A failure that JupyterHub shows as *message* alone, on its pages and in its API; *reason* is for its metrics."""
    error = SpawnException(message, reason=reason, status_code=status_code)
    error.jupyterhub_message = message
    return error
