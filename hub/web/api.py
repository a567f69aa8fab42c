"""Restaurants, tables and orders over HTTP."""

import hashlib
from datetime import datetime
from typing import Any

import msgspec
from aiohttp import web

from handlers import boards, carts, floor, hotels, livelog, menus, menutexts
from handlers import orders as order_cases
from handlers import tables as table_cases
from handlers.deps import Deps
from handlers.unit import carry_out
from hub.displays import lags
from hub.web.edge import bearer
from hub.web.keys import DEPS, SETTINGS
from state.domain.actor import Actor
from state.domain.board import View
from state.domain.change import Answer
from state.domain.commands import Command, CreateOrder, Id, Seq
from state.domain.errors import Refusal, invalid
from state.domain.events import Event
from state.domain.money import TaxMode
from state.domain.order import Order
from state.domain.restaurant import Restaurant, is_open
from state.domain.table import TableSession
from state.store import restaurants

KEY_CHARS = 64  # as long as a commandId may be


class Person(msgspec.Struct, frozen=True):
    id: str
    name: str


class Host(msgspec.Struct, frozen=True, rename="camel"):
    """A restaurant, as its guests know it.

    `esims`: whether it sells those to travellers; `hotels`: whether it has rooms to stay in.
    """

    id: str
    name: str
    currency: str
    tax_mode: TaxMode
    language: str
    languages: tuple[str, ...]
    open: bool
    esims: bool
    hotels: bool


class Seat(msgspec.Struct, frozen=True):
    id: str
    number: str


class Seated(msgspec.Struct, frozen=True, rename="camel"):
    """`token` is the guest's own, for everything else it asks of the hub."""

    token: str
    guest: Person
    session: TableSession
    restaurant: Host
    table: Seat
    expires_at: datetime


class MenuQuery(msgspec.Struct, frozen=True):
    lang: str = ""


class EventQuery(msgspec.Struct, frozen=True):
    since: Seq = 0


class OrderList(msgspec.Struct, frozen=True):
    seq: int
    orders: list[Order]


class EventList(msgspec.Struct, frozen=True, omit_defaults=True):
    """`seq` is where to go on from; `reset` says why that needs a fresh snapshot first."""

    events: list[Event]
    seq: int
    reset: str | None = None


class TableList(msgspec.Struct, frozen=True):
    seq: int
    tables: list[boards.TableNow]


class Move(Command, frozen=True, kw_only=True):
    to_table_id: Id


class DisplayLag(msgspec.Struct, frozen=True):
    """What a display said last, and when; `silent` where that is more than 15 s ago."""

    id: str
    name: str
    role: str
    seq: int
    at: datetime
    lag: int
    silent: bool


class DisplayList(msgspec.Struct, frozen=True):
    displays: list[DisplayLag]


async def scan(request: web.Request, given: table_cases.Scan) -> Seated:
    """Open or join a table session; a guest who was here before stays the same guest."""
    deps = request.app[DEPS]
    done = await table_cases.scan(request.match_info["token"], given, _known_guest(request), deps)
    session, restaurant = done.session, done.restaurant
    if given.name:
        await carry_out(carts.sign, carts.Sign(), done.guest, deps)
    return Seated(
        token=deps.tokens.issue(done.guest),
        guest=Person(done.guest.id, done.guest.name),
        session=session,
        restaurant=await as_host(restaurant, request.app),
        table=Seat(session.table_id, session.table_number),
        expires_at=session.expires_at,
    )


async def as_host(restaurant: Restaurant, app: web.Application) -> Host:
    """Return a restaurant as its guests know it now."""
    deps = app[DEPS]
    return Host(
        id=restaurant.id,
        name=restaurant.name,
        currency=restaurant.currency,
        tax_mode=restaurant.tax_mode,
        language=restaurant.language,
        languages=restaurant.languages,
        open=is_open(restaurant, deps.now()),
        esims=bool(app[SETTINGS].airalo_client_id),
        hotels=bool(deps.lodgings) or await hotels.any_own(restaurant.tenant_id, deps),
    )


async def menu(request: web.Request, query: MenuQuery) -> web.Response:
    """Return the menu as a guest reads it. Public: it hangs in the window too."""
    deps = request.app[DEPS]
    async with boards.moment(deps) as conn:
        restaurant = await restaurants.get(conn, request.match_info["id"])
        found, missing = await menus.show(conn, restaurant, query.lang)
    if missing:
        await menutexts.want(restaurant, found.language, deps)
    shown = msgspec.json.encode(found)
    tag = hashlib.sha256(shown).hexdigest()[:32]
    headers = {"ETag": f'"{tag}"', "Cache-Control": "no-cache"}
    if any(seen.value in (tag, "*") for seen in request.if_none_match or ()):
        return web.Response(status=304, headers=headers)
    answer = web.Response(body=shown, content_type="application/json", headers=headers)
    answer.enable_compression()
    return answer


