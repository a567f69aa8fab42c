"""eSIMs over HTTP: one's own, one by its token, its QR code; and what the company tells us."""

import asyncio

import msgspec
from aiohttp import web

from handlers import esim, esim_buying, esim_notices
from handlers.esim import Shown
from hub.web import qr
from hub.web.auth import Done
from hub.web.edge import Route
from hub.web.keys import DEPS, SETTINGS
from state.domain.actor import ALL, Actor
from state.domain.commands import Id

JSON = "application/json"


class Esims(msgspec.Struct, frozen=True):
    esims: list[Shown]


async def own(request: web.Request, who: Actor) -> Esims:
    """Return the caller's eSIMs, newest first, 100 at most."""
    return Esims(await esim.all_own(who, request.app[DEPS]))


async def one(request: web.Request) -> Shown:
    """Return an eSIM to whoever knows its token: a traveller who has long left the table."""
    deps = request.app[DEPS]
    return esim.shown(await esim.by_token(request.match_info["token"], deps), deps)


async def png(request: web.Request) -> web.Response:
    """Return what a phone scans to install an eSIM, as a picture."""
    found = await esim.by_token(request.match_info["token"], request.app[DEPS])
    image = await asyncio.to_thread(qr.png, found.sim.lpa)
    return web.Response(body=image, content_type="image/png")


async def svg(request: web.Request) -> web.Response:
    """Return the same as a drawing."""
    found = await esim.by_token(request.match_info["token"], request.app[DEPS])
    image = await asyncio.to_thread(qr.svg, found.sim.lpa)
    return web.Response(body=image, content_type="image/svg+xml")


async def told(request: web.Request) -> Done:
    """Hear what Airalo tells: that an order is done, or that an eSIM runs low."""
    signed = request.headers.get("airalo-signature", "")
    secret = request.app[SETTINGS].airalo_client_secret
    await esim_notices.hear(await request.read(), signed, secret, request.app[DEPS])
    return Done(ok=True)


async def listening(_request: web.Request) -> web.Response:
    """Say that we listen: they ask before they tell."""
    return web.Response()


class DemoPayment(msgspec.Struct, frozen=True, rename="camel"):
    job_id: Id


async def demo_pay(request: web.Request, who: Actor, given: DemoPayment) -> Done:
    """Pay for what a stand-in sells to the caller, with nothing. Only where developers are."""
    await esim_buying.pay_for_trying(given.job_id, who, request.app[DEPS])
    return Done(ok=True)


DEMO_PAY = Route("POST", "/api/demo/pay", demo_pay, ALL, body=DemoPayment, answer=Done)
ROUTES = [
    Route("GET", "/api/esims", own, ALL, answer=Esims),
    Route("GET", "/api/esims/{token}", one, answer=Shown),
    Route("GET", "/api/esims/{token}/qr.png", png, answer="image/png"),
    Route("GET", "/api/esims/{token}/qr.svg", svg, answer="image/svg+xml"),
    Route("POST", "/webhooks/airalo", told, body=JSON, answer=Done),
    Route("HEAD", "/webhooks/airalo", listening, answer="text/plain"),
]
