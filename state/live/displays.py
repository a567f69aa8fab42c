"""What each display of a restaurant has shown, as it says itself."""

from datetime import datetime

import msgspec
from redis.asyncio import Redis

from state.live import keys


class Display(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """`id` is the actor's; `seq` is how far it has shown the log."""

    id: str
    name: str
    role: str
    seq: int
    at: datetime


async def acknowledge(redis: Redis, restaurant_id: str, display: Display) -> None:
    key = keys.displays(restaurant_id)
    async with redis.pipeline(transaction=False) as pipe:
        pipe.hset(key, display.id, msgspec.json.encode(display))
        pipe.expire(key, keys.KEEP_SECONDS)
        await pipe.execute()


async def all_of(redis: Redis, restaurant_id: str) -> list[Display]:
    rows = await redis.hgetall(keys.displays(restaurant_id))
    return [msgspec.json.decode(row, type=Display) for row in rows.values()]
