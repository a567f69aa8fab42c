"""Joining in the middle of a storm: no event is missed, none comes twice, on either node."""

import asyncio
from typing import Any

from hub.app import Node
from state.domain.board import View, shows
from tests.client import Client
from tests.mirror import Mirror, Screen, settle
from tests.place import Place
from tests.storm import in_log, storm


class Newcomer:
    """Who joined in the storm: the rooms it is in, and the seq its snapshot stands at."""

    def __init__(self, client: Client, ack: dict[str, Any]) -> None:
        assert ack["ok"], ack
        self.client, self.seq = client, ack["seq"]
        self.rooms: list[str] = ack["data"]["rooms"]

    async def check(self, place: Place) -> None:
        await self.client.settled()
        assert self.client.seqs() == await in_log(place, self.rooms, self.seq)


async def newcomers(place: Place, node: int) -> list[Newcomer]:
    """One client for every kind of join."""
    manager = {name: await place.worker("manager", node) for name in ("restaurant", "waiter")}
    grill, bar = await place.worker("kitchen", node), await place.worker("expo", node)
    guest = await place.client((await place.scan(0))["token"], node)
    return [
        Newcomer(
            manager["restaurant"], await manager["restaurant"].ask("join:restaurant", place.id)
        ),
        Newcomer(manager["waiter"], await manager["waiter"].ask("join:waiter", place.id)),
        Newcomer(grill, await grill.ask("join:kitchen", place.id)),
        Newcomer(bar, await bar.ask("join:kitchen", {"restaurantId": place.id, "station": "bar"})),
        Newcomer(guest, await guest.ask("join:table")),
    ]


async def test_who_joins_in_a_storm_misses_nothing_and_hears_nothing_twice(
    place: Place, nodes: list[Node]
) -> None:
    async with Mirror(place, nodes):
        found: list[Newcomer] = []
        async with storm(place, tables=2):
            for turn in range(4):
                found += await newcomers(place, turn % 2)
            for client in [newcomer.client for newcomer in found[:5]]:  # till it was a storm
                await client.until(lambda heard=client.seqs: len(heard()) > 20)
        await settle(place, nodes)
        for newcomer in found:
            await newcomer.check(place)


async def join(client: Client, place: Place, kind: str) -> None:
    """Join and note the snapshot where it came in between the events."""
    arrived = asyncio.Event()

    def note(ack: dict[str, Any]) -> None:
        if kind == "waiter":
            client.heard.append(("floor", ack["data"]["orders"], {"seq": ack["seq"]}))
        arrived.set()

    await client.sio.emit(f"join:{kind}", {"restaurantId": place.id}, callback=note)
    async with asyncio.timeout(60):
        await arrived.wait()


BOARDS = {
    "restaurant": ("orders:active", View.ACTIVE),
    "kitchen": ("orders:pending", View.PENDING),
    "waiter": ("floor", View.ACTIVE),
}


def board(client: Client, kind: str) -> Screen:
    snapshot, view = BOARDS[kind]
    return Screen(client, snapshot, lambda order: shows(view, order))


async def test_boards_that_joined_in_a_storm_end_up_as_fresh_ones(
    place: Place, nodes: list[Node]
) -> None:
    """One connection for each board, and one for all of them, joining again and again."""
    alone = {kind: [await place.worker("manager", node=n) for n in range(2)] for kind in BOARDS}
    everywhere = [await place.worker("manager", node=n) for n in range(2)]
    async with storm(place, tables=2):
        for _ in range(4):
            for kind, clients in alone.items():
                for client in (*clients, *everywhere):
                    await join(client, place, kind)
    await settle(place, nodes)
    fresh = await place.worker("manager")
    for kind, clients in alone.items():
        await join(fresh, place, kind)
        await fresh.settled()
        for client in (*clients, *everywhere):
            await client.settled()
            assert board(client, kind).board() == board(fresh, kind).board()
            seqs = client.seqs()
            assert seqs == sorted(set(seqs)), "an event came twice, or late"
