"""Payments in TON over HTTP: whether there are any, one by its comment, and its QR code."""

import asyncio

import msgspec
from aiohttp import web

from handlers import ton, ton_unbooked
from handlers.ton import Shown, Wallet
from handlers.ton_unbooked import SeeTo, Transfers, Unbooked
from hub.settings import Settings
from hub.web import qr
from hub.web.edge import Route
from hub.web.editing import setting
from hub.web.keys import DEPS, SETTINGS
from state.domain.actor import MANAGERS, Actor
from state.domain.ton import Asset


class Offered(msgspec.Struct, frozen=True, rename="camel"):
    """In what a wallet may pay here, and what people call it; nothing where there is no address."""

    assets: dict[Asset, str]


async def offered(request: web.Request) -> Offered:
    """Tell in what a wallet may pay here."""
    settings = request.app[SETTINGS]
    if not settings.ton_address or not settings.ton_rates_url:
        return Offered({})
    coin = {Asset.COIN: settings.ton_coin_name}
    return Offered(coin | ({Asset.USDT: "USDT"} if settings.ton_usdt_master else {}))


async def one(request: web.Request) -> Shown:
    """Return what is to be sent where, to whoever knows the payment's comment."""
    return await _shown(request)


async def svg(request: web.Request) -> web.Response:
    """Return what another phone's wallet scans."""
    image = await asyncio.to_thread(qr.svg, (await _shown(request)).link)
    return web.Response(body=image, content_type="image/svg+xml")


async def unbooked(request: web.Request, who: Actor) -> Transfers:
    """Return what came for the house and was not booked, newest first, 100 at most."""
    return await ton_unbooked.listed(request.match_info["id"], who, request.app[DEPS])


async def _shown(request: web.Request) -> Shown:
    wallet = _wallet(request.app[SETTINGS])
    return await ton.show(request.match_info["comment"], wallet, request.app[DEPS])


def _wallet(settings: Settings) -> Wallet:
    testnet = settings.ton_network == "testnet"
    return Wallet(settings.ton_coin_name, settings.ton_wallet_url, testnet)


UNBOOKED = "/api/restaurants/{id}/ton/deposits"
ROUTES = [
    Route("GET", "/api/ton", offered, answer=Offered),
    Route("GET", "/api/ton/{comment}", one, answer=Shown),
    Route("GET", "/api/ton/{comment}/qr.svg", svg, answer="image/svg+xml"),
    Route("GET", UNBOOKED, unbooked, MANAGERS, answer=Transfers),
    Route("POST", UNBOOKED, setting(ton_unbooked.see_to), MANAGERS, body=SeeTo, answer=Unbooked),
]
