"""Who takes part in a conversation, and what each reads."""

from typing import Any

from redis.asyncio import Redis

from state.live import keys

KEEP_SECONDS = keys.TABLE_SECONDS


async def join(redis: Redis, restaurant_id: str, session_id: str, who: str, language: str) -> None:
    key = _key(restaurant_id, session_id)
    async with redis.pipeline(transaction=False) as pipe:
        pipe.hset(key, who, language)
        pipe.expire(key, KEEP_SECONDS)
        await pipe.execute()


async def languages(redis: Redis, restaurant_id: str, session_id: str) -> set[str]:
    """Return the languages that are read there."""
    found: Any = await redis.hvals(_key(restaurant_id, session_id))
    return {each.decode() for each in found}


def _key(restaurant_id: str, session_id: str) -> str:
    return f"{keys.tag(restaurant_id)}talk:{session_id}"
