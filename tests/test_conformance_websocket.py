"""RFC 6455 byte for byte: what the server does with frames that no client library would send."""

import asyncio
import struct
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.conformance.server import ENGINEIO, Served, engineio_echo, served
from tests.conformance.wire import (
    Connection,
    Frame,
    Op,
    WebSocket,
    close_code,
    closing,
    connection,
    encode,
    fetch,
    handshake,
    header,
    message,
    request,
    until,
    websocket,
)

LIMIT = 100_000
NEW = "EIO=4&transport=websocket"
NORMAL, PROTOCOL_ERROR, INVALID_TEXT, TOO_BIG = 1000, 1002, 1007, 1009
DEFLATE = "permessage-deflate"


@pytest.fixture(scope="module")
async def echo() -> AsyncIterator[Served]:
    """It sends back every message, of which each begins with a 4, and no ping disturbs."""
    async with served(engineio_echo(max_http_buffer_size=LIMIT), ENGINEIO) as at:
        yield at


@pytest.fixture(scope="module")
async def deflating() -> AsyncIterator[Served]:
    server = engineio_echo(max_http_buffer_size=LIMIT, compression=True)
    async with served(server, ENGINEIO) as at:
        yield at


@pytest.fixture
async def socket(echo: Served) -> AsyncIterator[WebSocket]:
    async with opened(echo) as socket:
        yield socket


@asynccontextmanager
async def opened(at: Served, **headers: str | None) -> AsyncIterator[WebSocket]:
    """Open a session; when the connection is closed, the server must have forgotten it."""
    async with websocket(at, **headers) as socket:
        packet = await socket.hear()
        assert packet[:1] == "0"
        yield socket
    await forgotten(at)


async def forgotten(at: Served) -> None:
    await until(lambda: not at.server.eio.sockets)


# The handshake


async def test_a_handshake_is_answered_with_the_proof_that_it_was_read(echo: Served) -> None:
    async with connection(echo) as made:
        await made.send(handshake(echo, NEW))
        answer = await made.response()
        assert answer.status == 101
        assert answer.headers["upgrade"].lower() == "websocket"
        assert answer.headers["connection"].lower() == "upgrade"
        assert answer.headers["sec-websocket-accept"] == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
        for name in ("sec-websocket-protocol", "sec-websocket-extensions"):
            assert name not in answer.headers, "nothing may be chosen that was not offered"


@pytest.mark.parametrize(
    "headers",
    [
        {"Upgrade": "WebSocket"},
        {"Connection": "keep-alive, Upgrade"},
        {"Connection": "upgrade"},
        {"Sec_WebSocket_Extensions": "x-unknown; a=1, permessage-foo"},
        {"Sec_WebSocket_Protocol": "chat, superchat"},
        {"Cookie": "a=b", "User_Agent": "Firefox"},
    ],
)
async def test_a_handshake_may_be_written_in_any_way_that_browsers_and_proxies_do(
    echo: Served, headers: dict[str, str | None]
) -> None:
    async with opened(echo, **headers) as socket:
        await socket.say("4hello")
        assert await socket.hear() == "4hello"


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec_WebSocket_Key": None},
        {"Sec_WebSocket_Key": ""},
        {"Sec_WebSocket_Key": "c2hvcnQ="},
        {"Sec_WebSocket_Key": "not in base64, surely no"},
        {"Upgrade": None},
        {"Upgrade": "h2c"},
        {"Connection": "close"},
        {"Connection": None, "Upgrade": None},
    ],
)
async def test_a_handshake_without_all_that_it_needs_is_refused(
    echo: Served, headers: dict[str, str | None]
) -> None:
    answer = await fetch(echo, handshake(echo, NEW, **headers))
    assert answer.status == 400
    await forgotten(echo)


