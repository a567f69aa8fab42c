"""What a coin of TON is worth: whoever answers as tonapi's `/rates` does.

tonapi itself says that its prices are there to be shown, not to be paid by. So the address has no
default: who runs a house chooses whose price it goes by.
"""

from decimal import Decimal

import msgspec

from handlers.providers.api import Api
from handlers.providers.errors import RefusedError
from handlers.providers.kept import kept
from handlers.providers.keys import Keys
from handlers.providers.wiring import Wiring
from state.domain.ton import Asset
from state.live.client import Servers
from state.live.gates import Limits

FRESH_SECONDS = 30
FLIGHT = 12.0
TIMES = (2.0, 10.0)
LIMITS = Limits(slots=1, rate=0.25, burst=2, lease=15.0)


class Price(msgspec.Struct, frozen=True):
    """`price` is that of one whole coin, as a decimal number."""

    price: str
    sandbox: bool


class Prices(msgspec.Struct, frozen=True):
    prices: dict[str, Decimal]


class Told(msgspec.Struct, frozen=True):
    """By a name of the token that is not always the one it was asked for by."""

    rates: dict[str, Prices]


class Rates:
    name = "tonrates"

    def __init__(self, keys: Keys, api: Api, redis: Servers) -> None:
        self._tokens = {Asset.COIN: keys.ton_rates_token, Asset.USDT: keys.ton_usdt_master}
        self._headers = (
            {"Authorization": f"Bearer {keys.ton_rates_key}"} if keys.ton_rates_key else {}
        )
        self._api, self._redis = api, redis

    async def price(self, asset: Asset, currency: str) -> Price:
        """Return what one costs, no older than half a minute."""

        async def ask() -> tuple[bytes, int]:
            return msgspec.json.encode(await self._ask(asset, currency)), FRESH_SECONDS

        key = f"ton:{asset}:{currency}"
        return msgspec.json.decode(await kept(self._redis, key, ask, FLIGHT), type=Price)

    async def _ask(self, asset: Asset, currency: str) -> Price:
        query = {"tokens": self._tokens[asset], "currencies": currency.lower()}
        reply = await self._api.ask("GET", "/rates", params=query, headers=self._headers)
        told: Told = reply.json(Told)
        found = [each.prices.get(currency) for each in told.rates.values()]
        if len(found) != 1 or found[0] is None or found[0] <= 0:
            raise RefusedError(f"{self.name} has no price in {currency}")
        return Price(str(found[0]), reply.sandbox)


def create(keys: Keys, wiring: Wiring) -> Rates | None:
    if not keys.ton_rates_url:
        return None
    api = wiring.api(Rates.name, keys.ton_rates_url, times=TIMES, limits=LIMITS)
    return Rates(keys, api, wiring.redis)
