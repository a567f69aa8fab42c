"""A worker within the tests that translates, by stand-ins of the companies and by Apertium."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec

from handlers import work
from handlers.deps import Deps
from handlers.providers.all import providers
from hub.settings import Settings
from hub.worker import job_queue
from scripts.standins.azure import Azure
from scripts.standins.base import Standin, serving
from scripts.standins.deepl import DeepL
from scripts.standins.libretranslate import LibreTranslate
from state.live.client import Servers
from state.store.jobs import OPEN

KEY = "a-key-of-the-tests"


async def forget_gate(redis: Servers, name: str) -> None:
    """Let a service be called as if it never had been."""
    for part in ("state", "slots", "rate"):
        key = f"{{p:{name}}}:{part}"
        await redis.of(key).delete(key)


async def cancel_all(deps: Deps) -> None:
    """Leave nothing to do of what other tests have begun."""
    async with deps.pool.acquire() as conn:
        await conn.execute(f"UPDATE jobs SET status = 'CANCELLED' WHERE status IN {OPEN}")


class House:
    """The companies that this worker knows."""

    def __init__(self) -> None:
        self.deepl, self.azure, self.libretranslate = DeepL(KEY), Azure(KEY), LibreTranslate()

    @property
    def standins(self) -> list[Standin]:
        return [self.deepl, self.azure, self.libretranslate]

    def asked(self, *names: str) -> list[str]:
        """Return the names of those that were asked to translate something, in order."""
        return [
            standin.name
            for standin in self.standins
            for call in standin.calls
            if call.path.endswith("/translate")
        ]


@asynccontextmanager
async def interpreters(settings: Settings, deps: Deps, **more: Any) -> AsyncIterator[House]:
    """Work on jobs; `more` changes settings, such as a key to none."""
    house = House()
    for name in ("deepl", "azure", "libretranslate"):
        await forget_gate(deps.redis, name)
    await cancel_all(deps)
    async with serving(house.standins) as urls:
        known = {
            "deepl_api_key": KEY,
            "deepl_base_url": urls["deepl"],
            "azure_translator_key": KEY,
            "azure_translator_base_url": urls["azure"],
            "libretranslate_url": urls["libretranslate"],
        }
        here = msgspec.structs.replace(settings, job_lease=2.0, **known | more)
        async with providers(here, deps.redis, lambda *_: None) as made:
            queue = job_queue(here, work.KINDS, made, deps)
            queue.start()
            try:
                yield house
            finally:
                await queue.close()
