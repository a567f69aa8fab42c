"""`/docs`: the reference as a page to read, and as documents for programs, each made once."""

import html
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Any

from aiohttp import web

from hub.web import asyncapi, openapi, reference
from hub.web.edge import Handler, Route, json
from hub.web.modules import with_modules
from hub.web.pages import policy
from hub.web.reference import Command, Heard
from hub.web.static import versioned
from hub.web.wording import Kinds, anchor, text
from state.domain.actor import ALL, Role

CONNECTING = (
    "Socket.IO protocol 5 on the default namespace, with `auth: {token}`. Without a good token the"
    " connection is refused with an error whose `data.code` says why.",
    "Every command is acknowledged, with `{ok: true, data, seq?, version?}` or with"
    " `{ok: false, error}`. Every payload may carry a `commandId`: sent again under the same one,"
    " a command gets its first answer again and changes nothing.",
    "An event comes with its data and its meta, `{seq, eventId, restaurantId, at, actor, change?,"
    " replay?}`. `seq` grows by one with each event of a restaurant.",
    "Official JavaScript clients that were cut off recover by themselves: where `socket.recovered`"
    " is true, id and rooms are the same and all that was missed follows, marked `replay`. Where it"
    " is false, and with other clients, join again, with `since` to get what was missed."
    " `sync:reset` says that it cannot be had any more. A socket that joins several restaurants is"
    " not recovered.",
    "A client that does not read what it is sent is cut off when it owes a megabyte, or for half a"
    " minute; it comes back by recovery.",
)
EXAMPLE = """\
import { io } from "socket.io-client";

// hub: this address; code: a table's; menuItemId: of GET /api/restaurants/{id}/menu
const answer = await fetch(`${hub}/api/scan/${code}`, { method: "POST" });
const { token } = await answer.json(); // for staff: accessToken of POST /api/auth/login
const socket = io(hub, { auth: { token } });
socket.on("order:statusChanged", (order, meta) => {
  console.log(meta.seq, order.orderNumber, order.status);
});
await socket.emitWithAck("join:table", {}); // who joins nothing hears nothing

const ack = await socket.emitWithAck("order:create", {
  items: [{ menuItemId, quantity: 2 }],
  commandId: crypto.randomUUID(),
});
if (!ack.ok) throw ack.error; // { code, message, details? }"""
PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>OneMoment Hub: reference</title>
<link rel="icon" href="/static/icons/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/static/styles/tokens.css">
<link rel="stylesheet" href="/static/styles/base.css">
<link rel="stylesheet" href="/static/styles/controls.css">
<link rel="stylesheet" href="/static/styles/docs.css">
<link rel="stylesheet" href="/static/styles/dark.css" media="(prefers-color-scheme: dark)">
<link rel="stylesheet" href="/static/styles/contrast.css" media="(prefers-contrast: more)">
<!-- import map -->
<!-- modules -->
<script type="module" src="/static/pages/docs.js"></script>
</head>
<body class="docs">
<header>
<img src="/static/icons/icon.svg" alt="" width="44" height="44">
<h1>OneMoment Hub</h1>
<p>What the hub understands and says. For programs: <a href="/asyncapi.json">asyncapi.json</a>
and <a href="/openapi.json">openapi.json</a>.</p>
</header>
<nav aria-label="Contents">{contents}</nav>
<main><section id="explorer" aria-label="Try it"></section>{sections}</main>
</body>
</html>
"""


def routes(others: Sequence[Route]) -> list[Route]:
    """Return the routes of the reference, which tells of the others and of them."""
    own: list[Route] = []

    @cache
    def shown() -> str:
        return page([*others, *own])

    @cache
    def spoken() -> dict[str, Any]:
        return asyncapi.document()

    @cache
    def called() -> dict[str, Any]:
        return openapi.document([*others, *own])

    async def docs(_request: web.Request) -> web.Response:
        """Return this reference as a page."""
        text = versioned(with_modules(shown()))
        headers = {"Content-Security-Policy": policy(text), "Vary": "Accept-Encoding"}
        answer = web.Response(text=text, content_type="text/html", headers=headers)
        answer.enable_compression()
        return answer

    own += [
        Route("GET", "/docs", docs, answer="text/html"),
        _document("/asyncapi.json", "Return the reference of the socket, as AsyncAPI 3.", spoken),
        _document("/openapi.json", "Return the reference of HTTP, as OpenAPI 3.1.", called),
    ]
    return own


def page(routes: Sequence[Route]) -> str:
    """Return the whole page."""
    commands, events = reference.commands(), reference.events()
    schema_of, schemas = reference.schemas(reference.types(routes))
    kinds = Kinds(schema_of, schemas)
    asked = [c.payload for c in commands] + [k for r in routes for k in (r.query, r.body)]
    answered = sorted(set(schemas) - {kind.__name__ for kind in asked if isinstance(kind, type)})
    parts = {
        "Connecting": _connecting(),
        "Commands": "".join(_command(command, kinds) for command in commands),
        "Events": "".join(_event(event, kinds) for event in events),
        "Errors": _errors(),
        "HTTP": "".join(_route(route, kinds) for route in routes),
        "Types": "".join(_type(name, schemas[name], kinds) for name in answered),
    }
    names: dict[str, Iterable[str]] = {
        "Commands": [command.name for command in commands],
        "Events": [event.name for event in events],
        "HTTP": [f"{route.method} {route.path}" for route in routes],
        "Types": answered,
    }
    contents = "".join(_contents(title, names.get(title, ())) for title in parts)
    sections = "".join(
        f'<section><h2 id="{anchor(title)}">{title}</h2>{part}</section>'
        for title, part in parts.items()
    )
    return PAGE.format(contents=contents, sections=sections)


def _connecting() -> str:
    paragraphs = "".join(f"<p>{text(words)}</p>" for words in CONNECTING)
    return f'{paragraphs}<pre tabindex="0"><code>{html.escape(EXAMPLE)}</code></pre>'


def _command(command: Command, kinds: Kinds) -> str:
    forms = ""
    if command.positional:
        bare = html.escape(f"emit('{command.name}', {', '.join(command.positional)})")
        forms = f"<dt>Short form</dt><dd><code>{bare}</code></dd>"
    return _article(
        "Commands",
        command.name,
        command.about,
        f"<dl><dt>Who</dt><dd>{_roles(command.roles)}</dd>"
        f"<dt>Answer</dt><dd>{kinds.of(command.data)}</dd>{forms}</dl>"
        f"{kinds.inside(command.payload)}",
    )


def _event(event: Heard, kinds: Kinds) -> str:
    rooms = [
        f"<code>{html.escape(room)}</code> {text(reference.ROOMS[room])}" for room in event.rooms
    ]
    heard = "".join(f"<li>{room}</li>" for room in rooms or ["this connection alone"])
    return _article(
        "Events",
        event.name,
        event.about,
        f"<dl><dt>Data</dt><dd>{kinds.of(event.data)}</dd>"
        f"<dt>Heard by</dt><dd><ul>{heard}</ul></dd></dl>",
    )


def _errors() -> str:
    rows = "".join(
        f'<tr id="{code}"><td><code>{code}</code></td><td>{status}</td><td>{text(means)}</td></tr>'
        for code, status, means in reference.codes()
    )
    return f"<table><tr><th>Code</th><th>HTTP</th><th>What it means</th></tr>{rows}</table>"


def _route(route: Route, kinds: Kinds) -> str:
    takes = "".join(
        f"<h4>{what}</h4>{kinds.inside(kind) if isinstance(kind, type) else kinds.of(kind)}"
        for what, kind in (("Query", route.query), ("Body", route.body))
        if kind is not None
    )
    return _article(
        "HTTP",
        f"{route.method} {route.path}",
        reference.about(route.handler),
        f"<dl><dt>Who</dt><dd>{_roles(route.roles)}</dd>"
        f"<dt>Answer</dt><dd>{route.status} {kinds.of(route.answer)}</dd></dl>{takes}",
    )


def _type(name: str, schema: dict[str, Any], kinds: Kinds) -> str:
    shown = kinds.words(schema) if "enum" in schema else kinds.fields(schema)
    return _article("Types", name, schema.get("description", ""), shown)


def _article(section: str, title: str, about: str, rest: str) -> str:
    return (
        f'<article><h3 id="{anchor(section, title)}"><code>{html.escape(title)}</code></h3>'
        f"<p>{text(about)}</p>{rest}</article>"
    )


def _contents(title: str, names: Iterable[str]) -> str:
    items = "".join(
        f'<li><a href="#{anchor(title, name)}">{html.escape(name)}</a></li>' for name in names
    )
    return f'<p><a href="#{anchor(title)}">{title}</a></p>' + (f"<ul>{items}</ul>" if items else "")


def _roles(roles: frozenset[Role] | None) -> str:
    if roles is None:
        return "anyone"
    if roles == ALL:
        return "everyone with a token"
    return ", ".join(role for role in Role if role in roles)


def _document(path: str, about: str, make: Callable[[], dict[str, Any]]) -> Route:
    async def show(_request: web.Request) -> web.Response:
        return json(make())

    show.__doc__ = about
    handler: Handler = show
    return Route("GET", path, handler, answer=dict)
