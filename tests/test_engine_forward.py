"""What reached the wrong node is answered by the right one, and neither end notices."""

import asyncio
import gzip
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Any

import aiohttp
import pytest
import uvloop
from aiohttp import web
from yarl import URL

from hub.embedded.processes import free_port
from hub.engine import forward as module
from hub.engine.forward import HEADER, UNKNOWN_SESSION, Forwarder
from scripts.mishaps.process import TICK

NODE = "0badcafe"
SECONDS = 30.0
HEAD = b"GET /socket.io/?sid=a.b HTTP/1.1\r\nHost: hub\r\nUpgrade: websocket\r\n\r\n"
MARKED = HEAD.replace(b"1.1\r\n", b"1.1\r\nHub-Forwarded: 0badcafe\r\n", 1)
MANY = 2_000_000  # bytes, more than all buffers of the hub hold
FAR_TOO_MANY = 2**25  # bytes, more than all buffers of the kernel in between hold

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def serving(handler: Handler) -> AsyncIterator[str]:
    """Serve one handler on every path; yield where."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handler)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


@asynccontextmanager
async def forwarding(url: str, forwarder: Forwarder | None = None) -> AsyncIterator[str]:
    """A node that owns nothing; yield where it is."""
    forwarder = forwarder or Forwarder(NODE, SECONDS)

    async def front(request: web.Request) -> web.Response:
        return await forwarder.forward(request, url)

    async with serving(front) as front_url:
        yield front_url
    await forwarder.close()


async def ask(url: str, path: str = "/", method: str = "GET", **more: Any) -> tuple[int, bytes]:
    whole = URL(url + path, encoded=True)
    async with aiohttp.ClientSession() as http, http.request(method, whole, **more) as reply:
        return reply.status, await reply.read()


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(SECONDS):
        while not true():  # noqa: ASYNC110 - any condition may be waited for
            await asyncio.sleep(TICK)


async def test_a_poll_reaches_the_owner_as_it_was_sent_and_says_that_it_was_forwarded() -> None:
    seen: list[Any] = []

    async def owner(request: web.Request) -> web.Response:
        seen.extend([request.method, request.raw_path, await request.read(), request.headers])
        return web.Response(text="2")

    path, body = "/socket.io/?EIO=4&sid=a.b%2Fc&t=%C3%A4&x=1+2", b'42["caf\xc3\xa9"]\x1e3'
    sent = {
        "Host": "hub.example",
        "Origin": "https://order.example",
        "Cookie": "a=1; b=2",
        "Content-Type": "text/plain;charset=UTF-8",
        "X-Forwarded-For": "192.0.2.1",
        "Connection": "keep-alive, X-Mine",
        "X-Mine": "of this connection",
    }
    async with serving(owner) as url, forwarding(url) as front:
        auto = ("Accept", "Accept-Encoding", "User-Agent")
        status, got = await ask(
            front, path, "POST", data=body, headers=sent, skip_auto_headers=auto
        )
    assert (status, got) == (200, b"2")
    method, raw_path, read, headers = seen
    assert (method, raw_path, read) == ("POST", path, body)
    del sent["Connection"], sent["X-Mine"]
    assert dict(headers) == sent | {HEADER: NODE, "Content-Length": str(len(body))}


async def test_the_answer_of_the_owner_comes_back_as_it_was() -> None:
    body = gzip.compress(b"4hello" * 100)

    async def owner(_: web.Request) -> web.Response:
        reply = web.Response(status=403, body=body, headers={"Content-Encoding": "gzip"})
        reply.headers.extend([("Set-Cookie", "a=1"), ("Set-Cookie", "b=2"), ("X-Own", "1")])
        return reply

    async with (
        serving(owner) as url,
        forwarding(url) as front,
        aiohttp.ClientSession(auto_decompress=False) as http,
        http.get(front) as reply,
    ):
        assert reply.status == 403
        assert await reply.read() == body
        assert reply.headers["Content-Encoding"] == "gzip"
        assert reply.headers["X-Own"] == "1"
        assert reply.headers.getall("Set-Cookie") == ["a=1", "b=2"]
        assert reply.headers["Content-Length"] == str(len(body))


async def test_a_packed_body_cannot_smuggle_a_second_request_behind_its_length() -> None:
    bodies: list[bytes] = []

    async def owner(request: web.Request) -> web.Response:
        bodies.append(await request.read())
        return web.Response()

    smuggled = b"x" * 50 + b"POST /admin HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n" * 20
    async with serving(owner) as url, forwarding(url) as front:
        packed = {"data": gzip.compress(smuggled), "headers": {"Content-Encoding": "gzip"}}
        assert await ask(front, method="POST", **packed) == (200, b"")
        assert await ask(front, method="POST", data=b"2") == (200, b"")
    assert bodies == [smuggled, b"2"]


async def test_connections_to_the_owner_are_kept_and_as_many_polls_hang_as_there_are_clients() -> (
    None
):
    peers: set[Any] = set()
    waiting, go = 0, asyncio.Event()

    async def owner(request: web.Request) -> web.Response:
        nonlocal waiting
        assert request.transport is not None
        peers.add(request.transport.get_extra_info("peername"))
        waiting += request.method == "GET"
        if request.method == "GET":
            await go.wait()
        return web.Response()

    async with serving(owner) as url, forwarding(url) as front:
        for _ in range(5):
            await ask(front, method="POST")
        assert len(peers) == 1
        polls = [asyncio.create_task(ask(front)) for _ in range(150)]
        await until(lambda: waiting == 150)
        go.set()
        assert await asyncio.gather(*polls) == [(200, b"")] * 150


async def test_an_owner_that_is_gone_knows_no_session() -> None:
    async with forwarding(f"http://127.0.0.1:{free_port()}") as front:
        assert await ask(front) == (400, UNKNOWN_SESSION)
        assert await ask(front, method="POST", data=b"2") == (400, UNKNOWN_SESSION)


async def test_a_node_that_leaves_answers_itself_what_is_waiting_and_what_still_comes() -> None:
    asked = asyncio.Event()

    async def owner(_: web.Request) -> web.Response:
        asked.set()
        await asyncio.sleep(60)
        raise AssertionError

    forwarder = Forwarder(NODE, SECONDS)
    async with serving(owner) as url, forwarding(url, forwarder) as front:
        poll = asyncio.create_task(ask(front))
        await asked.wait()
        await forwarder.close()
        assert await poll == (400, UNKNOWN_SESSION)
        assert await ask(front) == (400, UNKNOWN_SESSION)


async def test_an_owner_that_says_nothing_is_not_waited_for_longer_than_a_poll_lasts() -> None:
    async def owner(_: web.Request) -> web.Response:
        await asyncio.sleep(60)
        raise AssertionError

    async with serving(owner) as url, forwarding(url, Forwarder(NODE, 0.2)) as front:
        assert await ask(front) == (400, UNKNOWN_SESSION)


async def test_a_poll_that_an_owner_broke_off_is_not_sent_again() -> None:
    asked: list[str] = []

    async def owner(request: web.Request) -> web.Response:
        asked.append(request.path)
        if request.path == "/broken":
            assert request.transport is not None
            request.transport.abort()
        return web.Response()

    async with serving(owner) as url, forwarding(url) as front:
        assert await ask(front, "/") == (200, b"")
        assert await ask(front, "/broken") == (400, UNKNOWN_SESSION)
    assert asked == ["/", "/broken"]


async def test_an_owner_that_refuses_a_body_before_it_is_all_there_is_heard() -> None:
    async def owner(_: web.Request) -> web.Response:
        return web.Response(status=413, body=b"too large")

    async def slow() -> AsyncIterator[bytes]:
        yield b"1" * 1000
        await asyncio.sleep(0.2)
        yield b"2" * 1000

    async with serving(owner) as url, forwarding(url) as front:
        assert await ask(front, method="POST", data=slow()) == (413, b"too large")


async def test_the_owner_learns_that_a_client_has_left_its_poll(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "LOOK_SECONDS", 0.05)
    polls: list[web.Request] = []

    async def owner(request: web.Request) -> web.Response:
        polls.append(request)
        await until(lambda: request.transport is None)
        return web.Response()

    async with serving(owner) as url, forwarding(url) as front:
        poll = asyncio.create_task(ask(front))
        await until(lambda: bool(polls))
        poll.cancel()
        await until(lambda: polls[0].transport is None)


class Front(asyncio.Protocol):
    """Reads the head of a request and hands the connection over, as the engine does."""

    def __init__(self, forwarder: Forwarder, url: str) -> None:
        self.forwarder, self.url, self.head = forwarder, url, b""

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.head += data
        if b"\r\n\r\n" in self.head:
            splice = self.forwarder.splice(self.head, self.transport, self.url)
            self.task = asyncio.create_task(splice)


class End:
    """Reads and writes one end of a connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def reads(self, expected: bytes) -> None:
        async with asyncio.timeout(SECONDS):
            assert await self.reader.readexactly(len(expected)) == expected

    async def reads_to_the_end(self) -> bytes:
        async with asyncio.timeout(SECONDS):
            return await self.reader.read()


