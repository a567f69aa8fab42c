"""Schemas in words, as HTML."""

import html
import re
from typing import Any


def text(words: str) -> str:
    """Return a sentence of the code as HTML: what stands in backticks is code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(words))


def anchor(section: str, name: str = "") -> str:
    """Return the place on the page that a name has."""
    return re.sub(r"[^A-Za-z0-9]+", "-", f"{section} {name}").strip("-")


class Kinds:
    """Says in words what a value may be."""

    def __init__(self, schema_of: dict[Any, Any], schemas: dict[str, Any]) -> None:
        self._schema_of, self._schemas = schema_of, schemas

    def of(self, kind: Any) -> str:
        """Return the words for a type, with links to those that have a place of their own."""
        if kind is None:
            return "nothing"
        return (
            f"<code>{kind}</code>" if isinstance(kind, str) else self.words(self._schema_of[kind])
        )

    def words(self, schema: dict[str, Any]) -> str:
        if "$ref" in schema:
            name = schema["$ref"].rpartition("/")[2]
            place = anchor("Types", name)
            return f'<a href="#{place}">{name}</a>'
        if "anyOf" in schema:
            return " or ".join(self.words(part) for part in schema["anyOf"])
        if "enum" in schema:
            return " or ".join(
                f"<code>{html.escape(str(value))}</code>" for value in schema["enum"]
            )
        say = {"array": self._list, "object": self._object}.get(schema.get("type", ""), _plain)
        return say(schema)

    def inside(self, kind: Any) -> str:
        """Return what a type is for, and its fields."""
        schema = self._schemas[kind.__name__]
        about = f"<p>{text(schema['description'])}</p>" if "description" in schema else ""
        return about + self.fields(schema)

    def fields(self, schema: dict[str, Any]) -> str:
        """Return the fields of an object as a table."""
        required = schema.get("required", ())
        rows = "".join(
            f"<tr><td><code>{name}</code>{'' if name in required else ' <i>optional</i>'}</td>"
            f"<td>{self.words(part)}</td></tr>"
            for name, part in schema.get("properties", {}).items()
        )
        return f"<table>{rows}</table>" if rows else "<p>No fields.</p>"

    def _list(self, schema: dict[str, Any]) -> str:
        return f"list of {self.words(schema.get('items', {}))}{_most(schema, 'maxItems', '')}"

    def _object(self, schema: dict[str, Any]) -> str:
        values = schema.get("additionalProperties")
        return (
            f"object of {self.words(values)}" if isinstance(values, dict) and values else "object"
        )


def _plain(schema: dict[str, Any]) -> str:
    if schema.get("type") == "string":
        return f"text{_most(schema, 'maxLength', ' characters')}"
    if "minimum" in schema and "maximum" in schema:
        return f"{schema['type']}, {schema['minimum']} to {schema['maximum']}"
    return str(schema.get("type", "anything"))


def _most(schema: dict[str, Any], limit: str, unit: str) -> str:
    return f", at most {schema[limit]}{unit}" if limit in schema else ""
