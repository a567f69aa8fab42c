"""The official client and that of python-socketio, over each transport, against the echo."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import pytest
import socketio

from tests.conformance.server import SOCKETIO, Served, served, socketio_echo
from tests.conformance.wire import until
from tests.javascript import run

SECONDS = 60.0
EVENTS = 200
AT_ONCE = 10  # with their attachments: the Python client takes 16 packets of one poll, not more
ARGS = (1, "zwei €", None, {"deep": [b"\x01\x02\x03"]}, b"", b"\xff")
WAYS: dict[str, dict[str, Any]] = {
    "websocket only": {"transports": ["websocket"]},
    "polling only": {"transports": ["polling"]},
    "polling with upgrade": {"transports": ["polling", "websocket"], "upgrades": True},
}
OUTCOME = {"polling only": "polling"}


@pytest.fixture(scope="module")
async def echo() -> AsyncIterator[Served]:
    """It also asks those who wish it, and tells them what they answered; and it pings often."""
    server = socketio_echo(ping_interval=0.2, ping_timeout=30.0, connect_timeout=10.0)

    for namespace in ("/", "/custom"):
        emit = partial(server.emit, namespace=namespace)

        async def ask(sid: str, *args: Any, emit: Any = emit) -> None:
            async def answered(*answer: Any) -> None:
                await emit("answered", answer, to=sid)

            await emit("question", args, to=sid, callback=answered)

        server.on("ask me", ask, namespace=namespace)
    async with served(server, SOCKETIO) as at:
        yield at


@pytest.mark.parametrize("way", WAYS)
async def test_the_official_client_gets_back_what_it_sends(echo: Served, way: str) -> None:
    told = await run("echo.mjs", {"url": echo.url, "events": EVENTS, **WAYS[way]})
    assert told == {"transport": OUTCOME.get(way, "websocket"), "events": EVENTS}
    await until(lambda: not echo.server.eio.sockets)


@pytest.mark.parametrize("way", WAYS)
async def test_the_python_client_gets_back_what_it_sends(echo: Served, way: str) -> None:
    async with client(echo, WAYS[way]["transports"]) as sio:
        assert sio.transport() == OUTCOME.get(way, "websocket")
        back = heard(sio, "message-back")
        for start in range(0, EVENTS, AT_ONCE):
            events = [(n, "text" if n % 3 else bytes((n,))) for n in range(start, start + AT_ONCE)]
            for event in events:
                await sio.emit("message", event)
            async with asyncio.timeout(SECONDS):
                assert [await back.get() for _ in events] == events
        for namespace in ("/", "/custom"):
            await asks_and_answers(sio, namespace)


async def asks_and_answers(sio: socketio.AsyncClient, namespace: str) -> None:
    """Acks go both ways, with attachments and without."""

    async def answer(*args: Any) -> tuple[Any, ...]:
        return args[::-1]

    sio.on("question", answer, namespace=namespace)
    answered = heard(sio, "answered", namespace)
    call = partial(sio.call, namespace=namespace, timeout=SECONDS)
    assert await call("message-with-ack", "one") == "one"
    assert tuple(await call("message-with-ack", ARGS)) == ARGS
    await sio.emit("ask me", ARGS, namespace=namespace)
    async with asyncio.timeout(SECONDS):
        assert await answered.get() == ARGS[::-1]


def heard(
    sio: socketio.AsyncClient, name: str, namespace: str = "/"
) -> asyncio.Queue[tuple[Any, ...]]:
    """Return where the arguments of all events of a name will come."""
    queue: asyncio.Queue[tuple[Any, ...]] = asyncio.Queue()

    async def hear(*args: Any) -> None:
        queue.put_nowait(args)

    sio.on(name, hear, namespace=namespace)
    return queue


@asynccontextmanager
async def client(at: Served, transports: list[str]) -> AsyncIterator[socketio.AsyncClient]:
    """A client of both namespaces; when it has gone, the server must have forgotten it."""
    sio = socketio.AsyncClient(reconnection=False, handle_sigint=False)
    greeted = heard(sio, "auth")
    await sio.connect(
        at.url,
        auth={"token": "123"},
        transports=transports,
        namespaces=["/", "/custom"],
        wait_timeout=SECONDS,
    )
    try:
        async with asyncio.timeout(SECONDS):
            assert await greeted.get() == ({"token": "123"},)
        yield sio
    finally:
        await sio.disconnect()
        if sio.eio.http is not None and not sio.eio.http.closed:
            await sio.eio.http.close()
    await until(lambda: not at.server.eio.sockets)