class Wire:
    """A client, a node that owns nothing, and an owner, with a connection from end to end."""

    def __init__(self, url: str | None = None) -> None:
        self.url = url
        self.forwarder = Forwarder(NODE, SECONDS)
        self.owners: asyncio.Queue[End] = asyncio.Queue()
        self.writers: list[asyncio.StreamWriter] = []

    async def __aenter__(self) -> "Wire":
        async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            self.owners.put_nowait(End(reader, writer))
            self.writers.append(writer)

        loop = asyncio.get_running_loop()
        self.server = await asyncio.start_server(accept, "127.0.0.1", 0)
        url = self.url or f"http://127.0.0.1:{self.server.sockets[0].getsockname()[1]}"
        self.front = await loop.create_server(lambda: Front(self.forwarder, url), "127.0.0.1", 0)
        port = self.front.sockets[0].getsockname()[1]
        self.client = End(*await asyncio.open_connection("127.0.0.1", port))
        self.writers.append(self.client.writer)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.forwarder.close()
        for writer in self.writers:
            writer.transport.abort()
        self.front.close()
        self.server.close()
        await asyncio.sleep(TICK)

    async def owner(self, rest: bytes = b"") -> End:
        """Send a request; return the owner's end when it has the whole of it."""
        self.client.writer.write(HEAD + rest)
        async with asyncio.timeout(SECONDS):
            owner = await self.owners.get()
        await owner.reads(MARKED + rest)
        return owner


