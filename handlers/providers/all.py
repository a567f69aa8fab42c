"""All other companies' services that we can use here, made once and closed together."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

import aiohttp

from handlers.providers import (
    airalo,
    apertium,
    azure,
    booking,
    cloudbeds,
    deepl,
    libretranslate,
    smtp,
    stripe,
    toncenter,
    zodomus,
)
from handlers.providers.airalo import Airalo
from handlers.providers.api import Observe
from handlers.providers.cloudbeds import Cloudbeds
from handlers.providers.keys import Keys
from handlers.providers.lodgings import Agency, FrontDesk
from handlers.providers.smtp import Mail
from handlers.providers.spoken import NOBODY, Spoken, spoken
from handlers.providers.stripe import Stripe
from handlers.providers.toncenter import Toncenter
from handlers.providers.translators import Translator
from handlers.providers.voices import Recogniser, Voice
from handlers.providers.wiring import Wiring
from handlers.providers.zodomus import Zodomus
from state.live.client import Servers

if TYPE_CHECKING:
    from handlers.providers.tonmint import Minter

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

NONE: Mapping[str, Any] = MappingProxyType({})


class Providers(NamedTuple):
    """What jobs may call: those of a kind by their names, or the one where it is set up."""

    translators: dict[str, Translator]
    agencies: Mapping[str, Agency] = NONE
    desks: Mapping[str, FrontDesk] = NONE
    channels: Zodomus | None = None
    esims: Airalo | None = None
    spoken: Spoken = NOBODY
    cards: Stripe | None = None
    ton: Toncenter | None = None
    mail: Mail | None = None
    minter: "Minter | None" = None

    @property
    def gates(self) -> list[str]:
        """The names of all gates that calls go through."""
        channels = [] if self.channels is None else [self.channels.name]
        esims = () if self.esims is None else self.esims.gates
        engines: list[Recogniser | Voice] = [*self.spoken.recognisers, *self.spoken.voices]
        called = [each.name for each in engines if not each.private]
        ton = [] if self.ton is None else [self.ton.name, self.ton.rates.name]
        cards = [] if self.cards is None else [self.cards.name]
        mail = [] if self.mail is None else [self.mail.name]
        return [*self.translators, *self.agencies, *channels, *esims, *called, *cards, *ton, *mail]


@asynccontextmanager
async def providers(keys: Keys, redis: Servers, observe: Observe) -> AsyncIterator[Providers]:
    async with aiohttp.ClientSession() as http:
        wiring = Wiring(http, redis, observe)
        made = [create(keys, wiring) for create in TRANSLATORS]
        agencies = _agencies(keys, wiring)
        async with spoken(keys, wiring) as engines:
            yield Providers(
                {each.name: each for each in made if each is not None},
                {each.name: each for each in agencies},
                {each.name: each for each in agencies if isinstance(each, Cloudbeds)},
                zodomus.create(keys, wiring),
                airalo.create(keys, wiring),
                engines,
                stripe.create(keys, wiring),
                toncenter.create(keys, wiring),
                smtp.create(keys, wiring),
                _minter(keys, wiring),
            )


def _agencies(keys: Keys, wiring: Wiring) -> list[Agency]:
    made = [create(keys, wiring) for create in AGENCIES]
    return [each for each in made if each is not None]


def _minter(keys: Keys, wiring: Wiring) -> "Minter | None":
    if not keys.ton_collection_address or not keys.ton_collection_mnemonic:
        return None
    from handlers.providers import tonmint  # it needs an extra, which those who mint have

    return tonmint.create(keys, wiring)
