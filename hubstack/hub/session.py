"""What a user asks for, on its way from the options form or a REST request into the job."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hubstack.hub.failure import failure
from hubstack.hub.form import options_form
from hubstack.hub.options import BadOption, Options, validate
from hubstack.site import Site

__all__ = ["checked_options", "sent_options", "session_form"]


def session_form(site: Site, spawner: Any) -> str:
    """The options form for the spawner's user, with what was asked for last."""
    return options_form(site, spawner.user.name, spawner.user_options)


def sent_options(form: Mapping[str, list[str]]) -> dict[str, Any]:
    """The fields of a submitted form as REST would send them. ``_xsrf`` is JupyterHub's own, if it came as a field."""
    return {
        field: values[0] if len(values) == 1 else list(values) for field, values in form.items() if field != "_xsrf"
    }


def checked_options(site: Site, spawner: Any, user_options: Mapping[str, Any]) -> Options:
    """The checked request.

    Raises:
        SpawnException: 400, with a text for the user.

    """
    try:
        return validate(user_options, site, spawner.user.name)
    except BadOption as error:
        raise failure(error.message, status_code=400, reason="options") from None
