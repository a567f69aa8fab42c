"""The log of a restaurant: one gap-free sequence, written with the changes it tells of."""

from datetime import datetime
from typing import Any

import asyncpg
import msgspec
from msgspec.structs import replace

from state.domain.change import Answer, Change, Committed, Origin
from state.domain.events import Draft, Event
from state.domain.facts import Facts, Standing
from state.domain.ids import new_id
from state.domain.order import Order
from state.store.pool import PRUNE_SECONDS, Conn
from state.store.record import Batch

COLUMNS = (
    "restaurant_id, seq, event_id, name, at, actor_role, actor_id, trace,"
    " about::text AS about, data::text AS data"
)


def enter(batch: Batch, facts: Facts, change: Change, origin: Origin, now: datetime) -> Committed:
    """Give a change its place behind what the batch has, and add it; nothing is written yet."""
    standing = facts.restaurants[change.restaurant_id]
    head = batch.head + len(change.drafts)
    placed = _place(change, batch.head, _number(batch, standing, change))
    events = _events(change, placed, batch.head, origin, now)
    answer = _answer(change, placed, head)
    batch.add(change, placed, events, origin, answer)
    facts.apply(change, placed)
    return Committed(answer=answer, events=events)


async def read(
    conn: Conn, restaurant_id: str, after: int, *, limit: int = 500, until: int = 2**62
) -> list[Event]:
    """Return events `after` < seq <= `until`, in order, at most `limit` of them."""
    rows = await conn.fetch(
        f"SELECT {COLUMNS} FROM events"
        " WHERE restaurant_id = $1 AND seq > $2 AND seq <= $3 ORDER BY seq LIMIT $4",
        restaurant_id,
        after,
        until,
        limit,
    )
    return [_event(row) for row in rows]


async def head(conn: Conn, restaurant_id: str) -> int:
    """Return the seq of the last event committed, 0 where nothing has happened yet."""
    return await conn.fetchval("SELECT seq FROM restaurants WHERE id = $1", restaurant_id) or 0


async def heads_since(conn: Conn, moment: datetime) -> dict[str, int]:
    """Return the heads of the logs that went on since, but not those still on their way to Redis.

    A restaurant so busy that it is always on its way needs no sweeping: its next event finds
    the hole.
    """
    rows = await conn.fetch(
        "SELECT id, seq FROM restaurants"
        " WHERE seq_at >= $1 AND seq_at < clock_timestamp() - interval '250 milliseconds'",
        moment,
    )
    return {row["id"]: row["seq"] for row in rows}


async def prune(conn: Conn, before: datetime) -> None:
    """Forget events older than anyone may resume from."""
    await conn.execute("DELETE FROM events WHERE at < $1", before, timeout=PRUNE_SECONDS)


def _number(batch: Batch, standing: Standing, change: Change) -> int:
    """Return the number of the first new order of a change."""
    if change.business_day is None:
        return 0
    last = standing.numbers.get(change.business_day, 0)
    return batch.numbers.get(change.business_day, last) + 1


def _place(change: Change, base: int, number: int) -> dict[str, Order]:
    """Return the changed orders by id, each with the seq of its last event and its number."""
    last = {
        draft.about.order: base + place
        for place, draft in enumerate(change.drafts, 1)
        if isinstance(draft.subject, Order)
    }
    placed = {after.id: replace(after, seq=last[after.id]) for _, after in change.orders}
    for place, order in enumerate(change.new_orders):
        placed[order.id] = replace(order, seq=last[order.id], order_number=number + place)
    return placed


def _events(
    change: Change, placed: dict[str, Order], base: int, origin: Origin, now: datetime
) -> list[Event]:
    return [
        Event(
            seq=base + place,
            event_id=new_id(),
            restaurant_id=change.restaurant_id,
            name=draft.name,
            at=now,
            actor=origin.actor,
            trace=origin.trace,
            about=draft.about,
            data=_data(draft, placed),
        )
        for place, draft in enumerate(change.drafts, 1)
    ]


def _data(draft: Draft, placed: dict[str, Order]) -> msgspec.Raw:
    subject = placed[draft.subject.id] if isinstance(draft.subject, Order) else draft.subject
    return msgspec.Raw(msgspec.json.encode(subject))


def _answer(change: Change, placed: dict[str, Order], head: int) -> Answer:
    seq = head if change.drafts else None
    if isinstance(change.answer, Order):
        order = placed[change.answer.id]
        return Answer(ok=True, data=order, seq=seq, version=order.version)
    return Answer(ok=True, data=change.answer, seq=seq)


def _event(row: asyncpg.Record) -> Event:
    fields: dict[str, Any] = dict(row)
    return msgspec.convert(
        {
            "seq": fields["seq"],
            "eventId": fields["event_id"],
            "restaurantId": fields["restaurant_id"],
            "name": fields["name"],
            "at": fields["at"],
            "actor": {"role": fields["actor_role"], "id": fields["actor_id"]},
            "trace": fields["trace"],
            "about": msgspec.json.decode(fields["about"]),
            "data": msgspec.Raw(fields["data"].encode()),
        },
        Event,
    )
