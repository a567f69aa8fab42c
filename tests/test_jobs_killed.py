"""Workers that die in the middle of a job: nothing is lost, and nothing is bought twice."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hub.app import Node
from hub.settings import Settings
from scripts.mishaps.process import Child, Worker, running
from tests import toil
from tests.interpreters import cancel_all
from tests.place import Place
from tests.test_jobs import end, heard
from tests.toil import Shop, start

LEASE = 2.0


class Toiler(Worker):
    """A worker that knows the jobs of the tests."""

    def __init__(self, settings: Settings, log: Path) -> None:
        env = {
            "DATABASE_URL": settings.database_url,
            "REDIS_URL": settings.redis_url,
            "JWT_SECRET": settings.jwt_secret,
            "JOB_LEASE": str(LEASE),
            "LOG_LEVEL": "INFO",
        }
        Child.__init__(self, "tests.toil", env, log)


@pytest.fixture
async def shops() -> AsyncIterator[list[Shop]]:
    """One that is slow, one that is slow to sell, and one that sells and does not say so."""
    async with toil.shop() as slow, toil.shop() as shut, toil.shop() as silent:
        slow.open.clear()
        shut.open.clear()
        silent.answers.clear()
        yield [slow, shut, silent]


async def test_a_killed_worker_loses_no_job_and_buys_nothing_twice(
    place: Place, nodes: list[Node], shops: list[Shop], settings: Settings, tmp_path: Path
) -> None:
    slow, shut, silent = shops
    await cancel_all(nodes[0].deps)
    guest = await place.guest(node=1)
    async with running(*(Toiler(settings, tmp_path / f"{n}.log") for n in range(2))) as toilers:
        looking = await start(place, guest, nodes[0], "look", slow.url)
        unsold = await start(place, guest, nodes[0], "buy", shut.url)
        sold = await start(place, guest, nodes[0], "buy", silent.url)
        await asyncio.gather(slow.asked.wait(), shut.asked.wait(), silent.has_sold.wait())
        assert (await guest.refused("job:cancel", {"jobId": sold}))["code"] == "CONFLICT"
        await asyncio.gather(*(each.kill() for each in toilers))
        slow.open.set()
        await toilers[0].start()

        name, told = await end(guest, looking)
        assert (name, told["result"]) == ("job:completed", {"price": 5})
        begun = [data["progress"] for _, data in heard(guest, looking)]
        assert (begun[0], begun[-1]) == (0, 100)
        assert len(begun) >= 5, "begun twice at least, and told so"

        # Sold or not: what the shop says is what happened, and nobody asks it to sell again.
        name, told = await end(guest, sold)
        assert (name, told["result"]) == ("job:completed", {"key": f"{sold}:buy"})
        assert silent.sold == [f"{sold}:buy"]
        name, told = await end(guest, unsold)
        assert (name, told["error"]["code"]) == ("job:failed", "PROVIDER_UNAVAILABLE")
        assert shut.sold == []