@pytest.mark.parametrize("version", [None, "8", "0", "14", "x"])
async def test_a_handshake_of_another_version_is_told_of_ours(
    echo: Served, version: str | None
) -> None:
    answer = await fetch(echo, handshake(echo, NEW, Sec_WebSocket_Version=version))
    assert answer.status in (400, 426)
    assert "13" in answer.headers["sec-websocket-version"]
    await forgotten(echo)


async def test_a_handshake_is_a_get(echo: Served) -> None:
    sent = handshake(echo, NEW).replace(b"GET", b"PUT", 1)
    assert (await fetch(echo, sent)).status == 400
    await forgotten(echo)


async def test_a_plain_request_for_a_websocket_is_refused(echo: Served) -> None:
    assert (await fetch(echo, request(echo, "GET", NEW))).status == 400
    await forgotten(echo)


# Frames


@pytest.mark.parametrize("size", [0, 1, 124, 125, 126, 65_534, 65_535, 65_536, LIMIT - 1])
async def test_a_message_of_any_length_is_heard_whole(socket: WebSocket, size: int) -> None:
    await socket.say("4" + "x" * size, bytes(size))
    assert await socket.hear() == "4" + "x" * size
    assert await socket.hear() == bytes(size)


async def test_lengths_of_the_answer_are_written_as_short_as_can_be(socket: WebSocket) -> None:
    for size in (125, 126, 65_535, 65_536):
        await socket.say(bytes(size))
        start = header(Op.BINARY, size, masked=False)
        async with asyncio.timeout(60):
            assert await socket.reader.readexactly(len(start)) == start
            assert await socket.reader.readexactly(size) == bytes(size)


async def test_frames_may_come_byte_by_byte(echo: Served) -> None:
    async with connection(echo) as made:
        await made.send_bytewise(handshake(echo, NEW))
        assert (await made.response()).status == 101
        socket = WebSocket(made.reader, made.writer)
        await socket.hear()
        await socket.send_bytewise(message("4wörd") + encode(Op.PING, b"?") + message(bytes(200)))
        assert await socket.hear() == "4wörd"
        assert await socket.receive() == Frame(Op.PONG, b"?")
        assert await socket.hear() == bytes(200)


async def test_many_frames_may_come_in_one_segment(socket: WebSocket) -> None:
    packets = [f"4{n}" for n in range(500)]
    await socket.say(*packets)
    assert [await socket.hear() for _ in packets] == packets


async def test_frames_may_come_with_the_handshake(echo: Served) -> None:
    async with connection(echo) as made:
        await made.send(handshake(echo, NEW) + message("4first") + message("4second"))
        assert (await made.response()).status == 101
        socket = WebSocket(made.reader, made.writer)
        assert str(await socket.hear()).startswith("0")
        assert [await socket.hear(), await socket.hear()] == ["4first", "4second"]
    await forgotten(echo)


async def test_a_message_may_come_in_fragments_with_control_frames_between(
    socket: WebSocket,
) -> None:
    await socket.send(
        encode(Op.TEXT, b"4he", fin=False)
        + encode(Op.PING, b"between")
        + encode(Op.CONTINUATION, b"", fin=False)
        + encode(Op.PONG, b"nobody asked")
        + encode(Op.CONTINUATION, b"ll", fin=False)
        + encode(Op.CONTINUATION, b"o")
    )
    assert await socket.receive() == Frame(Op.PONG, b"between")
    assert await socket.hear() == "4hello"
    await socket.send(encode(Op.BINARY, b"\x01", fin=False) + encode(Op.CONTINUATION, b"\x02"))
    assert await socket.hear() == b"\x01\x02"


async def test_a_ping_is_answered_before_the_message_it_interrupts_is_complete(
    socket: WebSocket,
) -> None:
    await socket.send(encode(Op.TEXT, b"4he", fin=False) + encode(Op.PING, b"there?"))
    assert await socket.receive() == Frame(Op.PONG, b"there?")
    await socket.send(encode(Op.CONTINUATION, b"llo"))
    assert await socket.hear() == "4hello"


