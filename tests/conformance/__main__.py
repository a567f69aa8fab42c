"""Serves both echoes until it is interrupted, for suites that come from elsewhere."""

import argparse
import asyncio

import uvloop

from tests.conformance.server import ENGINEIO, SOCKETIO, engineio_echo, served, socketio_echo


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.conformance", description=__doc__)
    parser.add_argument("--port", type=int, default=3000, help="of the Socket.IO echo")
    parser.add_argument("--engine-port", type=int, default=3001, help="of the Engine.IO echo")
    parser.add_argument("--ping-interval", type=float, default=0.3, help="in seconds")
    parser.add_argument("--ping-timeout", type=float, default=0.2, help="in seconds")
    parser.add_argument("--connect-timeout", type=float, default=1.0, help="in seconds")
    return parser.parse_args()


async def main(given: argparse.Namespace) -> None:
    heartbeat = {"ping_interval": given.ping_interval, "ping_timeout": given.ping_timeout}
    socketio = socketio_echo(connect_timeout=given.connect_timeout, **heartbeat)
    async with (
        served(socketio, SOCKETIO, given.port) as upper,
        served(engineio_echo(**heartbeat), ENGINEIO, given.engine_port) as lower,
    ):
        for each in (upper, lower):
            print(f"{each.url}{each.path}", flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(main(arguments()))
