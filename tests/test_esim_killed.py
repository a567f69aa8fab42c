"""A worker that is killed in the middle of a purchase: nothing is lost, nothing bought twice."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from handlers import paying
from hub.settings import Settings
from scripts.mishaps.process import Worker, running
from scripts.standins.base import Fault
from state.domain.charge import ChargeStatus
from tests.interpreters import cancel_all
from tests.place import Place
from tests.sellers import Shop, failure, open_shop, result

LONG = 120.0  # longer than this test takes


@pytest.fixture
async def shop(settings: Settings) -> AsyncIterator[Shop]:
    async with open_shop(settings) as made:
        await made.rest()
        await cancel_all(made.deps)
        yield made


def seller(shop: Shop, log: Path) -> Worker:
    known = shop.settings
    env = {
        "DATABASE_URL": known.database_url,
        "REDIS_URL": known.redis_url,
        "JWT_SECRET": known.jwt_secret,
        "JOB_LEASE": "1",
        "AIRALO_CLIENT_ID": known.airalo_client_id,
        "AIRALO_CLIENT_SECRET": known.airalo_client_secret,
        "AIRALO_BASE_URL": known.airalo_base_url,
    }
    return Worker(env, log)


async def test_a_purchase_survives_its_worker_at_each_step(
    place: Place, shop: Shop, db: asyncpg.Connection, tmp_path: Path
) -> None:
    guest = await place.guest(node=1)

    async def begin(country: str) -> str:
        wanted = {"packageId": f"sandbox-{country.lower()}-7days-1gb", "country": country}
        job_id: str = (await guest.send("esim:purchase", **wanted))["jobId"]
        return job_id

    async def asked(path: str, times: int) -> None:
        async with asyncio.timeout(60):
            calls = shop.standin.calls
            while sum(call.path.endswith(path) for call in calls) < times:  # noqa: ASYNC110
                await asyncio.sleep(0.02)

    async def waits(*jobs: str) -> None:
        await guest.until(
            lambda: (
                {*jobs}
                <= {
                    data["jobId"]
                    for data in guest.named("job:progress")
                    if data["status"] == "WAITING"
                }
            ),
            60,
        )

    async with running(seller(shop, tmp_path / "worker.log")) as [worker]:
        unpaid, unsold, sold = [await begin(country) for country in ("JP", "DE", "FR")]
        await waits(unpaid, unsold, sold)
        # One has sold and does not say so, one has not even sold, one looks for what there is.
        shop.standin.faults.append(Fault(late=LONG, path="/orders"))
        await shop.pay(sold)
        await asked("/orders", 1)
        shop.standin.faults.append(Fault(seconds=LONG, path="/orders"))
        await shop.pay(unsold)
        await asked("/orders", 2)
        shop.standin.faults.append(Fault(seconds=LONG, path="/packages"))
        looking = await begin("TR")
        await asked("/packages", 4)
        await worker.kill()
        assert [shop.sold(each) for each in (unpaid, unsold, sold, looking)] == [0, 0, 1, 0]

        # What may be on its way is waited for; here it is as if that had been done.
        await db.execute(
            "UPDATE intents SET created_at = created_at - interval '1 hour' WHERE job_id = $1",
            unsold,
        )
        await worker.start()
        await waits(looking)
        await asyncio.gather(shop.pay(looking), shop.pay(unpaid))
        for each in (unpaid, sold, looking):
            assert (await result(guest, each))["id"] == each
        assert (await failure(guest, unsold))["code"] == "PROVIDER_UNAVAILABLE"
    assert [shop.sold(each) for each in (unpaid, sold, looking, unsold)] == [1, 1, 1, 0]
    assert await paying.status("esim", unsold, shop.deps) is ChargeStatus.OWED
    ends = [data["jobId"] for data in guest.named("job:completed") + guest.named("job:failed")]
    assert sorted(ends) == sorted([unpaid, unsold, sold, looking])
