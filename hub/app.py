"""One node: the only place where its parts are made, joined and closed."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Any

import msgspec

from handlers import livelog
from handlers.deps import Deps
from handlers.providers import lodgings
from handlers.tokens import Tokens
from hub import engine
from hub.asides import Asides
from hub.auth import Revocations
from hub.broker import Broker
from hub.connection import Connections
from hub.desk import Desk
from hub.door import Door
from hub.drain import drain
from hub.engine import Bucket, Limits, Manager, Members
from hub.esims import EsimDesk
from hub.gateway import Gateway
from hub.gauges import show
from hub.joins import Joins
from hub.loop import Loop
from hub.metrics import Metrics
from hub.nodes import Nodes, own_url
from hub.publisher import Publisher
from hub.pulse import Pulse
from hub.seats import Seats
from hub.settings import Settings
from hub.sweeper import Sweeper
from hub.tracing import traced, wanted
from hub.web import web_app
from hub.web.health import Health
from state.live import client, recordings, talks
from state.store.pool import create_pool

FIND_SECONDS = 0.5  # how soon a new master is found, once it is one
MAX_PACKET = 256 * 1024  # bytes; a round of a hundred dishes with notes is a tenth of that


class Node(msgspec.Struct):
    """A running node, as its owner and its tests see it."""

    port: int
    deps: Deps
    connections: Connections
    members: Members
    broker: Broker
    metrics: Metrics


@asynccontextmanager
async def core(settings: Settings, metrics: Metrics) -> AsyncIterator[Deps]:
    """Yield what use cases need, with a publisher behind it: what nodes and workers share."""
    async with traced(settings.instance, wanted(os.environ)) as spans:
        metrics.spans = spans
        async with _core(settings, metrics) as deps:
            yield deps


@asynccontextmanager
async def _core(settings: Settings, metrics: Metrics) -> AsyncIterator[Deps]:
    redis = client.connect(settings.redis_url)
    with suppress(*client.UNREACHABLE):
        await redis.refresh()
    finding = Loop("servers", redis.refresh, FIND_SECONDS)
    pool = await create_pool(settings.database_url, settings.database_pool)
    publisher = Publisher(partial(livelog.append, pool, redis), metrics)
    finding.start()
    try:
        yield Deps(
            pool=pool,
            redis=redis,
            tokens=Tokens(settings.jwt_secret, settings.codes_secret),
            publish=publisher.publish,
            observe=metrics.observe,
            escalation=settings.escalation,
            public_url=settings.public_url,
            lodgings=lodgings.configured(settings),
        )
    finally:
        await publisher.close()
        await pool.close()
        await finding.close()
        await redis.aclose()


@asynccontextmanager
async def run_node(settings: Settings) -> AsyncIterator[Node]:
    """Run one node until the context is left, which drains it."""
    metrics = Metrics()
    async with core(settings, metrics) as deps:
        manager, connections = Manager(), Connections()
        members = manager.members()
        seats = Seats(deps, connections)
        door = Door(deps, connections, seats, metrics, partial(_bucket, settings))
        broker = Broker(
            deps.redis,
            members,
            metrics,
            partial(livelog.fill, deps.pool, deps.redis, metrics.filled),
            partial(livelog.head, deps.pool),
            door.hear,
            seats.doubt,
        )
        asides = Asides(members)
        broker.listen(recordings.CHANNEL, asides.partial)
        broker.listen(talks.CHANNEL, asides.listening)
        joins = Joins(deps, broker, members, seats.remember, metrics.replay)
        desks = (Desk(deps, joins), EsimDesk(deps, joins, settings))
        gateway = Gateway(deps, joins, desks, metrics, door.refresh)
        nodes = Nodes(deps.redis)
        server = _server(settings, gateway, connections, manager, nodes, metrics)
        door.attach(server, joins)
        sweeper = Sweeper(settings.database_url, deps.pool, deps.redis, metrics)
        revocations = Revocations(
            settings.database_url, deps, connections.sessions, door.end_session
        )
        health = Health(deps, door, metrics)
        show(metrics, connections, members, broker, door, deps.pool)
        pulse = Pulse(metrics.observe)
        for part in (broker, sweeper, revocations, seats, pulse):
            part.start()
        site = await engine.serve(
            server, web_app(settings, deps, health), settings.host, settings.port
        )
        nodes.start(own_url(settings, site.port))
        try:
            yield Node(site.port, deps, connections, members, broker, metrics)
        finally:
            await drain(door, gateway, connections, server)
            await site.close()
            await nodes.close()
            for part in (pulse, seats, revocations, sweeper, broker):
                await part.close()


def _bucket(settings: Settings, times: int) -> Bucket:
    """Return what so many connections may ask for."""
    return Bucket(settings.command_rate * times, settings.command_burst * times)


def _server(
    settings: Settings,
    gateway: Gateway,
    connections: Connections,
    manager: Manager,
    nodes: Nodes,
    metrics: Metrics,
) -> engine.Server:
    async def dispatch(sid: str, data: list[Any], ack_id: int | None) -> None:
        conn = connections.get(sid)
        if conn is not None:
            await gateway.handle(conn, data, ack_id)

    server = engine.create_server(
        dispatch=dispatch,
        manager=manager,
        nodes=nodes,
        cors_allowed_origins=partial(_may_come_from, settings.origins),
        ping_interval=settings.ping_interval,
        ping_timeout=settings.ping_timeout,
        max_http_buffer_size=MAX_PACKET,
        limits=Limits(
            backlog_bytes=settings.backlog_bytes, backlog_seconds=settings.backlog_seconds
        ),
        compression=settings.compression,
    )
    metrics.watch(server.eio)
    return server


def _may_come_from(origins: list[str], origin: str | None, environ: dict[str, Any]) -> bool:
    """Tell whether a browser's page may connect: ours, or one of CLIENT_URL (PROTOCOL 1)."""
    if origin is None:
        return True  # no browser: the token alone decides
    return origin in origins or origin.partition("://")[2] == environ.get("HTTP_HOST")
