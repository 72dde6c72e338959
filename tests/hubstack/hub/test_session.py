"""What a form sends, as the validator wants it."""

from __future__ import annotations

from hubstack.hub.session import sent_options


def test_a_single_value_is_the_value() -> None:
    """A field sent once is what REST would send: the text itself."""
    assert sent_options({"cores": ["2"], "email": ["on"]}) == {"cores": "2", "email": "on"}


def test_a_field_sent_twice_stays_a_list() -> None:
    """Nothing is dropped silently: the validator refuses the list."""
    assert sent_options({"cores": ["1", "99"]}) == {"cores": ["1", "99"]}


def test_the_token_against_forged_requests_is_no_option() -> None:
    """A client may send ``_xsrf`` as a field, as it does when it logs in."""
    assert sent_options({"_xsrf": ["2|a|b"], "queue": ["any"]}) == {"queue": "any"}
