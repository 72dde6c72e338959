"""Values of the global configuration: sge_conf(5), each of the kind of its default."""

from __future__ import annotations

import re

from fake_sge.cellfile.defaults import CONFIGURATION
from fake_sge.cellfile.names import Scalar
from fake_sge.cellfile.units import clock, parse_duration

__all__ = ["setting"]


def setting(name: str, value: Scalar) -> str:
    """The text of *value* as ``qconf -sconf`` prints it; raises `ValueError` unless it is of the default's kind."""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    default = CONFIGURATION[name]
    if default.isdigit() and not re.fullmatch(r"[0-9]{1,18}", text):
        raise ValueError(f"{name} must be a whole number; correct the value")
    if default in ("true", "false") and text not in ("true", "false"):
        raise ValueError(f"{name} must be true or false; correct the value")
    if not text.strip() or not text.isprintable():
        raise ValueError(f"{name} must be a line of text; write none for nothing")
    return clock(parse_duration(value)) if re.fullmatch(r"\d+:\d+:\d+", default) else text
