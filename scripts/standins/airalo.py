"""Airalo's partner API, version 2."""

import asyncio
import hashlib
import hmac
import json
import secrets
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from scripts.standins import airalo_shop as shop
from scripts.standins.airalo_sims import Sims
from scripts.standins.base import Handler
from scripts.standins.rates import Rate, too_many
from scripts.standins.telling import Telling, listens

DAY = 24 * 3600
PER_PAGE = 50


class Airalo(Sims):
    """`delay` is how long an order that is told of later takes, in seconds."""

    name = "airalo"

    def __init__(self, client_id: str, secret: str, balance: str = "1000", delay: float = 0.05):
        self.client_id, self.secret, self.delay = client_id, secret, delay
        self.telling = Telling(self._sign)
        self.tokens: set[str] = set()
        self.most_per_page = 1000
        self.reason = ""  # why orders that are told of later come to nothing
        self.opted: dict[str, str] = {}
        self._token_rate = Rate(3, 60)
        self._list_rate = Rate(80, 60)
        self._later: set[asyncio.Task[None]] = set()
        super().__init__(balance)
        self.app.on_cleanup.append(self.telling.close)

    def add_routes(self) -> None:
        route = self.app.router
        route.add_post("/v2/token", self.token)
        for method, path, handler in (
            ("GET", "/v2/packages", self.packages),
            ("GET", "/v2/orders", self.orders),
            ("GET", "/v2/balance", self.balance),
            ("GET", "/v2/sims/{iccid}", self.sim),
            ("GET", "/v2/sims/{iccid}/usage", self.usage),
            ("GET", "/v2/sims/{iccid}/topups", self.topups),
            ("GET", "/v2/sims/{iccid}/packages", self.history),
            ("GET", "/v2/sims/{iccid}/instructions", self.instructions),
            ("GET", "/v2/compatible-devices-lite", self.devices),
            ("POST", "/v2/orders", self.order),
            ("POST", "/v2/orders-async", self.order_later),
            ("POST", "/v2/orders/topups", self.top_up),
            ("POST", "/v2/notifications/opt-in", self.opt_in),
            ("POST", "/v2/simulator/webhook", self.simulate),
        ):
            route.add_route(method, path, self._known(handler))

    # Who may ask

    async def token(self, request: web.Request) -> web.Response:
        left = self._token_rate.left()
        if left < 0:
            return too_many(self._token_rate, left)
        given = await fields(request)
        if given.get("grant_type") != "client_credentials":
            return self.invalid(grant_type="The grant type field is required.")
        if (given.get("client_id"), given.get("client_secret")) != (self.client_id, self.secret):
            return self.error(401, "Client authentication failed")
        made = secrets.token_urlsafe(24)
        self.tokens.add(made)
        return self.good({"token_type": "Bearer", "expires_in": DAY, "access_token": made})

    def _known(self, handler: Handler) -> Handler:
        async def serve(request: web.Request) -> web.StreamResponse:
            token = request.headers.get("Authorization", "").removeprefix("Bearer ")
            if token not in self.tokens:
                return self.error(401, "This action is unauthorized.")
            signed, body = request.headers.get("airalo-signature"), await request.read()
            if signed is not None and signed != self.checksum(json.loads(body)):
                return web.json_response({"code": 14, "reason": "Invalid checksum"}, status=422)
            return await handler(request)

        return serve

    # What there is

    async def packages(self, request: web.Request) -> web.Response:
        left = self._list_rate.left(request.headers["Authorization"])
        if left < 0:
            return too_many(self._list_rate, left, request.headers["Authorization"])
        query = request.query
        found = self._listed(query.get("filter[type]"), query.get("filter[country]"), query)
        size, page = int(query.get("limit") or PER_PAGE), int(query.get("page") or 1)
        size = min(size, self.most_per_page)
        part = found[(page - 1) * size : page * size]
        # Their list is one by number, from the second page on.
        first = (page - 1) * size
        data: Any = part if page == 1 else {str(first + i): each for i, each in enumerate(part)}
        meta = {
            "message": "success",
            "current_page": page,
            "last_page": max(1, -(-len(found) // size)),
            "per_page": str(size),
            "total": len(found),
        }
        pricing = {"model": "net_pricing", "discount_percentage": 20}
        return web.json_response({"pricing": pricing, "data": data, "meta": meta})

    def _listed(self, kind: str | None, country: str | None, query: Any) -> list[dict[str, Any]]:
        topups = "topup" in query.get("include", "")
        if country:
            return [shop.country(country.upper(), topups)]
        local = [shop.country(code, topups) for code in shop.LISTED]
        many = [shop.many(*region, topups) for region in shop.REGIONS.items()]
        return {"local": local, "global": many}.get(kind or "", local + many)

    async def balance(self, _request: web.Request) -> web.Response:
        held = {"amount": shop.price(str(self.ledger.balance)), "currency": "USD"}
        return self.good({"balances": {"name": "balance", "availableBalance": held}})

    # Orders

    async def order(self, request: web.Request) -> web.Response:
        given = await fields(request)
        refused = self._refused(given)
        if refused is not None:
            return refused
        return self.good(self._sell(given).order)

    async def order_later(self, request: web.Request) -> web.Response:
        given = await fields(request)
        url = str(given.get("webhook_url") or self.opted.get("async_orders") or "")
        refused = self._refused(given)
        if refused is not None:
            return refused
        if not url:
            return self.invalid(webhook_url="Opt in or provide a webhook URL.")
        if not await listens(url):
            return self.invalid(webhook_url="The webhook URL does not answer.")
        request_id = secrets.token_urlsafe(24)[:25]
        task = asyncio.create_task(self._carry_out(given, request_id, url))
        self._later.add(task)
        task.add_done_callback(self._later.discard)
        accepted = {"request_id": request_id, "accepted_at": stamp()}
        return self.good(accepted, status=202)

    async def top_up(self, request: web.Request) -> web.Response:
        given = await fields(request)
        package, iccid = shop.find(str(given.get("package_id"))), str(given.get("iccid"))
        if iccid not in self.ledger.sims:
            return self.invalid(iccid="The selected iccid is invalid.")
        if self.ledger.package_of[iccid] == shop.NO_TOPUP:
            return self.trouble(23)
        if package is None or package["type"] != "topup":
            return self.invalid(package_id="The selected package is invalid.")
        sold = self.ledger.top_up(package, iccid, given.get("description"))
        return self.good(sold.order)

    async def orders(self, request: web.Request) -> web.Response:
        wanted = request.query.get("filter[description]")
        with_sims = "sims" in request.query.get("include", "")
        found = [
            order if with_sims else {**order, "sims": []}
            for order, _ in self.ledger.sold
            if wanted in (None, order["description"])
        ]
        return self.good(found[: int(request.query.get("limit") or PER_PAGE)])

    def _refused(self, given: dict[str, Any]) -> web.Response | None:
        package_id = str(given.get("package_id") or "")
        if not str(given.get("quantity")).isdecimal() or not 1 <= int(given["quantity"]) <= 50:
            return self.invalid(quantity="The quantity may not be greater than 50.")
        package = shop.find(package_id)
        if package is None or package["type"] != "sim":
            return self.invalid(package_id="The selected package is invalid.")
        if package_id in shop.TROUBLE:
            return self.trouble(shop.TROUBLE[package_id])
        if self.ledger.balance < int(given["quantity"]) * package["net_price"]:
            return self.trouble(11)
        return None

    def _sell(self, given: dict[str, Any]) -> shop.Sold:
        package = shop.find(given["package_id"])
        assert package is not None
        return self.ledger.sell(package, int(given["quantity"]), given.get("description"))

    async def _carry_out(self, given: dict[str, Any], request_id: str, url: str) -> None:
        await asyncio.sleep(self.delay)
        told: dict[str, Any] = {"request_id": request_id}
        if self.reason:
            told |= {"description": given.get("description"), "reason": self.reason}
        else:
            told |= self._sell(given).order
        self.tell(url, told)

    def tell(self, url: str, told: dict[str, Any]) -> None:
        """Send a message as they write it, with all slashes escaped."""
        self.telling.say(url, packed(told))

    def checksum(self, told: Any) -> str:
        return hmac.new(self.secret.encode(), packed(told), hashlib.sha512).hexdigest()

    def _sign(self, body: bytes) -> dict[str, str]:
        return {"airalo-signature": self.checksum(json.loads(body))}

    # What they tell by themselves

    async def opt_in(self, request: web.Request) -> web.Response:
        given = await fields(request)
        url = str(given.get("webhook_url", ""))
        if not await listens(url):
            return self.invalid(webhook_url="The webhook URL does not answer.")
        self.opted[str(given.get("type"))] = url
        return self.good({"notification": {"type": given.get("type"), "webhook_url": url}})

    async def simulate(self, request: web.Request) -> web.Response:
        """Tell of an eSIM that runs low, as their simulator does."""
        given = await fields(request)
        url = str(given.get("webhook_url") or self.opted.get("webhook_low_data") or "")
        told = {
            "level": given.get("type", "90%"),
            "iccid": given.get("iccid"),
            "package_name": "TEST",
            "remaining_percentage": 10,
        }
        self.tell(url, told)
        return self.good([])


def packed(told: Any) -> bytes:
    """Return JSON as they write it."""
    return json.dumps(told, separators=(",", ":"), ensure_ascii=False).replace("/", "\\/").encode()


def stamp() -> str:
    return f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S}"


async def fields(request: web.Request) -> dict[str, Any]:
    """Return what was sent, be it JSON or a form."""
    if request.content_type == "application/json":
        found: dict[str, Any] = await request.json()
        return found
    return dict(await request.post())
