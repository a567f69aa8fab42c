"""`/openapi.json`: what goes over HTTP, as OpenAPI 3.1 has it."""

import re
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

import msgspec

from hub.web import reference, shapes
from hub.web.edge import Route
from hub.web.reference import VERSION
from state.domain.commands import Command

ABOUT = "What the hub does over the socket it does over HTTP too, and signs people in."
Json = dict[str, Any]


def document(routes: Sequence[Route]) -> Json:
    """Return the whole document."""
    kinds: list[Any] = [t for route in routes for t in (route.body, route.answer)]
    kinds = [kind for kind in kinds if kind is not None and not isinstance(kind, str)]
    schema_of, schemas = reference.schemas([*kinds, shapes.Failure])
    paths: Json = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, schema_of)
    return {
        "openapi": "3.1.0",
        "info": {"title": "OneMoment Hub", "version": VERSION, "description": ABOUT},
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
            },
        },
    }


def _operation(route: Route, schema_of: dict[Any, Any]) -> Json:
    found: Json = {
        "operationId": re.sub(r"\W+", "-", f"{route.method.lower()}{route.path}").strip("-"),
        "summary": reference.about(route.handler),
        "security": [] if route.roles is None else [{"token": []}],
        "parameters": _parameters(route),
        "responses": {
            str(route.status): {
                "description": HTTPStatus(route.status).phrase,
                "content": _content(route.answer, schema_of),
            },
            "default": {
                "description": "What went wrong.",
                "content": _content(shapes.Failure, schema_of),
            },
        },
    }
    if route.roles is not None:
        found["x-roles"] = sorted(route.roles)
    if route.body is not None:
        found["requestBody"] = {"required": True, "content": _content(route.body, schema_of)}
    return found


def _parameters(route: Route) -> list[Json]:
    names = re.findall(r"{(\w+)}", route.path)
    text = {"type": "string"}
    found: list[Json] = [
        {"name": name, "in": "path", "required": True, "schema": text} for name in names
    ]
    if route.query is not None:
        schema = msgspec.json.schema_components([route.query])[1][route.query.__name__]
        found += [
            {"name": name, "in": "query", "schema": part}
            for name, part in schema["properties"].items()
        ]
    if isinstance(route.body, type) and issubclass(route.body, Command):
        found.append({"name": "Idempotency-Key", "in": "header", "schema": text})
    return found


def _content(kind: Any, schema_of: dict[Any, Any]) -> Json:
    if isinstance(kind, str):
        return {kind: {"schema": {"type": "string"}}}
    return {"application/json": {"schema": schema_of[kind]}}
