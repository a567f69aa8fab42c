"""What a node counts and times: the numbers move when the thing happens, and only there."""

from collections.abc import AsyncIterator

import pytest
from prometheus_client.parser import text_string_to_metric_families

from hub.app import Node, run_node
from hub.metrics import STEPS
from hub.settings import Settings
from tests.client import Client
from tests.mirror import settle
from tests.place import Place
from tests.scenes import NOWHERE, place_order

HERE = 2  # the place in `urls` of the node of this test's own


@pytest.fixture
async def node(settings: Settings, place: Place) -> AsyncIterator[Node]:
    """A node that nobody else uses."""
    async with run_node(settings) as made:
        place.urls.append(f"http://127.0.0.1:{made.port}")
        yield made
        for client in place._clients:
            await client.close()


async def scrape(place: Place, node: int = HERE) -> dict[str, float]:
    """Return every sample, by its name and labels as Prometheus writes them."""
    status, text = await place.get("/metrics", node=node)
    assert status == 200
    return {
        sample.name + "".join(f"|{value}" for value in sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text.decode())
        for sample in family.samples
    }


async def test_prometheus_can_read_what_it_gets(place: Place, node: Node) -> None:
    async with place.http.get(f"{place.urls[HERE]}/metrics") as reply:
        assert reply.content_type == "text/plain"
        families = list(text_string_to_metric_families(await reply.text()))
    assert all(family.name.startswith("hub_") for family in families)
    assert all(family.documentation for family in families)


async def test_connections_and_rooms_are_those_that_are_there_now(place: Place, node: Node) -> None:
    before = await scrape(place)
    assert (before["hub_connections"], before["hub_rooms"]) == (0, 0)
    guest, mate = await place.guest(node=HERE), await place.guest(node=HERE)
    met = await scrape(place)
    assert (met["hub_connections"], met["hub_rooms"]) == (2, 4), "the table's, all guests', own"
    await mate.send("leave", room=f"guests:{place.id}")
    await guest.close()
    await mate.settled()
    left = await scrape(place)
    assert (left["hub_connections"], left["hub_rooms"]) == (1, 2)


async def test_commands_are_counted_by_name_and_result(place: Place, node: Node) -> None:
    manager = await place.worker("manager", HERE)
    await manager.refused("order:accept", {"orderId": NOWHERE})
    await manager.refused("order:accept", {"orderId": NOWHERE})
    await manager.refused("order:accept", {})
    await manager.send("join:restaurant", restaurantId=place.id)
    for name in ("no such command", "nor this", "x" * 1000):
        await manager.refused(name, {})
    counted = await scrape(place)
    assert counted["hub_commands_total|order:accept|NOT_FOUND"] == 2
    assert counted["hub_commands_total|order:accept|INVALID"] == 1
    assert counted["hub_commands_total|join:restaurant|ok"] == 1
    assert counted["hub_commands_total|unknown|INVALID"] == 3, "their names would fill the memory"
    assert counted["hub_command_seconds_count|order:accept"] == 3
    assert 0 < counted["hub_command_seconds_sum|order:accept"] < 10


async def test_every_step_of_a_command_is_timed(place: Place, node: Node) -> None:
    guest, far = await place.guest(node=HERE), await place.cook(node=0)
    await settle(place, [node])
    before = await scrape(place)
    for _ in range(3):
        await place_order(place, guest)
    await guest.until(lambda: len(guest.named("order:new")) == 3)
    await far.until(lambda: len(far.named("order:new")) == 3)
    after = await scrape(place)
    for step in STEPS:
        name = f"hub_{step}_seconds"
        moved = after[f"{name}_count"] - before[f"{name}_count"]
        took = after[f"{name}_sum"] - before[f"{name}_sum"]
        assert moved >= 1 if step == "append" else moved == 3, step
        assert 0 < took < 10, step
    assert after["hub_deliveries_total"] - before["hub_deliveries_total"] == 3, "those here only"


async def test_an_event_from_another_node_is_timed_where_it_arrives(
    place: Place, node: Node
) -> None:
    cook = await place.cook(node=HERE)
    before = await scrape(place)
    await place_order(place, await place.guest(node=0))
    await cook.hears("order:new")
    after = await scrape(place)

    def moved(name: str) -> float:
        return after[name] - before[name]

    assert moved("hub_end_to_end_seconds_count") >= 1
    assert moved("hub_delivery_seconds_count") >= 1
    assert moved("hub_commit_seconds_count") == moved("hub_append_seconds_count") == 0


async def test_the_lag_is_what_is_known_and_not_yet_delivered(place: Place, node: Node) -> None:
    guest: Client = await place.guest(node=HERE)
    await place_order(place, guest)
    await settle(place, [node])
    assert (await scrape(place))["hub_log_lag"] == 0
    feed = await node.broker.hold(place.id, "this test")
    feed.reach_for(feed.last + 3)
    assert (await scrape(place))["hub_log_lag"] == 3
    for _ in range(3):
        await place_order(place, guest)
    await settle(place, [node])
    assert (await scrape(place))["hub_log_lag"] == 0