@pytest.mark.parametrize("payload", [b"", b"x", bytes(range(125))])
async def test_a_ping_is_answered_with_a_pong_of_the_same_payload(
    socket: WebSocket, payload: bytes
) -> None:
    await socket.send(encode(Op.PING, payload))
    assert await socket.receive() == Frame(Op.PONG, payload)


async def test_a_pong_that_nobody_asked_for_is_passed_over(socket: WebSocket) -> None:
    await socket.send(encode(Op.PONG, b"hello") + message("4still here"))
    assert await socket.hear() == "4still here"


async def test_a_character_may_be_split_between_fragments(socket: WebSocket) -> None:
    text = "4€😀".encode()
    fragments = [encode(Op.CONTINUATION, text[n : n + 1], fin=False) for n in range(1, len(text))]
    await socket.send(
        encode(Op.TEXT, text[:1], fin=False) + b"".join(fragments) + encode(Op.CONTINUATION)
    )
    assert await socket.hear() == "4€😀"


BAD_FRAMES = {
    "unmasked text": encode(Op.TEXT, b"4hello", masked=False),
    "an unmasked ping": encode(Op.PING, b"hello", masked=False),
    "an unmasked close": encode(Op.CLOSE, b"", masked=False),
    **{
        f"reserved bit {rsv}": encode(Op.TEXT, b"4hello", rsv=rsv)
        for rsv in (0b100, 0b010, 0b001, 0b111)
    },
    "a reserved bit of a ping": encode(Op.PING, b"hello", rsv=0b100),
    **{f"opcode {op}": encode(op, b"4hello") for op in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15)},
    "a ping in fragments": encode(Op.PING, b"hello", fin=False),
    "a close in fragments": encode(Op.CLOSE, b"", fin=False),
    "a ping too long": encode(Op.PING, bytes(126)),
    "a pong too long": encode(Op.PONG, bytes(126)),
    "a close too long": closing(1000, b"x" * 124),
    "the length of a ping in 64 bits": header(Op.PING, 70_000),
    "a continuation of nothing": encode(Op.CONTINUATION, b"4hello"),
    "the first fragment of nothing": encode(Op.CONTINUATION, b"4hello", fin=False),
    "a message within another": encode(Op.TEXT, b"4he", fin=False) + message("4llo"),
    "binary within text": encode(Op.TEXT, b"4he", fin=False) + message(b"llo"),
    "a close of one byte": encode(Op.CLOSE, b"\x03"),
    **{
        f"a close of code {code}": closing(code)
        for code in (0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65_535)
    },
}


@pytest.mark.parametrize("frames", BAD_FRAMES.values(), ids=BAD_FRAMES)
async def test_a_frame_against_the_protocol_ends_the_connection(
    socket: WebSocket, frames: bytes
) -> None:
    await socket.send(frames)
    assert await socket.closed() == PROTOCOL_ERROR


async def test_a_length_beyond_all_lengths_ends_the_connection(socket: WebSocket) -> None:
    await socket.send(b"\x82\xff" + struct.pack("!Q", 2**63 + 1))
    assert await socket.closed() in (PROTOCOL_ERROR, TOO_BIG)


BAD_TEXT = {
    "a lone continuation byte": b"4\x80",
    "a character cut short": b"4\xe2\x82",
    "an overlong slash": b"4\xc0\xaf",
    "half a surrogate pair": b"4\xed\xa0\x80",
    "beyond the last character": b"4\xf4\x90\x80\x80",
    "no byte of UTF-8": b"4\xff",
}


@pytest.mark.parametrize("text", BAD_TEXT.values(), ids=BAD_TEXT)
async def test_text_that_is_not_utf_8_ends_the_connection(socket: WebSocket, text: bytes) -> None:
    await socket.send(encode(Op.TEXT, text))
    assert await socket.closed() == INVALID_TEXT


