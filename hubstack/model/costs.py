"""What each piece of a session costs in seconds of its own: everything but waiting.

The defaults were measured on the stack itself (one spawn at a time, a shared two-core machine): JupyterHub 6.1.1,
batchspawner 1.3.0, configurable-http-proxy 5.3.0, jupyterlab 4.6.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np

__all__ = ["REFERENCE", "STOCK", "Costs", "costs_of"]

SPREAD = 0.15
"""Sigma of the logarithm of each cost from one session to the next."""


@dataclass(frozen=True, slots=True)
class Costs:
    """Seconds of each piece.

    *notice* is between listening and the hub saying ready (the route included). *hub_start* is the hub's own start,
    *kill* how long an execd takes to end a job, *gone* until the hub sees that it has.
    """

    login: float
    form: float
    post: float
    submit: float
    job_start: float
    wrapper: float
    server_start: float
    notice: float
    route_add: float
    first_answer: float
    kernel_start: float
    execute: float
    request: float
    stop: float
    gone: float
    kill: float
    hub_start: float

    def drawn(self, draw: np.random.Generator) -> Costs:
        """The costs of one session: each lognormal around its median, drawn in a fixed order."""
        factors = np.exp(SPREAD * draw.standard_normal(len(fields(self))))
        return Costs(*(float(getattr(self, field.name) * by) for field, by in zip(fields(self), factors, strict=True)))


REFERENCE = Costs(
    login=0.09,
    form=0.03,
    post=0.01,
    submit=0.06,
    job_start=0.05,
    wrapper=0.10,
    server_start=1.8,
    notice=0.08,
    route_add=0.003,
    first_answer=0.25,
    kernel_start=0.7,
    execute=0.03,
    request=0.01,
    stop=0.05,
    gone=0.5,
    kill=0.1,
    hub_start=2.5,
)
"""Our own spawner: it looks at a known port twenty times a second, and its wrapper imports next to nothing."""

STOCK = replace(REFERENCE, submit=0.03, wrapper=1.13, server_start=2.8, notice=1.65, gone=1.0)
"""batchspawner's own spawner: its wrapper imports JupyterHub, and the hub finds the server by random backoff."""


def costs_of(config: str) -> Costs:
    """The costs of a site's hub configuration; a site's own file is taken to be like the stock one."""
    return REFERENCE if config == "reference" else STOCK
