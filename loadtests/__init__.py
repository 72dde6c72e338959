"""Load from many users at once: locust, with everybody's start planned and every step recorded.

A process of its own, as gevent patches it: ``python -m loadtests PLAN.json OUT/``.
"""

from __future__ import annotations

__all__: list[str] = []
