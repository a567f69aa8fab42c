"""Signing in and out over HTTP."""

from typing import Annotated

import msgspec
from aiohttp import web
from msgspec import Meta

from handlers import staff
from hub.web.edge import body, caller, json
from hub.web.keys import DEPS

Short = Annotated[str, Meta(min_length=1, max_length=200)]


class Login(msgspec.Struct, frozen=True):
    email: Short
    password: Short


class Pin(msgspec.Struct, frozen=True, rename="camel"):
    device_token: Short
    pin: Annotated[str, Meta(min_length=4, max_length=12)]


class Refresh(msgspec.Struct, frozen=True, rename="camel"):
    refresh_token: Short


class Device(msgspec.Struct, frozen=True):
    name: Annotated[str, Meta(min_length=1, max_length=60)]


async def login(request: web.Request) -> web.Response:
    given = await body(request, Login)
    return json(await staff.log_in(given.email, given.password, request.app[DEPS]))


async def pin(request: web.Request) -> web.Response:
    given = await body(request, Pin)
    return json(await staff.log_in_by_pin(given.device_token, given.pin, request.app[DEPS]))


async def refresh(request: web.Request) -> web.Response:
    given = await body(request, Refresh)
    return json(await staff.refresh(given.refresh_token, request.app[DEPS]))


async def logout(request: web.Request) -> web.Response:
    await staff.log_out(await caller(request), request.app[DEPS])
    return json({"ok": True})


async def me(request: web.Request) -> web.Response:
    return json(await staff.me(await caller(request), request.app[DEPS]))


async def pair(request: web.Request) -> web.Response:
    given = await body(request, Device)
    who = await caller(request)
    restaurant_id = request.match_info["id"]
    device_id, token = await staff.pair(who, restaurant_id, given.name, request.app[DEPS])
    return json({"id": device_id, "deviceToken": token}, status=201)
