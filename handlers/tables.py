"""Tables: a party sits down by scanning a code, and leaves when the table is closed."""

import hmac
import secrets
from typing import Annotated

import msgspec
from msgspec import Meta
from msgspec.structs import replace

from handlers import guesses
from handlers.deps import Deps, system
from handlers.tokens import GUEST
from handlers.unit import carry_out
from handlers.usecase import UseCase, use_case
from state.domain import events, service
from state.domain.actor import FLOOR, Actor, Role
from state.domain.change import Change
from state.domain.commands import WHOLE, Command, Id
from state.domain.errors import Code, Refusal, forbidden, not_found
from state.domain.events import Name
from state.domain.facts import Facts
from state.domain.ids import new_id
from state.domain.moves import complete
from state.domain.order import CLOSED, Order, Status
from state.domain.paid import BEGUN
from state.domain.restaurant import Restaurant
from state.domain.table import (
    Table,
    TableSession,
    is_live,
    open_session,
    require_genuine,
    require_live,
    slide,
    table_of,
)
from state.store import restaurants
from state.store import tables as store
from state.store.pool import Conn

UUID_CHARS = 36
SCAN_CODE_DIGITS = 4
ASK = "ask your table for its code"


class Scan(msgspec.Struct, frozen=True):
    """What a phone sends after it has read the code on a table.

    No command: whoever scans twice sits at the table anyway, and a command id would be shared
    with all the strangers who scan as nobody yet.
    """

    name: Annotated[str, Meta(max_length=60, pattern=WHOLE)] = ""
    language: Annotated[str, Meta(max_length=12, pattern=WHOLE)] = ""
    code: Annotated[str, Meta(max_length=12)] = ""


class SeatTable(Command, frozen=True, kw_only=True):
    table_id: Id


class CloseTable(Command, frozen=True, kw_only=True):
    table_id: Id


class Expire(Command, frozen=True, kw_only=True):
    session_id: Id


class Scanned(msgspec.Struct, frozen=True):
    """A guest who has sat down."""

    guest: Actor
    session: TableSession
    restaurant: Restaurant


async def scan(token: str, given: Scan, guest: Actor | None, deps: Deps) -> Scanned:
    """Open or join the session of the table whose code was scanned.

    `guest` is who this phone was before, if anyone: scanning again does not make it a stranger.
    """
    async with deps.pool.acquire() as conn:
        table, tenant = await _scanned_table(conn, token, deps)
        restaurant = await restaurants.get(conn, table.restaurant_id)
        welcome = None
        if restaurant.join_code_required:
            welcome = await _welcome(conn, token, given, guest, table, deps)
    sit_down = _sit_down(token, restaurant, welcome)
    sitting = (await carry_out(sit_down, SeatTable(table_id=table.id), system(tenant), deps)).data
    return Scanned(_guest(given, guest, sitting, restaurant, deps), sitting, restaurant)


@use_case()
def seat(facts: Facts, cmd: SeatTable, actor: Actor, deps: Deps) -> Change:
    """Open the session of a table for a party, or find the one it has."""
    session, new = session_for(facts, actor, cmd.table_id, deps)
    return _change(actor, session, new=new)


@use_case(stay=True)
def close(facts: Facts, cmd: CloseTable, actor: Actor, deps: Deps) -> Change:
    """End a party's stay: its guests are let go, what they were served counts as settled."""
    actor.require(FLOOR)
    session = party_at(facts, cmd.table_id, actor)
    unsettled = _unsettled(facts, session)
    waiting = [order for order in unsettled if order.status is not Status.DELIVERED]
    if waiting:
        numbers = ", ".join(f"#{order.order_number}" for order in waiting)
        raise Refusal(Code.CONFLICT, f"orders are not delivered yet: {numbers}")
    if any(order.payment_status in BEGUN for order in unsettled):
        raise Refusal(Code.CONFLICT, "the bill is not paid to its end yet")
    return _closing(facts, session, actor, deps)


@use_case(stay=True)
def expire(facts: Facts, cmd: Expire, actor: Actor, deps: Deps) -> Change | None:
    """Close a session, if its time is up and nobody has closed it."""
    session = facts.sessions.get(cmd.session_id)
    if session is None or session.closed_at is not None or is_live(session, deps.now()):
        return None
    return _closing(facts, session, actor, deps)


def session_for(
    facts: Facts, actor: Actor, table_id: str | None, deps: Deps
) -> tuple[TableSession, bool]:
    """Return the session a guest or a waiter orders for, and whether it is new.

    A guest orders for its own; a waiter names the table, and may be the first one there.
    """
    now = deps.now()
    if actor.is_guest:
        return slide(own_session(facts, actor, deps), now), False
    if table_id is None:
        raise Refusal(
            Code.INVALID, "tableId: is missing", [{"path": "tableId", "message": "is missing"}]
        )
    table = facts.table(table_id, actor)
    session = facts.open_at(table.id)
    if session is not None and is_live(session, now):
        return slide(session, now), False
    if session is not None:
        raise Refusal(
            Code.SESSION_EXPIRED, f"close table {table.number} first: its stay has expired"
        )
    return open_session(table, actor.tenant, _code(), now), True


def party_at(facts: Facts, table_id: str, actor: Actor) -> TableSession:
    """Return the session at a table, expired or not; raise CONFLICT when nobody sits there."""
    table = facts.table(table_id, actor)
    session = facts.open_at(table.id)
    if session is None:
        raise Refusal(Code.CONFLICT, f"nobody sits at table {table.number}")
    return session