@pytest.mark.parametrize("text", BAD_TEXT.values(), ids=BAD_TEXT)
async def test_text_in_fragments_must_be_utf_8_too(socket: WebSocket, text: bytes) -> None:
    await socket.send(encode(Op.TEXT, text[:2], fin=False) + encode(Op.CONTINUATION, text[2:]))
    assert await socket.closed() == INVALID_TEXT


async def test_the_reason_of_a_close_must_be_utf_8(socket: WebSocket) -> None:
    await socket.send(closing(NORMAL, b"\xff"))
    assert await socket.closed() in (INVALID_TEXT, PROTOCOL_ERROR)


async def test_binary_may_be_any_bytes(socket: WebSocket) -> None:
    await socket.say(bytes(range(256)))
    assert await socket.hear() == bytes(range(256))


async def test_a_message_too_big_is_refused_by_its_length_alone(socket: WebSocket) -> None:
    await socket.send(header(Op.BINARY, LIMIT + 1))
    assert await socket.closed() == TOO_BIG


async def test_fragments_that_become_too_big_together_are_refused(socket: WebSocket) -> None:
    await socket.send(encode(Op.TEXT, b"4" + b"x" * 59_999, fin=False))
    await socket.send(header(Op.CONTINUATION, 40_001, fin=False))
    assert await socket.closed() == TOO_BIG


async def test_very_many_fragments_do_not_keep_the_server_from_others(
    echo: Served, socket: WebSocket
) -> None:
    """They never become too big, but each costs memory and time; a server may refuse them."""
    await socket.send(encode(Op.TEXT, b"4", fin=False))
    await socket.send(encode(Op.CONTINUATION, fin=False) * 20_000 + encode(Op.CONTINUATION, b"x"))
    async with websocket(echo) as other:
        await other.hear()
        await other.say("4still served")
        assert await other.hear() == "4still served"
    frame = await socket.receive()
    assert frame == Frame(Op.TEXT, b"4x") or close_code(frame) in (1008, TOO_BIG)


# The end


@pytest.mark.parametrize("code", [1000, 1001, 1002, 1003, 1007, 1008, 1011, 3000, 3999, 4000, 4999])
async def test_a_close_is_answered_with_its_code_and_the_server_hangs_up(
    socket: WebSocket, code: int
) -> None:
    await socket.send(closing(code, "auf Wiedersehen, до свидания".encode()))
    frame = await socket.receive()
    assert (frame.op, close_code(frame)) == (Op.CLOSE, code)
    await socket.ended()


async def test_a_close_without_a_code_is_answered(socket: WebSocket) -> None:
    await socket.send(encode(Op.CLOSE))
    frame = await socket.receive()
    assert frame.op == Op.CLOSE
    assert close_code(frame) in (None, NORMAL)
    await socket.ended()


async def test_nothing_after_a_close_is_heard(socket: WebSocket) -> None:
    await socket.send(closing(NORMAL) + message("4and another thing"))
    assert (await socket.receive()).op == Op.CLOSE
    assert await socket.closed() is None


async def test_a_close_within_a_message_ends_the_connection(socket: WebSocket) -> None:
    await socket.send(encode(Op.TEXT, b"4he", fin=False) + closing(NORMAL))
    assert await socket.closed() == NORMAL


@pytest.mark.parametrize("start", [b"", b"\x81", header(Op.TEXT, 500), encode(Op.TEXT, fin=False)])
async def test_a_connection_that_breaks_within_a_frame_is_forgotten(
    echo: Served, socket: WebSocket, start: bytes
) -> None:
    await socket.send(start)
    await socket.close()
    await forgotten(echo)


async def test_a_connection_that_is_reset_is_forgotten(echo: Served, socket: WebSocket) -> None:
    socket.writer.transport.abort()
    await forgotten(echo)


# Compression, RFC 7692


