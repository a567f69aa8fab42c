"""Packets as text and bytes, and back: byte by byte, and for whatever may come."""

import gc
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.engine import frames, protocol
from hub.engine.protocol import Kind, Malformed, Outgoing, Packet, decode, encode

MOST = 10  # attachments

# What the protocol document shows, and what it implies: text, packet.
PACKETS = [
    ("0", Packet(Kind.CONNECT)),
    ('0{"token":"123"}', Packet(Kind.CONNECT, data={"token": "123"})),
    ("0/admin", Packet(Kind.CONNECT, "/admin")),
    ("0/admin,", Packet(Kind.CONNECT, "/admin")),
    ('0/admin,{"token":"123"}', Packet(Kind.CONNECT, "/admin", data={"token": "123"})),
    ("0/admin?a=b,", Packet(Kind.CONNECT, "/admin")),
    ("1", Packet(Kind.DISCONNECT)),
    ("1/admin,", Packet(Kind.DISCONNECT, "/admin")),
    ('2["foo"]', Packet(Kind.EVENT, data=["foo"])),
    ('212["foo"]', Packet(Kind.EVENT, id=12, data=["foo"])),
    ('2/admin,["bar"]', Packet(Kind.EVENT, "/admin", data=["bar"])),
    ('2/admin,0["bar",{"a":[null]}]', Packet(Kind.EVENT, "/admin", 0, ["bar", {"a": [None]}])),
    ("312[]", Packet(Kind.ACK, id=12, data=[])),
    ('3/admin,13["bar"]', Packet(Kind.ACK, "/admin", 13, ["bar"])),
    (
        '51-["baz",{"_placeholder":true,"num":0}]',
        Packet(Kind.BINARY_EVENT, data=["baz", {"_placeholder": True, "num": 0}], attachments=1),
    ),
    (
        '61-/admin,15["bar",{"_placeholder":true,"num":0}]',
        Packet(Kind.BINARY_ACK, "/admin", 15, ["bar", {"_placeholder": True, "num": 0}], 1),
    ),
]
NO_PACKETS = [
    *("", " ", "7", "9", "x", "-1", "٣[]", "²"),
    *(
        "2",
        "2[]",
        "2{}",
        "2[1]",
        "2[null]",
        '2[["a"]]',
        '2"a"',
        "2[",
        '2["a"',
        '2["a"]x',
        '2x["a"]',
    ),
    *(
        '2["a",NaN]',
        '2["a"]]',
        '2 ["a"',
        '2abc["a"]',
        '2+1["a"]',
        '21.5["a"]',
        "2" + "1" * 30 + '["a"]',
    ),
    *(f'2["{name}"]' for name in sorted(protocol.RESERVED)),
    *("0[]", '0"token"', "0null,", "1{}", "3", "3[]", "312", "312{}", '4{"message":"no"}'),
    *('5["a"]', '5-["a"]', '511-["a"]', '21-["a"]', '5999999999999-["a"]', '51-{"a":1}', "61-[1]"),
    *("2/admin", "2/admin,", '2/admin["a"]'),
]


@pytest.mark.parametrize(("text", "packet"), PACKETS)
def test_a_packet_is_read_as_the_document_says(text: str, packet: Packet) -> None:
    assert decode(text, MOST) == packet


@pytest.mark.parametrize("text", NO_PACKETS)
def test_what_is_no_packet_is_refused(text: str) -> None:
    with pytest.raises(Malformed):
        decode(text, MOST)


@given(st.text())
def test_whatever_comes_is_a_packet_or_refused(text: str) -> None:
    for start in ("", "0", "2", '2["', "52-", "3/a,"):
        try:
            packet = decode(start + text, MOST)
        except Malformed:
            continue
        assert packet.attachments <= MOST


@pytest.mark.parametrize("depth", [1_000, 100_000])
def test_however_deep_it_is_it_is_refused(depth: int) -> None:
    with pytest.raises(Malformed):
        decode('2["a",' + "[" * depth + "]" * depth + "]", MOST)


class Cycle:
    """Something that only the collector ends, and that needs some stack for its end."""

    def __init__(self, ended: list[int]) -> None:
        self.me, self.ended = self, ended

    def __del__(self) -> None:
        sorted(self.ended, key=lambda one: one)
        self.ended.append(1)


def test_however_deep_it_is_nothing_else_is_ended_at_its_bottom() -> None:
    """pytest fails where a finalizer does."""
    ended: list[int] = []
    before = gc.get_threshold()
    gc.freeze()  # a collection is of what is made here
    try:
        for depth in range(900, 1_010):  # the collector starts at each of them
            gc.collect()
            Cycle(ended)
            gc.set_threshold(depth, *before[1:])
            with pytest.raises(Malformed):
                decode('2["a",' + "[" * 2_000, MOST)
        gc.collect()
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
    assert len(ended) == 110


