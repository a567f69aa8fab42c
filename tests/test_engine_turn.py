"""What one turn of the loop sends: in order, and in one write to each connection."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from hub import engine
from tests.conformance import wire
from tests.conformance.server import SOCKETIO, Served, served

PAIR = 2


class House:
    """A server with some clients, each a member of the room `all` and of one of its own."""

    def __init__(self, at: Served, sockets: list[wire.WebSocket]) -> None:
        self.members = at.server.members
        self.sockets = sockets
        self.each = list(at.server.manager)

    def say(self, text: str, *rooms: str) -> None:
        self.members.broadcast(frozenset(rooms or ("all",)), f'2["{text}"]'.encode())

    async def heard(self, number: int) -> list[str]:
        """Return what comes to a client in one piece."""
        async with asyncio.timeout(wire.SECONDS):
            data = await self.sockets[number].reader.read(65536)
        return [part.split('"]')[0] for part in data.decode("latin-1").split('42["')[1:]]


@pytest.fixture
async def house() -> AsyncIterator[House]:
    server = engine.create_server()
    server.on("connect", handler=lambda sid, environ, auth=None: None)
    async with AsyncExitStack() as stack:
        at = await stack.enter_async_context(served(server, SOCKETIO))
        sockets = []
        for number in range(PAIR):
            socket = await stack.enter_async_context(wire.websocket(at))
            await socket.hear()
            await socket.say("40")
            await socket.hear()
            member = list(server.manager)[number]
            for room in ("all", f"own-{number}"):
                server.members.enter(member, room)
            sockets.append(socket)
        yield House(at, sockets)


async def test_several_events_to_the_same_room_come_in_one_piece(house: House) -> None:
    for number in range(10):
        house.say(str(number))
    for client in range(PAIR):
        assert await house.heard(client) == [str(number) for number in range(10)]


async def test_events_to_other_rooms_and_words_to_one_keep_their_order(house: House) -> None:
    house.say("a")
    house.each[0].write(b'2["b"]')
    house.say("c", "own-0", "own-1")
    house.say("d", "own-1")
    house.say("e", "all", "own-0")
    assert await house.heard(0) == ["a", "b", "c", "e"]
    assert await house.heard(1) == ["a", "c", "d", "e"]


async def test_events_to_rooms_apart_come_to_their_members_only(house: House) -> None:
    house.say("a", "own-0")
    house.say("b", "own-1")
    house.say("c", "nobody's")
    assert await house.heard(0) == ["a"]
    assert await house.heard(1) == ["b"]


async def test_who_enters_or_leaves_in_the_same_turn_hears_what_was_said_while_it_was_in(
    house: House,
) -> None:
    house.say("a", "later", "all")
    house.members.enter(house.each[0], "later")
    house.say("b", "later")
    house.members.leave(house.each[0], "later")
    house.say("c", "later")
    house.members.leave_all(house.each[1])
    house.say("d", "all", "own-1")
    seen = [*await house.heard(0)]
    while seen[-1] != "d":
        seen += await house.heard(0)
    assert seen == ["a", "b", "d"]
    assert await house.heard(1) == ["a"]


async def test_who_is_shown_out_hears_first_what_was_said_before(house: House) -> None:
    house.say("a")
    house.each[0].socket.close("for this test")
    house.say("b")
    assert await house.heard(0) == ["a"]
    assert await house.heard(1) == ["a", "b"]


async def test_who_lagged_for_a_moment_only_is_written_to_directly_again(house: House) -> None:
    """The kernel may take the rest of a frame at once: then nothing tells that it was short."""
    socket = house.each[0].socket
    before = socket.fd
    socket.finish(wire.encode(wire.Op.TEXT, b'42["rest"]', masked=False))
    assert socket.fd == before >= 0
    house.say("next", "own-0")
    seen = await house.heard(0)
    while seen[-1] != "next":
        seen += await house.heard(0)
    assert seen == ["rest", "next"]


async def test_who_does_not_read_loses_nothing_and_others_in_the_same_turn_get_theirs(
    house: House,
) -> None:
    slow, said = house.each[0].socket, 0
    while slow.fd >= 0:  # until the kernel takes no more for it
        house.say(f"{said}")
        house.say(f"long-{said}" + "." * 60_000, "own-0")
        house.say(f"short-{said}", "own-1")
        said += 1
        await asyncio.sleep(0)
    house.say("last")
    numbers = range(said)
    texts = {
        0: [text for n in numbers for text in (f"{n}", f"long-{n}" + "." * 60_000)],
        1: [text for n in numbers for text in (f"{n}", f"short-{n}")],
    }
    for client in (1, 0):  # he who reads does not wait for the other
        for text in (*texts[client], "last"):
            assert await house.sockets[client].hear() == f'42["{text}"]'
    assert slow.fd >= 0
