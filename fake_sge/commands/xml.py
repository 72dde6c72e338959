"""Escaping for the XML documents, and the addresses of their schemas."""

from __future__ import annotations

__all__ = ["DETAILED_JOB_INFO", "HEADER", "MESSAGE", "QSTAT", "element", "escape"]

HEADER = "<?xml version='1.0'?>\n"
_SCHEMAS = "http://arc.liv.ac.uk/repos/darcs/sge/source/dist/util/resources/schemas"
QSTAT = f"{_SCHEMAS}/qstat/qstat.xsd"
DETAILED_JOB_INFO = f"{_SCHEMAS}/qstat/detailed_job_info.xsd"
MESSAGE = f"{_SCHEMAS}/qstat/message.xsd"
QHOST = f"{_SCHEMAS}/qhost/qhost.xsd"

_SPECIAL = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;"})
_FORBIDDEN = {number: None for number in range(32) if number not in (9, 10, 13)}


def escape(text: str) -> str:
    """*text* with what XML keeps for itself as entities; control characters that XML can't carry are dropped."""
    if text.isalnum():
        return text
    return text.translate(_FORBIDDEN).translate(_SPECIAL)


def element(name: str, text: object, indent: str = "") -> str:
    """One element on one line."""
    return f"{indent}<{name}>{escape(str(text))}</{name}>\n"
