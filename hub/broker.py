"""From the log to this node's members: subscribed where somebody listens, strictly in order."""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import lru_cache
from itertools import islice
from time import time
from typing import Any

import msgspec
import structlog

from hub.audience import rooms_of
from hub.engine import Members
from hub.engine.socket import Socket
from hub.lines import Lines, Subscription
from hub.loop import AWAY, Loop
from hub.metrics import Metrics
from state.domain.events import Event
from state.live import entries, keys
from state.live import log as live
from state.live.client import Servers

log = structlog.get_logger()

KEEP = 100  # deliveries a newcomer may catch up on; an older snapshot is taken anew
RECALLED = 600  # and while many come back who have missed more
RECALL_SECONDS = 30.0
HOLE_SECONDS = 0.05  # what is only late comes within this; what is lost must be read (DESIGN 2)
RETRY_SECONDS = 0.5
CHECK_SECONDS = 1.0
AT_ONCE = 500  # feeds looked at in one check: with more of them each has its turn more seldom
LINGER_SECONDS = 10.0  # a phone that reloads its page should find the restaurant still warm

Read = Callable[[str, int], Awaitable[list[Event]]]


class Delivery(msgspec.Struct, frozen=True, gc=False):
    """One event as it goes out here: the rooms it goes to, and its Socket.IO packet."""

    seq: int
    at: bytes
    trace: bytes
    rooms: frozenset[str]
    packet: bytes

    @classmethod
    def of(cls, rid: str, entry: bytes) -> "Delivery":
        seq, at, trace, audience, arguments = entries.split(entry)
        return cls(int(seq), at, trace, rooms_of(rid, audience), b"2" + arguments)

    @property
    def replay(self) -> bytes:
        """The packet for those who get the event later than others."""
        return replayed(self.packet)


@lru_cache(maxsize=1000)  # when a node is gone, all of its clients miss the same events
def replayed(packet: bytes) -> bytes:
    return b"2" + entries.replayed(packet[1:])


class Feed:
    """One restaurant's log as this node delivers it: `last` is the seq delivered last."""

    def __init__(self, rid: str, members: Members, read: Read, metrics: Metrics) -> None:
        self.rid = rid
        self.last = 0
        self.recent: deque[Delivery] = deque(maxlen=KEEP)
        self.holders: set[object] = set()
        self.paused: set[Socket] = set()  # they are owed what they do not hear just now
        self.ready = asyncio.Event()
        self._members, self._read, self._metrics = members, read, metrics
        self._talks = log.bind().is_enabled_for(logging.DEBUG)
        self._early: dict[int, Delivery] = {}
        self._target = 0
        self._filling: asyncio.Task[None] | None = None
        self._waiting: list[asyncio.Future[None]] = []
        self._recalling = asyncio.Lock()
        self._forgetting: asyncio.TimerHandle | None = None

    def begin(self, seq: int) -> None:
        """Take up the log at its present head: what comes after it is delivered."""
        if not self.ready.is_set():
            self.last = seq
            self.ready.set()

    def hear(self, entry: bytes) -> None:
        """Take an event as it stands in the log: deliver one whose turn it is, keep an early
        one, drop one seen before.
        """
        delivery = Delivery.of(self.rid, entry)
        if delivery.seq == self.last + 1 and self.ready.is_set():
            self._deliver(delivery)
            while self._early and (waiting := self._early.pop(self.last + 1, None)) is not None:
                self._deliver(waiting)
        elif delivery.seq > self.last:
            self._early[delivery.seq] = delivery
            self.reach_for(delivery.seq)

    def reach_for(self, seq: int) -> None:
        """See to it that everything up to `seq` is delivered, by reading it if it does not come."""
        self._target = max(self._target, seq)
        if self._target > self.last and (self._filling is None or self._filling.done()):
            self._filling = asyncio.create_task(self._fill())

    async def reached(self, seq: int) -> None:
        """Wait until everything up to `seq` was delivered here."""
        while self.last < seq:
            self.reach_for(seq)
            advanced = asyncio.get_running_loop().create_future()
            self._waiting.append(advanced)
            await advanced

    def covers(self, seq: int) -> bool:
        """Tell whether all deliveries after `seq` are still at hand."""
        return seq >= self.last or (bool(self.recent) and self.recent[0].seq <= seq + 1)

    def after(self, seq: int) -> list[Delivery]:
        return [delivery for delivery in self.recent if delivery.seq > seq]

    async def recall(self, after: int) -> None:
        """Have all deliveries after a seq at hand again, for everybody who comes back just now.

        To read them for each by itself takes longer the more come, and then all miss more.
        Raises LookupError when they are kept no longer.
        """
        async with self._recalling:
            found: list[Delivery] = []
            at = after
            while not self.covers(at):
                found += await self._deliveries(at)
                at = found[-1].seq
            first = self.recent[0].seq if self.recent else self.last + 1
            whole = [*(each for each in found if each.seq < first), *self.recent]
            self.recent = deque(whole, maxlen=max(RECALLED, len(whole)))
            if self._forgetting is None:
                loop = asyncio.get_running_loop()
                self._forgetting = loop.call_later(RECALL_SECONDS, self._forget)

    def close(self) -> None:
        if self._filling is not None:
            self._filling.cancel()
        if self._forgetting is not None:
            self._forgetting.cancel()

    async def _deliveries(self, after: int) -> list[Delivery]:
        """Return what follows a seq in the log."""
        events = await self._read(self.rid, after)
        if not events or events[0].seq != after + 1:
            raise LookupError(f"the log of {self.rid} has lost what follows {after}")
        return [Delivery.of(self.rid, entries.write(event)) for event in events]

    def _forget(self) -> None:
        self.recent, self._forgetting = deque(self.recent, maxlen=KEEP), None

    def _deliver(self, delivery: Delivery) -> None:
        self.last = delivery.seq
        if self._waiting:
            self._wake()
        self.recent.append(delivery)
        reached = self._members.broadcast(delivery.rooms, delivery.packet, self.paused)
        seconds = time() - entries.seconds(delivery.at)
        self._metrics.deliveries += reached
        self._metrics.end_to_end.observe(seconds)
        if self._metrics.spans is not None:
            about = {"restaurant": self.rid, "seq": delivery.seq, "receivers": reached}
            self._metrics.spans.step(delivery.trace.decode(), "deliver", seconds, **about)
        if self._talks:
            trace = delivery.trace.decode()
            log.debug("delivered", trace=trace, restaurant=self.rid, seq=delivery.seq, to=reached)

    def _wake(self) -> None:
        for advanced in self._waiting:
            if not advanced.done():
                advanced.set_result(None)
        self._waiting.clear()

    async def _fill(self) -> None:
        await self.ready.wait()
        await asyncio.sleep(HOLE_SECONDS)
        while self._target > self.last:
            before = self.last
            try:
                for event in await self._read(self.rid, self.last):
                    self.hear(entries.write(event))
            except AWAY as exc:
                log.warning("hole not filled yet", restaurant=self.rid, error=str(exc))
            if self.last == before:
                await asyncio.sleep(RETRY_SECONDS)
        for seq in [seq for seq in self._early if seq <= self.last]:
            del self._early[seq]


