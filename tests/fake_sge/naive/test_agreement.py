"""The fast scheduler starts the same jobs on the same places, in the same order, as one that knows no short cuts."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import settings
from pair import Differ, play, shortest
from workloads import steps, world

PARTS = 4
EACH = settings().max_examples * 2


@pytest.mark.parametrize("part", range(PARTS))
def test_both_schedulers_agree(part: int) -> None:
    """On random cells and workloads: every start, its place, its order; and no run is left out that would start one."""
    starts = 0
    for seed in range(part * EACH, part * EACH + EACH):
        rng = Random(seed)
        cluster = world(rng)
        happens = steps(rng, cluster)
        try:
            starts += play(cluster, happens).starts
        except Differ:
            pytest.fail(f"seed {seed}: {cluster}\n{shortest(cluster, happens)}")
    assert starts > EACH
