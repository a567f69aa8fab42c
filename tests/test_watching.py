"""Each fault shows in the numbers: what would have told of it moves when it is made.

And what watches the numbers, under scripts/deploy, asks only for those that there are.
"""

import asyncio
import gc
import json
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from functools import partial
from pathlib import Path

import msgspec
import pytest
from prometheus_client.parser import text_string_to_metric_families

from handlers import livelog
from hub.app import Node, run_node
from hub.embedded import Engines
from hub.embedded.processes import free_port
from hub.settings import Settings
from scripts.benches.front import front
from scripts.mishaps.process import TICK, Worker, running
from scripts.mishaps.relay import Relay
from state.live import client, keys
from tests.conftest import SECRET
from tests.mirror import settle
from tests.phone import phone
from tests.place import Place
from tests.scenes import place_order
from tests.test_metrics import scrape

SECONDS = 60.0
THERE = 2  # the place in `urls` of the node of this file's own

Numbers = dict[str, float]


@pytest.fixture
async def node(settings: Settings, cable: Relay, place: Place) -> AsyncIterator[Node]:
    """A node that nobody else uses."""
    async with run_node(msgspec.structs.replace(settings, redis_url=cable.url)) as made:
        place.urls.append(f"http://127.0.0.1:{made.port}")
        yield made
        for each in place._clients:
            await each.close()


async def until(look: Callable[[], Awaitable[Numbers]], true: Callable[[Numbers], bool]) -> Numbers:
    """Look at the numbers until something is true of them."""
    async with asyncio.timeout(SECONDS):
        while True:
            numbers = await look()
            if true(numbers):
                return numbers
            await asyncio.sleep(TICK)


async def test_a_node_cut_off_from_redis_says_so_and_how_it_made_up_for_it(
    place: Place, node: Node, cable: Relay
) -> None:
    look = partial(scrape, place, THERE)
    cook, manager = await place.cook(node=THERE), await place.worker("manager", THERE)
    before = await until(look, lambda now: now["hub_restaurants_deaf"] == 0)
    assert (before["hub_engine_up|redis"], before["hub_engine_up|postgres"]) == (1, 1)
    assert (before["hub_redis_losses_total"], before["hub_restaurants"]) == (0, 1)
    await cable.pull()
    cut = await until(look, lambda now: now["hub_restaurants_deaf"] == 1)
    assert (cut["hub_engine_up|redis"], cut["hub_engine_up|postgres"]) == (0, 1)
    assert cut["hub_redis_losses_total"] == 1
    order = await manager.send("order:create", tableId=place.tables[0]["id"], items=[place.line()])
    await until(look, lambda now: now["hub_left_events_total"] >= 1)
    # Who joins now is shown what is committed, so that the node has to read it from Postgres.
    await manager.send("join:restaurant", restaurantId=place.id)
    await cook.hears("order:new", lambda data: data["id"] == order["id"])
    made_up = await look()
    assert made_up["hub_hole_events_total|postgres"] >= 1
    assert made_up["hub_log_lag"] == 0
    await cable.plug()
    healed = await until(look, lambda now: now["hub_restaurants_deaf"] == 0)
    assert healed["hub_engine_up|redis"] == 1


async def test_a_node_cut_off_from_postgres_says_so(
    settings: Settings, engines: Engines, place: Place
) -> None:
    cable, look = Relay(engines.database_url), partial(scrape, place, THERE)
    await cable.plug()
    async with run_node(msgspec.structs.replace(settings, database_url=cable.url)) as node:
        place.urls.append(f"http://127.0.0.1:{node.port}")
        manager = await place.worker("manager", THERE)
        assert (await look())["hub_engine_up|postgres"] == 1
        await cable.pull()
        order = {"tableId": place.tables[0]["id"], "items": [place.line()]}
        assert (await manager.refused("order:create", order))["code"] == "UNAVAILABLE"
        cut = await look()
        assert (cut["hub_engine_up|postgres"], cut["hub_engine_up|redis"]) == (0, 1)
        assert cut["hub_commands_total|order:create|UNAVAILABLE"] == 1
        await cable.plug()
        await until(look, lambda now: now["hub_engine_up|postgres"] == 1)
        await manager.close()
    await cable.pull()


