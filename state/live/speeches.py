"""Texts read out, for as long as their owner needs to fetch them."""

import secrets
from typing import Any

from state.live.client import Servers

KEEP_SECONDS = 120
ID_BYTES = 12


def new_id() -> str:
    return secrets.token_urlsafe(ID_BYTES)


async def put(redis: Servers, owner: str, speech_id: str, sealed: bytes) -> None:
    """Keep a sealed WAV file for somebody for a while."""
    key = _key(owner, speech_id)
    await redis.call(key, "SET", key, sealed, "EX", KEEP_SECONDS)


async def get(redis: Servers, owner: str, speech_id: str) -> bytes | None:
    key = _key(owner, speech_id)
    found: Any = await redis.of(key).get(key)
    return None if found is None else bytes(found)


def _key(owner: str, speech_id: str) -> str:
    return f"speech:{owner}:{speech_id}"
