"""Ready alerts get louder on time, once, and for the right people, whoever dies meanwhile."""

import asyncio
from collections import defaultdict
from datetime import datetime
from math import inf

import pytest

from scripts.mishaps.process import CHIEFS_AFTER, WAITERS_AFTER, Node, Worker, put_up
from tests.client import Client
from tests.place import Place
from tests.referee import Referee

pytest_plugins = ("tests.fragile",)

LATE = 10.0  # seconds; the workers look twice a second, on a machine that is busy with tests


@pytest.fixture(autouse=True)
async def working(workers: list[Worker]) -> None:
    """Both workers are there."""
    await put_up(workers)


class Crew:
    """Everyone who may hear an alert of the first table, on both nodes."""

    def __init__(self, place: Place) -> None:
        self._place = place

    async def come(self, since: int | None = None) -> "Crew":
        more = {} if since is None else {"since": since}
        own, other = (table["id"] for table in self._place.tables[:2])
        self.own = await self._place.waiter(node=0, tables=[own], **more)
        self.other = await self._place.waiter(node=1, tables=[other], **more)
        self.expo = await self._place.worker("expo", node=0)
        self.manager = await self._place.worker("manager", node=1)
        for chief in (self.expo, self.manager):
            await chief.send("join:kitchen", restaurantId=self._place.id, **more)
        return self

    @property
    def everyone(self) -> list[Client]:
        return [self.own, self.other, self.expo, self.manager]

    async def ready_order(self) -> str:
        """Place an order of the first table and cook it; return its id."""
        order = await self.own.send(
            "order:create", tableId=self._place.tables[0]["id"], items=[self._place.line()]
        )
        await self.manager.send("order:updateStatus", orderId=order["id"], status="READY")
        order_id: str = order["id"]
        return order_id

    async def hear_the_last_of(self, *order_ids: str) -> None:
        """Wait until the alerts of these orders are as loud as they can be."""
        for order_id in order_ids:
            for client in self.everyone:
                await client.hears("alert:escalated", lambda a, o=order_id: escalated(a) == (o, 2))


def escalated(alert: dict[str, object]) -> tuple[object, object]:
    return alert["orderId"], alert["level"]


def levels(client: Client) -> dict[str, list[int]]:
    """Return, by order, how loud the alerts became that a client heard of."""
    heard = defaultdict(list)
    for alert in client.named("alert:escalated"):
        heard[alert["orderId"]].append(alert["level"])
    return dict(heard)


@pytest.fixture
async def crew(house: Place) -> Crew:
    return await Crew(house).come()


async def test_an_alert_reaches_the_tables_waiter_then_all_waiters_then_the_chiefs(
    crew: Crew, referee: Referee
) -> None:
    order = await crew.ready_order()
    raised, _ = await crew.own.hears("alert:raised")
    await crew.hear_the_last_of(order)
    assert [client.named("alert:raised") for client in crew.everyone] == [[raised], [], [], []]
    assert levels(crew.own) == levels(crew.other) == {order: [1, 2]}
    assert levels(crew.expo) == levels(crew.manager) == {order: [2]}
    waits = [
        (
            datetime.fromisoformat(meta["at"]) - datetime.fromisoformat(data["raisedAt"])
        ).total_seconds()
        for name, data, meta in crew.own.heard
        if name == "alert:escalated"
    ]
    assert WAITERS_AFTER <= waits[0] < WAITERS_AFTER + LATE
    assert CHIEFS_AFTER <= waits[1] < CHIEFS_AFTER + LATE
    await referee.judge()


async def test_an_alert_that_is_answered_or_served_goes_no_further(
    crew: Crew, referee: Referee
) -> None:
    answered, served, ignored = [await crew.ready_order() for _ in range(3)]
    alert, _ = await crew.own.hears("alert:raised", lambda a: a["orderId"] == answered)
    await crew.own.send("alert:ack", alertId=alert["id"])
    await crew.own.send("order:updateStatus", orderId=served, status="DELIVERED")
    await crew.hear_the_last_of(ignored)
    ended = {
        alert["orderId"]: meta["seq"]
        for name, alert, meta in crew.other.heard
        if name == "alert:resolved"
    }
    assert ended.keys() == {answered, served}
    for client in crew.everyone:
        for name, alert, meta in client.heard:
            if name == "alert:escalated":
                assert meta["seq"] < ended.get(alert["orderId"], inf)
    await referee.judge()


async def test_alerts_survive_the_end_of_every_process(
    crew: Crew, house: Place, pair: list[Node], workers: list[Worker], referee: Referee
) -> None:
    order = await crew.ready_order()
    everything = [*pair, *workers]
    await asyncio.gather(*(process.kill() for process in everything))
    await put_up(everything)
    back = await Crew(house).come(since=0)
    await back.hear_the_last_of(order)
    assert levels(back.own) == levels(back.other) == {order: [1, 2]}
    assert levels(back.expo) == levels(back.manager) == {order: [2]}
    await referee.judge()


async def test_two_workers_raise_each_alert_once_even_when_one_is_killed(
    crew: Crew, workers: list[Worker], referee: Referee
) -> None:
    orders = [await crew.ready_order() for _ in range(10)]
    await crew.own.hears("alert:escalated")
    await workers[0].kill()
    await crew.hear_the_last_of(*orders)
    assert levels(crew.own) == {order: [1, 2] for order in orders}
    assert levels(crew.manager) == {order: [2] for order in orders}
    await referee.judge()