def on_both_loops(scenario: Callable[[], Coroutine[Any, Any, None]]) -> Callable[..., Any]:
    """Nodes run on uvloop, whose transports have manners of their own."""

    def run(new_loop: Callable[[], asyncio.AbstractEventLoop]) -> None:
        with asyncio.Runner(loop_factory=new_loop) as runner:
            runner.run(scenario())

    async def test(new_loop: Callable[[], asyncio.AbstractEventLoop]) -> None:
        await asyncio.to_thread(run, new_loop)

    loops = [asyncio.new_event_loop, uvloop.new_event_loop]
    return pytest.mark.parametrize("new_loop", loops, ids=["asyncio", "uvloop"])(test)


async def fill(end: End) -> int:
    """Write until no more is taken; return how many bytes were."""
    end.writer.transport.set_write_buffer_limits(0)
    sent, chunk = 0, bytes(range(256)) * 256
    try:
        while True:
            end.writer.write(chunk)
            sent += len(chunk)
            await asyncio.wait_for(end.writer.drain(), 0.2)
    except TimeoutError:
        return sent


@on_both_loops
async def test_bytes_go_both_ways_after_the_head_and_what_came_with_it() -> None:
    async with Wire() as wire:
        owner = await wire.owner(rest=b"more")
        for _ in range(3):
            owner.writer.write(b"HTTP/1.1 101 Switching Protocols\r\n\r\n")
            await wire.client.reads(b"HTTP/1.1 101 Switching Protocols\r\n\r\n")
            wire.client.writer.write(b"\x81\x85frame")
            await owner.reads(b"\x81\x85frame")


