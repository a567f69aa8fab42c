"""From the log to a node's members: strictly in order, once, and only where somebody listens."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial

import asyncpg
import msgspec
import pytest
import redis.exceptions
from redis.asyncio import Redis

from handlers import livelog
from handlers.deps import Deps
from hub import broker as module
from hub import lines
from hub.app import Node
from hub.broker import Broker, Feed
from hub.embedded import Engines
from hub.engine import Members
from hub.engine.turn import Turn
from hub.metrics import Metrics
from scripts.mishaps.relay import Relay
from state.domain.actor import ActorRef
from state.domain.events import About, Event, Name
from state.domain.ids import new_id
from state.live import client, entries, keys
from tests.books import Books, open_books
from tests.client import Client
from tests.place import Place
from tests.referee import Referee

pytest_plugins = ("tests.fragile",)


class Log:
    """A log that can be read, and counts how often that was done."""

    def __init__(self, *seqs: int) -> None:
        self.events = [event(seq) for seq in seqs]
        self.reads = 0
        self.failures: list[Exception] = []

    async def read(self, _rid: str, after: int) -> list[Event]:
        self.reads += 1
        if self.failures:
            raise self.failures.pop(0)
        return [event for event in self.events if event.seq > after]

    def feed(self, last: int = 0) -> Feed:
        feed = Feed("r1", Members(Turn()), self.read, Metrics())
        feed.begin(last)
        return feed


def event(seq: int) -> Event:
    return Event(
        seq=seq,
        event_id=new_id(),
        restaurant_id="r1",
        name=Name.DISPLAY_STALE,
        at=datetime.now(UTC),
        actor=ActorRef("service", "hub"),
        trace="",
        about=About(),
        data=msgspec.Raw(b"{}"),
    )


def take(feed: Feed, *seqs: int) -> None:
    for seq in seqs:
        feed.hear(entries.write(event(seq)))


def delivered(feed: Feed) -> list[int]:
    return [delivery.seq for delivery in feed.recent]


async def test_events_are_delivered_in_order_and_once() -> None:
    log = Log()
    feed = log.feed(last=3)
    take(feed, 4, 2, 4, 5, 3, 5, 6)
    assert delivered(feed) == [4, 5, 6]


async def test_what_comes_too_early_is_kept_until_its_turn() -> None:
    log = Log()
    feed = log.feed()
    take(feed, 3, 5, 3)
    assert delivered(feed) == []
    take(feed, 1, 2)
    assert delivered(feed) == [1, 2, 3]
    take(feed, 4)
    assert delivered(feed) == [1, 2, 3, 4, 5]
    await feed.reached(5)
    assert log.reads == 0


async def test_a_hole_is_read_when_it_is_not_filled_by_itself() -> None:
    log = Log(*range(1, 10))
    feed = log.feed()
    take(feed, 1, 5)
    await feed.reached(5)
    take(feed, 6, 7, 8, 9, 10)
    assert delivered(feed) == list(range(1, 11))
    assert log.reads == 1


async def test_what_was_heard_before_the_feed_began_is_not_forgotten() -> None:
    log = Log(*range(1, 8))
    feed = Feed("r1", Members(Turn()), log.read, Metrics())
    take(feed, 6, 4, 7)
    feed.begin(5)
    await feed.reached(7)
    assert delivered(feed) == [6, 7]


async def test_what_many_have_missed_is_read_once_for_all() -> None:
    log = Log(*range(1, 301))
    feed = log.feed()
    take(feed, *range(1, 301))
    assert not feed.covers(150)
    await asyncio.gather(*(feed.recall(seq) for seq in (150, 190, 160, 150)))
    assert log.reads == 1
    assert [delivery.seq for delivery in feed.after(150)] == list(range(151, 301))
    take(feed, 301)
    assert [delivery.seq for delivery in feed.after(298)] == [299, 300, 301]
    feed.close()


async def test_what_the_log_has_lost_cannot_be_recalled() -> None:
    log = Log(*range(1, 301))
    feed = log.feed()
    take(feed, *range(1, 301))
    log.events = log.events[100:]
    with pytest.raises(LookupError):
        await feed.recall(50)
    await feed.recall(100)
    assert feed.covers(100)
    feed.close()


@pytest.mark.parametrize(
    "failure",
    [
        redis.exceptions.ConnectionError("gone"),
        redis.exceptions.TimeoutError("silent"),
        ConnectionRefusedError(),
        TimeoutError(),
        asyncpg.CannotConnectNowError("starting up"),
        asyncpg.ConnectionDoesNotExistError("cut"),
        asyncpg.InterfaceError("closed"),
    ],
    ids=lambda failure: type(failure).__name__,
)
async def test_a_hole_that_cannot_be_read_now_is_read_later(
    failure: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "RETRY_SECONDS", 0.01)
    log = Log(1, 2, 3)
    log.failures = [failure, failure]
    feed = log.feed()
    take(feed, 3)
    async with asyncio.timeout(60):
        await feed.reached(3)
    assert delivered(feed) == [1, 2, 3]


async def test_a_feed_knows_which_of_its_deliveries_are_still_at_hand(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "KEEP", 3)
    feed = Log().feed(last=10)
    assert feed.covers(10)
    assert not feed.covers(9)
    take(feed, 11, 12)
    assert feed.covers(10)
    take(feed, 13, 14)
    assert not feed.covers(10)
    assert [delivery.seq for delivery in feed.after(12)] == [13, 14]


@pytest.fixture
async def books(silent: Deps) -> Books:
    return await open_books(silent)


@pytest.mark.parametrize("lost", ["nothing", "the tail", "everything"])
async def test_a_hole_is_filled_from_redis_or_else_from_postgres(books: Books, lost: str) -> None:
    pool, redis = books.deps.pool, books.deps.redis
    for _ in range(4):
        await books.order()
    await livelog.catch_up(pool, redis, books.id)
    stored = await books.events()
    gone = {"nothing": [], "the tail": [keys.log(books.id)]}
    await redis.delete("nothing", *gone.get(lost, [keys.head(books.id), keys.log(books.id)]))
    feed = Feed(books.id, Members(Turn()), partial(livelog.read, pool, redis), Metrics())
    feed.begin(0)
    feed.hear(entries.write(stored[-1]))
    await feed.reached(stored[-1].seq)
    sent = [delivery.packet for delivery in feed.recent]
    assert sent == [b"2" + entries.arguments(event) for event in stored]


async def subscribers(redis: Redis, *rids: str) -> list[int]:
    """Return how many nodes are subscribed to each restaurant."""
    answer = await redis.pubsub_shardnumsub(*(keys.channel(rid) for rid in rids))
    return [count for _, count in answer]


async def subscribed(redis: Redis, rids: Sequence[str], count: int) -> None:
    """Wait until so many nodes are subscribed to each of the restaurants."""
    async with asyncio.timeout(60):
        while await subscribers(redis, *rids) != [count] * len(rids):
            pass


async def test_a_node_subscribes_to_a_restaurant_while_it_has_members_there(
    place: Place, nodes: list[Node], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LINGER_SECONDS", 0.2)
    redis = nodes[0].deps.redis
    assert await subscribers(redis, place.id) == [0]
    cook = await place.cook(node=0)
    assert await subscribers(redis, place.id) == [1]
    mate = await place.cook(node=0)
    assert await subscribers(redis, place.id) == [1]
    waiter = await place.waiter(node=1)
    assert await subscribers(redis, place.id) == [2]
    await waiter.close()
    await subscribed(redis, [place.id], 1)
    await cook.close()
    await mate.close()
    await subscribed(redis, [place.id], 0)
    await place.cook(node=1)
    assert await subscribers(redis, place.id) == [1]


async def test_whoever_comes_back_soon_finds_the_restaurant_still_warm(
    place: Place, nodes: list[Node]
) -> None:
    cook = await place.cook()
    await cook.close()
    await place.guest()
    assert await subscribers(nodes[0].deps.redis, place.id) == [1]


def _ignore(_notice: bytes) -> None:
    """Nobody moves here."""


@asynccontextmanager
async def brokerage(redis_url: str) -> AsyncIterator[Broker]:
    """Run the broker of a node, in a world where nothing happens."""

    async def read(_rid: str, _after: int) -> list[Event]:
        return []

    async def head(_rid: str) -> int:
        await asyncio.sleep(0)
        return 0

    async with client.connect(redis_url) as redis:
        broker = Broker(redis, Members(Turn()), Metrics(), read, head, _ignore, lambda: None)
        broker.start()
        yield broker
        await broker.close()


@pytest.fixture
async def broker(engines: Engines) -> AsyncIterator[Broker]:
    async with brokerage(engines.redis_url) as made:
        yield made


@pytest.fixture
async def redis_(engines: Engines) -> AsyncIterator[Redis]:
    async with client.connect(engines.redis_url) as commands:
        yield commands


async def test_the_first_who_comes_waits_until_the_line_is_there(
    broker: Broker, redis_: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lines, "RETRY_SECONDS", 10.0)
    rid = new_id()
    await broker.hold(rid, "somebody")
    assert await subscribers(redis_, rid) == [1]


async def test_who_leaves_and_comes_back_in_the_same_moment_is_subscribed(
    broker: Broker, redis_: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LINGER_SECONDS", 0.0)
    rids = [new_id() for _ in range(8)]
    for turns, rid in enumerate(rids):
        await broker.hold(rid, "somebody")
        broker.release(rid, "somebody")
        for _ in range(turns):
            await asyncio.sleep(0)
        await broker.hold(rid, "somebody")
    await subscribed(redis_, rids, 1)


async def test_who_comes_while_the_connection_is_made_anew_is_subscribed(
    broker: Broker, redis_: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lines, "RETRY_SECONDS", 0.05)
    monkeypatch.setattr(lines, "CHECK_SECONDS", 0.05)
    rids = [new_id()]
    await broker.hold(rids[0], "somebody")
    await redis_.client_kill_filter(_type="pubsub")
    while await subscribers(redis_, rids[0]) != [1] or len(rids) < 2:
        rids.append(new_id())
        await broker.hold(rids[-1], "somebody")
    await subscribed(redis_, rids, 1)


async def test_a_connection_that_is_swallowed_while_it_is_made_is_given_up(
    engines: Engines, redis_: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lines, "SILENCE_SECONDS", 0.2)
    monkeypatch.setattr(lines, "RETRY_SECONDS", 0.05)
    rid, relay = new_id(), Relay(engines.redis_url)
    relay.swallows = True
    await relay.plug()
    async with brokerage(relay.url) as broker:
        await broker.hold(rid, "somebody")
        relay.swallows = False
        await subscribed(redis_, [rid], 1)
    await relay.pull()


async def test_who_comes_back_under_load_misses_nothing_however_little_the_node_keeps(
    place: Place, nodes: list[Node], engines: Engines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "KEEP", 1)
    referee = Referee(place, engines.database_url)
    screens = [await referee.screen(node) for node in range(2)]
    waiters = [await place.worker("waiter", node) for node in (0, 0, 1, 1)]
    over = asyncio.Event()
    changing = [
        asyncio.create_task(change_their_minds(place, waiter, table, over))
        for table, waiter in enumerate(waiters)
    ]
    for turn in range(15):
        for node, screen in enumerate(screens):
            await screen.open((node + turn) % 2)
    over.set()
    await asyncio.gather(*changing)
    await referee.judge()


async def change_their_minds(place: Place, waiter: Client, table: int, over: asyncio.Event) -> None:
    """Place orders and cancel them again, each of which takes several events at once."""
    while not over.is_set():
        order = await waiter.send(
            "order:create", tableId=place.tables[table]["id"], items=[place.line()]
        )
        await waiter.send("order:cancel", orderId=order["id"])
