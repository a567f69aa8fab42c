"""The edge, told by hand what no client library would send."""

import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from hub.app import Node
from hub.embedded import Engines
from tests.conftest import connection, new_place
from tests.place import Place
from tests.scenes import NOWHERE

SECONDS = 60.0


class Wire:
    """A WebSocket that speaks Engine.IO and Socket.IO only as far as it is told to."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket

    async def send(self, packet: str) -> None:
        await self._socket.send_str(packet)

    async def until(self, start: str) -> str:
        """Return the rest of the next packet that starts so; what else comes is passed over."""
        while True:
            message = await self._socket.receive(timeout=SECONDS)
            assert message.type is aiohttp.WSMsgType.TEXT, message
            if message.data.startswith(start):
                rest: str = message.data[len(start) :]
                return rest

    async def closed(self) -> None:
        """Wait until the hub has hung up, by an Engine.IO close or by the socket's own."""
        while True:
            message = await self._socket.receive(timeout=SECONDS)
            if message.type is not aiohttp.WSMsgType.TEXT or message.data == "1":
                return


@pytest.fixture(scope="module")
async def calm(engines: Engines, nodes: list[Node]) -> AsyncIterator[Place]:
    async with connection(engines.database_url) as db, new_place(nodes, db) as made:
        yield made


@pytest.fixture
async def wire(calm: Place) -> AsyncIterator[Wire]:
    """A manager's connection."""
    url = f"{calm.urls[0]}/socket.io/?EIO=4&transport=websocket"
    async with calm.http.ws_connect(url) as socket:
        wire = Wire(socket)
        await wire.until("0")
        await wire.send("40" + json.dumps({"token": await calm.login("manager")}))
        await wire.until("40")
        yield wire


async def acked(wire: Wire, number: int) -> dict[str, Any]:
    [ack] = json.loads(await wire.until(f"43{number}"))
    found: dict[str, Any] = ack
    return found


@pytest.mark.parametrize(
    "payload",
    [
        "[" * 100_000 + "]" * 100_000,
        '{"orderId":' * 20_000 + "1" + "}" * 20_000,
        '{"orderId":' + "9" * 5_000 + "}",
        '{"orderId":"x"',
        "{'orderId': 1}",
        '{"orderId":NaN}',
        '{"orderId":1e999}',
        '"\\ud800"',
        '{"_placeholder":true,"num":7}',
        "nul",
        "",
    ],
)
async def test_a_payload_nobody_can_read_is_acknowledged_and_the_connection_lives(
    wire: Wire, payload: str
) -> None:
    for name in ("order:accept", "order:transfer"):
        await wire.send(f'4217["{name}",{payload}]')
        ack = await acked(wire, 17)
        assert (ack["ok"], ack["error"]["code"]) == (False, "INVALID")
    await wire.send(f'4218["join:order","{NOWHERE}"]')
    assert (await acked(wire, 18))["error"]["code"] == "NOT_FOUND"


async def test_however_deep_a_payload_is_it_is_acknowledged(wire: Wire) -> None:
    """Somewhere here the parser gives up."""
    for depth in range(900, 1000):
        await wire.send(f'42{depth}["order:accept",{"[" * depth + "]" * depth}]')
        assert (await acked(wire, depth))["error"]["code"] == "INVALID"


async def test_an_event_of_its_name_alone_is_acknowledged(wire: Wire) -> None:
    for number, packet in enumerate(('["order:accept"]', '["what is this"]', '["leave", {}]')):
        await wire.send(f"42{number}{packet}")
        assert (await acked(wire, number))["error"]["code"] == "INVALID"


async def test_an_unreadable_payload_without_an_ack_is_told_of(wire: Wire) -> None:
    await wire.send('42["order:accept",{]')
    name, told = json.loads(await wire.until("42"))
    assert (name, told["event"], told["error"]["code"]) == (
        "error:command",
        "order:accept",
        "INVALID",
    )


@pytest.mark.parametrize(
    "packet", ["42", "42{}", "42[]", "42[5]", "42[null]", "4", "4x", "49", "42" + "1" * 200 + "[]"]
)
async def test_whoever_does_not_speak_the_protocol_is_cut_off_alone(
    wire: Wire, calm: Place, packet: str
) -> None:
    other = await calm.worker("waiter")
    await wire.send(packet)
    await wire.closed()
    assert (await other.refused("join:order", NOWHERE))["code"] == "NOT_FOUND"


async def test_a_packet_past_all_measure_ends_its_connection(wire: Wire, calm: Place) -> None:
    other = await calm.worker("waiter")
    await wire.send('4217["order:accept","' + "x" * 300_000 + '"]')
    await wire.closed()
    assert (await other.refused("join:order", NOWHERE))["code"] == "NOT_FOUND"
