"""One process beside each job, as sge_shepherd(8): starts it, enforces its limits, ends all of it, says how it ended.

It runs as ``python -I -S`` with few modules, outlives the daemon, and speaks through files in the job's spool directory
(``config``, ``environment`` read; ``pid``, ``trace``, ``error``, ``usage``, ``exit_status`` written), so it imports
nothing of the rest of `fake_sge`.
"""

from __future__ import annotations

from .supervise import main

__all__ = ["main"]
