"""Companies with hotel rooms within the tests; their jobs are done here and now, step by step."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from handlers import work
from handlers.deps import Deps
from handlers.providers.all import Providers, providers
from handlers.providers.keys import Keys
from scripts.standins.base import serving
from scripts.standins.booking import Booking
from scripts.standins.cloudbeds import Cloudbeds
from scripts.standins.environment import CITY
from scripts.standins.zodomus import Zodomus
from tests.client import Client
from tests.interpreters import forget_gate

KEY = "a-key-of-the-tests"
SECRET = "a-secret-of-the-tests"
NAMES = ("booking", "cloudbeds", "zodomus")
# What a node has to know: that they are there.
USED = {
    "booking_api_token": KEY,
    "cloudbeds_api_key": KEY,
    "cloudbeds_webhook_secret": SECRET,
    "zodomus_user": "user",
    "zodomus_password": KEY,
}


class Agencies:
    """The stand-ins, and a worker's clients of them."""

    def __init__(self, deps: Deps) -> None:
        self.deps = deps
        self.booking, self.cloudbeds = Booking(KEY), Cloudbeds(KEY)
        self.zodomus = Zodomus("user", KEY)
        self.made: Providers | None = None
        self.known: dict[str, Any] = {}  # how a worker is set up to use them

    async def perform(self, job_id: str) -> float | None:
        """Do what is to be done about a job now; return after how long to come back to it."""
        return await work.perform(job_id, work.KINDS, self.made, self.deps)

    async def result(self, client: Client, answer: dict[str, Any]) -> Any:
        """Do the job that was answered with; return its result."""
        assert await self.perform(answer["jobId"]) is None
        told = await ended(client, answer["jobId"])
        return told["result"]


async def ended(client: Client, job_id: str) -> dict[str, Any]:
    """Wait for the one end of a job that its owner hears of."""

    def ends() -> list[dict[str, Any]]:
        told = client.named("job:completed") + client.named("job:failed")
        return [each for each in told if each["jobId"] == job_id]

    await client.until(lambda: bool(ends()), 60)
    [end] = ends()
    return end


@asynccontextmanager
async def agencies(deps: Deps) -> AsyncIterator[Agencies]:
    house = Agencies(deps)
    for name in NAMES:
        await forget_gate(deps.redis, name)
    async with serving([house.booking, house.cloudbeds, house.zodomus]) as urls:
        known = {f"{name}_base_url": urls[name] for name in NAMES}
        where: dict[str, Any] = {**USED, **known, "booking_affiliate_id": 1, "booking_city": CITY}
        house.known = where
        async with providers(Keys(**where), deps.redis, lambda *_: None) as made:
            house.made = made
            yield house
