"""HTTP and WebSocket by hand, so that tests can also say what no client library would."""

import asyncio
import json
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from enum import IntEnum
from typing import Any, NamedTuple

from scripts.mishaps.process import TICK
from tests.conformance.server import Served

SECONDS = 60.0
# The example of RFC 6455, 1.3, and the proof that the server has read it.
KEY, ACCEPT = "dGhlIHNhbXBsZSBub25jZQ==", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
MASK = b"\x37\xfa\x21\x3d"


class Op(IntEnum):
    CONTINUATION = 0
    TEXT = 1
    BINARY = 2
    CLOSE = 8
    PING = 9
    PONG = 10


class Frame(NamedTuple):
    """A frame as it came."""

    op: int
    payload: bytes
    fin: bool = True
    rsv: int = 0


class Response(NamedTuple):
    """An answer to a request; the names of its headers are in small letters."""

    status: int
    headers: dict[str, str]
    body: str


class Connection:
    """One TCP connection to the server under test."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def send_bytewise(self, data: bytes) -> None:
        """Send each byte on its own, and let the server read it before the next one comes."""
        for byte in data:
            await self.send(bytes((byte,)))
            await asyncio.sleep(0.001)

    async def response(self) -> Response:
        async with asyncio.timeout(SECONDS):
            head = await self.reader.readuntil(b"\r\n\r\n")
            status, *lines = head.decode("latin-1").strip().split("\r\n")
            pairs = (line.partition(":") for line in lines)
            headers = {name.lower(): value.strip() for name, _, value in pairs}
            body = await self.reader.readexactly(int(headers.get("content-length", 0)))
        return Response(int(status.split()[1]), headers, body.decode())

    async def ended(self) -> None:
        """Wait until the server has hung up; what comes before that is passed over."""
        async with asyncio.timeout(SECONDS):
            try:
                while await self.reader.read(65536):
                    pass
            except ConnectionError:
                return

    async def close(self) -> None:
        self.writer.close()
        try:
            await self.writer.wait_closed()
        except ConnectionError:
            return


class WebSocket(Connection):
    """A connection after its handshake."""

    async def say(self, *packets: str | bytes) -> None:
        """Send each packet in a frame of its own, all at once."""
        await self.send(b"".join(map(message, packets)))

    async def hear(self) -> str | bytes:
        """Return the next message."""
        frame = await self.receive()
        assert frame.fin, frame
        assert frame.op in (Op.TEXT, Op.BINARY), frame
        return frame.payload.decode() if frame.op == Op.TEXT else frame.payload

    async def receive(self) -> Frame:
        """Return the next frame."""
        async with asyncio.timeout(SECONDS):
            first, second = await self.reader.readexactly(2)
            assert second < 128, "a server masks no frame"
            length = second
            if length == 126:
                (length,) = struct.unpack("!H", await self.reader.readexactly(2))
            elif length == 127:
                (length,) = struct.unpack("!Q", await self.reader.readexactly(8))
            payload = await self.reader.readexactly(length)
        return Frame(first & 15, payload, first >= 128, first >> 4 & 7)

    async def closed(self) -> int | None:
        """Wait until the server has hung up; return the code of its close frame, if it sent one."""
        code = None
        try:
            while True:
                frame = await self.receive()
                if frame.op == Op.CLOSE:
                    code = close_code(frame)
                    await self.send(encode(Op.CLOSE, frame.payload))
        except (asyncio.IncompleteReadError, ConnectionError):
            return code


class Polling:
    """A session over long-polling; each request has a connection of its own."""

    def __init__(self, at: Served, handshake: Response) -> None:
        assert (handshake.status, handshake.body[:1]) == (200, "0"), handshake
        self.at = at
        self.handshake: dict[str, Any] = json.loads(handshake.body[1:])
        self.sid: str = self.handshake["sid"]

    @property
    def query(self) -> str:
        return f"EIO=4&transport=polling&sid={self.sid}"

    async def get(self) -> Response:
        return await fetch(self.at, request(self.at, "GET", self.query))

    async def post(self, payload: str) -> Response:
        return await fetch(self.at, request(self.at, "POST", self.query, body=payload))

    async def posted(self, *packets: str) -> None:
        """Post packets in one payload; the server must take it."""
        answer = await self.post("\x1e".join(packets))
        assert (answer.status, answer.body) == (200, "ok")

    async def polled(self) -> list[str]:
        """Return the packets that the next poll brings."""
        answer = await self.get()
        assert answer.status == 200, answer
        return answer.body.split("\x1e")

    @asynccontextmanager
    async def polling(self) -> AsyncIterator["asyncio.Task[Response]"]:
        """Hold a poll open while something else is done."""
        poll = asyncio.create_task(self.get())
        await settle()
        try:
            yield poll
        finally:
            poll.cancel()


def request(
    at: Served,
    method: str,
    query: str,
    headers: dict[str, str | None] | None = None,
    body: str = "",
) -> bytes:
    """Return the bytes of a request; a header that is None is left out."""
    content = body.encode()
    named = {
        "Host": f"127.0.0.1:{at.port}",
        "Content-Length": str(len(content)) if method == "POST" else None,
        **(headers or {}),
    }
    lines = [f"{name}: {value}\r\n" for name, value in named.items() if value is not None]
    return f"{method} {at.path}?{query} HTTP/1.1\r\n{''.join(lines)}\r\n".encode() + content


def handshake(at: Served, query: str, **headers: str | None) -> bytes:
    """Return the request that opens a WebSocket; underscores in names of headers are dashes."""
    changes = {name.replace("_", "-"): value for name, value in headers.items()}
    wanted: dict[str, str | None] = {
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Key": KEY,
        "Sec-WebSocket-Version": "13",
    }
    return request(at, "GET", query, wanted | changes)


@asynccontextmanager
async def connection(at: Served) -> AsyncIterator[Connection]:
    made = Connection(*await asyncio.open_connection("127.0.0.1", at.port))
    try:
        yield made
    finally:
        await made.close()


async def fetch(at: Served, sent: bytes) -> Response:
    """Return the answer to a request."""
    async with connection(at) as made:
        await made.send(sent)
        return await made.response()


async def poll(at: Served) -> Polling:
    """Open a session over long-polling."""
    return Polling(at, await fetch(at, request(at, "GET", "EIO=4&transport=polling")))


@asynccontextmanager
async def websocket(
    at: Served, sid: str = "", /, **headers: str | None
) -> AsyncIterator[WebSocket]:
    """Open a WebSocket: a session of its own, whose open packet is still to come, or an upgrade."""
    query = "EIO=4&transport=websocket" + (f"&sid={sid}" if sid else "")
    async with connection(at) as made:
        await made.send(handshake(at, query, **headers))
        answer = await made.response()
        assert answer.status == 101, answer
        assert answer.headers["sec-websocket-accept"] == ACCEPT
        yield WebSocket(made.reader, made.writer)


async def turned_away(at: Served, query: str) -> bool:
    """Try to open a WebSocket; return whether it is refused, or taken and closed at once."""
    async with connection(at) as made:
        await made.send(handshake(at, query))
        answer = await made.response()
        if answer.status == 101:
            await WebSocket(made.reader, made.writer).closed()
    return answer.status in (101, 400)


async def settle() -> None:
    """Let the server take what was sent: it needs turns of the loop, however long they last."""
    for _ in range(20):
        await asyncio.sleep(0.002)


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(SECONDS):
        while not true():  # noqa: ASYNC110 - any condition may be waited for
            await asyncio.sleep(TICK)


def message(packet: str | bytes) -> bytes:
    """Return the frame of a whole message."""
    if isinstance(packet, str):
        return encode(Op.TEXT, packet.encode())
    return encode(Op.BINARY, packet)


def encode(
    op: int, payload: bytes = b"", *, fin: bool = True, rsv: int = 0, masked: bool = True
) -> bytes:
    """Return a frame as a client sends it."""
    head = header(op, len(payload), fin=fin, rsv=rsv, masked=masked)
    return head + (MASK + mask(payload) if masked else payload)


def header(op: int, length: int, *, fin: bool = True, rsv: int = 0, masked: bool = True) -> bytes:
    """Return the first bytes of a frame, up to its length."""
    first, bit = fin << 7 | rsv << 4 | op, masked << 7
    if length < 126:
        return bytes((first, bit | length))
    if length < 65536:
        return struct.pack("!BBH", first, bit | 126, length)
    return struct.pack("!BBQ", first, bit | 127, length)


def mask(payload: bytes) -> bytes:
    """Return a payload as a client sends it; at once, for tests send many megabytes."""
    size = len(payload)
    keys = (MASK * (size // 4 + 1))[:size]
    return (int.from_bytes(payload) ^ int.from_bytes(keys)).to_bytes(size)


def closing(code: int, reason: bytes = b"") -> bytes:
    """Return a close frame."""
    return encode(Op.CLOSE, struct.pack("!H", code) + reason)


def close_code(frame: Frame) -> int | None:
    return struct.unpack("!H", frame.payload[:2])[0] if frame.payload else None
