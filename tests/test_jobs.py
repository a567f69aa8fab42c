"""Jobs: begun with the command, done by workers, and ended once, whoever dies in between."""

import re
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import msgspec
import pytest

from handlers import work
from handlers.providers.all import providers
from handlers.providers.keys import Keys
from hub import worker
from hub.app import Node
from hub.metrics import Metrics
from hub.settings import Settings
from state.store import jobs as store
from tests import toil
from tests.client import Client
from tests.interpreters import cancel_all
from tests.place import Place
from tests.toil import KINDS, Shop, start

ENDS = ("job:completed", "job:failed")


@pytest.fixture
async def shop() -> AsyncIterator[Shop]:
    async with toil.shop() as made:
        yield made


@pytest.fixture
async def working(nodes: list[Node], settings: Settings) -> AsyncIterator[None]:
    """A worker within this process."""
    await cancel_all(nodes[0].deps)
    queue = worker.job_queue(
        msgspec.structs.replace(settings, job_lease=2.0), KINDS, None, nodes[0].deps
    )
    queue.start()
    yield
    await queue.close()


def heard(client: Client, job_id: str) -> list[tuple[str, Any]]:
    return [
        (name, data)
        for name, data, _ in client.heard
        if name.startswith("job:") and data["jobId"] == job_id
    ]


async def end(client: Client, job_id: str) -> tuple[str, Any]:
    """Wait for the end of a job; return it, which must be the only one."""
    await client.until(lambda: any(name in ENDS for name, _ in heard(client, job_id)), 60)
    await client.settled()
    ends = [each for each in heard(client, job_id) if each[0] in ENDS]
    assert len(ends) == 1
    return ends[0]


@pytest.mark.usefixtures("working")
async def test_an_owner_hears_of_its_job_on_every_node_and_nobody_else_does(
    place: Place, nodes: list[Node], shop: Shop
) -> None:
    guest = await place.guest()
    twin = await place.client(guest.token, node=1)
    await twin.send("join:table")
    mate, manager = await place.guest(), await place.worker("manager", 1)
    await manager.send("join:restaurant", restaurantId=place.id)

    job_id = await start(place, guest, nodes[0], "look", shop.url)
    for client in (guest, twin):
        name, told = await end(client, job_id)
        assert (name, told["result"]) == ("job:completed", {"price": 5})
        steps = [(name, data["progress"]) for name, data in heard(client, job_id)]
        assert steps == [("job:progress", 0), ("job:progress", 50), ("job:completed", 100)]
    for other in (mate, manager):
        await other.settled()
        assert heard(other, job_id) == []


@pytest.mark.usefixtures("working")
async def test_an_end_that_was_missed_comes_with_the_reconnect_on_another_node(
    place: Place, nodes: list[Node], shop: Shop
) -> None:
    shop.open.clear()
    guest = await place.guest()
    seq = (await guest.ask("join:table", {}))["seq"]
    job_id = await start(place, guest, nodes[0], "look", shop.url)
    await shop.asked.wait()
    await guest.close()
    watcher = await place.client(guest.token, node=0)
    assert (await watcher.send("job:get", jobId=job_id))["status"] == "RUNNING"
    shop.open.set()
    await end(watcher, job_id)  # heard, though it has joined nothing

    back = await place.client(guest.token, node=1)
    await back.send("join:table", since=seq)
    assert (await end(back, job_id))[0] == "job:completed"
    assert (await back.send("job:get", jobId=job_id))["result"] == {"price": 5}


@pytest.mark.usefixtures("working")
async def test_a_job_under_way_can_be_called_off_by_its_owner_alone(
    place: Place, nodes: list[Node], shop: Shop, db: asyncpg.Connection
) -> None:
    shop.open.clear()
    guest, other = await place.guest(), await place.guest(1)
    job_id = await start(place, guest, nodes[0], "look", shop.url)
    await shop.asked.wait()
    assert (await other.refused("job:cancel", {"jobId": job_id}))["code"] == "NOT_FOUND"
    assert (await other.refused("job:get", {"jobId": job_id}))["code"] == "NOT_FOUND"
    assert (await guest.send("job:cancel", jobId=job_id))["status"] == "CANCELLED"
    name, told = await end(guest, job_id)
    assert (name, told["error"]["code"]) == ("job:failed", "CONFLICT")
    assert (await guest.refused("job:cancel", {"jobId": job_id}))["code"] == "CONFLICT"
    left = "SELECT count(*) FROM pgqueuer WHERE dedupe_key = $1"
    assert await db.fetchval(left, job_id) == 0