async def create_order(request: web.Request, who: Actor, cmd: CreateOrder) -> Answer:
    """Place a round. The header `Idempotency-Key` stands for the `commandId` of the body."""
    key = request.headers.get("Idempotency-Key")
    if key is not None:
        if not 1 <= len(key) <= KEY_CHARS:
            raise invalid("Idempotency-Key", f"has 1 to {KEY_CHARS} characters")
        cmd = msgspec.structs.replace(cmd, command_id=key)
    return await carry_out(order_cases.create, cmd, who, request.app[DEPS])


async def order(request: web.Request, who: Actor) -> Any:
    """Return one order, to its guests and to staff."""
    return (await boards.order(request.match_info["id"], who, request.app[DEPS])).data["order"]


async def orders(request: web.Request, who: Actor) -> dict[str, Any]:
    """Return the orders of a restaurant that are not settled."""
    rid = await _restaurant(request, who)
    found = await boards.board(rid, View.ACTIVE, None, request.app[DEPS])
    return {"seq": found.seq, "orders": found.data}


async def events(request: web.Request, who: Actor, query: EventQuery) -> EventList:
    """Return the log of a restaurant after `since`, 500 events at most: what sockets resume from.

    When the log was pruned past `since`, or never came that far, `reset` says so. Of what concerns
    another person alone `data` is null.
    """
    rid, deps, since = await _restaurant(request, who), request.app[DEPS], query.since
    found = await livelog.read(deps.pool, deps.redis, rid, since)
    if found and found[0].seq == since + 1:
        return EventList([_discreet(event, who) for event in found], found[-1].seq)
    head = await livelog.head(deps.pool, rid)
    if head == since:
        return EventList([], head)
    return EventList([], head, "unknown" if since > head else "too old")


def _discreet(event: Event, who: Actor) -> Event:
    """Return an event, without what it tells one person alone where that is somebody else."""
    if event.about.owner in ("", who.id):
        return event
    return msgspec.structs.replace(event, data=msgspec.Raw(b"null"))


async def tables(request: web.Request, who: Actor) -> TableList:
    """Return the tables of a restaurant, and who sits where."""
    found = await boards.floor(await _restaurant(request, who), None, request.app[DEPS])
    return TableList(found.seq, found.data["tables"])


async def displays(request: web.Request, who: Actor) -> DisplayList:
    """Return what each display has shown, and how many events for it it has not."""
    return DisplayList(await display_lags(await _restaurant(request, who), request.app[DEPS]))


async def display_lags(rid: str, deps: Deps) -> list[DisplayLag]:
    return [
        DisplayLag(d.id, d.name, d.role, d.seq, d.at, lag.events, lag.silent)
        for lag, d in ((lag, lag.display) for lag in await lags(rid, deps))
    ]


async def close_table(request: web.Request, who: Actor) -> Answer:
    """End a party's stay: its guests are let go, what they were served counts as settled."""
    cmd = table_cases.CloseTable(table_id=request.match_info["id"])
    return await carry_out(table_cases.close, cmd, who, request.app[DEPS])


async def move_party(request: web.Request, who: Actor, given: Move) -> Answer:
    """Seat a party elsewhere, with all it ordered; where somebody sits, they become one party."""
    cmd = floor.MoveParty(
        table_id=request.match_info["id"],
        to_table_id=given.to_table_id,
        command_id=given.command_id,
    )
    return await carry_out(floor.move, cmd, who, request.app[DEPS])


async def clear_table(request: web.Request, who: Actor) -> Answer:
    """Say that the table which this party left is ready for the next one."""
    cmd = floor.ClearTable(session_id=request.match_info["id"])
    return await carry_out(floor.clear, cmd, who, request.app[DEPS])


async def arrange(request: web.Request, who: Actor, given: floor.Arrangement) -> TableList:
    """Keep where tables stand on the floor map."""
    await floor.arrange(await _restaurant(request, who), given, request.app[DEPS])
    return await tables(request, who)


async def _restaurant(request: web.Request, who: Actor) -> str:
    """Return the restaurant of the path, which must be one of the caller's."""
    rid = request.match_info["id"]
    await boards.require_restaurant(rid, who, request.app[DEPS])
    return rid


def _known_guest(request: web.Request) -> Actor | None:
    """Return who this phone was, if its old token can still be read; else it is a new guest."""
    try:
        who = request.app[DEPS].tokens.read(bearer(request) or "")
    except Refusal:
        return None
    return who if who.is_guest else None
