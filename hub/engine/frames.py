"""WebSocket frames (RFC 6455) and their compression (RFC 7692), as a server sees them. No I/O."""

import base64
import hashlib
import zlib
from enum import IntEnum
from struct import Struct

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, 1.3
TAIL = b"\x00\x00\xff\xff"  # ends a deflated message and is not sent (RFC 7692, 7.2.1)
COMPRESS_FROM = 1024  # bytes; less is not worth the time
FIN, DEFLATED, RESERVED, MASKED = 0x80, 0x40, 0x30, 0x80
SHORT, LONGER, LONGEST = Struct(">BB"), Struct(">BBH"), Struct(">BBQ")  # how frames begin
MOST_FRAGMENTS = 1024
NOTHING = bytearray()


class Op(IntEnum):
    CONTINUATION = 0
    TEXT = 1
    BINARY = 2
    CLOSE = 8
    PING = 9
    PONG = 10


class CloseCode(IntEnum):
    """Why a connection ends (RFC 6455, 7.4.1)."""

    NORMAL = 1000
    GOING_AWAY = 1001
    PROTOCOL_ERROR = 1002
    INVALID_DATA = 1007
    TOO_BIG = 1009


# Those a peer may send: the others are for use inside a program, or not given out.
SENDABLE = frozenset((*range(1000, 1004), *range(1007, 1015), *range(3000, 5000)))


class Broken(Exception):
    """A peer broke the rules; the connection ends with the code."""

    def __init__(self, code: CloseCode, reason: str) -> None:
        super().__init__(reason)
        self.code, self.reason = code, reason


def accept_key(key: bytes) -> bytes:
    """Return the answer to a client's Sec-WebSocket-Key."""
    return base64.b64encode(hashlib.sha1(key + GUID).digest())


def handshake(key: bytes, extensions: str) -> bytes:
    """Return the answer that makes a connection a WebSocket."""
    lines = [
        "HTTP/1.1 101 Switching Protocols",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Accept: {accept_key(key).decode()}",
        *([f"Sec-WebSocket-Extensions: {extensions}"] if extensions else []),
    ]
    return "\r\n".join((*lines, "", "")).encode()


def message(content: str | bytes) -> bytes:
    """Return the frame of a text or of a binary message."""
    if isinstance(content, str):
        return frame(Op.TEXT, content.encode())
    return frame(Op.BINARY, content)


def deflated(content: str | bytes) -> bytes:
    """Return the frame of a message compressed by itself, so that all may get the same bytes."""
    body = content.encode() if isinstance(content, str) else content
    op = Op.TEXT if isinstance(content, str) else Op.BINARY
    if len(body) < COMPRESS_FROM:
        return frame(op, body)
    deflate = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    packed = deflate.compress(body) + deflate.flush(zlib.Z_SYNC_FLUSH)
    return frame(op | DEFLATED, packed.removesuffix(TAIL))


def close(code: int, reason: str = "") -> bytes:
    return frame(Op.CLOSE, code.to_bytes(2, "big") + reason.encode()[:123])


def frame(op: int, body: bytes, *, lead: bytes = b"") -> bytes:
    """Return a whole unmasked frame, as servers send them, of a body that begins with `lead`."""
    size = len(lead) + len(body)
    if size < 126:
        head = SHORT.pack(FIN | op, size)
    elif size < 65536:
        head = LONGER.pack(FIN | op, 126, size)
    else:
        head = LONGEST.pack(FIN | op, 127, size)
    return head + lead + body  # the one copy of a body that may be long


