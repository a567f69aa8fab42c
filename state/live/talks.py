"""Who takes part in a conversation, and what each reads."""

from collections.abc import Iterable
from typing import Any

from state.live import keys
from state.live.client import Servers

KEEP_SECONDS = keys.TABLE_SECONDS


async def join(
    redis: Servers, restaurant_id: str, session_id: str, who: str, reads: Iterable[str]
) -> None:
    """Note the languages that somebody reads there."""
    key = _key(restaurant_id, session_id)
    async with redis.of(key).pipeline(transaction=False) as pipe:
        pipe.hset(key, who, " ".join(reads))
        pipe.expire(key, KEEP_SECONDS)
        await pipe.execute()


async def languages(redis: Servers, restaurant_id: str, session_id: str) -> set[str]:
    """Return the languages that are read there."""
    key = _key(restaurant_id, session_id)
    found: Any = await redis.of(key).hvals(key)
    return {language for each in found for language in each.decode().split()}


def _key(restaurant_id: str, session_id: str) -> str:
    return f"{keys.tag(restaurant_id)}talk:{session_id}"
