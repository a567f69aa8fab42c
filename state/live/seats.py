"""The places that connections had: who comes back with a seat's id finds all as it was left."""

from collections.abc import Iterable
from typing import Any

import msgspec
from redis.asyncio import Redis

from state.live import keys

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


async def announce(redis: Redis, moved: Moved) -> None:
    """Tell all nodes of a move."""
    await redis.publish(keys.NODES, msgspec.json.encode(moved))


async def put(redis: Redis, pid: str, seat: Seat) -> None:
    await redis.set(_key(pid), msgspec.json.encode(seat), ex=KEEP_SECONDS)


async def get(redis: Redis, pid: str) -> Seat | None:
    found: Any = await redis.get(_key(pid))
    return None if found is None else msgspec.json.decode(found, type=Seat)


async def forget(redis: Redis, pid: str) -> None:
    await redis.delete(_key(pid))


async def keep(redis: Redis, pids: Iterable[str]) -> None:
    """Keep seats that are in use."""
    async with redis.pipeline(transaction=False) as pipe:
        for pid in pids:
            pipe.expire(_key(pid), KEEP_SECONDS)
        await pipe.execute()


def _key(pid: str) -> str:
    return f"seat:{pid}"
