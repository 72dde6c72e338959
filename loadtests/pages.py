"""What a user's browser reads from the hub's pages: forms with their fields, messages, where progress is told."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from html import unescape
from html.parser import HTMLParser
from typing import Any

__all__ = ["Form", "error_message", "find_form", "progress_events", "progress_path"]

_EVENT_SOURCE = re.compile(r"new EventSource\(\"([^\"]+)\"\)")
_ERROR = re.compile(r"<p[^>]*class=\"[^\"]*(?:spawn-error-msg|login_error)[^\"]*\"[^>]*>(.*?)</p>", re.DOTALL)
_TAG = re.compile(r"<[^>]+>")


@dataclass(slots=True)
class Form:
    """A form as it stands on a page: where it goes, and what it would send if nothing were changed."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)

    def filled(self, values: dict[str, str]) -> dict[str, str]:
        """What is sent with these fields filled in; raises `KeyError` for one that isn't on the page."""
        missing = [name for name in values if name not in self.fields]
        if missing:
            raise KeyError(f"the page's form has no field {missing[0]!r}; it has {', '.join(self.fields)}")
        return self.fields | values


class _FormReader(HTMLParser):
    """Collects the forms of a page; disabled fields are never sent, so they aren't fields."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._select: str | None = None
        self._text: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(given.get("action", "")))
        elif self.forms and "disabled" not in given:
            self._field(tag, given)

    def _field(self, tag: str, given: dict[str, str]) -> None:
        fields, name = self.forms[-1].fields, given.get("name", "")
        if tag == "option" and self._select is not None:
            if "selected" in given or self._select not in fields:
                fields[self._select] = given.get("value", "")
        elif tag == "select" and name:
            self._select = name
        elif tag == "textarea" and name:
            self._text = name
            fields[name] = ""
        elif tag == "input" and name and _is_sent(given):
            fields[name] = given.get("value", "")

    def handle_data(self, data: str) -> None:
        if self._text is not None:
            self.forms[-1].fields[self._text] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = None
        elif tag == "textarea":
            self._text = None


def find_form(page: str, with_field: str | None = None) -> Form | None:
    """The page's first form that is sent with POST's data, or the first that has the field; None if there is none."""
    reader = _FormReader()
    reader.feed(page)
    return next((form for form in reader.forms if with_field is None or with_field in form.fields), None)


def error_message(page: str) -> str:
    """What the page says went wrong; empty if it says nothing."""
    found = _ERROR.search(page)
    return " ".join(_TAG.sub("", found[1]).split()) if found else ""


def progress_path(page: str) -> str | None:
    """Where the page of a pending server listens for progress; None if this isn't such a page."""
    found = _EVENT_SOURCE.search(page)
    return str(json.loads(f'"{unescape(found[1])}"')) if found else None


def progress_events(lines: Iterable[bytes]) -> Iterator[dict[str, Any]]:
    """The events of a ``text/event-stream``."""
    for line in lines:
        if line.startswith(b"data:"):
            yield json.loads(line.removeprefix(b"data:"))


def _is_sent(given: dict[str, str]) -> bool:
    kind = given.get("type", "text")
    return kind not in ("submit", "button") and (kind not in ("checkbox", "radio") or "checked" in given)
