"""Signing in and out over HTTP."""

from typing import Annotated

import msgspec
from aiohttp import web
from msgspec import Meta

from handlers import crew, staff
from hub.web.keys import DEPS
from state.domain.actor import Actor
from state.domain.commands import WHOLE

Short = Annotated[str, Meta(min_length=1, max_length=200, pattern=WHOLE)]


class Login(msgspec.Struct, frozen=True):
    email: Short
    password: Short


class Pin(msgspec.Struct, frozen=True, rename="camel"):
    device_token: Short
    pin: Annotated[str, Meta(min_length=4, max_length=12, pattern=WHOLE)]


class Refresh(msgspec.Struct, frozen=True, rename="camel"):
    refresh_token: Short


class Device(msgspec.Struct, frozen=True):
    name: Annotated[str, Meta(min_length=1, max_length=60, pattern=WHOLE)]


class Paired(msgspec.Struct, frozen=True, rename="camel"):
    id: str
    device_token: str


class Done(msgspec.Struct, frozen=True):
    ok: bool


async def login(request: web.Request, given: Login) -> staff.Tokens:
    """Sign in with e-mail and password."""
    return await staff.log_in(given.email, given.password, request.app[DEPS])


async def pin(request: web.Request, given: Pin) -> staff.Tokens:
    """Sign in with a PIN, on a device that is paired with a restaurant."""
    return await staff.log_in_by_pin(given.device_token, given.pin, request.app[DEPS])


async def refresh(request: web.Request, given: Refresh) -> staff.Tokens:
    """Change a refresh token for new tokens; each is good for one use."""
    return await staff.refresh(given.refresh_token, request.app[DEPS])


async def logout(request: web.Request, who: Actor) -> Done:
    """Sign out: the tokens of this login end here, and so do its sockets on every node."""
    await staff.log_out(who, request.app[DEPS])
    return Done(ok=True)


async def me(request: web.Request, who: Actor) -> staff.User:
    """Return who is signed in."""
    return await staff.me(who, request.app[DEPS])


async def pair(request: web.Request, who: Actor, given: Device) -> Paired:
    """Pair a device with a restaurant, so that a PIN is enough on it; the token is shown once."""
    restaurant_id = request.match_info["id"]
    device_id, token = await crew.pair(restaurant_id, given.name, who, request.app[DEPS])
    return Paired(device_id, token)
