"""A snapshot is a snapshot: at every point each screen, built from its snapshot and the events it
heard, equals the database.

People of all roles send whatever they may on two nodes, alone and at once, and are cut off and come
back in every way there is, while Redis loses what it holds of the restaurant, and the nodes'
subscriptions are cut. `SNAPSHOTS=500` in the environment plays so many evenings, each another one,
instead of the few of every day, which are always the same:

    SNAPSHOTS=500 .venv/bin/python -m pytest tests/test_snapshots.py
"""

import asyncio
import os
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import Any, NamedTuple, TypeVar

import asyncpg
import msgspec
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)

from handlers import alerts, boards, services
from handlers.deps import system
from handlers.unit import carry_out
from hub.app import Node
from state.domain.actor import Actor
from state.domain.board import View as Kind
from state.domain.commands import AlertAck, ServiceStep
from state.live import keys
from state.store import log, people
from state.store import orders as order_store
from tests.conftest import new_place
from tests.crew import How, Screen, hire, seat
from tests.mirror import settle
from tests.place import Place
from tests.sent import SENT, Scene, command
from tests.views import differences

T = TypeVar("T")
EVENINGS = int(os.environ.get("SNAPSHOTS", "0"))
PICK = st.integers(0, 5)


class Told(NamedTuple):
    """A command; `picks` choose what it is about from what there is when it is sent."""

    who: str
    name: str
    picks: tuple[int, int]


class Cut(NamedTuple):
    who: str


class Back(NamedTuple):
    who: str
    node: int
    how: How


class Leave(NamedTuple):
    """Leave a room, and join it again."""

    who: str


class Happening(NamedTuple):
    """What nobody asked for."""

    name: str


WHO = st.sampled_from(["host", *SENT])
TOLD = st.sampled_from(sorted((who, name) for who in SENT for name in SENT[who])).flatmap(
    lambda sent: st.builds(Told, st.just(sent[0]), st.just(sent[1]), st.tuples(PICK, PICK))
)
CUT = st.builds(Cut, WHO)
BACK = st.builds(Back, WHO, st.integers(0, 1), st.sampled_from(How))
LEAVE = st.builds(Leave, WHO)
HAPPENING = st.builds(Happening, st.sampled_from(["redis loses it", "deaf", "nobody answers"]))