def deflated(payload: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return (packer.compress(payload) + packer.flush(zlib.Z_SYNC_FLUSH))[:-4]


def inflated(frame: Frame) -> bytes:
    return zlib.decompressobj(wbits=-15).decompress(frame.payload + b"\x00\x00\xff\xff")


async def test_compression_is_not_agreed_to_where_it_is_off(echo: Served) -> None:
    async with connection(echo) as made:
        await made.send(handshake(echo, NEW, Sec_WebSocket_Extensions=DEFLATE))
        assert "sec-websocket-extensions" not in (await made.response()).headers


async def test_compression_is_not_used_where_it_was_not_offered(deflating: Served) -> None:
    async with opened(deflating) as socket:
        await socket.say("4" + "x" * 10_000)
        assert await socket.hear() == "4" + "x" * 10_000


async def agreed(made: Connection, at: Served) -> WebSocket:
    """Open a session with compression, each message on its own."""
    offer = f"{DEFLATE}; server_no_context_takeover; client_no_context_takeover"
    await made.send(handshake(at, NEW, Sec_WebSocket_Extensions=offer))
    answer = await made.response()
    assert answer.headers["sec-websocket-extensions"].startswith(DEFLATE)
    socket = WebSocket(made.reader, made.writer)
    await socket.hear()
    return socket


async def test_messages_may_be_compressed_both_ways(deflating: Served) -> None:
    text = b"4" + b"many times the same " * 1000
    async with connection(deflating) as made:
        socket = await agreed(made, deflating)
        for _ in range(2):
            await socket.send(encode(Op.TEXT, deflated(text), rsv=0b100))
            frame = await socket.receive()
            assert (frame.op, frame.rsv) == (Op.TEXT, 0b100)
            assert len(frame.payload) < len(text) / 10
            assert inflated(frame) == text
        await socket.say("4as it is")
        assert await socket.hear() == "4as it is"


async def test_a_compressed_message_may_come_in_fragments(deflating: Served) -> None:
    packed = deflated(b"4in two halves")
    async with connection(deflating) as made:
        socket = await agreed(made, deflating)
        await socket.send(
            encode(Op.TEXT, packed[:5], fin=False, rsv=0b100) + encode(Op.CONTINUATION, packed[5:])
        )
        assert await socket.hear() == "4in two halves"


COMPRESSED_WRONG = {
    "a bomb": (encode(Op.TEXT, deflated(b"4" + bytes(50 * LIMIT)), rsv=0b100), TOO_BIG),
    "another bit": (encode(Op.TEXT, deflated(b"4x"), rsv=0b010), PROTOCOL_ERROR),
    "a compressed ping": (encode(Op.PING, deflated(b"x"), rsv=0b100), PROTOCOL_ERROR),
    "a compressed continuation": (
        encode(Op.TEXT, b"4", fin=False) + encode(Op.CONTINUATION, b"x", rsv=0b100),
        PROTOCOL_ERROR,
    ),
    "not UTF-8": (encode(Op.TEXT, deflated(b"4\xff"), rsv=0b100), INVALID_TEXT),
}


@pytest.mark.parametrize(("frames", "code"), COMPRESSED_WRONG.values(), ids=COMPRESSED_WRONG)
async def test_a_message_compressed_wrongly_ends_the_connection(
    deflating: Served, frames: bytes, code: int
) -> None:
    async with connection(deflating) as made:
        socket = await agreed(made, deflating)
        await socket.send(frames)
        assert await socket.closed() == code
    await forgotten(deflating)


async def test_what_cannot_be_inflated_ends_the_connection(deflating: Served) -> None:
    async with connection(deflating) as made:
        socket = await agreed(made, deflating)
        await socket.send(encode(Op.TEXT, b"\xff\xff\xff\xff", rsv=0b100))
        assert await socket.closed() in (PROTOCOL_ERROR, INVALID_TEXT)
    await forgotten(deflating)
