"""The hub's engine and broker without its handlers; entries of the log come from Redis, or from us.

What is published goes through the Redis that REDIS_URL names, where it names one.
"""

import os
import sys
from typing import Any

from aiohttp import web

from hub import audience, engine
from hub.broker import Broker, Feed
from hub.collector import calm_collector
from hub.engine import Members
from hub.logs import configure
from hub.metrics import Metrics
from scripts.benches.entries import Entries
from scripts.benches.peers.control import Sessions, mark, obey, paced, rooms_of
from scripts.benches.peers.probe import Probe, run
from state.domain.events import Event
from state.live import client
from state.live import log as live

PATIENCE = 60.0  # seconds for clients that are counted before they enter


class Alone:
    """Feeds that hear from this very process."""

    def __init__(self, members: Members, size: int) -> None:
        self._members, self._size = members, size
        self._metrics = Metrics()
        self._feeds: dict[str, tuple[Feed, Entries]] = {}

    async def hold(self, rid: str) -> None:
        if rid not in self._feeds:
            feed = Feed(rid, self._members, _nothing_more, self._metrics)
            feed.begin(0)
            self._feeds[rid] = feed, Entries(rid, self._size)

    async def burst(self, rooms: int, events: int, per_turn: int) -> None:
        async for rid in rooms_of(rooms, events, per_turn):
            feed, log = self._feeds[rid]
            feed.hear(log.entry(feed.last + 1))

    async def publish(self, first: int, rooms: int, events: int, per_second: int) -> None:
        async for rid in paced(first, rooms, events, per_second):
            feed, log = self._feeds[rid]
            feed.hear(log.entry(feed.last + 1, mark()))


class Clustered:
    """Feeds that hear from Redis, as a node's do."""

    def __init__(self, members: Members, size: int, url: str) -> None:
        self._redis = client.connect(url)
        self._size = size
        self._broker = Broker(
            self._redis,
            members,
            Metrics(),
            self._read,
            self._head,
            _from_nodes,
            _lost,
        )
        self._broker.start()

    async def hold(self, rid: str) -> None:
        await self._broker.hold(rid, self)

    async def publish(self, first: int, rooms: int, events: int, per_second: int) -> None:
        heads: dict[str, int] = {}
        logs: dict[str, Entries] = {}
        async for rid in paced(first, rooms, events, per_second):
            if rid not in heads:
                heads[rid], logs[rid] = await self._head(rid), Entries(rid, self._size)
            heads[rid] += 1
            await live.append(self._redis, [logs[rid].event(heads[rid], mark())])

    async def _read(self, rid: str, after: int) -> list[Event]:
        return await live.read(self._redis, rid, after)

    async def _head(self, rid: str) -> int:
        return (await live.heads(self._redis, [rid]))[rid]


async def main() -> None:
    size = int(sys.argv[1])
    sessions, probe = Sessions(), Probe()
    server = engine.create_server(connect_timeout=PATIENCE)
    url = os.environ.get("REDIS_URL")
    feeds = Clustered(server.members, size, url) if url else Alone(server.members, size)

    async def join(sid: str, rid: str) -> None:
        await feeds.hold(rid)
        server.members.enter(server.member(sid), audience.kitchen(rid))

    server.on("connect", sessions.connected)
    server.on("disconnect", sessions.disconnected)
    server.on("join", join)
    site = await engine.serve(server, web.Application(), "127.0.0.1", 0)
    commands: dict[str, Any] = {
        "sessions": sessions.count,
        "publish": feeds.publish,
        "probe": probe.start,
        "probed": probe.stop,
    }
    if isinstance(feeds, Alone):
        commands["burst"] = feeds.burst
    calm_collector()
    await obey(site.port, commands)


def _from_nodes(_notice: bytes) -> None:
    """Nothing is forwarded between the nodes of a bench."""


def _lost() -> None:
    """Nobody comes back to a bench."""


async def _nothing_more(_rid: str, _after: int) -> list[Event]:
    return []


if __name__ == "__main__":
    sys.stdout = sys.stderr  # nothing but answers goes to the real one
    configure("INFO")
    run(main())