class Evening(RuleBasedStateMachine):
    """One evening of a new restaurant."""

    def __init__(self, loop: asyncio.AbstractEventLoop, nodes: list[Node], db: Any) -> None:
        super().__init__()
        self._loop, self._nodes, self._db = loop, nodes, db
        self._stack = AsyncExitStack()
        self._run(self._open())

    def teardown(self) -> None:
        self._run(self._close())

    @rule(doing=TOLD)
    def send(self, doing: Told) -> None:
        self._run(self._do(doing))

    @rule(doing=CUT | BACK | BACK | LEAVE | HAPPENING)
    def happens(self, doing: Any) -> None:
        self._run(self._do(doing))

    @rule(doings=st.lists(TOLD | TOLD | CUT | BACK | LEAVE | HAPPENING, min_size=2, max_size=8))
    def at_once(self, doings: list[Any]) -> None:
        async def all_of_them() -> None:
            await asyncio.gather(*(self._do(doing) for doing in doings))

        self._run(all_of_them())

    @rule(number=st.integers(0, 1))
    def settle_up(self, number: int) -> None:
        """The party at a table is served, and leaves; another one sits down."""
        self._run(self._settle_up(number))

    @rule(number=st.integers(0, 1), to=st.integers(0, 3))
    def move(self, number: int, to: int) -> None:
        """The party of a guest moves to another table, perhaps to others who sit there."""
        self._run(self._move(number, to))

    @rule()
    def clear(self) -> None:
        """Tables that parties have left are made ready for the next."""
        self._run(self._clear())

    @invariant()
    def every_screen_shows_what_is(self) -> None:
        self._run(self._compare())

    def _run(self, work: Awaitable[T]) -> T:
        return self._loop.run_until_complete(work)

    async def _open(self) -> None:
        self._place: Place = await self._stack.enter_async_context(new_place(self._nodes, self._db))
        self._tenant = self._nodes[0].deps.tokens.read(await self._place.login("manager")).tenant
        self._chief = await self._place.worker("manager")
        self._people = await hire(self._place, self._nodes[0])
        for number, status in ((2, "READY"), (1, "PREPARING"), (0, "READY")):
            order = await self._chief.send(
                "order:create",
                tableId=self._place.tables[number]["id"],
                items=[self._place.line("grill"), self._place.line("bar")],
            )
            await self._chief.send("order:updateStatus", orderId=order["id"], status=status)
        await self.escalate()

    async def _close(self) -> None:
        """At the end everyone has heard, in order and once, all that was meant for them."""
        try:
            for screen in self._people.values():
                if not screen.there:
                    await screen.back(0, How.RECOVER)
            await self._compare()
            events = await log.read(self._db, self._place.id, 0, limit=1_000_000)
            for who, screen in self._people.items():
                heard = screen.seqs if screen.in_order else sorted(screen.seqs)
                assert heard == screen.owed(events), who
        finally:
            for screen in self._people.values():
                await screen.phone.ws.close()
            await self._stack.aclose()

    async def _do(self, doing: Told | Cut | Back | Leave | Happening) -> None:
        if isinstance(doing, Happening):
            await HAPPENINGS[doing.name](self)
            return
        screen = self._people[doing.who]
        async with screen.busy:
            if isinstance(doing, Back):
                if screen.there:
                    await screen.cut()
                await screen.back(doing.node, doing.how)
            elif screen.there:
                await self._at(screen, doing)

    async def _at(self, screen: Screen, doing: Told | Cut | Leave) -> None:
        if isinstance(doing, Cut):
            await screen.cut()
        elif isinstance(doing, Leave):
            await screen.leave()
        else:
            await screen.ask(*command(doing.name, self._scene, *doing.picks))

    async def _settle_up(self, number: int) -> None:
        table = self._table_of(number)
        for order in [o for o in self._scene.floor["orders"].values() if o["tableId"] == table]:
            await self._chief.ask(
                "order:updateStatus", {"orderId": order["id"], "status": "DELIVERED"}
            )
        await self._manage(f"/api/tables/{table}/close", {})
        await self._reseat(number)

    async def _move(self, number: int, to: int) -> None:
        body = {"toTableId": self._place.tables[to]["id"]}
        await self._manage(f"/api/tables/{self._table_of(number)}/move", body)
        await self._reseat(to)  # it may have joined others: then it has to scan their code

    async def _clear(self) -> None:
        for table in self._scene.floor["tables"].values():
            if table["left"] is not None:
                await self._manage(f"/api/table-sessions/{table['left']}/clear", {})

    async def _manage(self, path: str, body: dict[str, Any]) -> None:
        """Let a manager try something over HTTP, which may be refused as things stand."""
        status, answer = await self._place.post(path, body, await self._place.login("manager"))
        assert status in (200, 400, 409, 410), answer

    async def _reseat(self, table: int) -> None:
        """Let guests whose party has ended sit down at a table."""
        for number in range(2):
            guest = self._people[f"guest {number}"]
            session = self._actor(guest).session
            if await people.ended(self._db, [session], datetime.now(UTC)):
                await guest.phone.ws.close()
                screen = await seat(self._place, table)
                self._people[f"guest {number}"] = await screen.open(number)

    def _table_of(self, number: int) -> str:
        """Return where a guest sits."""
        session = self._actor(self._people[f"guest {number}"]).session
        seated = self._scene.floor["tables"].values()
        return next(str(table["id"]) for table in seated if table["sessionId"] == session)

    def _actor(self, screen: Screen) -> Actor:
        return self._nodes[1].deps.tokens.read(screen.phone.token)

    async def lose_redis(self) -> None:
        """Redis has nothing of the restaurant any more, nor of who sat where."""
        redis = self._nodes[0].deps.redis
        for pattern in (f"{keys.tag(self._place.id)}*", "seat:*"):
            found = [key async for key in redis.scan_iter(match=pattern, count=1000)]
            if found:
                await redis.delete(*found)

    async def deafen(self) -> None:
        """The connections by which the nodes hear of events are cut."""
        await self._nodes[0].deps.redis.execute_command("CLIENT", "KILL", "TYPE", "pubsub")

    async def escalate(self) -> None:
        """An alert and a call that nobody answered in time go up a level."""
        deps = self._nodes[0].deps
        async with deps.pool.acquire() as conn:
            alert, call = [
                await conn.fetchval(
                    f"UPDATE {table} SET next_at = now() WHERE id = (SELECT id FROM {table}"
                    " WHERE restaurant_id = $1 AND next_at IS NOT NULL ORDER BY id LIMIT 1)"
                    " RETURNING id",
                    self._place.id,
                )
                for table in ("alerts", "service_requests")
            ]
        hub = system(self._tenant)
        if alert is not None:
            await carry_out(alerts.escalate, AlertAck(alert_id=alert), hub, deps)
        if call is not None:
            await carry_out(services.escalate, ServiceStep(request_id=call), hub, deps)

    async def _compare(self) -> None:
        await settle(self._place, self._nodes)
        for screen in self._people.values():
            await screen.settled()
        truth = await self._truth()
        self._scene = Scene(self._place, truth["waiter"][0], truth["guest 0"][0]["cart"])
        for who, screen in self._people.items():
            if screen.there:
                for join, there in zip(screen.joins, truth[who], strict=True):
                    wrong = differences(join.view.laid_out(), there)
                    assert not wrong, f"{who} sees something else than what there is: {wrong}"

    async def _truth(self) -> dict[str, list[Any]]:
        """Return what each must see, as the database has it."""
        deps, rid = self._nodes[1].deps, self._place.id
        active = [plain(order) for order in await order_store.active(self._db, rid)]
        zone = frozenset({self._place.tables[0]["id"]})
        found: dict[str, list[Any]] = {who: [{"orders": active}] for who in ("host", "cook", "bar")}
        found["manager"] = [{"orders": active}] * 2
        found["waiter"] = [plain((await boards.floor(rid, None, deps)).data)]
        found["zone"] = [plain((await boards.floor(rid, zone, deps)).data)]
        for who in ("guest 0", "guest 1"):
            guest = self._actor(self._people[who])
            found[who] = [plain((await boards.table(guest, deps)).data)]
        shared = await boards.board(rid, Kind.ACTIVE, None, deps)
        assert shared.data == active, "Redis holds something else than the database"
        return {
            who: [join.view.of(shown) for join, shown in zip(people.joins, found[who], strict=True)]
            for who, people in self._people.items()
        }


HAPPENINGS: dict[str, Callable[[Evening], Awaitable[None]]] = {
    "redis loses it": Evening.lose_redis,
    "deaf": Evening.deafen,
    "nobody answers": Evening.escalate,
}


def plain(value: Any) -> Any:
    """Return something as a client would get it."""
    return msgspec.json.decode(msgspec.json.encode(value))


@pytest.fixture
async def loop(nodes: list[Node]) -> asyncio.AbstractEventLoop:
    """The loop that the nodes run on, which stands still while hypothesis thinks."""
    return asyncio.get_running_loop()


def test_every_screen_shows_what_is(
    loop: asyncio.AbstractEventLoop, nodes: list[Node], db: asyncpg.Connection
) -> None:
    run_state_machine_as_test(
        lambda: Evening(loop, nodes, db),
        settings=settings(
            max_examples=EVENINGS or 7,
            stateful_step_count=20,
            derandomize=not EVENINGS,
            database=None,
            phases=[Phase.generate, *([Phase.shrink] if EVENINGS else [])],
            suppress_health_check=list(HealthCheck),
        ),
    )
