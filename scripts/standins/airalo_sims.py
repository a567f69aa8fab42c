"""What Airalo's stand-in says of eSIMs that it has sold, and how it says anything."""

from typing import Any

from aiohttp import web

from scripts.standins import airalo_shop as shop
from scripts.standins.base import Standin
from scripts.standins.rates import Rate, too_many

STEPS = {"1": "Go to Settings.", "2": "Scan the QR code."}


class Sims(Standin):
    """The half of it that only reads. `balance` is what our account there holds."""

    def __init__(self, balance: str) -> None:
        self.ledger = shop.Ledger(balance)
        self._usage_rate, self._usage_of_one = Rate(5, 1), Rate(10, 60)
        super().__init__()

    def error(self, status: int, message: str) -> web.Response:
        return web.json_response({"data": [], "meta": {"message": message}}, status=status)

    def invalid(self, **fields: str) -> web.Response:
        body = {"data": fields, "meta": {"message": "the parameter is invalid"}}
        return web.json_response(body, status=422)

    def trouble(self, code: int) -> web.Response:
        return web.json_response({"code": code, "reason": shop.REASONS[code]}, status=422)

    def good(self, data: Any, status: int = 200, **more: Any) -> web.Response:
        body = {"data": data, "meta": {"message": "success"}, **more}
        return web.json_response(body, status=status)

    async def sim(self, request: web.Request) -> web.Response:
        card = self.ledger.sims.get(request.match_info["iccid"])
        return self.error(404, "messages.resource_not_found") if card is None else self.good(card)

    async def usage(self, request: web.Request) -> web.Response:
        iccid = request.match_info["iccid"]
        for rate, key in ((self._usage_rate, ""), (self._usage_of_one, iccid)):
            left = rate.left(key)
            if left < 0:
                return too_many(rate, left, key)
        found = self.ledger.usage.get(iccid)
        return self.error(404, "messages.resource_not_found") if found is None else self.good(found)

    async def topups(self, request: web.Request) -> web.Response:
        bought = self.ledger.package_of.get(request.match_info["iccid"])
        if bought is None:
            return self.error(404, "messages.resource_not_found")
        found = shop.PLACE.match(bought)
        offers = shop.topups(found[0]) if found else []
        return self.good(offers, pricing={"model": "net_pricing", "discount_percentage": 20})

    async def history(self, request: web.Request) -> web.Response:
        return self.good(self.ledger.history.get(request.match_info["iccid"], []))

    async def instructions(self, request: web.Request) -> web.Response:
        card = self.ledger.sims.get(request.match_info["iccid"])
        if card is None:
            return self.error(404, "messages.resource_not_found")
        by_code = {"steps": STEPS, "qr_code_data": card["qrcode"]}
        by_hand = {"steps": STEPS, "smdp_address_and_activation_code": card["lpa"]}
        way = {"installation_via_qr_code": by_code, "installation_manual": by_hand}
        language = request.headers.get("Accept-Language", "en").upper()
        told = {"language": language, "ios": [way], "android": [way]}
        return self.good({"instructions": told})

    async def devices(self, _request: web.Request) -> web.Response:
        return self.good([{"os": "ios", "brand": "Apple", "name": "iPhone 15"}])
