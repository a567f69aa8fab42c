"""A snapshot and the events after it equal a fresh snapshot: checked around whatever a test does.

A `Mirror` opens screens on every node before the test's own doings, lets them live through it by
the public rule of `state/domain/board.py`, and compares each with a newcomer of the same kind.
"""

import asyncio
from collections.abc import Callable
from typing import Any

from hub.app import Node
from state.domain.board import View, apply, shows
from tests.client import Client
from tests.place import Place

Board = dict[str, dict[str, Any]]
VIEWS = {
    "restaurant": ("waiter", "join:restaurant", "orders:active", View.ACTIVE),
    "kitchen": ("kitchen", "join:kitchen", "orders:pending", View.PENDING),
}


class Screen:
    """A board that lives by one snapshot and the events that follow it."""

    def __init__(
        self, client: Client, snapshot: str, keep: Callable[[dict[str, Any]], bool]
    ) -> None:
        self.client, self._snapshot, self._keep = client, snapshot, keep

    def board(self) -> Board:
        board: Board = {}
        for name, data, _ in self.client.heard:
            if name == self._snapshot:
                board = {order["id"]: order for order in data}
            else:
                apply(board, name, data, self._keep)
        return board

    def check_order(self) -> None:
        """No event twice, none out of order, none from before the snapshot."""
        seqs = self.client.seqs()
        assert seqs == sorted(set(seqs)), f"events out of order or twice: {seqs}"
        stands = [meta["seq"] for name, _, meta in self.client.heard if name == self._snapshot]
        assert not seqs or not stands or seqs[0] > stands[0], "an event older than the snapshot"


class Mirror:
    """Use as `async with Mirror(place, nodes): ...` around commands of one restaurant."""

    def __init__(self, place: Place, nodes: list[Node]) -> None:
        self._place, self._nodes = place, nodes
        self._screens: list[tuple[str, Screen]] = []

    async def __aenter__(self) -> "Mirror":
        for kind in VIEWS:
            for node in range(len(self._place.urls)):
                self._screens.append((kind, await self._open(kind, node)))
        return self

    async def __aexit__(self, failed: object, *_: object) -> None:
        if failed is None:
            await self.check()

    async def check(self) -> None:
        """Compare every screen with a newcomer's on the other node, once all is delivered."""
        await settle(self._place, self._nodes)
        for place, (kind, screen) in enumerate(self._screens):
            await screen.client.settled()
            screen.check_order()
            fresh = await self._open(kind, (place + 1) % len(self._place.urls))
            assert screen.board() == fresh.board(), f"the {kind} board differs from a fresh one"

    async def _open(self, kind: str, node: int) -> Screen:
        role, join, snapshot, view = VIEWS[kind]
        client = await self._place.worker(role, node)
        await client.send(join, restaurantId=self._place.id)
        await client.hears(snapshot)
        return Screen(client, snapshot, lambda order: shows(view, order))


async def settle(place: Place, nodes: list[Node]) -> None:
    """Wait until every node has delivered all that is committed."""
    async with nodes[0].deps.pool.acquire() as conn:
        head = await conn.fetchval("SELECT seq FROM restaurants WHERE id = $1", place.id)
    for node in nodes:
        feed = await node.broker.hold(place.id, "settling")
        await asyncio.wait_for(feed.reached(head), 60)
        node.broker.release(place.id, "settling")
