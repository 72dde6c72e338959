"""No secret in any log record."""

import io
import logging

import pytest

from hubstack.hub.redaction import Redaction

CANARY = "c4n4ry-0123456789abcdef0123456789abcdef"


def logged(message, *arguments, **settings):
    """What a handler with the filter writes."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.addFilter(Redaction())
    log = logging.Logger("test")  # noqa: LOG001  one that the other tests don't share
    log.addHandler(handler)
    log.error(message, *arguments, **settings)
    return stream.getvalue()


@pytest.mark.parametrize(
    "text",
    [
        f"Authorization: token {CANARY}",
        f"{{'Authorization': 'token {CANARY}'}}",
        f"GET /hub/api?token={CANARY}&x=1",
        f"JUPYTERHUB_API_TOKEN={CANARY}",
        f"{{'JUPYTERHUB_API_TOKEN': '{CANARY}', 'a': 1}}",
        f"Cookie: jupyterhub-session-id={CANARY}",
        f'"cookie_secret": "{CANARY}"',
        f"password={CANARY}",
        f"_xsrf={CANARY}",
        f"client_secret: {CANARY}",
        "Bearer 0123456789abcdef0123456789abcdef",
    ],
)
def test_secrets_are_struck_out(text):
    """By the names that they go by."""
    written = logged(text)
    assert CANARY not in written
    assert "0123456789abcdef" not in written
    assert "[redacted]" in written


def test_arguments_and_tracebacks_are_read_too():
    """A record is more than its message."""
    assert CANARY not in logged("with %s", {"api_token": CANARY})
    try:
        raise ValueError(f"token={CANARY}")
    except ValueError:
        written = logged("failed", exc_info=True)
    assert "ValueError" in written
    assert CANARY not in written


def test_the_rest_is_left_as_it_is():
    """Most of a log has nothing to hide."""
    text = "Submitted job 7 for user001: qsub ['-l', 'h_rt=04:00:00'] 100%"
    assert logged(text).strip() == text
