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
