"""python-socketio as it is installed, on aiohttp and uvloop."""

import sys

import socketio
from aiohttp import web

from scripts.benches.entries import arguments
from scripts.benches.peers.control import Sessions, mark, obey, paced, rooms_of
from scripts.benches.peers.probe import Probe, run


class Rooms:
    def __init__(self, server: socketio.AsyncServer, size: int) -> None:
        self._server = server
        self._name, self._data, *self._more = arguments("room-0", size)

    async def join(self, sid: str, room: str) -> None:
        await self._server.enter_room(sid, room)

    async def burst(self, rooms: int, events: int, per_turn: int) -> None:
        async for room in rooms_of(rooms, events, per_turn):
            await self._emit(room, self._data)

    async def publish(self, first: int, rooms: int, events: int, per_second: int) -> None:
        async for room in paced(first, rooms, events, per_second):
            await self._emit(room, {**self._data, "mark": mark()})

    async def _emit(self, room: str, data: object) -> None:
        await self._server.emit(self._name, (data, *self._more), room=room)


async def main() -> None:
    server = socketio.AsyncServer(async_mode="aiohttp")
    rooms, sessions, probe = Rooms(server, int(sys.argv[1])), Sessions(), Probe()
    server.on("connect", sessions.connected)
    server.on("disconnect", sessions.disconnected)
    server.on("join", rooms.join)
    app = web.Application()
    server.attach(app)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    await obey(
        runner.addresses[0][1],
        {
            "sessions": sessions.count,
            "burst": rooms.burst,
            "publish": rooms.publish,
            "probe": probe.start,
            "probed": probe.stop,
        },
    )


if __name__ == "__main__":
    run(main())
