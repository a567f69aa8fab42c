"""Leaving in good order: nobody new, everybody told, what is in hand finished."""

import asyncio
import random
from contextlib import suppress

from hub.connection import Connections
from hub.door import Door
from hub.gateway import Gateway

SPREAD_MS = 3000  # clients come back over this time, not all in one moment
FINISH_SECONDS = 5.0  # for commands in hand; the whole must fit into 10 s (PROTOCOL 8)


async def drain(door: Door, gateway: Gateway, connections: Connections) -> None:
    door.closed = True
    for conn in connections:
        conn.tell("server:draining", {"reconnectInMs": random.randrange(SPREAD_MS)})
    with suppress(TimeoutError):
        await asyncio.wait_for(gateway.idle(), FINISH_SECONDS)
