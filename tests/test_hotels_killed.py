"""A worker that is killed in the middle of hotel jobs: nothing is lost, nothing booked twice."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import msgspec
import pytest

from hub.app import run_node
from hub.settings import Settings
from scripts.mishaps.process import Worker, running
from scripts.standins.base import Fault
from tests.agencies import USED, Agencies, agencies, ended
from tests.client import Client
from tests.guesthouse import FORM, stay
from tests.interpreters import cancel_all
from tests.place import Place
from tests.scenes import place_order
from tests.test_hotels_agencies import CREATE, asked, wanted

LONG = 120.0  # longer than this test takes


@pytest.fixture
async def house(settings: Settings, place: Place) -> AsyncIterator[Agencies]:
    async with run_node(msgspec.structs.replace(settings, **USED)) as node:
        place.urls.append(f"http://127.0.0.1:{node.port}")
        await cancel_all(node.deps)
        async with agencies(node.deps) as made:
            yield made


def agent(settings: Settings, house: Agencies, log: Path) -> Worker:
    env = {name.upper(): str(value) for name, value in house.known.items()}
    urls = {"DATABASE_URL": settings.database_url, "REDIS_URL": settings.redis_url}
    return Worker({**env, **urls, "JWT_SECRET": settings.jwt_secret, "JOB_LEASE": "2"}, log)


async def in_house(guest: Client, house: Agencies) -> str:
    """Book a room at Cloudbeds for tonight, and check in."""
    asking = await wanted(guest, house, "cloudbeds", stay(0, 3))
    booking = await house.result(guest, await guest.send("hotel:book", **asking))
    number: str = booking["bookingId"]
    await house.result(
        guest, await guest.send("hotel:checkin", bookingId=number, registration=FORM)
    )
    return number


async def test_no_kind_of_hotel_job_is_lost_or_done_twice(
    place: Place, settings: Settings, house: Agencies, db: asyncpg.Connection, tmp_path: Path
) -> None:
    guest = await place.guest(node=2)
    here, order = await in_house(guest, house), await place_order(place, guest)
    wishes = [
        await wanted(guest, house, name, stay(number))
        for name, number in (("booking", 451), ("cloudbeds", 452))
    ]
    before = {name: asked(house, name, path) for name, path in CREATE.items()}

    async def begun(name: str, path: str) -> None:
        seen = asked(house, name, path)
        async with asyncio.timeout(60):
            while asked(house, name, path) == seen:  # noqa: ASYNC110 - another process
                await asyncio.sleep(0.02)

    async with running(agent(settings, house, tmp_path / "worker.log")) as [worker]:
        # One has booked and does not say so, one has not even booked, a charge is posted, silently.
        house.booking.faults.append(Fault(late=LONG, path=CREATE["booking"]))
        house.cloudbeds.faults.append(Fault(seconds=LONG, path=CREATE["cloudbeds"]))
        house.cloudbeds.faults.append(Fault(late=LONG, path="/postCustomItem"))
        waiting = [
            asyncio.create_task(begun(name, path))
            for name, path in (*CREATE.items(), ("cloudbeds", "/postCustomItem"))
        ]
        await asyncio.sleep(0)
        booked, unbooked = [(await guest.send("hotel:book", **wish))["jobId"] for wish in wishes]
        charge = await guest.send("hotel:roomCharge", bookingId=here, orderId=order["id"])
        await asyncio.gather(*waiting)
        while not (house.booking.orders and house.cloudbeds.items):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        await worker.kill()

        # What may be on its way is waited for; here it is as if that had been done.
        await db.execute(
            "UPDATE intents SET created_at = created_at - interval '1 hour' WHERE job_id = $1",
            unbooked,
        )
        await worker.start()
        assert (await ended(guest, booked))["result"]["status"] == "CONFIRMED"
        assert (await ended(guest, unbooked))["error"]["code"] == "PROVIDER_UNAVAILABLE"
        assert (await ended(guest, charge["jobId"]))["status"] == "COMPLETED"
    assert {name: asked(house, name, path) - before[name] for name, path in CREATE.items()} == {
        "booking": 1,
        "cloudbeds": 1,
    }
    assert (len(house.booking.orders), len(house.cloudbeds.items)) == (1, 1)
