"""No secret reaches the log, whoever writes it: tokens, cookies and passwords are struck out of every record."""

from __future__ import annotations

import logging
import re

__all__ = ["Redaction", "redacted"]

_NAMED = re.compile(
    r"""(?ix)
        ( [\w-]* (?: token|secret|password|cookie|_xsrf|authorization ) ["']? \s* [=:] \s* )
        ( ["']? ) (?: (?:token|bearer|basic) \s+ )? [^\s"'&,;}\])]+ """
)
_SCHEME = re.compile(r"(?i)\b(token|bearer)\s+[0-9a-f]{16,}")


class Redaction(logging.Filter):
    """A filter that lets every record pass, without its secrets."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrite the record's message and traceback."""
        record.msg, record.args = redacted(record.getMessage()), ()
        if record.exc_info and not record.exc_text:
            record.exc_text = redacted(logging.Formatter().formatException(record.exc_info))
        return True


def redacted(text: str) -> str:
    """*text* with the value of whatever is called a token, secret, cookie or password struck out."""
    return _SCHEME.sub(r"\1 [redacted]", _NAMED.sub(r"\1\2[redacted]", text))