def own_session(facts: Facts, guest: Actor, deps: Deps) -> TableSession:
    """Return a guest's session; raise SESSION_CLOSED or SESSION_EXPIRED when it is over."""
    session = facts.sessions.get(guest.session)
    if session is None:
        raise not_found("table session")
    require_live(session, deps.now())
    return session


def _closing(facts: Facts, session: TableSession, actor: Actor, deps: Deps) -> Change:
    """Return the change that ends a session: what was served is settled, its calls are done."""
    now = deps.now()
    closed = replace(session, closed_at=now)
    served = [
        order
        for order in _unsettled(facts, session)
        if order.status is Status.DELIVERED and order.payment_status not in BEGUN
    ]
    pairs = [(order, complete(order, actor, now)) for order in served]
    calls = facts.calls_of(session.id)
    answered = [service.finish(call, actor.id, actor.name, now) for call in calls]
    return Change(
        tenant_id=session.tenant_id,
        restaurant_id=session.restaurant_id,
        sessions=[closed],
        orders=pairs,
        services=answered,
        revoked=[session.id],
        drafts=[
            *(draft for before, after in pairs for draft in events.of_order(before, after)),
            *(events.of_service(Name.SERVICE_CHANGED, call) for call in answered),
            events.of_table(closed, "FREE"),
        ],
        answer=closed,
    )


async def host(conn: Conn, token: str, deps: Deps) -> tuple[Table, Restaurant]:
    """Return the table of a code, and its restaurant; raise NOT_FOUND, or what scanning would."""
    table, _ = await _scanned_table(conn, token, deps)
    restaurant = await restaurants.get(conn, table.restaurant_id)
    if restaurant.join_code_required:  # a stranger is asked for it before anything is shown
        await _welcome(conn, token, Scan(), None, table, deps)
    return table, restaurant


async def _scanned_table(conn: Conn, token: str, deps: Deps) -> tuple[Table, str]:
    if len(token) == UUID_CHARS:
        session = await store.session(conn, token.lower())
        if session is None:
            raise not_found("table code")
        require_live(session, deps.now())
        return await store.find(conn, session.table_id)
    table, tenant = await store.find(conn, table_of(token))
    require_genuine(token, table, deps.tokens.secret)
    return table, tenant


async def _welcome(
    conn: Conn, token: str, given: Scan, guest: Actor | None, table: Table, deps: Deps
) -> str | None:
    """Return the session the guest may join; raise FORBIDDEN where it does not know its code."""
    held = await store.open_at(conn, table.id)
    if held is None or not is_live(held, deps.now()):
        return None
    if len(token) == UUID_CHARS or (guest is not None and guest.session == held.id):
        return held.id
    right = hmac.compare_digest(given.code.encode(), held.code.encode())
    if given.code:
        await guesses.judge(conn, f"code:{held.id}", right, deps)
    if not right:
        raise forbidden(ASK)
    return held.id


def _sit_down(token: str, restaurant: Restaurant, welcome: str | None) -> UseCase[SeatTable]:
    by_session = len(token) == UUID_CHARS

    def decide(facts: Facts, cmd: SeatTable, actor: Actor, deps: Deps) -> Change:
        now = deps.now()
        table = facts.table(cmd.table_id, actor)
        held = facts.open_at(table.id)
        if by_session and (held is None or held.id != token.lower()):
            raise Refusal(Code.SESSION_CLOSED, "this table was closed: scan its code again")
        if held is not None and is_live(held, now):
            if restaurant.join_code_required and held.id != welcome:
                raise forbidden(ASK)
            return _change(actor, slide(held, now), new=False)
        if by_session:
            raise Refusal(Code.SESSION_EXPIRED, "this visit has expired: scan the table's code")
        opened = _change(actor, open_session(table, actor.tenant, _code(), now), new=True)
        if held is None:
            return opened
        left = _closing(facts, held, system(actor.tenant), deps)
        return replace(
            left,
            new_sessions=opened.new_sessions,
            drafts=[*left.drafts, *opened.drafts],
            answer=opened.answer,
        )

    return UseCase(decide, stay=True)


def _change(actor: Actor, session: TableSession, *, new: bool) -> Change:
    return Change(
        tenant_id=actor.tenant,
        restaurant_id=session.restaurant_id,
        new_sessions=[session] if new else [],
        sessions=[] if new else [session],
        drafts=[events.of_table(session, "SEATED")] if new else [],
        answer=session,
    )


def _guest(
    given: Scan, guest: Actor | None, session: TableSession, restaurant: Restaurant, deps: Deps
) -> Actor:
    same = guest is not None and guest.session == session.id
    return Actor(
        id=guest.id if guest is not None and same else new_id(),
        role=Role.GUEST,
        tenant=session.tenant_id,
        restaurants=frozenset({session.restaurant_id}),
        session=session.id,
        expires_at=deps.now() + GUEST,
        tables=frozenset({session.table_id}),
        lang=given.language or (guest.lang if guest else restaurant.language),
        name=given.name or (guest.name if guest and same else ""),
    )


def _unsettled(facts: Facts, session: TableSession) -> list[Order]:
    return [order for order in facts.orders_of(session.id) if order.status not in CLOSED]


def _code() -> str:
    return f"{secrets.randbelow(10**SCAN_CODE_DIGITS):0{SCAN_CODE_DIGITS}d}"
