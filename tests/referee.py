"""The promises of PROTOCOL 4, checked against Postgres after a bad day.

A `Screen` is a board that outlives its connections; a `Storm` is waiters who keep ordering and
insist on an answer. The `Referee` compares what they heard and were told with what is stored.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import asyncpg
import socketio.exceptions

from hub import audience
from state.domain.board import View, apply, shows
from state.domain.events import Event
from state.domain.ids import new_id
from state.store import log
from tests.client import Client
from tests.conftest import connection
from tests.fair import Clock
from tests.place import Place

PAUSE_SECONDS = 0.02  # between the orders of one waiter
AGAIN_SECONDS = 0.05  # between two tries of the same order
GIVE_UP_SECONDS = 60.0
SETTLE_SECONDS = 60.0
EXCUSED_SECONDS = 1.0  # a loop that stood still for so long cannot be sure of its engines


class Screen:
    """The active orders of a restaurant, by one snapshot and the events that follow it."""

    def __init__(self, place: Place, since: int | None = None) -> None:
        self._place, self._since = place, since
        self.clients: list[Client] = []

    async def open(self, node: int) -> "Screen":
        """Show the board from a node; a screen that comes from another asks what it missed."""
        if self.clients:
            await self.client.close()
        since = self.shown() if self.clients else self._since
        client = await self._place.client(await self._place.login("waiter"), node)
        self.clients.append(client)
        more = {} if since is None else {"since": since}
        await client.send("join:restaurant", restaurantId=self._place.id, **more)
        if since is None:
            await client.hears("orders:active")
        return self

    @property
    def client(self) -> Client:
        return self.clients[-1]

    @property
    def heard(self) -> list[tuple[str, Any, dict[str, Any]]]:
        return [event for client in self.clients for event in client.heard]

    def seqs(self) -> list[int]:
        return [seq for client in self.clients for seq in client.seqs()]

    def began(self) -> int:
        """Return the seq after which it shows everything."""
        if self._since is not None:
            return self._since
        return next(meta["seq"] for name, _, meta in self.heard if name == "orders:active")

    def shown(self) -> int:
        """Return the seq up to which it has shown everything."""
        return (self.seqs() or [self.began()])[-1]

    def board(self) -> dict[str, Any]:
        board: dict[str, Any] = {}
        for name, data, _ in self.heard:
            if name == "orders:active":
                board = {order["id"]: order for order in data}
            else:
                apply(board, name, data, lambda order: shows(View.ACTIVE, order))
        return board

    async def shows_up_to(self, seq: int) -> None:
        await self.client.until(lambda: self.shown() >= seq, SETTLE_SECONDS)


class Storm:
    """Waiters who keep ordering; each order has a command id, which is its note as well.

    What gets no answer, or UNAVAILABLE, is sent again under the same id, on whichever node is
    there. Leaving the context waits until every order was answered. `refused` counts the tries
    that were refused, and `slowest` is in seconds: neither holds against the hub that the whole
    machine stood still.
    """

    def __init__(self, place: Place, waiters: int = 4) -> None:
        self._place, self._waiters = place, waiters
        self._over = asyncio.Event()
        self._more = asyncio.Condition()
        self.placed: dict[str, dict[str, Any]] = {}
        self.refused: Counter[str] = Counter()
        self._tries_refused: Counter[str] = Counter()
        self.slowest = 0.0
        self._clock = Clock()

    async def __aenter__(self) -> "Storm":
        await self._place.login("waiter")
        self._ticking = asyncio.create_task(self._clock.run())
        self._tasks = [asyncio.create_task(self._wait_tables(n)) for n in range(self._waiters)]
        await self.places(self._waiters)
        return self

    async def __aexit__(self, failed: object, *_: object) -> None:
        self._over.set()
        if failed:
            for task in self._tasks:
                task.cancel()
        try:
            await asyncio.gather(*self._tasks, return_exceptions=bool(failed))
        finally:
            self._ticking.cancel()

    async def places(self, more: int) -> None:
        """Wait until so many more orders were acknowledged."""
        goal = len(self.placed) + more
        async with asyncio.timeout(GIVE_UP_SECONDS), self._more:
            await self._more.wait_for(lambda: len(self.placed) >= goal or self._failed())
        assert not self._failed(), self._failed()

    async def goes_on(self, seconds: float) -> None:
        """Wait for a while, in which orders go on being acknowledged."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            await self.places(1)

    async def is_refused(self, code: str, times: int = 1) -> None:
        """Wait until so many more tries were refused with a code."""
        goal = self._tries_refused[code] + times
        async with asyncio.timeout(GIVE_UP_SECONDS), self._more:
            await self._more.wait_for(lambda: self._tries_refused[code] >= goal or self._failed())
        assert not self._failed(), self._failed()

    def _failed(self) -> list[BaseException | None]:
        return [task.exception() for task in self._tasks if task.done() and task.exception()]

    async def _wait_tables(self, number: int) -> None:
        node, client = number % len(self._place.urls), None
        table = self._place.tables[number % len(self._place.tables)]["id"]
        while not self._over.is_set():
            name = new_id()
            async with asyncio.timeout(GIVE_UP_SECONDS):
                while name not in self.placed:
                    if client is None:
                        node, client = await self._connect(node)
                    if not await self._order(client, table, name):
                        client = None
            await asyncio.sleep(PAUSE_SECONDS)

    async def _connect(self, node: int) -> tuple[int, Client]:
        token = await self._place.login("waiter")
        while True:
            with suppress(socketio.exceptions.ConnectionError):
                return node, await self._place.client(token, node)
            node = (node + 1) % len(self._place.urls)
            await asyncio.sleep(AGAIN_SECONDS)

    async def _order(self, client: Client, table: str, name: str) -> bool:
        """Try once; return False when the connection was lost on the way."""
        began, stood = self._clock.seconds, self._clock.stood_still
        ack = await client.try_to(
            "order:create",
            {"tableId": table, "items": [self._place.line()], "note": name, "commandId": name},
        )
        if ack is None:
            return False
        self.slowest = max(self.slowest, self._clock.seconds - began)
        async with self._more:
            if ack["ok"]:
                self.placed[name] = ack["data"]
            else:
                self._tries_refused[ack["error"]["code"]] += 1
                if self._clock.stood_still - stood < EXCUSED_SECONDS:
                    self.refused[ack["error"]["code"]] += 1
            self._more.notify_all()
        if not ack["ok"]:
            assert ack["error"]["code"] == "UNAVAILABLE", ack
            await asyncio.sleep(AGAIN_SECONDS)
        return True


