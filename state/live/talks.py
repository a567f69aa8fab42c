"""Who takes part in a conversation, and what each reads."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import msgspec

from state.domain.talk import Listening, Speaker
from state.live import keys
from state.live.client import Servers

KEEP_SECONDS = keys.TABLE_SECONDS
THERE = timedelta(seconds=30)  # pages say every ten seconds that they are
CHANNEL = "there"  # that every node listens to


class Seen(msgspec.Struct, frozen=True):
    speaker: Speaker
    at: datetime


async def join(
    redis: Servers,
    restaurant_id: str,
    session_id: str,
    who: Speaker,
    reads: Iterable[str],
    now: datetime,
) -> tuple[list[Speaker], bool]:
    """Note that somebody is there, and the languages they read.

    Returns all who are there now, and whether that is news: who was away has come.
    """
    key = _key(restaurant_id, session_id)
    there = f"{key}:there"
    async with redis.of(key).pipeline(transaction=False) as pipe:
        pipe.hget(there, who.id)
        pipe.hset(key, who.id, " ".join(reads))
        pipe.expire(key, KEEP_SECONDS)
        pipe.hset(there, who.id, msgspec.json.encode(Seen(who, now)))
        pipe.expire(there, KEEP_SECONDS)
        pipe.hvals(there)
        before, *_, found = await pipe.execute()
    return _present(found, now), not _present([before] if before else [], now)


async def leave(
    redis: Servers, restaurant_id: str, session_id: str, who: str, now: datetime
) -> tuple[list[Speaker], bool]:
    """Note that somebody has gone; return all who are still there, and whether that is news."""
    key = _key(restaurant_id, session_id)
    there = f"{key}:there"
    async with redis.of(key).pipeline(transaction=False) as pipe:
        pipe.hdel(key, who)
        pipe.hdel(there, who)
        pipe.hvals(there)
        _, gone, found = await pipe.execute()
    return _present(found, now), gone > 0


async def tell(redis: Servers, now: Listening) -> None:
    """Tell all nodes who listens: those who do may be connected to any of them."""
    await redis.call(CHANNEL, "SPUBLISH", CHANNEL, msgspec.json.encode(now))


async def languages(redis: Servers, restaurant_id: str, session_id: str) -> set[str]:
    """Return the languages that are read there."""
    key = _key(restaurant_id, session_id)
    found: Any = await redis.of(key).hvals(key)
    return {language for each in found for language in each.decode().split()}


def _present(found: Iterable[bytes], now: datetime) -> list[Speaker]:
    seen = [msgspec.json.decode(each, type=Seen) for each in found]
    return [each.speaker for each in seen if now - each.at < THERE]


def _key(restaurant_id: str, session_id: str) -> str:
    return f"{keys.tag(restaurant_id)}talk:{session_id}"
