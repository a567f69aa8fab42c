"""Leaving in good order: nobody new, everybody told when to go, what is in hand finished."""

import asyncio
import random
from contextlib import suppress
from itertools import groupby

from hub.connection import Connection, Connections
from hub.door import Door
from hub.engine import Server
from hub.gateway import Gateway

# Clients leave over this time, not all in one moment: their new nodes have to take them in.
SPREAD_SECONDS = 3.0
EACH_SECONDS = 0.005  # of that for each client, while they are few
BATCH_SECONDS = 0.1
FINISH_SECONDS = 5.0  # for commands in hand; the whole must fit into 10 s (PROTOCOL 8)


async def drain(door: Door, gateway: Gateway, connections: Connections, server: Server) -> None:
    """Send all clients elsewhere, in batches; those with a command in hand last."""
    door.closed = server.eio.leaving = True
    leaving = list(connections)
    random.shuffle(leaving)
    spread = min(SPREAD_SECONDS, EACH_SECONDS * len(leaving))
    going = [(number * spread / len(leaving), conn) for number, conn in enumerate(leaving)]
    for seconds, conn in going:
        conn.tell("server:draining", {"reconnectInMs": round(seconds * 1000)})
    for _, batch in groupby(going, key=lambda each: each[0] // BATCH_SECONDS):
        await asyncio.sleep(BATCH_SECONDS)
        for _, conn in batch:
            if not conn.in_hand:
                _hang_up(conn)
    with suppress(TimeoutError):
        async with asyncio.timeout(FINISH_SECONDS):
            await gateway.idle()


def _hang_up(conn: Connection) -> None:
    conn.member.socket.close("node leaving")
