"""Options inside job scripts and default files: submit(1), sge_request(5)."""

from __future__ import annotations

import shlex

__all__ = ["DEFAULT_PREFIX", "option_words", "split_words"]

DEFAULT_PREFIX = "#$"
_LINE_MAX = 2048


def option_words(text: str, prefix: str) -> list[str]:
    """The option words of a script's lines that begin with *prefix*; with an empty prefix those of a default file.

    A second ``#`` ends the options of a line, as in 8.1.9 (even inside quotes); trailing white space, a carriage return
    among it, is dropped.
    """
    words: list[str] = []
    for line in text.split("\n"):
        if line.startswith(prefix) if prefix else not line.startswith("#"):
            words += split_words(line[len(prefix) : _LINE_MAX].partition("#")[0].strip())
    return words


def split_words(line: str) -> list[str]:
    """Split at white space, keeping what stands in quotes together. A quote that isn't closed reaches to the end."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars="")
    lexer.whitespace_split = True
    lexer.commenters = ""
    lexer.escape = ""
    try:
        return list(lexer)
    except ValueError:
        return line.replace('"', "").replace("'", "").split()