async def test_events_that_were_not_heard_are_counted_as_read_from_redis(
    place: Place, node: Node
) -> None:
    cook = await place.cook(node=THERE)
    guest = await place.guest(node=0)
    await settle(place, [node])
    before = await scrape(place, THERE)
    await node.deps.redis.execute_command("CLIENT", "KILL", "TYPE", "pubsub")
    orders = [await place_order(place, guest) for _ in range(3)]
    await cook.hears("order:new", lambda data: data["id"] == orders[-1]["id"])
    after = await scrape(place, THERE)
    assert after["hub_hole_events_total|redis"] > before.get("hub_hole_events_total|redis", 0)
    assert after["hub_redis_losses_total"] == before["hub_redis_losses_total"] + 1
    found = "hub_position_checks_total|{}".format
    await until(
        partial(scrape, place, THERE), lambda now: now[found("level")] > after[found("level")]
    )


async def test_what_redis_lost_is_seen_by_every_node_and_mended_by_one(
    place: Place, nodes: list[Node], node: Node
) -> None:
    async def all_of_them() -> Numbers:
        each = [await scrape(place, number) for number in range(3)]
        return {name: sum(numbers.get(name, 0) for numbers in each) for name in each[0]}

    await place.cook(node=THERE)
    await place_order(place, await place.guest(node=0))
    await settle(place, [*nodes, node])
    before = await until(all_of_them, lambda now: now["hub_sweeps_total"] > 0)
    redis = node.deps.redis
    lost = [key async for key in redis.scan_iter(match=f"{keys.tag(place.id)}*", count=1000)]
    await redis.delete(keys.SWEPT, *lost)
    after = await until(
        all_of_them,
        lambda now: (
            now["hub_redis_resets_total"] > before["hub_redis_resets_total"]
            and now["hub_swept_events_total"] > before["hub_swept_events_total"]
        ),
    )
    assert after["hub_sweeps_total"] > before["hub_sweeps_total"]


async def test_positions_are_compared_with_heads(place: Place, node: Node) -> None:
    await place.cook(node=THERE)
    await place_order(place, await place.guest(node=0))
    await settle(place, [node])
    look, found = partial(scrape, place, THERE), "hub_position_checks_total|{}".format
    feed = await node.broker.hold(place.id, "this test")
    feed.last += 5
    await until(look, lambda now: now[found("ahead")] >= 1)
    feed.last -= 7
    await until(look, lambda now: now[found("behind")] >= 1)
    await until(look, lambda now: now["hub_log_lag"] == 0)


async def test_who_comes_back_is_counted_by_what_became_of_it(place: Place, node: Node) -> None:
    token = await place.login("kitchen")
    before = await scrape(place, THERE)
    async with phone(place, token) as screen:
        await screen.send("join:kitchen", restaurantId=place.id)
        await screen.vanish()
        await screen.connect(node=THERE)
        await screen.vanish()
        await screen.connect(node=THERE, pid="nobody's")
        await screen.send("join:kitchen", restaurantId=place.id, since=0)
        await screen.send("join:kitchen", restaurantId=place.id, since=99)
    after = await scrape(place, THERE)
    for name in (
        "hub_recoveries_total|recovered",
        "hub_recoveries_total|no seat",
        "hub_replays_total|replayed",
        "hub_replays_total|unknown",
    ):
        assert after[name] == before.get(name, 0) + 1, name
    assert after["hub_connects_total"] == before["hub_connects_total"] + 2


async def test_a_loop_that_stands_still_and_the_collector_are_timed(
    place: Place, node: Node
) -> None:
    look = partial(scrape, place, THERE)
    before = await until(look, lambda now: now["hub_loop_lag_seconds_count"] > 0)
    time.sleep(0.6)  # noqa: ASYNC251 - that is the fault
    gc.collect()
    late = "hub_loop_lag_seconds_bucket|{}".format

    def stood_still(now: Numbers) -> float:
        return now[late("+Inf")] - now[late("0.2")]

    after = await until(look, lambda now: stood_still(now) > stood_still(before))
    assert after["hub_gc_pause_seconds_count"] > before["hub_gc_pause_seconds_count"]


