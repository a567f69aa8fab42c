"""toncenter's API, version 3: what has arrived at our address of TON. Nothing is ever sent."""

from typing import NamedTuple

from handlers.providers import tonrates
from handlers.providers.api import Api
from handlers.providers.errors import UnavailableError
from handlers.providers.keys import Keys
from handlers.providers.toncenter_wire import (
    Transactions,
    Transfer,
    Transfers,
    deposit_of,
    transfer_of,
)
from handlers.providers.tonrates import Rates
from handlers.providers.wiring import Wiring
from state.domain.ton import Asset, Deposit, raw
from state.live.gates import Limits

PAGE = 100
TIMES = (2.0, 10.0)  # seconds: to connect, for all
KEYLESS = Limits(slots=1, rate=0.9, burst=1, lease=15.0)
KEYED = Limits(slots=4, rate=8.0, burst=2, lease=15.0)  # they allow 10 a second
# Transfers of a jetton have the time of the sender's wallet, and other shards may be read later:
# so far back it is read again. An hour of blocks and more; what is known by then is known.
OVERLAP = {Asset.COIN: 0, Asset.USDT: 10**10}


class Page(NamedTuple):
    """Transfers in order of logical time, until `lt`; `more` may follow at once.

    Not `whole` is what leaves out transfers that are there and not final yet.
    """

    deposits: list[Deposit]
    lt: int
    more: bool
    whole: bool = True


class Toncenter:
    """Where we are paid: one account, in the coin and perhaps in one jetton."""

    name = "toncenter"

    def __init__(self, keys: Keys, api: Api, rates: Rates) -> None:
        self.rates = rates
        self.account = raw(keys.ton_address)
        self.testnet = keys.ton_network == "testnet"
        self.jetton = raw(keys.ton_usdt_master) if keys.ton_usdt_master else ""
        self._api = api
        self._headers = {"X-API-Key": keys.ton_api_key} if keys.ton_api_key else {}

    @property
    def assets(self) -> tuple[Asset, ...]:
        return (Asset.COIN, Asset.USDT) if self.jetton else (Asset.COIN,)

    async def last(self, asset: Asset) -> tuple[int, bool]:
        """Return the logical time of what came last, and whether it is no real money."""
        query = {"limit": "1", "sort": "desc"}
        if asset is Asset.USDT:
            told, sandbox = await self._transfers(query)
            return max((int(each.transaction_lt) for each in told), default=0), sandbox
        found, sandbox = await self._transactions(query)
        return max((int(each.lt) for each in found.transactions), default=0), sandbox

    async def deposits(self, asset: Asset, after: int) -> Page:
        """Return what has arrived since then and is final."""
        start = max(0, after + 1 - OVERLAP[asset])
        query = {"start_lt": str(start), "limit": str(PAGE), "sort": "asc"}
        try:
            return await (self._coins if asset is Asset.COIN else self._jettons)(query, after)
        except ValueError as exc:
            raise UnavailableError(f"{self.name} tells what cannot be") from exc

    async def _coins(self, query: dict[str, str], after: int) -> Page:
        told, sandbox = await self._transactions(query)
        deposits: list[Deposit] = []
        for each in told.transactions:
            if each.mc_block_seqno is None:  # not in a block of the masterchain yet: come back
                return Page(deposits, after, more=False, whole=False)
            after = max(after, int(each.lt))
            found = deposit_of(each, self.account, sandbox=sandbox)
            deposits += [] if found is None else [found]
        return Page(deposits, after, len(told.transactions) == PAGE)

    async def _jettons(self, query: dict[str, str], after: int) -> Page:
        deposits: list[Deposit] = []
        for offset in range(0, 10_000, PAGE):
            told, sandbox = await self._transfers(query | {"offset": str(offset)})
            for each in told:
                after = max(after, int(each.transaction_lt))
                found = transfer_of(each, self.account, self.jetton, sandbox=sandbox)
                deposits += [] if found is None else [found]
            if len(told) < PAGE:
                break
        return Page(deposits, after, more=False)

    async def _transactions(self, query: dict[str, str]) -> tuple[Transactions, bool]:
        asked = query | {"account": self.account}
        reply = await self._api.ask("GET", "/transactions", params=asked, headers=self._headers)
        return reply.json(Transactions), reply.sandbox or self.testnet

    async def _transfers(self, query: dict[str, str]) -> tuple[list[Transfer], bool]:
        asked = query | {
            "owner_address": self.account,
            "jetton_master": self.jetton,
            "direction": "in",
        }
        reply = await self._api.ask("GET", "/jetton/transfers", params=asked, headers=self._headers)
        told: Transfers = reply.json(Transfers)
        return told.jetton_transfers, reply.sandbox or self.testnet


def create(keys: Keys, wiring: Wiring) -> Toncenter | None:
    """Return the way to be paid in TON; None without an address, or without prices."""
    rates = tonrates.create(keys, wiring)
    if not keys.ton_address or rates is None:
        return None
    limits = KEYED if keys.ton_api_key else KEYLESS
    api = wiring.api(Toncenter.name, keys.ton_base_url, times=TIMES, limits=limits)
    return Toncenter(keys, api, rates)
