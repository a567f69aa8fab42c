"""Engine.IO 4 and Socket.IO 5: what packets look like, and what they mean. No I/O.

An Engine.IO packet is a text of a digit and its data, or bytes: a binary message. The rules are
those of the protocol documents (github.com/socketio, engine.io-protocol 4, socket.io-protocol 5);
where they are silent, of the reference implementation in JavaScript.
"""

import base64
import binascii
import gc
import json
import re
from collections.abc import Iterable, Sequence
from enum import IntEnum
from typing import Any

import msgspec

from hub.engine import frames

# Engine.IO packet types.
OPEN, CLOSE, PING, PONG, MESSAGE, UPGRADE, NOOP = "0123456"
PROBE = "probe"
SEPARATOR = "\x1e"  # between the packets of one polling body
BINARY = "b"  # before a binary message in base64, in a polling body

# Names that clients may not send: servers and clients raise these events themselves.
RESERVED = frozenset(
    ("connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener")
)


class Malformed(Exception):
    """What came is not the protocol; the message is for the log."""


class Kind(IntEnum):
    """Socket.IO packet types."""

    CONNECT = 0
    DISCONNECT = 1
    EVENT = 2
    ACK = 3
    CONNECT_ERROR = 4
    BINARY_EVENT = 5
    BINARY_ACK = 6


class Packet(msgspec.Struct):
    """One Socket.IO packet. `attachments` is how many binary messages belong to it."""

    kind: Kind
    namespace: str = "/"
    id: int | None = None
    data: Any = None
    attachments: int = 0


class Outgoing:
    """Packets that leave together; each form of them is built once, however many get it."""

    __slots__ = ("_deflated", "_frame", "_packets", "_text")

    def __init__(self, packets: Sequence[str | bytes] | None, text: bytes = b"") -> None:
        """Take packets, or the text of one message in UTF-8."""
        self._packets = packets
        self._text = text
        self._frame: bytes | None = None
        self._deflated: bytes | None = None

    @property
    def packets(self) -> Sequence[str | bytes]:
        if self._packets is None:
            self._packets = (MESSAGE + self._text.decode(),)
        return self._packets

    @property
    def frame(self) -> bytes:
        """The WebSocket frames of all of them."""
        if self._frame is None:
            if self._packets is None:
                self._frame = frames.frame(frames.Op.TEXT, self._text, lead=b"4")
            else:
                self._frame = b"".join(map(frames.message, self._packets))
        return self._frame

    @property
    def deflated(self) -> bytes:
        """The same for those who agreed to permessage-deflate."""
        if self._deflated is None:
            self._deflated = b"".join(map(frames.deflated, self.packets))
        return self._deflated


def message(packet: str | bytes) -> str | bytes:
    """Return the Engine.IO packet that carries a message."""
    return packet if isinstance(packet, bytes) else MESSAGE + packet


def payload(packets: Iterable[str | bytes]) -> str:
    """Return a polling body of packets."""
    return SEPARATOR.join(
        packet if isinstance(packet, str) else BINARY + base64.b64encode(packet).decode()
        for packet in packets
    )


def packets(body: str, limit: int) -> list[str | bytes]:
    """Return the packets of a polling body, at most `limit`; raise Malformed."""
    parts = body.split(SEPARATOR, limit)
    if len(parts) > limit:
        raise Malformed("too many packets in one body")
    return [_unpacked(part) for part in parts]


def _unpacked(part: str) -> str | bytes:
    if not part.startswith(BINARY):
        return part
    try:
        return base64.b64decode(part[1:], validate=True)
    except (binascii.Error, ValueError) as exc:
        raise Malformed("a binary packet is not base64") from exc


# Type, attachments, namespace (a query in it is of no interest), ack id; the data is what is left.
HEAD = re.compile(r"([0-6])(?:([0-9]{1,9})-)?(?:(/[^,?]*)(?:\?[^,]*)?(?:,|$))?([0-9]{1,18})?")


