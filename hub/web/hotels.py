"""Hotels over HTTP: one's bookings, check-in by a link, prices, and what Cloudbeds tells us."""

import asyncio
import hmac

import msgspec
from aiohttp import web

from handlers import channels, checkin, hotel_house, hotels, notices
from handlers.checkin import CheckedIn, SendForm
from handlers.editing import Saved
from handlers.hotels import BookingList
from hub.web import qr
from hub.web.edge import Route
from hub.web.editing import acting, saving, showing
from hub.web.keys import DEPS, SETTINGS
from state.domain.actor import CHIEFS, MANAGERS, Actor, Role
from state.domain.change import Answer
from state.domain.commands import Command
from state.domain.errors import not_found
from state.domain.hotel import BookingNews, link_token
from state.domain.hotel_edits import SaveHotel

GUEST = frozenset({Role.GUEST})
LINK = "/api/checkin/{token}"
HOTELS = "/api/restaurants/{id}/hotels"
HOTEL = f"{HOTELS}/{{hotel}}"


class Noted(msgspec.Struct, frozen=True):
    """`new` is false for what was told before."""

    new: bool


async def mine(request: web.Request, who: Actor) -> BookingList:
    """Return the hotel bookings that the caller has made, newest first, 20 at most."""
    return await hotels.mine(who, request.app[DEPS])


async def look(request: web.Request) -> CheckedIn:
    """Return the booking of a check-in link, and how it stands. Whoever has the link is the guest.

    Once the guest has checked in it shows the code of the door.
    """
    return await checkin.look(request.match_info["token"], request.app[DEPS])


async def send(request: web.Request, given: SendForm) -> Answer:
    """Check in by a link; where that needs the hotel's system, by a job."""
    return await checkin.send_form(request.match_info["token"], given, request.app[DEPS])


async def code(request: web.Request) -> web.Response:
    """Return a check-in link as a QR code, to be opened on another phone."""
    deps = request.app[DEPS]
    booking = await checkin.by_link(request.match_info["token"], deps)
    token = link_token(booking.id, deps.tokens.secret)
    image = await asyncio.to_thread(qr.svg, f"{deps.public_url}/checkin/{token}")
    return web.Response(body=image, content_type="image/svg+xml")


async def set_rates(request: web.Request, who: Actor, given: channels.SetRates) -> Answer:
    """Change what nights of one's own rooms cost, here and at all channels."""
    return await channels.set_rates(request.match_info["id"], given, who, request.app[DEPS])


async def check_out(request: web.Request, who: Actor, cmd: Command) -> Answer:
    """Note that a guest of our own has left: nothing more can be charged, the room is free."""
    booking = request.match_info["id"]
    return await hotel_house.check_out(booking, cmd, who, request.app[DEPS])


async def cloudbeds(request: web.Request, given: notices.Notice) -> Noted:
    """Take a notice of Cloudbeds: what has changed is read there. It signs nothing, so the path
    holds a secret.
    """
    secret = request.app[SETTINGS].cloudbeds_webhook_secret
    shown = request.match_info["secret"]
    if not secret or not hmac.compare_digest(shown.encode(), secret.encode()):
        raise not_found("webhook")
    return Noted(await notices.take(given, request.app[DEPS]))


ROUTES = [
    Route("GET", "/api/hotel-bookings", mine, GUEST | {Role.SERVICE}, answer=BookingList),
    Route("GET", LINK, look, answer=CheckedIn),
    Route("POST", LINK, send, body=SendForm, answer=CheckedIn),
    Route("GET", f"{LINK}/qr.svg", code, answer="image/svg+xml"),
    Route(
        "POST",
        "/api/hotel-bookings/{id}/checkout",
        check_out,
        CHIEFS,
        body=Command,
        answer=BookingNews,
    ),
    Route("GET", HOTELS, showing(hotel_house.show), MANAGERS, answer=hotel_house.Hotels),
    Route(
        "POST",
        HOTELS,
        saving(hotel_house.save),
        MANAGERS,
        body=SaveHotel,
        answer=Saved,
        status=201,
    ),
    Route("PUT", HOTEL, saving(hotel_house.save, "hotel"), MANAGERS, body=SaveHotel, answer=Saved),
    Route("DELETE", HOTEL, acting(hotel_house.remove, "hotel"), MANAGERS, answer=Saved),
    Route(
        "PUT",
        "/api/restaurants/{id}/room-rates",
        set_rates,
        MANAGERS,
        body=channels.SetRates,
        answer=channels.RatesAnswer,
    ),
    Route("POST", "/webhooks/cloudbeds/{secret}", cloudbeds, body=notices.Notice, answer=Noted),
]
