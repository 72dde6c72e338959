"""``python -m hubstack`` is ``hubstack``."""

from __future__ import annotations

from hubstack.cli import main

__all__: list[str] = []

main()