class Broker:
    """This node's feeds, and the lines to Redis that bring them their events.

    `read` returns what follows a seq, from Redis or else from Postgres; `head` where a log ends;
    `notice` gets what nodes say to each other; `lost` is called when a line was lost.
    """

    def __init__(
        self,
        redis: Servers,
        members: Members,
        metrics: Metrics,
        read: Read,
        head: Callable[[str], Awaitable[int]],
        notice: Callable[[bytes], None],
        lost: Callable[[], None],
    ) -> None:
        self._redis, self._members, self._metrics = redis, members, metrics
        self._read, self._head, self._lost = read, head, lost
        self._feeds: dict[str, Feed] = {}
        self._subscriptions: dict[str, Subscription] = {}
        self._look = 0
        self._lines = Lines(redis, self._lose)
        self._lines.subscribe(keys.NODES, notice)
        self._watching = Loop("watch", self._watch, CHECK_SECONDS)

    def listen(self, channel: str, hear: Callable[[bytes], None]) -> None:
        """Hear what is told to all nodes on a channel, beside the log; what is missed is lost."""
        self._lines.subscribe(channel, hear)

    def start(self) -> None:
        self._lines.start()
        self._watching.start()

    async def close(self) -> None:
        await self._lines.close()
        await self._watching.close()
        for feed in self._feeds.values():
            feed.close()

    async def hold(self, rid: str, holder: object) -> Feed:
        """Return a restaurant's feed, subscribed and taken up, and keep it while `holder` does."""
        feed = self._feeds.get(rid)
        if feed is None:
            feed = self._feeds[rid] = Feed(rid, self._members, self._read, self._metrics)
            self._subscriptions[rid] = self._lines.subscribe(keys.channel(rid), feed.hear)
        feed.holders.add(holder)
        await self._lines.confirm(self._subscriptions[rid])
        if not feed.ready.is_set():
            feed.begin(await self._head(rid))
        return feed

    def release(self, rid: str, holder: object) -> None:
        """Let go of a feed; when nobody holds it any more it lingers, then ends."""
        feed = self._feeds.get(rid)
        if feed is not None:
            feed.holders.discard(holder)
            if not feed.holders:
                asyncio.get_running_loop().call_later(LINGER_SECONDS, self._end, feed)

    def delivered(self, rid: str) -> int | None:
        """Return up to which seq a restaurant's events were delivered here, None for no feed."""
        feed = self._feeds.get(rid)
        return feed.last if feed is not None else None

    def lag(self) -> int:
        """Return how many committed events are known here and not yet delivered."""
        return sum(max(0, feed._target - feed.last) for feed in self._feeds.values())

    def __len__(self) -> int:
        """Return how many logs are followed here."""
        return len(self._feeds)

    def deaf(self) -> int:
        """Return how many of them bring no events: Redis is away."""
        return sum(not each.confirmed.is_set() for each in self._subscriptions.values())

    def _lose(self) -> None:
        self._metrics.redis_lost()
        self._lost()

    def _end(self, feed: Feed) -> None:
        if feed.holders or self._feeds.get(feed.rid) is not feed:
            return
        feed.close()
        del self._feeds[feed.rid]
        self._lines.unsubscribe(self._subscriptions.pop(feed.rid))

    async def _watch(self) -> None:
        """Look now and then whether a log has gone on without us: messages can get lost."""
        every = len(self._feeds) // AT_ONCE + 1
        self._look = (self._look + 1) % every
        watched = islice(self._feeds.values(), self._look, None, every)
        rids = [feed.rid for feed in watched if feed.ready.is_set()]
        for rid, head in (await live.heads(self._redis, rids)).items():
            if rid in self._feeds:
                self._compare(self._feeds[rid], head)

    def _compare(self, feed: Feed, head: int) -> None:
        """Deliver up to a head. Where Redis has less than was delivered it has lost something."""
        last = feed.last
        self._metrics.compared("level" if head == last else "behind" if head > last else "ahead")
        feed.reach_for(head)


def snapshot_packet(name: str, rid: str, data: Any, seq: int) -> bytes:
    """Return a snapshot as a packet; its meta tells where in the log it stands."""
    meta = {"seq": seq, "restaurantId": rid, "at": datetime.now(UTC), "snapshot": True}
    return b"2" + msgspec.json.encode([name, data, meta, str(seq)])
