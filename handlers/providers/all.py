"""All other companies' services that we can use here, made once and closed together."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import NamedTuple

import aiohttp

from handlers.providers import apertium, azure, deepl, libretranslate
from handlers.providers.api import Observe
from handlers.providers.keys import Keys
from handlers.providers.spoken import Spoken, spoken
from handlers.providers.translators import Translator
from handlers.providers.voices import Recogniser, Voice
from handlers.providers.wiring import Wiring
from state.live.client import Servers

# A company that translates adds its `create` here; it returns None where it is not set up.
TRANSLATORS: tuple[Callable[[Keys, Wiring], Translator | None], ...] = (
    deepl.create,
    azure.create,
    libretranslate.create,
    apertium.create,
)


class Providers(NamedTuple):
    """What jobs may call. `translators` by their names."""

    translators: dict[str, Translator]
    spoken: Spoken

    @property
    def names(self) -> list[str]:
        """Those that have a gate: what runs in the house is there, but nobody is asked to wait."""
        spoken: list[Recogniser | Voice] = [*self.spoken.recognisers, *self.spoken.voices]
        return [*self.translators, *(each.name for each in spoken if not each.private)]


@asynccontextmanager
async def providers(keys: Keys, redis: Servers, observe: Observe) -> AsyncIterator[Providers]:
    async with aiohttp.ClientSession() as http:
        wiring = Wiring(http, redis, observe)
        made = [create(keys, wiring) for create in TRANSLATORS]
        async with spoken(keys, wiring) as heard:
            yield Providers({each.name: each for each in made if each is not None}, heard)