@on_both_loops
async def test_the_owner_closes_and_the_client_gets_the_rest_and_the_end() -> None:
    async with Wire() as wire:
        owner = await wire.owner()
        owner.writer.write(b"x" * MANY)
        owner.writer.close()
        assert await wire.client.reads_to_the_end() == b"x" * MANY


@on_both_loops
async def test_the_client_closes_and_the_owner_gets_the_rest_and_the_end() -> None:
    async with Wire() as wire:
        owner = await wire.owner()
        wire.client.writer.write(b"x" * MANY)
        wire.client.writer.close()
        assert await owner.reads_to_the_end() == b"x" * MANY


@on_both_loops
async def test_an_end_that_does_not_read_stops_the_other_from_sending() -> None:
    async with Wire() as wire:
        owner = await wire.owner()
        for sender, reader in ((owner, wire.client), (wire.client, owner)):
            sent = await fill(sender)
            await reader.reads(bytes(range(256)) * (sent // 256))
            await sender.writer.drain()


@on_both_loops
async def test_a_client_that_takes_nothing_more_is_not_waited_for_when_the_owner_has_left() -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "STALL_SECONDS", 0.5)
        async with Wire() as wire:
            owner = await wire.owner()
            sides = wire.forwarder._sides
            owner.writer.write(bytes(FAR_TOO_MANY))
            await until(lambda: not sides or any(held(side) for side in sides))
            owner.writer.transport.abort()
            await until(lambda: not sides)


def held(side: module.Side) -> bool:
    """Whether so much waits for an end that the other is not read from meanwhile."""
    return side.transport.get_write_buffer_size() > 2**16


@on_both_loops
async def test_a_connection_whose_owner_is_gone_is_told_so_and_closed() -> None:
    async with Wire(f"http://127.0.0.1:{free_port()}") as wire:
        wire.client.writer.write(HEAD)
        told = await wire.client.reads_to_the_end()
        assert told.startswith(b"HTTP/1.1 400 Bad Request\r\n")
        assert told.endswith(b"\r\n\r\n" + UNKNOWN_SESSION)


@on_both_loops
async def test_an_owner_that_cannot_be_reached_is_given_up() -> None:
    with pytest.MonkeyPatch.context() as patch, socket.socket() as full:
        patch.setattr(module, "CONNECT_SECONDS", 0.2)
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        address = full.getsockname()
        with socket.create_connection(address):  # the only one that fits in its queue
            async with Wire(f"http://127.0.0.1:{address[1]}") as wire:
                wire.client.writer.write(HEAD)
                assert (await wire.client.reads_to_the_end()).endswith(UNKNOWN_SESSION)


@on_both_loops
async def test_a_node_that_leaves_cuts_off_both_ends() -> None:
    async with Wire() as wire:
        owner = await wire.owner()
        await wire.forwarder.close()
        for end in (owner, wire.client):
            with suppress(ConnectionResetError):
                assert await end.reads_to_the_end() == b""


@on_both_loops
async def test_a_node_that_leaves_joins_nobody_more() -> None:
    async with Wire() as wire:
        await wire.forwarder.close()
        wire.client.writer.write(HEAD)
        assert (await wire.client.reads_to_the_end()).endswith(UNKNOWN_SESSION)
