"""WebSocket frames, byte by byte: what RFC 6455 shows, and whatever a client may send."""

import os
import zlib
from contextlib import suppress
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.engine import frames
from hub.engine.frames import Broken, CloseCode, Op, Reader

LIMIT = 1000
KEY = bytes.fromhex("37fa213d")  # of the examples in RFC 6455, 5.7


def masked(first: int, body: bytes, key: bytes = KEY) -> bytes:
    """Return a frame as a client sends it."""
    size = len(body)
    if size < 126:
        head = bytes((first, 0x80 | size))
    elif size < 65536:
        head = bytes((first, 0x80 | 126)) + size.to_bytes(2, "big")
    else:
        head = bytes((first, 0x80 | 127)) + size.to_bytes(8, "big")
    return head + key + frames.unmask(body, key)


def read(*pieces: bytes, deflate: bool = False) -> list[tuple[Op, str | bytes]]:
    reader = Reader(LIMIT, deflate=deflate)
    return [found for piece in pieces for found in reader.feed(piece)]


def refused(*pieces: bytes, deflate: bool = False) -> CloseCode:
    with pytest.raises(Broken) as caught:
        read(*pieces, deflate=deflate)
    return caught.value.code


def test_the_handshake_is_answered_as_in_the_rfc() -> None:
    assert frames.accept_key(b"dGhlIHNhbXBsZSBub25jZQ==") == b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="


def test_the_examples_of_the_rfc() -> None:
    hello = bytes.fromhex("818537fa213d7f9f4d5158")
    assert read(hello) == [(Op.TEXT, "Hello")]
    assert frames.message("Hello") == bytes.fromhex("810548656c6c6f")
    assert read(bytes.fromhex("898537fa213d7f9f4d5158")) == [(Op.PING, b"Hello")]
    assert frames.frame(Op.PONG, b"Hello") == bytes.fromhex("8a0548656c6c6f")
    assert frames.message(b"x" * 256)[:4] == bytes.fromhex("827e0100")
    assert frames.message(b"x" * 65536)[:10] == bytes.fromhex("827f0000000000010000")


def test_a_message_in_fragments_with_a_ping_in_between() -> None:
    assert read(
        masked(Op.TEXT, b"Hel") + masked(0x80 | Op.PING, b"?") + masked(Op.CONTINUATION, b""),
        masked(0x80, b"lo") + masked(0x80 | Op.BINARY, b"\1"),
    ) == [(Op.PING, b"?"), (Op.TEXT, "Hello"), (Op.BINARY, b"\1")]


def test_a_letter_may_be_parted_by_fragments() -> None:
    letter = "ß".encode()
    assert read(masked(Op.TEXT, letter[:1]) + masked(0x80, letter[1:])) == [(Op.TEXT, "ß")]


contents = st.text(max_size=300).map(lambda text: (0x80 | Op.TEXT, text.encode()))
contents |= st.binary(max_size=300).map(lambda body: (0x80 | Op.BINARY, body))
contents |= st.binary(max_size=125).map(lambda body: (0x80 | Op.PONG, body))


@given(st.lists(contents, max_size=6), st.lists(st.integers(0, 2000), max_size=8))
def test_however_the_bytes_are_cut_the_messages_are_the_same(
    sent: list[tuple[int, bytes]], cuts: list[int]
) -> None:
    stream = b"".join(masked(first, body, os.urandom(4)) for first, body in sent)
    places = [0, *sorted(cut for cut in cuts if cut < len(stream)), len(stream)]
    pieces = [stream[a:b] for a, b in pairwise(places)]
    found = [body.encode() if isinstance(body, str) else body for _, body in read(*pieces)]
    assert found == [body for _, body in sent]
    assert read(*(bytes((byte,)) for byte in stream)) == read(*pieces)


@given(st.lists(st.binary(max_size=40), max_size=20))
def test_whatever_comes_is_read_or_refused(pieces: list[bytes]) -> None:
    reader = Reader(LIMIT)
    with suppress(Broken):
        for piece in pieces:
            for op, content in reader.feed(piece):
                assert isinstance(content, str) is (op is Op.TEXT)


