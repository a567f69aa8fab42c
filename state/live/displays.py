"""What each display of a restaurant has shown, as it says itself."""

from datetime import datetime

import msgspec

from state.live import keys
from state.live.client import Servers


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

    @property
    def session(self) -> str:
        """The login that it is."""
        return self.id.partition(":")[0]


async def put(redis: Servers, restaurant_id: str, display: Display) -> None:
    key = keys.displays(restaurant_id)
    async with redis.of(key).pipeline(transaction=False) as pipe:
        pipe.hset(key, display.id, msgspec.json.encode(display))
        pipe.expire(key, keys.KEEP_SECONDS)
        await pipe.execute()


async def all_of(redis: Servers, restaurant_id: str) -> list[Display]:
    key = keys.displays(restaurant_id)
    rows = await redis.of(key).hgetall(key)
    return [msgspec.json.decode(row, type=Display) for row in rows.values()]


async def forget(redis: Servers, restaurant_id: str, *display_ids: str) -> None:
    key = keys.displays(restaurant_id)
    await redis.of(key).hdel(key, *display_ids)
