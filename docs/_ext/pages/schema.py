"""The reference of a YAML file, from the JSON schema of its pydantic model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from pages.markdown import code, prose, table


def sections(model: type[BaseModel], title: str) -> str:
    """Return a section for the file and one for each mapping in it, in the order in which they are met."""
    schema = model.model_json_schema(mode="validation")
    return "\n".join([_section(title, schema), *(_section(_title(n), s) for n, s in schema.get("$defs", {}).items())])


def _section(title: str, schema: Mapping[str, Any]) -> str:
    if "properties" not in schema:
        return ""
    required = schema.get("required", [])
    rows = (
        (code(name), code(_type(field)), _default(field, required=name in required), prose(field.get("description")))
        for name, field in schema["properties"].items()
    )
    return f"## {title}\n\n{prose(schema.get('description'))}\n\n{table(('key', 'type', 'default', 'meaning'), rows)}"


def _title(name: str) -> str:
    return name.removesuffix("Description")


def _default(field: Mapping[str, Any], *, required: bool) -> str:
    if required:
        return "required"
    return code("none" if field.get("default") is None else field["default"])


def _type(field: Mapping[str, Any]) -> str:
    if "$ref" in field:
        return _title(field["$ref"].rpartition("/")[2])
    if "enum" in field or "const" in field:
        return " | ".join(str(value) for value in field.get("enum", [field.get("const")]))
    if "anyOf" in field:
        return " | ".join(dict.fromkeys(_type(choice) for choice in field["anyOf"]))
    if field.get("type") == "array":
        return f"list of {_type(field.get('items', {}))}"
    if field.get("type") == "object":
        return f"mapping of names to {_type(field.get('additionalProperties', {}) or {})}"
    return str(field.get("type", "any"))
