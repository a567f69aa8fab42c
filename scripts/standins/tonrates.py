"""What a coin of TON is worth, told as tonapi does: by token, in currencies, as plain numbers."""

from aiohttp import web

from scripts.standins.base import Standin

COIN = 2.5  # of any currency: nobody takes it for a real price


class TonRates(Standin):
    """`prices` by token; what is in none of them is a jetton worth one."""

    name = "tonrates"

    def __init__(self) -> None:
        self.prices: dict[str, float] = {"gram": COIN}
        super().__init__()

    def add_routes(self) -> None:
        self.app.router.add_get("/v2/rates", self.rates)

    def error(self, status: int, message: str) -> web.Response:
        return web.json_response({"error": message}, status=status)

    async def rates(self, request: web.Request) -> web.Response:
        tokens = request.query["tokens"].split(",")
        currencies = request.query["currencies"].upper().split(",")
        told = {
            token.upper(): {"prices": dict.fromkeys(currencies, self.prices.get(token, 1.0))}
            for token in tokens
        }
        return web.json_response({"rates": told})
