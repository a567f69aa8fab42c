"""Airalo's partner API, version 2: eSIMs."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, TypeVar

import msgspec

from handlers.providers.airalo_errors import TokenError, meaning, meaning_of_token
from handlers.providers.airalo_wire import (
    AcceptedTold,
    Amount,
    Country,
    Left,
    Offer,
    Order,
    OrderTold,
    Token,
    Told,
    escaped,
    listed,
    minor,
    offers,
    signature,
)
from handlers.providers.api import Api, Reply
from handlers.providers.errors import (
    ExhaustedError,
    UnavailableError,
)
from handlers.providers.kept import kept, unkept
from handlers.providers.keys import Keys
from handlers.providers.wiring import Wiring
from state.domain.esim import Package, Sim, Usage
from state.live.client import Servers
from state.live.gates import Limits

T = TypeVar("T")

NAME = "airalo"
PAGE = 1000
HOUR = 3600
TOKEN_SECONDS = 23 * HOUR  # it is good for 24 hours
BALANCE_SECONDS = 60
FLIGHT = 8.0  # seconds that others wait for who asks first; it may have died
READ, WRITE = (3.0, 30.0), (5.0, 60.0)  # seconds: to connect, for all
# They allow 80 calls a minute, 3 of them for tokens, and 5 a second for usage. In any such time
# a gate lets through its burst and what its rate makes of the time.
READS = Limits(slots=4, rate=1.0, burst=20, lease=35.0)
ORDERS = Limits(slots=4, rate=1.0, burst=5, lease=65.0)
TOKENS = Limits(slots=1, rate=1 / 60, burst=2, lease=35.0)
USAGE = Limits(slots=4, rate=4.0, burst=1, lease=35.0)
TRIES, LONGEST_WAIT = 3, 20.0  # of an order that was certainly not taken on


class Ordered(msgspec.Struct, frozen=True):
    """An order that was carried out; one of a top-up has no eSIMs."""

    order_id: str
    sims: list[Sim]


class Airalo:
    """`key` is what an order is known by: it goes as their `description`, and is found by it."""

    name = NAME

    def __init__(self, wiring: Wiring, keys: Keys) -> None:
        def api(name: str, times: tuple[float, float], limits: Limits, **more: Any) -> Api:
            return wiring.api(name, keys.airalo_base_url, times=times, limits=limits, **more)

        self._reads = api(NAME, READ, READS, meaning=meaning)
        self._orders = api(f"{NAME}-orders", WRITE, ORDERS, meaning=meaning)
        self._usage = api(f"{NAME}-usage", READ, USAGE, meaning=meaning)
        self._tokens = api(f"{NAME}-tokens", READ, TOKENS, meaning=meaning_of_token)
        self._redis: Servers = wiring.redis
        self._id, self._secret = keys.airalo_client_id, keys.airalo_client_secret
        self._sandbox, self._webhook = keys.airalo_sandbox, keys.airalo_webhook_url
        self._keys, self._prefix = keys, _prefix(keys)
        self._held: str | None = None

    @property
    def gates(self) -> list[str]:
        return [each.name for each in (self._reads, self._orders, self._usage, self._tokens)]

    @property
    def tells(self) -> bool:
        """Whether they can reach us: then an order is taken on first, and told of later."""
        return bool(self._webhook)

    async def packages(self, country: str | None) -> list[Package]:
        """Return what there is for a country, or for many at once; an hour old at most."""
        where = {"filter[country]": country} if country else {"filter[type]": "global"}

        async def ask() -> tuple[bytes, int]:
            return msgspec.json.encode(await self._all_packages(where)), HOUR

        found = await kept(self._redis, packages_key(self._keys, country), ask, FLIGHT)
        return msgspec.json.decode(found, type=list[Package])

    async def topups(self, iccid: str) -> list[Package]:
        """Return what an eSIM can be topped up with."""
        reply = await self._ask(self._reads, "GET", f"/v2/sims/{iccid}/topups")
        found: list[Offer] = listed(reply.json(Told).data, Offer)
        return [each.package("", (), self._is_sandbox(reply)) for each in found]

    async def usage(self, iccid: str) -> Usage:
        reply = await self._ask(self._usage, "GET", f"/v2/sims/{iccid}/usage")
        left: Left = _part(reply, Left)
        return left.usage()

    async def affords(self, package: Package) -> bool:
        """Tell whether our account there holds what a package costs those who buy it here."""

        async def ask() -> tuple[bytes, int]:
            reply = await self._ask(self._reads, "GET", "/v2/balance")
            return msgspec.json.encode(_balance(reply)), BALANCE_SECONDS

        found = await kept(self._redis, f"{self._prefix}:balance", ask, FLIGHT)
        held = msgspec.json.decode(found, type=Amount | None)
        if held is None or held.currency != package.currency:
            return True  # then the order itself will tell
        return minor(held.amount, held.currency) >= package.price

    async def order(self, package_id: str, key: str) -> Ordered:
        """Order an eSIM, once. Raises AmbiguousError where it may or may not have been ordered."""
        return _ordered(await self._buy("/v2/orders", self._wanted(package_id, key), OrderTold))

    async def order_later(self, package_id: str, key: str) -> str:
        """Order an eSIM of which they will tell; return what they call the order till then."""
        body = {**self._wanted(package_id, key), "webhook_url": self._webhook}
        told: AcceptedTold = await self._buy("/v2/orders-async", body, AcceptedTold)
        return told.data.request_id

    async def topup(self, package_id: str, iccid: str, key: str) -> Ordered:
        """Top an eSIM up, once, as `order` does."""
        body = {"package_id": package_id, "iccid": iccid, "description": key}
        return _ordered(await self._buy("/v2/orders/topups", body, OrderTold))

    async def find(self, key: str) -> Ordered | None:
        """Return the order that is known by a key, None where there is none."""
        query = {"filter[description]": key, "include": "sims", "limit": "10"}
        reply = await self._ask(self._reads, "GET", "/v2/orders", params=query)
        found: list[Order] = listed(reply.json(Told).data, Order)
        mine = next((each for each in found if each.description == key), None)
        return None if mine is None else _ordered(OrderTold(mine))

    def _wanted(self, package_id: str, key: str) -> dict[str, Any]:
        return {"package_id": package_id, "quantity": 1, "type": "sim", "description": key}

    def _is_sandbox(self, reply: Reply) -> bool:
        return self._sandbox or reply.sandbox

    async def _all_packages(self, where: dict[str, str]) -> list[Package]:
        found: list[Package] = []
        page = last = 1
        while page <= last:
            query = {**where, "limit": str(PAGE), "page": str(page)}
            reply = await self._ask(self._reads, "GET", "/v2/packages", params=query)
            told: Told = reply.json(Told)
            found += offers(listed(told.data, Country), self._is_sandbox(reply))
            last, page = int(told.meta.get("last_page", 1)), page + 1
        return [each for each in found if not each.topup]

    async def _buy(self, path: str, body: dict[str, Any], kind: Any) -> Any:
        """Send an order; again only while it has certainly not been taken on.

        Raises AmbiguousError also where an answer came that cannot be read.
        """
        packed = msgspec.json.encode(body)
        headers = {
            "Content-Type": "application/json",
            "airalo-signature": signature(escaped(packed), self._secret),
        }
        for attempt in range(1, TRIES + 1):
            try:
                change = partial(self._orders.change, "POST", path, kind, data=packed)
                return await self._let_in(change, headers)
            except UnavailableError as exc:
                if attempt == TRIES or not exc.again:
                    raise
                await asyncio.sleep(min(exc.after if exc.after is not None else 1, LONGEST_WAIT))
        raise AssertionError("the last try answers or raises")

    async def _ask(self, api: Api, method: str, path: str, **parts: Any) -> Reply:
        return await self._let_in(partial(api.ask, method, path, **parts), {})

    async def _let_in(self, ask: Callable[..., Awaitable[T]], headers: dict[str, str]) -> T:
        """Ask with our token, and once more with a new one: who is not let in has done nothing."""
        for again in (True, False):
            token = await self._token()
            signed = {**headers, "Accept": "application/json", "Authorization": f"Bearer {token}"}
            try:
                return await ask(headers=signed)
            except TokenError as exc:
                self._held = None
                await unkept(self._redis, self._token_key, token.encode())
                if not again:
                    raise ExhaustedError("airalo does not accept its own token") from exc
        raise AssertionError("the second try answers or raises")

    @property
    def _token_key(self) -> str:
        return f"{self._prefix}:token"

    async def _token(self) -> str:
        """Return the token that all workers share; this one remembers it while Redis is away."""
        if self._held is None:
            self._held = await self._shared_token()
        return self._held

    async def _shared_token(self) -> str:
        async def ask() -> tuple[bytes, int]:
            who = {"client_id": self._id, "client_secret": self._secret}
            body = {**who, "grant_type": "client_credentials"}
            signed = signature(escaped(msgspec.json.encode(body)), self._secret)
            reply = await self._tokens.ask(
                "POST", "/v2/token", data=body, headers={"airalo-signature": signed}
            )
            token: Token = _part(reply, Token)
            return token.access_token.encode(), min(TOKEN_SECONDS, max(60, token.expires_in - HOUR))

        return (await kept(self._redis, self._token_key, ask, FLIGHT)).decode()


def _part(reply: Reply, kind: Any) -> Any:
    """Return the `data` of an answer as a type."""
    try:
        return msgspec.convert(reply.json(Told).data, kind, strict=False)
    except msgspec.ValidationError as exc:
        raise UnavailableError(f"not what was agreed: {exc}") from exc


def _ordered(told: OrderTold) -> Ordered:
    return Ordered(str(told.data.id), [card.sim() for card in told.data.sims])


def _balance(reply: Reply) -> Amount | None:
    """Return what our account holds; None where there is no such account."""
    data = reply.json(Told).data
    if not isinstance(data, dict):
        return None
    held: Amount = msgspec.convert(data["balances"]["availableBalance"], Amount, strict=False)
    return held


def _prefix(keys: Keys) -> str:
    """Return what keys of Redis begin with: another account, or address, has others."""
    account = f"{keys.airalo_base_url}\n{keys.airalo_client_id}"
    return f"{{airalo:{hashlib.sha256(account.encode()).hexdigest()[:32]}}}"


def packages_key(keys: Keys, country: str | None) -> str:
    """Return where packages are kept, for whoever only looks whether they are."""
    return f"{_prefix(keys)}:packages:{country or 'global'}"


def create(keys: Keys, wiring: Wiring) -> Airalo | None:
    return Airalo(wiring, keys) if keys.airalo_client_id else None
