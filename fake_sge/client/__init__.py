"""What is installed as qsub, qstat, qdel and the rest, and a ``sudo`` for machines without the users' accounts."""

from __future__ import annotations

from fake_sge.client.install import install_clients

__all__ = ["install_clients"]
