"""The hot tail of a restaurant's log: appended in order by whoever comes first, and published."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Any

import msgspec
from redis.asyncio import Redis

from state.domain.events import Event, Name
from state.domain.order import CLOSED, Order
from state.live import client, entries, keys
from state.live.client import Servers
from state.live.servers import from_each, shares, there

KEEP_ENTRIES = 500  # what a client may resume from (PROTOCOL 4); what is older is in Postgres
KEEP_COMPLETED = 200
APPEND = client.Script("append", publishes=True)
RESTORE = client.Script("restore")


class Outcome(StrEnum):
    """What became of an append: done (now or before), or what has to come first."""

    OK = "ok"
    HOLE = "hole"
    COLD = "cold"


class OrderHead(msgspec.Struct, frozen=True):
    id: str
    status: str


class CartHead(msgspec.Struct, frozen=True, rename="camel"):
    session_id: str


ORDER_HEAD = msgspec.json.Decoder(OrderHead)
CART_HEAD = msgspec.json.Decoder(CartHead)
OVER = frozenset(status.value for status in CLOSED)


async def append(redis: Servers, events: Sequence[Event]) -> tuple[Outcome, int]:
    """Append events of one restaurant, in order; return the outcome and the log's head.

    On HOLE the caller reads what follows the head from Postgres and appends that first;
    on COLD it restores the whole.
    """
    names, args = _entries(events)
    found = await APPEND.run(redis, names, args)
    return Outcome(found[0].decode()), int(found[1]) if len(found) > 1 else 0


async def restore(
    redis: Servers, restaurant_id: str, seq: int, orders: Sequence[Order], tail: Sequence[Event]
) -> None:
    """Put live state back as it stood in Postgres at `seq`; `tail` ends with the event of it."""
    args: list[Any] = [keys.channel(restaurant_id), seq, keys.KEEP_SECONDS, len(orders)]
    for order in orders:
        args += [order.id, keys.order(restaurant_id, order.id), msgspec.json.encode(order)]
    for event in tail:
        args += [event.seq, entries.write(event)]
    names = [keys.head(restaurant_id), keys.log(restaurant_id), keys.active(restaurant_id)]
    await RESTORE.run(redis, names, args)


async def read(redis: Servers, restaurant_id: str, after: int, limit: int = 500) -> list[Event]:
    """Return the events kept that follow `after`, in order; the caller looks for a hole."""
    key = keys.log(restaurant_id)
    rows: Any = await redis.of(key).xrange(key, min=f"{after + 1}-0", count=limit)
    return [entries.read(fields[b"e"]) for _, fields in rows]


async def heads(redis: Servers, restaurant_ids: Sequence[str]) -> dict[str, int]:
    """Return the head of each log, 0 for one that is not here.

    Where some servers are away and others not, the logs of the former are left out.
    """
    shared = shares(redis, restaurant_ids, keys.head)
    found = await from_each([_heads(server, share) for server, share in shared.items()])
    return {rid: head for share in found for rid, head in share.items()}


async def _heads(server: Redis, restaurant_ids: Sequence[str]) -> dict[str, int]:
    async with server.pipeline(transaction=False) as pipe:
        for restaurant_id in restaurant_ids:
            pipe.get(keys.head(restaurant_id))
        found = await pipe.execute(raise_on_error=False)
    answers = dict(zip(restaurant_ids, found, strict=True))
    return {rid: int(head or 0) for rid, head in there(answers).items()}


async def forget(redis: Servers, restaurant_id: str, seqs: Sequence[int]) -> None:
    """Take entries out of the tail; who reads there finds a hole, and reads Postgres instead."""
    if seqs:
        key = keys.log(restaurant_id)
        await redis.of(key).xdel(key, *(f"{seq}-0" for seq in seqs))


async def leave_marks(redis: Servers, mark: str, last: str) -> bool:
    """Leave a mark on each server; tell whether they held the last one: else Redis lost data."""
    names = redis.one_key_each(keys.SWEPT)
    found = await from_each([redis.of(name).set(name, mark, get=True) for name in names])
    return all(each == last.encode() for each in found)


def _entries(events: Sequence[Event]) -> tuple[list[str], list[Any]]:
    """Return the keys and the arguments of the script that appends."""
    rid = events[0].restaurant_id
    args: list[Any] = [keys.channel(rid), KEEP_ENTRIES, keys.KEEP_SECONDS, KEEP_COMPLETED]
    for event in events:
        args += [event.seq, entries.write(event), *_snapshot(event)]
    return [keys.head(rid), keys.log(rid), keys.active(rid), keys.completed(rid)], args


def _snapshot(event: Event) -> tuple[str, Any, int, str, int]:
    """Return key, value, life, order id and whether it is active, of the copy an event renews."""
    rid = event.restaurant_id
    if event.name.startswith("order:"):
        order = ORDER_HEAD.decode(event.data)
        key = keys.order(rid, order.id)
        active = int(order.status not in OVER)
        return key, bytes(event.data), keys.KEEP_SECONDS, order.id, active
    if event.name == Name.CART:
        cart = CART_HEAD.decode(event.data)
        key = keys.table(rid, cart.session_id)
        return key, bytes(event.data), keys.TABLE_SECONDS, "", 0
    return "", "", 0, "", 0
