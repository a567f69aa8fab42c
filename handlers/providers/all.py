"""All other companies' services that we can use here, made once and closed together."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import NamedTuple

import aiohttp

from handlers.providers import (
    airalo,
    apertium,
    azure,
    booking,
    cloudbeds,
    deepl,
    libretranslate,
    stripe,
    zodomus,
)
from handlers.providers.airalo import Airalo
from handlers.providers.api import Observe
from handlers.providers.cloudbeds import Cloudbeds
from handlers.providers.keys import Keys
from handlers.providers.lodgings import Agency, FrontDesk
from handlers.providers.stripe import Stripe
from handlers.providers.translators import Translator
from handlers.providers.wiring import Wiring
from handlers.providers.zodomus import Zodomus
from state.live.client import Servers

# A company that translates adds its `create` here; it returns None where it is not set up.
TRANSLATORS: tuple[Callable[[Keys, Wiring], Translator | None], ...] = (
    deepl.create,
    azure.create,
    libretranslate.create,
    apertium.create,
)

# Likewise a company at which hotel rooms are booked.
AGENCIES: tuple[Callable[[Keys, Wiring], Agency | None], ...] = (
    booking.create,
    cloudbeds.create,
)


class Providers(NamedTuple):
    """What jobs may call, each by its name; `esims`, `channels`, `cards` if set up."""

    translators: dict[str, Translator]
    agencies: dict[str, Agency]
    desks: dict[str, FrontDesk]
    channels: Zodomus | None = None
    esims: Airalo | None = None
    cards: Stripe | None = None

    @property
    def gates(self) -> list[str]:
        """The names of all gates that calls go through."""
        of_esims = self.esims.gates if self.esims is not None else ()
        return [*self.translators, *self.agencies, *of_esims]


@asynccontextmanager
async def providers(keys: Keys, redis: Servers, observe: Observe) -> AsyncIterator[Providers]:
    async with aiohttp.ClientSession() as http:
        wiring = Wiring(http, redis, observe)
        made = [create(keys, wiring) for create in TRANSLATORS]
        agencies = _agencies(keys, wiring)
        yield Providers(
            {each.name: each for each in made if each is not None},
            {each.name: each for each in agencies},
            {each.name: each for each in agencies if isinstance(each, Cloudbeds)},
            zodomus.create(keys, wiring),
            airalo.create(keys, wiring),
            stripe.create(keys, wiring),
        )


def _agencies(keys: Keys, wiring: Wiring) -> list[Agency]:
    made = [create(keys, wiring) for create in AGENCIES]
    return [each for each in made if each is not None]
