"""The log from Postgres to Redis and back: appended in order, mended where it broke."""

from collections.abc import Callable, Sequence

from state.domain.events import Event
from state.live import log as live
from state.live.client import UNREACHABLE, Servers
from state.live.log import Outcome
from state.store import log as store
from state.store import menus, orders
from state.store.pool import Pool

TAIL = 500  # what clients may resume from (PROTOCOL 4)


async def append(pool: Pool, redis: Servers, events: Sequence[Event]) -> None:
    """Append committed events of one restaurant; first what others committed before and lost."""
    rid = events[0].restaurant_id
    outcome, head = await live.append(redis, events)
    while outcome is not Outcome.OK:
        if outcome is Outcome.COLD:
            await restore(pool, redis, rid)
        else:
            await _append_missing(pool, redis, rid, head, events[-1].seq)
        outcome, head = await live.append(redis, events)


async def catch_up(pool: Pool, redis: Servers, restaurant_id: str) -> int:
    """Append whatever Postgres has and Redis has not; return how many events that was."""
    head = (await live.heads(redis, [restaurant_id]))[restaurant_id]
    async with pool.acquire() as conn:
        target = await store.head(conn, restaurant_id)
    if head == 0 and target > 0:
        await restore(pool, redis, restaurant_id)
    elif head < target:
        await _append_missing(pool, redis, restaurant_id, head, target)
    return max(0, target - head)


async def restore(pool: Pool, redis: Servers, restaurant_id: str) -> None:
    """Put a restaurant's live state back after Redis lost it."""
    async with pool.acquire() as conn, conn.transaction(isolation="repeatable_read", readonly=True):
        seq = await store.head(conn, restaurant_id)
        active = await orders.active(conn, restaurant_id)
        tail = await store.read(conn, restaurant_id, max(0, seq - TAIL), limit=TAIL)
    await live.restore(redis, restaurant_id, seq, active, tail)


async def read(pool: Pool, redis: Servers, restaurant_id: str, after: int) -> list[Event]:
    """Return what follows a seq, without a hole: from Redis, else from Postgres."""
    return await fill(pool, redis, _unnoted, restaurant_id, after)


async def fill(
    pool: Pool, redis: Servers, note: Callable[[str, int], None], restaurant_id: str, after: int
) -> list[Event]:
    """Read for a node that missed something; `note` is told how much came from which engine."""
    try:
        events = await live.read(redis, restaurant_id, after)
        if events and events[0].seq == after + 1:
            whole = _unbroken(events)
            note("redis", len(whole))
            return whole
    except UNREACHABLE:
        pass  # Postgres has it too, that is the point of the two
    async with pool.acquire() as conn:
        stored = await store.read(conn, restaurant_id, after)
    if stored:
        note("postgres", len(stored))
    return stored


async def head(pool: Pool, restaurant_id: str) -> int:
    async with pool.acquire() as conn:
        return await store.head(conn, restaurant_id)


async def menu_told(pool: Pool, restaurant_id: str) -> int:
    """Return the seq of the last event about the menu; 0 without any."""
    async with pool.acquire() as conn:
        return await menus.told(conn, restaurant_id)


def _unnoted(_source: str, _count: int) -> None:
    pass


def _unbroken(events: list[Event]) -> list[Event]:
    first = events[0].seq
    return [event for place, event in enumerate(events) if event.seq == first + place]


async def _append_missing(
    pool: Pool, redis: Servers, restaurant_id: str, head: int, until: int
) -> None:
    while head < until:
        async with pool.acquire() as conn:
            missing = await store.read(conn, restaurant_id, head, until=until)
        if not missing or missing[0].seq != head + 1:  # Redis came back older than what is kept
            return await restore(pool, redis, restaurant_id)
        outcome, head = await live.append(redis, missing)
        if outcome is not Outcome.OK:
            return
