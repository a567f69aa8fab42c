"""What other companies offered, kept for a while."""

import hashlib
from typing import Any

import msgspec

from state.domain.hotel import Offer
from state.live import kept
from state.live.client import Servers

OFFERS = msgspec.json.Decoder(list[Offer])


def key(provider: str, *about: Any) -> str:
    """Return what offers are kept under: everything that decides on them."""
    return f"offers:{hashlib.sha256(msgspec.json.encode([provider, *about])).hexdigest()}"


async def get(redis: Servers, name: str) -> list[Offer] | None:
    found = await kept.get(redis, name)
    return None if found is None else OFFERS.decode(found)


async def count(redis: Servers, who: str) -> int:
    """Note that somebody asks; return how often that makes since a minute ago at most."""
    name = f"offers:asked:{who}"
    async with redis.of(name).pipeline(transaction=True) as pipe:
        pipe.incr(name)
        pipe.expire(name, 60, nx=True)
        asked: list[int] = await pipe.execute()
    return asked[0]