class Referee:
    """Judges one restaurant."""

    def __init__(self, place: Place, database_url: str) -> None:
        self._place, self._url = place, database_url
        self.screens: list[Screen] = []

    async def screen(self, node: int, since: int | None = None) -> Screen:
        """Open a screen to be judged."""
        self.screens.append(await Screen(self._place, since).open(node))
        return self.screens[-1]

    async def judge(self, *storms: Storm) -> None:
        """Hold everyone to what Postgres says, once all is delivered."""
        async with connection(self._url) as conn:
            await self._judge_log(conn)
            for storm in storms:
                await self._judge_orders(conn, storm)
            heard = await self._heard_by_all(conn)
        for screen in self.screens:
            await self._judge_screen(screen, heard)
        fresh = [await Screen(self._place).open(node) for node in range(len(self._place.urls))]
        for screen in self.screens + fresh:
            assert screen.board() == fresh[0].board(), "a board differs from a fresh one"

    async def _judge_log(self, conn: asyncpg.Connection) -> None:
        seqs = [event.seq for event in await self._events(conn)]
        assert seqs == list(range(1, await log.head(conn, self._place.id) + 1)), "a gap in the log"

    async def _judge_orders(self, conn: asyncpg.Connection, storm: Storm) -> None:
        rows = await conn.fetch(
            "SELECT id, note, order_number FROM orders WHERE restaurant_id = $1 AND note = ANY($2)",
            *(self._place.id, list(storm.placed)),
        )
        stored = Counter(row["note"] for row in rows)
        assert stored == dict.fromkeys(storm.placed, 1), "an order is missing, or there twice"
        for row in rows:
            told = storm.placed[row["note"]]
            assert (row["id"], row["order_number"]) == (told["id"], told["orderNumber"])

    async def _judge_screen(self, screen: Screen, heard: Sequence[int]) -> None:
        expected = [seq for seq in heard if seq > screen.began()]
        with suppress(TimeoutError):
            await screen.shows_up_to(expected[-1] if expected else 0)
        seqs = screen.seqs()
        assert seqs == expected, (
            f"lost {sorted(set(expected) - set(seqs))}, more {Counter(seqs) - Counter(expected)},"
            f" in order: {seqs == sorted(seqs)}"
        )

    async def _heard_by_all(self, conn: asyncpg.Connection) -> list[int]:
        room = audience.restaurant(self._place.id)
        return [e.seq for e in await self._events(conn) if room in audience.rooms(e)]

    async def _events(self, conn: asyncpg.Connection) -> list[Event]:
        return await log.read(conn, self._place.id, 0, limit=1_000_000)
