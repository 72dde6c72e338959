"""Named random streams: what one part of a scenario draws never moves what another part draws."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np

__all__ = ["Streams"]


@dataclass(frozen=True, slots=True)
class Streams:
    """The streams of one replication of a scenario with that seed."""

    seed: int
    replication: int

    def named(self, name: str) -> np.random.Generator:
        """A fresh generator that depends on seed, replication and *name* alone, on every machine."""
        digest = hashlib.blake2b(name.encode(), digest_size=16).digest()
        entropy = [self.seed, self.replication, int.from_bytes(digest, "big")]
        return np.random.Generator(np.random.PCG64(np.random.SeedSequence(entropy)))
