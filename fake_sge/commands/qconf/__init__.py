"""qconf(1): show and change a cell's configuration. One module a subject; each has a table of its options."""

from __future__ import annotations

from fake_sge.commands.qconf.command import OPTIONS, run

__all__ = ["OPTIONS", "run"]