def decode(text: str, most_attachments: int) -> Packet:
    """Return the Socket.IO packet that a client sent; raise Malformed."""
    head = HEAD.match(text)
    if head is None:
        raise Malformed("no packet type")
    kind = Kind(int(head[1]))
    packet = Packet(kind, head[3] or "/", int(head[4]) if head[4] else None)
    packet.attachments = int(head[2] or 0)
    if (kind in (Kind.BINARY_EVENT, Kind.BINARY_ACK)) != bool(packet.attachments):
        raise Malformed("attachments where none belong, or none where some do")
    if packet.attachments > most_attachments:
        raise Malformed("too many attachments")
    if head.end() < len(text):
        packet.data = parse(text[head.end() :])
    if not _fits(packet):
        raise Malformed(f"data that does not fit a packet of type {kind.value}")
    return packet


def parse(text: str) -> Any:
    """Return the value of a JSON text; raise Malformed."""
    # At the bottom of a deep text, finalizers the collector calls would find no stack left.
    gc.disable()
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return _parse_halves(text)
    finally:
        gc.enable()


def _parse_halves(text: str) -> Any:
    """Parse what may have half a character: of a text cut in an emoji; JSON too (RFC 8259, 8.2)."""
    try:
        return json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError) as exc:
        raise Malformed("the data is no JSON") from exc


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _json(data: Any) -> str:
    try:
        return msgspec.json.encode(data).decode()
    except UnicodeEncodeError:
        return json.dumps(data, separators=(",", ":"))


def _fits(packet: Packet) -> bool:
    data = packet.data
    match packet.kind:
        case Kind.CONNECT:
            return data is None or isinstance(data, dict)
        case Kind.DISCONNECT:
            return data is None
        case Kind.EVENT | Kind.BINARY_EVENT:
            return _is_event(data)
        case Kind.ACK | Kind.BINARY_ACK:
            return isinstance(data, list) and packet.id is not None
        case Kind.CONNECT_ERROR:
            return False  # servers say that, not clients


def _is_event(data: Any) -> bool:
    return (
        isinstance(data, list)
        and bool(data)
        and isinstance(data[0], str)
        and data[0] not in RESERVED
    )


def encode(packet: Packet) -> list[str | bytes]:
    """Return a Socket.IO packet as text, and the binary messages that follow it."""
    attachments: list[bytes] = []
    data = _without_binary(packet.data, attachments)
    kind = packet.kind
    count = ""
    if attachments:
        kind = Kind.BINARY_ACK if kind in (Kind.ACK, Kind.BINARY_ACK) else Kind.BINARY_EVENT
        count = f"{len(attachments)}-"
    namespace = "" if packet.namespace == "/" else packet.namespace + ","
    number = "" if packet.id is None else str(packet.id)
    body = "" if data is None else _json(data)
    return [f"{kind.value}{count}{namespace}{number}{body}", *attachments]


def _without_binary(data: Any, attachments: list[bytes]) -> Any:
    """Return the data with placeholders where bytes were, and add those to the attachments."""
    if isinstance(data, (bytes, bytearray)):
        attachments.append(bytes(data))
        return {"_placeholder": True, "num": len(attachments) - 1}
    if isinstance(data, (list, tuple)):
        return [_without_binary(item, attachments) for item in data]
    if isinstance(data, dict):
        return {key: _without_binary(value, attachments) for key, value in data.items()}
    return data


def with_binary(data: Any, attachments: Sequence[bytes]) -> Any:
    """Return the data with the attachments in their places; raise Malformed."""
    if isinstance(data, list):
        return [with_binary(item, attachments) for item in data]
    if not isinstance(data, dict):
        return data
    if data.get("_placeholder") is not True:
        return {key: with_binary(value, attachments) for key, value in data.items()}
    number = data.get("num")
    if type(number) is not int or not 0 <= number < len(attachments):
        raise Malformed("a placeholder for no attachment")
    return attachments[number]


def outgoing(packet: Packet) -> Outgoing:
    """Return a Socket.IO packet with its attachments, to be sent as one."""
    return Outgoing([message(part) for part in encode(packet)])
