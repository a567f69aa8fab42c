"""Restaurants, tables and orders over HTTP."""

import hashlib

import msgspec
from aiohttp import web

from handlers import boards, livelog, menus
from handlers import orders as order_cases
from handlers import tables as table_cases
from handlers.unit import carry_out
from hub.displays import lags
from hub.web.edge import answered, body, caller, json, whole
from hub.web.keys import DEPS
from state.domain.actor import CHIEFS, FLOOR, STAFF, Actor, Role
from state.domain.board import View
from state.domain.commands import CreateOrder
from state.domain.errors import Refusal
from state.domain.restaurant import is_open
from state.store import restaurants

EVENTS_AT_ONCE = 500


async def scan(request: web.Request) -> web.Response:
    """Open or join a table session; a guest who was here before stays the same guest."""
    deps = request.app[DEPS]
    given = await body(request, table_cases.Scan)
    cmd = msgspec.structs.replace(given, token=request.match_info["token"])
    done = await table_cases.scan(cmd, _known_guest(request), deps)
    session, restaurant = done.session, done.restaurant
    return json(
        {
            "token": deps.tokens.issue(done.guest),
            "guest": {"id": done.guest.id, "name": done.guest.name},
            "session": session,
            "restaurant": {
                "id": restaurant.id,
                "name": restaurant.name,
                "currency": restaurant.currency,
                "taxMode": restaurant.tax_mode,
                "language": restaurant.language,
                "languages": restaurant.languages,
                "open": is_open(restaurant, deps.now()),
            },
            "table": {"id": session.table_id, "number": session.table_number},
            "expiresAt": session.expires_at,
        }
    )


async def menu(request: web.Request) -> web.Response:
    """The menu as a guest reads it. Public: it hangs in the window too."""
    deps = request.app[DEPS]
    async with deps.pool.acquire() as conn:
        restaurant = await restaurants.get(conn, request.match_info["id"])
        lang = request.query.get("lang", restaurant.language)
        shown = msgspec.json.encode(await menus.show(conn, restaurant, lang))
    tag = hashlib.sha256(shown).hexdigest()[:32]
    headers = {"ETag": f'"{tag}"', "Cache-Control": "no-cache"}
    if any(seen.value == tag for seen in request.if_none_match or ()):
        return web.Response(status=304, headers=headers)
    return web.Response(body=shown, content_type="application/json", headers=headers)


async def create_order(request: web.Request) -> web.Response:
    who = await caller(request)
    who.require(FLOOR | {Role.GUEST})
    cmd = await body(request, CreateOrder)
    key = request.headers.get("Idempotency-Key")
    if key is not None:
        fields = msgspec.to_builtins(cmd) | {"commandId": key[:64]}
        cmd = msgspec.convert(fields, CreateOrder)
    return answered(await carry_out(order_cases.create, cmd, who, request.app[DEPS]), status=201)


async def order(request: web.Request) -> web.Response:
    found = await boards.order(request.match_info["id"], await caller(request), request.app[DEPS])
    return json(found.data["order"])


async def orders(request: web.Request) -> web.Response:
    """The orders of a restaurant that are not settled."""
    await _staff(request)
    rid = request.match_info["id"]
    found = await boards.board(rid, View.ACTIVE, None, request.app[DEPS])
    return json({"seq": found.seq, "orders": found.data})


async def events(request: web.Request) -> web.Response:
    """The log of a restaurant from `since` on: the same that sockets resume from."""
    await _staff(request)
    deps, rid = request.app[DEPS], request.match_info["id"]
    since = whole(request, "since", 0)
    found = await livelog.read(deps.pool, deps.redis, rid, since)
    return json({"events": found[:EVENTS_AT_ONCE], "seq": found[-1].seq if found else since})


async def tables(request: web.Request) -> web.Response:
    await _staff(request)
    found = await boards.floor(request.match_info["id"], request.app[DEPS])
    return json({"seq": found.seq, "tables": found.data["tables"]})


async def displays(request: web.Request) -> web.Response:
    """What each display has shown, and how many events for it it has not."""
    (await _staff(request)).require(CHIEFS)
    found = await lags(request.match_info["id"], request.app[DEPS])
    rows = [
        {
            "id": lag.display.id,
            "name": lag.display.name,
            "role": lag.display.role,
            "seq": lag.display.seq,
            "at": lag.display.at,
            "lag": lag.events,
        }
        for lag in found
    ]
    return json({"displays": rows})


async def close_table(request: web.Request) -> web.Response:
    who = await caller(request)
    cmd = table_cases.CloseTable(table_id=request.match_info["id"])
    return answered(await carry_out(table_cases.close, cmd, who, request.app[DEPS]))


async def _staff(request: web.Request) -> Actor:
    """Return the caller, who must work at the restaurant of the path."""
    who = await caller(request)
    who.require(STAFF)
    await boards.require_restaurant(request.match_info["id"], who, request.app[DEPS])
    return who


def _known_guest(request: web.Request) -> Actor | None:
    """Return who this phone was, if its old token can still be read; else it is a new guest."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme != "Bearer":
        return None
    try:
        who = request.app[DEPS].tokens.read(token)
    except Refusal:
        return None
    return who if who.is_guest else None
