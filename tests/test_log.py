"""The log in Postgres and its tail in Redis: one order of events, whoever writes how often."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import msgspec
import pytest
from redis.asyncio import Redis

from handlers import livelog
from handlers.deps import Deps
from hub.app import core
from hub.embedded import Engines
from hub.metrics import Metrics
from hub.settings import Settings
from state.domain.actor import ActorRef
from state.domain.events import About, Event, Name
from state.domain.ids import new_id
from state.domain.order import ItemStatus, Status
from state.live import boards, entries, keys
from state.live import log as live
from state.live.log import Outcome
from state.store import orders as order_store
from tests import make
from tests.books import Books, open_books
from tests.conftest import SECRET

pytest_plugins = ("tests.fragile",)


@pytest.fixture
async def books(silent: Deps) -> Books:
    return await open_books(silent)


@pytest.fixture
def redis(silent: Deps) -> Redis:
    return silent.redis


def events(
    rid: str, first: int, last: int, name: str = Name.DISPLAY_STALE, data: object = None
) -> list[Event]:
    return [
        Event(
            seq=seq,
            event_id=new_id(),
            restaurant_id=rid,
            name=name,
            at=datetime.now(UTC),
            actor=ActorRef("service", "hub"),
            trace="",
            about=About(),
            data=msgspec.Raw(msgspec.json.encode(data)),
        )
        for seq in range(first, last + 1)
    ]


def encoded(found: list[Event]) -> list[bytes]:
    return [msgspec.json.encode(event) for event in found]


@asynccontextmanager
async def heard(redis: Redis, rid: str) -> AsyncIterator[list[int]]:
    """Yield the seqs that are published in the meantime; they are complete when it is left."""
    seqs: list[int] = []
    async with redis.pubsub() as pubsub:
        await pubsub.ssubscribe(keys.channel(rid))
        yield seqs
        await redis.spublish(keys.channel(rid), "over")
        async for message in pubsub.listen():
            if message["data"] == b"over":
                return
            if message["type"] == "smessage":
                seqs.append(int(entries.split(message["data"])[0]))


async def test_what_is_appended_is_kept_and_published_in_order(redis: Redis) -> None:
    rid = new_id()
    made = events(rid, 1, 5)
    async with heard(redis, rid) as seqs:
        assert await live.append(redis, made[:2]) == (Outcome.OK, 2)
        assert await live.append(redis, made[2:]) == (Outcome.OK, 5)
    assert seqs == [1, 2, 3, 4, 5]
    assert encoded(await live.read(redis, rid, 0)) == encoded(made)
    assert await live.read(redis, rid, 3) == made[3:]
    assert await live.heads(redis, [rid, "nobody's"]) == {rid: 5, "nobody's": 0}


async def test_an_older_event_is_dropped_without_a_word(redis: Redis) -> None:
    rid = new_id()
    made = events(rid, 1, 4)
    await live.append(redis, made)
    async with heard(redis, rid) as seqs:
        assert await live.append(redis, made[1:3]) == (Outcome.OK, 4)
        assert await live.append(redis, [*made, *events(rid, 5, 5)]) == (Outcome.OK, 5)
    assert seqs == [5]
    assert [event.seq for event in await live.read(redis, rid, 0)] == [1, 2, 3, 4, 5]


async def test_a_hole_is_told_with_the_place_before_it(redis: Redis) -> None:
    rid = new_id()
    await live.append(redis, events(rid, 1, 2))
    async with heard(redis, rid) as seqs:
        assert await live.append(redis, events(rid, 4, 5)) == (Outcome.HOLE, 2)
    assert seqs == []
    assert await live.heads(redis, [rid]) == {rid: 2}


async def test_a_log_that_is_not_here_is_told_to_be_cold(redis: Redis) -> None:
    rid = new_id()
    assert await live.append(redis, events(rid, 7, 7)) == (Outcome.COLD, 0)
    assert await live.heads(redis, [rid]) == {rid: 0}
    assert await live.append(redis, events(rid, 1, 1)) == (Outcome.OK, 1)


async def test_many_callers_append_the_same_events_and_each_is_there_once(redis: Redis) -> None:
    rid = new_id()
    made = events(rid, 1, 60)

    async def append_all(caller: int) -> None:
        chance, done = random.Random(caller), 0
        while done < len(made):
            first = chance.randrange(done + 1)
            outcome, head = await live.append(redis, made[first : done + chance.randint(1, 9)])
            assert outcome is Outcome.OK
            done = max(done, head)

    async with heard(redis, rid) as seqs:
        await asyncio.gather(*(append_all(caller) for caller in range(10)))
    assert seqs == list(range(1, 61))
    assert encoded(await live.read(redis, rid, 0)) == encoded(made)


async def test_the_tail_holds_what_clients_may_resume_from_and_not_much_more(redis: Redis) -> None:
    rid = new_id()
    for first in range(1, 2000, 100):
        await live.append(redis, events(rid, first, first + 99))
    kept = await live.read(redis, rid, 0, limit=10_000)
    assert [event.seq for event in kept] == list(range(kept[0].seq, 2001))
    assert livelog.TAIL <= len(kept) < 2 * livelog.TAIL


async def test_an_order_that_is_closed_moves_from_the_active_to_the_completed_once(
    redis: Redis,
) -> None:
    rid = new_id()
    placed = make.order(ItemStatus.QUEUED, restaurant_id=rid)
    gone = make.order(ItemStatus.VOIDED, restaurant_id=rid)
    await live.append(redis, events(rid, 1, 1, Name.ORDER_NEW, placed))
    assert await redis.smembers(keys.active(rid)) == {placed.id.encode()}
    await live.append(redis, events(rid, 2, 3, Name.ORDER_CANCELLED, gone))
    assert await redis.smembers(keys.active(rid)) == set()
    assert await redis.lrange(keys.completed(rid), 0, -1) == [placed.id.encode()]
    assert await redis.get(keys.order(rid, placed.id)) == msgspec.json.encode(gone)
    assert await boards.active(redis, rid) == (3, [])


async def test_all_that_is_kept_of_a_restaurant_ends_in_the_same_moment(redis: Redis) -> None:
    """However little happened of late: a log without its orders would look like an empty board."""
    rid = new_id()
    names = [keys.head(rid), keys.log(rid), keys.active(rid), keys.completed(rid)]
    orders = [make.order(ItemStatus.QUEUED, restaurant_id=rid, id=new_id()) for _ in range(2)]
    await live.append(redis, events(rid, 1, 1, Name.ORDER_NEW, orders[0]))
    await live.append(redis, events(rid, 2, 2))
    await live.append(redis, events(rid, 3, 3, Name.ORDER_NEW, orders[1]))
    gone = msgspec.structs.replace(orders[0], status=Status.CANCELLED)
    await live.append(redis, events(rid, 4, 4, Name.ORDER_CANCELLED, gone))
    await live.append(redis, events(rid, 5, 9))
    ends = {await redis.pexpiretime(name) for name in names}
    assert len(ends) == 1
    assert min(ends) > 0


async def test_fifty_commands_at_once_on_two_nodes_leave_no_gap(
    books: Books, fragile: Engines
) -> None:
    """And whoever reads meanwhile never sees an event before all that come before it."""
    settings = Settings(
        database_url=fragile.database_url, redis_url=fragile.redis_url, jwt_secret=SECRET
    )
    async with core(settings, Metrics()) as left, core(settings, Metrics()) as right:
        over = asyncio.Event()
        watching = asyncio.create_task(watch(books, over))
        ordered = await asyncio.gather(
            *(books.order(n // 4, deps) for n in range(25) for deps in (left, right))
        )
        over.set()
        await watching
    stored = await books.events()
    assert [event.seq for event in stored] == list(range(1, len(stored) + 1))
    assert sorted(e.about.order for e in stored if e.name == Name.ORDER_NEW) == sorted(ordered)
    assert encoded(await live.read(books.deps.redis, books.id, 0)) == encoded(stored)
    numbers = await books.deps.pool.fetch(
        "SELECT order_number FROM orders WHERE restaurant_id = $1 ORDER BY seq", books.id
    )
    assert [row["order_number"] for row in numbers] == list(range(1, 51))


async def watch(books: Books, over: asyncio.Event) -> None:
    """Look at the log again and again: at no moment may it have a gap."""
    while not over.is_set():
        seqs = [event.seq for event in await books.events()]
        assert seqs == list(range(1, len(seqs) + 1)), "an event is seen before an earlier one"


async def test_catching_up_appends_what_others_committed_and_lost(books: Books) -> None:
    pool, redis = books.deps.pool, books.deps.redis
    await books.order()
    assert await livelog.catch_up(pool, redis, books.id) == 2
    for _ in range(3):
        await books.order()
    async with heard(redis, books.id) as seqs:
        assert await livelog.catch_up(pool, redis, books.id) == 3
        assert await livelog.catch_up(pool, redis, books.id) == 0
    assert seqs == [3, 4, 5]
    assert await live.read(redis, books.id, 0) == await books.events()


async def test_an_append_puts_in_first_what_others_committed_and_lost(books: Books) -> None:
    for _ in range(5):
        await books.order()
    stored = await books.events()
    await live.append(books.deps.redis, stored[:2])
    async with heard(books.deps.redis, books.id) as seqs:
        await livelog.append(books.deps.pool, books.deps.redis, stored[-1:])
    assert seqs == [3, 4, 5, 6]


async def test_what_is_restored_equals_postgres(books: Books) -> None:
    pool, redis = books.deps.pool, books.deps.redis
    placed = [await books.order(n) for n in range(6)]
    await books.cancel(placed[0])
    stored = await books.events()
    async with heard(redis, books.id) as seqs:
        await livelog.append(pool, redis, stored[-1:])  # cold: puts back the whole
    assert seqs == [stored[-1].seq]
    async with pool.acquire() as conn:
        active = await order_store.active(conn, books.id)
    found = await boards.active(redis, books.id)
    assert found is not None
    assert found[0] == stored[-1].seq
    assert sorted(map(bytes, found[1])) == sorted(msgspec.json.encode(o) for o in active)
    assert len(active) == 5
    assert encoded(await live.read(redis, books.id, 0)) == encoded(stored)


async def test_restoring_never_takes_back_what_came_later(books: Books) -> None:
    pool, redis = books.deps.pool, books.deps.redis
    for _ in range(3):
        await books.order()
    await livelog.catch_up(pool, redis, books.id)
    before = await boards.active(redis, books.id)
    await live.restore(redis, books.id, 2, [], [])
    assert await boards.active(redis, books.id) == before


async def test_many_restore_at_once_while_orders_go_on(books: Books) -> None:
    pool, redis = books.deps.pool, books.deps.redis

    async def order(n: int) -> None:
        await books.order(n)
        await livelog.append(pool, redis, (await books.events())[-1:])

    async def lose() -> None:
        await redis.delete(keys.head(books.id), keys.log(books.id), keys.active(books.id))
        await livelog.restore(pool, redis, books.id)

    await books.order()
    await asyncio.gather(*(order(n) for n in range(20)), *(lose() for _ in range(20)))
    await livelog.catch_up(pool, redis, books.id)
    stored = await books.events()
    found = await boards.active(redis, books.id)
    assert found is not None
    assert (found[0], len(found[1])) == (stored[-1].seq, 21)
    assert encoded(await live.read(redis, books.id, 0)) == encoded(stored)


async def test_the_log_reads_the_same_from_redis_and_from_postgres(books: Books) -> None:
    pool, redis = books.deps.pool, books.deps.redis
    for n in range(4):
        await books.cancel(await books.order(n))
    await livelog.catch_up(pool, redis, books.id)
    stored = await books.events()
    for after in (0, 3, len(stored)):
        from_redis = await livelog.read(pool, redis, books.id, after)
        assert encoded(from_redis) == encoded(stored[after:])
    await redis.xtrim(keys.log(books.id), minid="5-0")
    assert encoded(await livelog.read(pool, redis, books.id, 0)) == encoded(stored)
    assert encoded(await livelog.read(pool, redis, books.id, 5)) == encoded(stored[5:])
    await redis.delete(keys.log(books.id))
    assert encoded(await livelog.read(pool, redis, books.id, 3)) == encoded(stored[3:])


async def test_a_tail_with_a_hole_is_read_up_to_the_hole(books: Books) -> None:
    pool, redis = books.deps.pool, books.deps.redis
    for _ in range(5):
        await books.order()
    await livelog.catch_up(pool, redis, books.id)
    await redis.xdel(keys.log(books.id), "4-0")
    assert [e.seq for e in await livelog.read(pool, redis, books.id, 0)] == [1, 2, 3]
    assert [e.seq for e in await livelog.read(pool, redis, books.id, 3)] == [4, 5, 6]