names = st.text(max_size=20).filter(lambda name: name not in protocol.RESERVED)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text() | st.binary(max_size=40),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text().filter(lambda key: key != "_placeholder"), inner, max_size=3)
    ),
    max_leaves=8,
)
namespaces = st.sampled_from(["/", "/admin", "/a/b", "/ä"])


@given(namespaces, st.none() | st.integers(0, 10**17), st.tuples(names, values))
def test_an_event_is_read_as_it_was_written(
    namespace: str, number: int | None, args: tuple[str, Any]
) -> None:
    text, *attachments = encode(Packet(Kind.EVENT, namespace, number, list(args)))
    assert isinstance(text, str)
    packet = decode(text, 100)
    assert packet.attachments == len(attachments)
    assert all(isinstance(attachment, bytes) for attachment in attachments)
    found = protocol.with_binary(packet.data, attachments)
    assert (packet.namespace, packet.id, found) == (namespace, number, list(args))


def test_half_a_character_passes_as_it_came() -> None:
    packet = decode('2["a","\\ud83d"]', MOST)
    assert packet.data == ["a", "\ud83d"]
    assert encode(packet) == ['2["a","\\ud83d"]']


def test_packets_are_written_as_the_document_says() -> None:
    assert encode(Packet(Kind.EVENT, data=["baz", b"\1\2", {"a": b"\3"}])) == [
        '52-["baz",{"_placeholder":true,"num":0},{"a":{"_placeholder":true,"num":1}}]',
        b"\1\2",
        b"\3",
    ]
    assert encode(Packet(Kind.ACK, "/admin", 15, [b"\1"])) == [
        '61-/admin,15[{"_placeholder":true,"num":0}]',
        b"\1",
    ]
    assert encode(Packet(Kind.CONNECT, data={"sid": "x"})) == ['0{"sid":"x"}']
    assert encode(Packet(Kind.DISCONNECT, "/admin")) == ["1/admin,"]


@pytest.mark.parametrize("number", [-1, 1, 10**30, 0.0, "0", None, True])
def test_a_placeholder_for_nothing_is_refused(number: Any) -> None:
    with pytest.raises(Malformed):
        protocol.with_binary([{"_placeholder": True, "num": number}], [b"x"])


def test_a_polling_body_is_written_as_the_document_says() -> None:
    assert protocol.payload(["4hello", "2", b"\1\2\3\4"]) == "4hello\x1e2\x1ebAQIDBA=="
    assert protocol.packets("4hello\x1e2\x1ebAQIDBA==", 3) == ["4hello", "2", b"\1\2\3\4"]


packets = st.text(st.characters(exclude_characters="\x1e", codec="utf-8")).map("4{}".format)


@given(st.lists(packets | st.binary(), min_size=1, max_size=6))
def test_a_polling_body_is_read_as_it_was_written(given: list[str | bytes]) -> None:
    assert protocol.packets(protocol.payload(given), 6) == given


@pytest.mark.parametrize("body", ["bA", "bä", "b====", "b!!!!", "4a\x1eb?"])
def test_a_body_with_no_base64_is_refused(body: str) -> None:
    with pytest.raises(Malformed):
        protocol.packets(body, 10)


def test_a_body_of_too_many_packets_is_refused() -> None:
    assert len(protocol.packets("\x1e".join(["2"] * 10), 10)) == 10
    with pytest.raises(Malformed):
        protocol.packets("\x1e".join(["2"] * 11), 10)


def test_every_form_of_what_leaves_is_made_once() -> None:
    text = '2["order:new",{"note":"Öl, senza 🧅"}]'
    one, other = Outgoing(("4" + text,)), Outgoing(None, text.encode())
    assert one.frame == other.frame == frames.message("4" + text)
    assert list(one.packets) == list(other.packets)
    assert one.deflated == other.deflated
    assert (one.frame is one.frame, other.deflated is other.deflated) == (True, True)


def test_attachments_leave_with_their_packet() -> None:
    packet = Packet(Kind.EVENT, data=["a", b"\1"])
    leaving = protocol.outgoing(packet)
    head = "451-" + json.dumps(["a", {"_placeholder": True, "num": 0}], separators=(",", ":"))
    assert leaving.frame == frames.message(head) + frames.message(b"\1")
    assert protocol.payload(leaving.packets) == head + "\x1ebAQ=="