class Reader:
    """Takes the bytes a client sends, in whatever pieces, and gives its messages.

    Never holds more than one message of `limit` bytes, compressed or not.
    """

    __slots__ = ("_buffer", "_deflate", "_due", "_limit", "_parts", "_size", "_started")

    def __init__(self, limit: int, *, deflate: bool = False) -> None:
        self._limit, self._deflate = limit, deflate
        self._buffer = NOTHING  # the beginning of a frame
        self._due = 0  # how long that must be before it is worth another look
        self._parts: list[bytes] = []  # of a message in fragments
        self._size = 0
        self._started = 0  # the first byte of its first fragment

    def feed(self, data: bytes) -> list[tuple[Op, str | bytes]]:
        """Return what is complete with these bytes, in order; raise Broken."""
        if self._buffer:
            self._buffer += data
            if len(self._buffer) < self._due:
                return []
            data = bytes(self._buffer)
        found: list[tuple[Op, str | bytes]] = []
        at, size = 0, len(data)
        while (end := self._end(data, at)) <= size:
            whole = self._take(data, at, end)
            if whole is not None:
                found.append(whole)
            at = end
        self._due = end - at
        self._buffer = bytearray(data[at:]) if at < size else NOTHING
        return found

    def _end(self, data: bytes, at: int) -> int:
        """Return where the frame at `at` ends, or at least the part of it that tells."""
        if len(data) < at + 2:
            return at + 2
        first, second = data[at], data[at + 1]
        _check_head(first, second, self._deflate)
        size = second & 0x7F
        head = 6
        if size > 125:
            more = 2 if size == 126 else 8
            if len(data) < at + 2 + more:
                return at + 2 + more
            size = int.from_bytes(data[at + 2 : at + 2 + more], "big")
            head += more
        if size + self._size > self._limit:
            raise Broken(CloseCode.TOO_BIG, "message too big")
        return at + head + size

    def _take(self, data: bytes, at: int, end: int) -> tuple[Op, str | bytes] | None:
        first, size = data[at], data[at + 1] & 0x7F
        body = at + (6 if size < 126 else 8 if size == 126 else 14)
        content = unmask(data[body:end], data[body - 4 : body])
        op = Op(first & 0x0F)
        if op >= Op.CLOSE:
            return op, content
        if (op is Op.CONTINUATION) != bool(self._parts):
            raise Broken(CloseCode.PROTOCOL_ERROR, "a fragment out of place")
        if op is not Op.CONTINUATION:
            self._started = first
        if first & FIN and not self._parts:
            return self._whole(content)
        return self._add(content, bool(first & FIN))

    def _add(self, content: bytes, last: bool) -> tuple[Op, str | bytes] | None:
        self._parts.append(content)
        self._size += len(content)
        if len(self._parts) > MOST_FRAGMENTS:
            raise Broken(CloseCode.TOO_BIG, "too many fragments")
        if not last:
            return None
        content = b"".join(self._parts)
        self._parts, self._size = [], 0
        return self._whole(content)

    def _whole(self, content: bytes) -> tuple[Op, str | bytes]:
        if self._started & DEFLATED:
            content = inflate(content, self._limit)
        if self._started & 0x0F == Op.BINARY:
            return Op.BINARY, content
        try:
            return Op.TEXT, content.decode()
        except UnicodeDecodeError as exc:
            raise Broken(CloseCode.INVALID_DATA, "text that is no UTF-8") from exc


def _check_head(first: int, second: int, deflate: bool) -> None:
    op = first & 0x0F
    if first & RESERVED or (first & DEFLATED and (not deflate or op not in (Op.TEXT, Op.BINARY))):
        raise Broken(CloseCode.PROTOCOL_ERROR, "reserved bits are set")
    if op not in OPS:
        raise Broken(CloseCode.PROTOCOL_ERROR, "unknown opcode")
    if not second & MASKED:
        raise Broken(CloseCode.PROTOCOL_ERROR, "a frame is not masked")
    if op >= Op.CLOSE and (not first & FIN or second & 0x7F > 125):
        raise Broken(CloseCode.PROTOCOL_ERROR, "a control frame is long or in fragments")


OPS = frozenset(Op)


def close_code(content: bytes) -> int:
    """Return the code to answer a peer's close frame with: its own, if it is one."""
    code = int.from_bytes(content[:2], "big") if content else CloseCode.NORMAL
    if len(content) == 1 or code not in SENDABLE:
        return CloseCode.PROTOCOL_ERROR
    try:
        content[2:].decode()
    except UnicodeDecodeError:
        return CloseCode.INVALID_DATA
    return code


def unmask(content: bytes, key: bytes) -> bytes:
    """Return the content with the mask taken off; whole numbers are the fastest way here."""
    size = len(content)
    mask = int.from_bytes((key * (size // 4 + 1))[:size], "little")
    return (int.from_bytes(content, "little") ^ mask).to_bytes(size, "little")


def inflate(content: bytes, limit: int) -> bytes:
    """Return a compressed message as it was, unless that is more than `limit` bytes."""
    decompress = zlib.decompressobj(wbits=-zlib.MAX_WBITS)
    try:
        found = decompress.decompress(content + TAIL, limit + 1)
    except zlib.error as exc:
        raise Broken(CloseCode.INVALID_DATA, "not deflated") from exc
    if len(found) > limit:
        raise Broken(CloseCode.TOO_BIG, "message too big")
    return found