@pytest.mark.usefixtures("working")
async def test_what_fails_or_takes_too_long_is_told_and_listed(
    place: Place, nodes: list[Node], shop: Shop, other_place: Place
) -> None:
    shop.open.clear()
    guest = await place.guest()
    failed = await start(place, guest, nodes[0], "fail")
    slow = await start(place, guest, nodes[0], "slow", shop.url)
    assert (await end(guest, failed))[1]["error"]["code"] == "INTERNAL"
    assert (await end(guest, slow))[1]["error"]["code"] == "PROVIDER_UNAVAILABLE"
    for where, expected in ((place, {failed, slow}), (other_place, set())):
        status, told = await where.get("/api/jobs/dead", await where.login("manager"))
        assert status == 200
        assert {job["jobId"] for job in told["jobs"]} == expected
    assert (await place.get("/api/jobs/dead", await place.login("waiter")))[0] == 403


async def test_a_job_that_is_put_off_day_after_day_is_given_up(
    place: Place, nodes: list[Node], db: asyncpg.Connection
) -> None:
    guest, deps = await place.guest(), nodes[0].deps
    job_id = await start(place, guest, nodes[0], "later")
    for _ in range(KINDS["later"].attempts + 1):
        assert await work.perform(job_id, KINDS, None, deps) == 5.0, "to be put off is no failure"
    old = "UPDATE jobs SET created_at = created_at - interval '25 hours' WHERE id = $1"
    await db.execute(old, job_id)
    assert await work.perform(job_id, KINDS, None, deps) is None
    told, _ = await guest.hears("job:failed", lambda data: data["jobId"] == job_id)
    assert told["error"]["code"] == "INTERNAL"


async def test_jobs_and_services_are_counted_for_whoever_watches(
    place: Place, nodes: list[Node]
) -> None:
    guest, deps, metrics = await place.guest(), nodes[0].deps, Metrics()
    await start(place, guest, nodes[0], "look")
    failed = await start(place, guest, nodes[0], "fail")
    await work.perform(failed, KINDS, None, deps, metrics.job)
    keys = Keys(deepl_api_key="any", stripe_api_key="any")
    async with providers(keys, deps.redis, metrics.provider_call) as made:
        await worker.count_jobs(deps, made, metrics)
    told = metrics.render().decode()
    assert re.search(r'hub_jobs{kind="look",status="QUEUED"} [1-9]', told)
    assert re.search(r'hub_jobs{kind="fail",status="FAILED"} [1-9]', told)
    assert re.search(r'hub_job_age_seconds{kind="look"} \d', told)
    assert 'hub_job_age_seconds{kind="fail"}' not in told, "it has ended"
    assert re.search(r"hub_owed_seconds \d", told)
    assert 'hub_jobs_done_total{kind="fail",result="INTERNAL"} 1.0' in told
    assert 'hub_provider_busy{provider="deepl"} 0.0' in told
    assert 'hub_provider_shut_seconds{provider="stripe"} 0.0' in told
    path = f"/api/restaurants/{place.id}/reports/live"
    _, now = await place.get(path, await place.login("manager"))
    assert {"name": "deepl", "restsFor": 0} in now["companies"]


async def test_a_worker_asked_to_leave_puts_its_job_back_for_another(
    place: Place, nodes: list[Node], settings: Settings, shop: Shop, db: asyncpg.Connection
) -> None:
    shop.open.clear()
    guest = await place.guest()
    queues = [worker.job_queue(settings, KINDS, None, nodes[0].deps) for _ in range(2)]
    queues[0].start()
    job_id = await start(place, guest, nodes[0], "look", shop.url)
    await shop.asked.wait()
    await queues[0].close()
    queued = "SELECT status FROM pgqueuer WHERE dedupe_key = $1"
    assert await db.fetchval(queued, job_id) == "queued"
    shop.open.set()
    queues[1].start()
    assert (await end(guest, job_id))[0] == "job:completed"
    await queues[1].close()


async def test_a_job_is_as_durable_as_its_command_and_found_again_when_its_queue_is_lost(
    place: Place, nodes: list[Node], db: asyncpg.Connection
) -> None:
    guest = await place.guest()
    job_id = await start(place, guest, nodes[0], "look")
    queued = "SELECT entrypoint FROM pgqueuer WHERE dedupe_key = $1"
    assert await db.fetchval(queued, job_id) == "look"
    await db.execute("DELETE FROM pgqueuer WHERE dedupe_key = $1", job_id)
    assert await store.enqueue_lost(db, nodes[0].deps.now()) >= 1
    assert await db.fetchval(queued, job_id) == "look"
    assert (await guest.send("job:cancel", jobId=job_id))["status"] == "CANCELLED"
    assert await db.fetchval(queued, job_id) is None
    assert await work.perform(job_id, KINDS, None, nodes[0].deps) is None