@pytest.mark.parametrize(
    "frame",
    [
        frames.message("not masked"),
        masked(0x80 | 0x40 | Op.TEXT, b"x"),
        masked(0x80 | 0x20 | Op.TEXT, b"x"),
        masked(0x80 | 0x10 | Op.TEXT, b"x"),
        *(masked(0x80 | op, b"x") for op in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15)),
        masked(Op.PING, b"in fragments"),
        masked(0x80 | Op.PING, b"x" * 126),
        masked(0x80 | Op.CLOSE, b"x" * 126),
        masked(0x80, b"a fragment of nothing"),
        masked(Op.TEXT, b"begun") + masked(0x80 | Op.TEXT, b"and begun again"),
    ],
)
def test_frames_against_the_rules_are_refused(frame: bytes) -> None:
    assert refused(frame) is CloseCode.PROTOCOL_ERROR


def test_they_are_refused_at_their_first_bytes() -> None:
    assert refused(masked(0x80 | Op.TEXT, b"x" * (LIMIT + 1))[:4]) is CloseCode.TOO_BIG
    assert refused(masked(0x80 | Op.TEXT, b"x" * 70_000)[:10]) is CloseCode.TOO_BIG


def test_fragments_are_counted_together() -> None:
    assert refused(*[masked(Op.TEXT, b"x")], *[masked(0, b"x" * 100)] * 10) is CloseCode.TOO_BIG
    empty = [masked(Op.TEXT, b""), *[masked(0, b"")] * frames.MOST_FRAGMENTS]
    assert refused(*empty) is CloseCode.TOO_BIG


@pytest.mark.parametrize("text", [b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xf4\x90\x80\x80"])
def test_text_that_is_no_utf8_is_refused(text: bytes) -> None:
    assert refused(masked(0x80 | Op.TEXT, text)) is CloseCode.INVALID_DATA


@pytest.mark.parametrize(
    ("body", "answer"),
    [
        (b"", CloseCode.NORMAL),
        (b"\x03\xe8", CloseCode.NORMAL),
        (b"\x03\xe9gone", CloseCode.GOING_AWAY),
        (b"\x0f\xa0", 4000),
        (b"\x03", CloseCode.PROTOCOL_ERROR),
        *((code.to_bytes(2, "big"), CloseCode.PROTOCOL_ERROR) for code in (0, 999, 1004, 1005)),
        *((code.to_bytes(2, "big"), CloseCode.PROTOCOL_ERROR) for code in (1006, 1015, 5000)),
        (b"\x03\xe8\xff", CloseCode.INVALID_DATA),
    ],
)
def test_a_goodbye_is_answered_by_its_code(body: bytes, answer: int) -> None:
    assert frames.close_code(body) == answer


def test_a_long_reason_is_cut_to_what_a_control_frame_may_hold() -> None:
    assert len(frames.close(CloseCode.PROTOCOL_ERROR, "x" * 500)) == 2 + 125


def squeezed(body: bytes) -> bytes:
    deflate = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return (deflate.compress(body) + deflate.flush(zlib.Z_SYNC_FLUSH)).removesuffix(frames.TAIL)


def test_a_compressed_message_is_read_where_that_was_agreed() -> None:
    body = squeezed(b"Hello " * 100)
    assert read(masked(0xC0 | Op.TEXT, body), deflate=True) == [(Op.TEXT, "Hello " * 100)]
    parts = masked(0x40 | Op.TEXT, body[:5]) + masked(0x80, body[5:])
    assert read(parts, deflate=True) == [(Op.TEXT, "Hello " * 100)]


def test_a_bomb_is_never_blown_up() -> None:
    bomb = squeezed(b"\0" * 500_000)
    assert len(bomb) < LIMIT
    assert refused(masked(0xC0 | Op.BINARY, bomb), deflate=True) is CloseCode.TOO_BIG


def test_what_is_not_deflated_is_refused() -> None:
    assert refused(masked(0xC0 | Op.TEXT, b"\xff" * 20), deflate=True) is CloseCode.INVALID_DATA
    assert refused(masked(0x80 | 0x40 | Op.PING, b""), deflate=True) is CloseCode.PROTOCOL_ERROR
    twice = masked(Op.TEXT, b"a") + masked(0xC0, b"b")
    assert refused(twice, deflate=True) is CloseCode.PROTOCOL_ERROR


def test_short_messages_are_left_as_they_are_and_long_ones_shrink() -> None:
    assert frames.deflated("short") == frames.message("short")
    long = "order " * 1000
    packed = frames.deflated(long)
    assert packed[0] == 0x80 | 0x40 | Op.TEXT
    assert len(packed) < len(frames.message(long)) / 10
    size = packed[1] & 0x7F
    body = packed[2 if size < 126 else 4 :]
    assert zlib.decompressobj(wbits=-zlib.MAX_WBITS).decompress(body + frames.TAIL) == long.encode()
