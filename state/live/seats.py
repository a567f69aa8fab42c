"""The places that connections had: who comes back with a seat's id finds all as it was left."""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from redis.asyncio import Redis

from state.live import keys
from state.live.client import Servers
from state.live.servers import from_each, shares

KEEP_SECONDS = 24 * 3600  # a phone that slept through the night


class Seat(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """One connection's: its id, whose it is, and since which seq it has heard each of its rooms."""

    sid: str
    person: str
    restaurant_id: str
    rooms: dict[str, int]


class Moved(msgspec.Struct, frozen=True):
    """A client has come back by another connection: the one it had is no more."""

    sid: str
    to: str


SEATS = msgspec.json.Decoder(Seat)


async def announce(redis: Servers, moves: Iterable[Moved]) -> None:
    """Tell all nodes of moves."""
    async with redis.of(keys.NODES).pipeline(transaction=False) as pipe:
        for moved in moves:
            pipe.spublish(keys.NODES, msgspec.json.encode(moved))
        await pipe.execute()


async def put(redis: Servers, pid: str, seat: Seat) -> None:
    """Write a seat; of several that are written one after the other, the last one stays."""
    key = _key(pid)
    await redis.call(key, "SET", key, msgspec.json.encode(seat), "EX", KEEP_SECONDS)


async def get(redis: Servers, pids: Iterable[str]) -> dict[str, Seat]:
    """Return the seats that are known, by their ids."""
    shared = shares(redis, pids, _key)
    found: dict[str, Seat] = {}
    for some in await from_each([_get(server, share) for server, share in shared.items()]):
        found |= some
    return found


async def forget(redis: Servers, pid: str) -> None:
    key = _key(pid)
    await redis.call(key, "DEL", key)


async def keep(redis: Servers, pids: Iterable[str]) -> None:
    """Keep seats that are in use."""
    shared = shares(redis, pids, _key)
    await from_each([_keep(server, share) for server, share in shared.items()])


async def _get(server: Redis, pids: Sequence[str]) -> dict[str, Seat]:
    async with server.pipeline(transaction=False) as pipe:
        for pid in pids:
            pipe.get(_key(pid))
        found: list[Any] = await pipe.execute()
    return {pid: SEATS.decode(seat) for pid, seat in zip(pids, found, strict=True) if seat}


async def _keep(server: Redis, pids: Iterable[str]) -> None:
    async with server.pipeline(transaction=False) as pipe:
        for pid in pids:
            pipe.expire(_key(pid), KEEP_SECONDS)
        await pipe.execute()


def _key(pid: str) -> str:
    return f"seat:{pid}"
