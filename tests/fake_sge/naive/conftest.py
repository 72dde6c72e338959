"""Makes the second scheduler, which only these tests have, importable: ``import naive_sge``."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
