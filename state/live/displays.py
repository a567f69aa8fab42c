"""What each display of a restaurant has shown, as it says itself."""

from datetime import datetime

import msgspec
from redis.asyncio import Redis

from state.live import keys


class Display(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A screen: one login showing the same rooms, still the same after it has reconnected.

    `seq` is how far it has shown what its rooms heard; `stale` is set when its silence has been
    reported, so that it is reported once.
    """

    id: str
    name: str
    role: str
    rooms: tuple[str, ...]
    seq: int
    at: datetime
    stale: bool = False


async def put(redis: Redis, restaurant_id: str, display: Display) -> None:
    key = keys.displays(restaurant_id)
    async with redis.pipeline(transaction=False) as pipe:
        pipe.hset(key, display.id, msgspec.json.encode(display))
        pipe.expire(key, keys.KEEP_SECONDS)
        await pipe.execute()


async def all_of(redis: Redis, restaurant_id: str) -> list[Display]:
    rows = await redis.hgetall(keys.displays(restaurant_id))
    return [msgspec.json.decode(row, type=Display) for row in rows.values()]


async def forget(redis: Redis, restaurant_id: str, display_id: str) -> None:
    await redis.hdel(keys.displays(restaurant_id), display_id)
