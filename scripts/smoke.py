"""Is every company there that we have a key for? Asked for real, as the hub would ask.

Each is asked for what costs a few characters at most and changes nothing: a word in another
language, what there is to buy, what rooms there are in a month, the name of a mail server. Without
a key, nobody is asked.
"""

import asyncio
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

import structlog

from handlers.providers.all import Providers, providers
from handlers.providers.errors import ProviderError
from handlers.providers.keys import Keys
from handlers.providers.lodgings import Wanted
from hub import embedded
from hub.settings import SettingsError, load
from state.domain.ton import Asset
from state.live import client
from state.live.client import Servers

IN_A_MONTH = timedelta(days=30)


class Checked(NamedTuple):
    """What came of asking a company; `said` is empty where it failed, `wrong` where it did not."""

    name: str
    said: str
    wrong: str
    seconds: float


async def check(keys: Keys, redis: Servers) -> AsyncIterator[Checked]:
    """Ask each company that is set up; yield what it said, one after the other."""
    async with providers(keys, redis, lambda *_: None) as made:
        for name, ask in questions(made).items():
            began = perf_counter()
            try:
                said, wrong = await ask(), ""
            except ProviderError as exc:
                said, wrong = "", str(exc)
            yield Checked(name, said, wrong, perf_counter() - began)


def questions(made: Providers) -> dict[str, Callable[[], Awaitable[str]]]:
    """Return what to ask, by company."""

    def translator(name: str) -> Callable[[], Awaitable[str]]:
        async def ask() -> str:
            engine = made.translators[name]
            if not await engine.speaks("en", "es"):
                return "speaks no Spanish"
            [found] = await engine.translate(["water"], "en", "es")
            return f"water is {found.text} in Spanish"

        return ask

    def agency(name: str) -> Callable[[], Awaitable[str]]:
        async def ask() -> str:
            first = (datetime.now(UTC) + IN_A_MONTH).date()
            stay = Wanted(checkin=first, checkout=first + timedelta(days=1), adults=1)
            return f"{len(await made.agencies[name].search(stay))} rooms in a month"

        return ask

    async def esims() -> str:
        assert made.esims is not None
        found = await made.esims.packages("JP")
        return f"{len(found)} packages for Japan"

    return {
        **{name: translator(name) for name in made.translators},
        **{name: agency(name) for name in made.agencies},
        **({"airalo": esims} if made.esims is not None else {}),
        **chain(made),
        **post(made),
    }


def chain(made: Providers) -> dict[str, Callable[[], Awaitable[str]]]:
    """Return what to ask of TON: for who is paid there, and for who mints."""

    async def paid() -> str:
        assert made.ton is not None
        price = await made.ton.rates.price(Asset.COIN, "EUR")
        last, _sandbox = await made.ton.last(Asset.COIN)
        return f"a coin is {price.price} EUR, the last transfer to us was at {last}"

    async def mints() -> str:
        assert made.minter is not None
        coins = (await made.minter.purse()).balance / 10**9
        return f"the collection's wallet has {coins:.2f} coins"

    return {
        **({"toncenter": paid} if made.ton is not None else {}),
        **({"collection": mints} if made.minter is not None else {}),
    }


def post(made: Providers) -> dict[str, Callable[[], Awaitable[str]]]:
    """Return what to ask of the mail server."""

    async def greet() -> str:
        assert made.mail is not None
        return f"letters are taken by {await made.mail.greet()}"

    return {"smtp": greet} if made.mail is not None else {}


async def main() -> int:
    """Ask them all; return how many failed."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    keys, failed = load(), 0
    with tempfile.TemporaryDirectory() as folder:
        own = None if keys.redis_url else await embedded.start(Path(folder), postgres=False)
        redis = client.connect(keys.redis_url or (own.redis_url if own else ""))
        try:
            async for found in check(keys, redis):
                mark = "failed" if found.wrong else "ok"
                text = found.wrong or found.said
                print(f"{found.name:<16} {mark:<7} {found.seconds:5.2f} s  {text}", flush=True)
                failed += bool(found.wrong)
        finally:
            await redis.aclose()
            if own is not None:
                await own.stop()
    return failed


if __name__ == "__main__":
    try:
        sys.exit(1 if asyncio.run(main()) else 0)
    except SettingsError as exc:
        sys.exit(f"smoke: {exc}")