async def test_a_node_that_leaves_counts_whom_it_sent_elsewhere(
    settings: Settings, place: Place
) -> None:
    async with run_node(settings) as leaving:
        place.urls.append(f"http://127.0.0.1:{leaving.port}")
        for _ in range(3):
            await place.cook(node=THERE)
        assert "hub_draining 0.0" in leaving.metrics.render().decode()
    told = leaving.metrics.render().decode()
    assert "hub_draining 1.0" in told
    assert 'hub_endings_total{reason="node leaving"} 3.0' in told


async def test_what_is_read_for_a_node_without_redis_comes_from_postgres(
    place: Place, nodes: list[Node]
) -> None:
    await place_order(place, await place.guest())
    noted: list[tuple[str, int]] = []
    nowhere = client.connect(f"redis://127.0.0.1:{free_port()}")
    events = await livelog.fill(
        nodes[0].deps.pool, nowhere, lambda *note: noted.append(note), place.id, 0
    )
    await nowhere.aclose()
    assert noted == [("postgres", len(events))]


async def test_a_worker_tells_of_its_rounds_on_a_port_of_its_own(
    engines: Engines, place: Place, tmp_path: Path
) -> None:
    port = free_port()
    env = {
        "DATABASE_URL": engines.database_url,
        "REDIS_URL": engines.redis_url,
        "JWT_SECRET": SECRET,
        "METRICS_PORT": str(port),
    }
    place.urls.append(f"http://127.0.0.1:{port}")
    look = partial(scrape, place, THERE)
    async with running(Worker(env, tmp_path / "worker.log")):
        first = await until(look, lambda now: now.get("hub_worker_rounds_total|due", 0) > 0)
        await until(look, lambda now: "hub_payments_open|PENDING" in now)
        due = "hub_worker_rounds_total|due"
        await until(look, lambda now: now[due] > first[due])
        assert first["hub_engine_up|redis"] == first["hub_engine_up|postgres"] == 1


# What watches the numbers, and what stands in front of the nodes.


async def test_the_sample_balancer_leads_to_the_nodes(place: Place, tmp_path: Path) -> None:
    async with front(tmp_path, place.urls) as balancer:
        for path, status in (("/readyz", 200), ("/metrics", 404)):
            async with place.http.get(balancer + path, ssl=False) as reply:
                assert reply.status == status, path
        polling = f"{balancer}/socket.io/?EIO=4&transport=polling"
        async with place.http.get(polling, ssl=False) as reply:
            assert (await reply.text()).startswith("0{")


NAME = re.compile(r"\bhub_\w+")
TEXT = re.compile(r'"[^"]*"')


def rules(project: Path) -> Iterator[str]:
    """Yield the expressions of the alert rules: what follows `expr:`, also over several lines."""
    text = (project / "scripts/deploy/rules.yml").read_text()
    yield from re.findall(r"^        expr: (?:>-\n)?((?:.+\n)(?:          .+\n)*)", text, re.M)


def dashboard(project: Path) -> Iterator[str]:
    board = json.loads((project / "scripts/deploy/grafana/dashboard.json").read_text())
    for panel in board["panels"]:
        yield from (target["expr"] for target in panel.get("targets", ()))


@pytest.mark.parametrize("source", [rules, dashboard])
async def test_only_numbers_that_there_are_are_asked_for(
    place: Place, project: Path, source: Callable[[Path], Iterator[str]]
) -> None:
    _, text = await place.get("/metrics")
    there: set[str] = set()
    for family in text_string_to_metric_families(text.decode()):
        there.add(family.name)
        suffixes = {"counter": ["total"], "histogram": ["bucket", "sum", "count"]}
        there.update(f"{family.name}_{end}" for end in suffixes.get(family.type, ()))
    asked = [expr for expr in source(project) if NAME.search(expr)]
    assert len(asked) > 15
    for expr in asked:
        named = set(NAME.findall(TEXT.sub("", expr)))
        assert named <= there, f"{named - there} in {expr}"
