"""What one token may take: connections, rooms, and commands of all its connections together."""

import asyncio
from collections.abc import AsyncIterator

import msgspec
import pytest
from socketio.exceptions import ConnectionError as NotLetIn

from hub.app import Node, run_node
from hub.settings import Settings
from state.domain.ids import new_id
from tests.client import Refused
from tests.place import Place


async def test_one_token_is_good_for_so_many_connections_and_no_more(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.door.MOST_CONNECTIONS", 3)
    token = (await place.scan())["token"]
    phones = [await place.client(token) for _ in range(3)]
    with pytest.raises(NotLetIn):
        await place.client(token)
    other = (await place.scan(1))["token"]
    await (await place.client(other)).send("join:table")
    await phones[0].close()
    await phones[1].settled()
    await (await place.client(token)).send("join:table")


async def test_a_connection_is_in_so_many_rooms_and_no_more(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiter = await place.worker("waiter")
    tables = [table["id"] for table in place.tables]
    monkeypatch.setattr("hub.joins.MOST_ROOMS", len(tables))
    with pytest.raises(Refused, match="TOO_LARGE"):
        await waiter.send("join:waiter", restaurantId=place.id, tables=tables)
    assert (await waiter.send("join:waiter", restaurantId=place.id, tables=tables[:2]))["rooms"]


async def test_long_lists_of_tables_are_refused_by_their_length(place: Place) -> None:
    waiter = await place.worker("waiter")
    with pytest.raises(Refused, match="INVALID"):
        await waiter.send("join:waiter", restaurantId=place.id, tables=[new_id()] * 1000)


@pytest.fixture
async def strict(settings: Settings, place: Place) -> AsyncIterator[Node]:
    """A node that takes few commands."""
    few = msgspec.structs.replace(settings, command_rate=0.1, command_burst=10.0)
    async with run_node(few) as node:
        place.urls.append(f"http://127.0.0.1:{node.port}")
        yield node
        for client in place._clients:
            await client.close()


async def test_the_phones_of_a_table_share_what_it_may_ask_for(place: Place, strict: Node) -> None:
    token = (await place.scan())["token"]
    phones = [await place.client(token, node=2) for _ in range(8)]
    asked = [phone.ask("leave", {"room": "x"}) for phone in phones for _ in range(10)]
    codes = [ack["error"]["code"] for ack in await asyncio.gather(*asked)]
    assert 40 <= codes.count("NOT_FOUND") <= 50, "four times what one may"
    assert codes.count("RATE_LIMITED") == 80 - codes.count("NOT_FOUND")
    other = await place.client((await place.scan(1))["token"], node=2)
    assert (await other.ask("leave", {"room": "x"}))["error"]["code"] == "NOT_FOUND"
