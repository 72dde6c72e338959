"""Markdown from lists and docstrings."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Sequence


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a pipe table; *rows* hold Markdown, and what would end a cell in them is escaped."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(_cell(cell) for cell in line) + " |" for line in lines) + "\n"


def code(text: object) -> str:
    """Return *text* as it is typed, or nothing for an empty one."""
    return f"`` {text} ``" if str(text) else ""


def prose(text: str | None) -> str:
    """Return a docstring or a help text as Markdown: nothing in it but code and emphasis is markup."""
    pieces = re.split(r"(``.+?``|`[^`]+`)", inspect.cleandoc(text or ""), flags=re.DOTALL)
    return "".join(piece if at % 2 else re.sub(r"([<>\[\]{}$|_])", r"\\\1", piece) for at, piece in enumerate(pieces))


def first_sentence(text: str | None) -> str:
    """Return the first sentence of a docstring as Markdown."""
    paragraph = inspect.cleandoc(text or "").partition("\n\n")[0]
    return prose(re.split(r"(?<=[^.]\.)\s", paragraph, maxsplit=1)[0])


def _cell(text: str) -> str:
    return re.sub(r"(?<!\\)\|", r"\\|", " ".join(text.split()))
