"""QR codes: a table's permanent one for printing, and one for a table session."""

import asyncio
import base64
import html
import io
from collections.abc import Sequence
from typing import Any

import msgspec
from aiohttp import web

from handlers import boards
from handlers import tables as cases
from handlers.deps import Deps
from handlers.unit import carry_out
from hub.web.keys import DEPS
from state.domain.actor import Actor
from state.domain.table import Table, table_token
from state.store import restaurants
from state.store import tables as store

PIXELS = 400  # PROTOCOL 7
MARGIN = 2  # modules; PROTOCOL 7


class SessionCode(msgspec.Struct, frozen=True, rename="camel"):
    """`qr_image` is a PNG as a data URL."""

    session_id: str
    qr_url: str
    qr_image: str


async def session_code(request: web.Request, who: Actor) -> SessionCode:
    """Open (or find) the session of a table and return its code: for a guest without a camera."""
    deps = request.app[DEPS]
    cmd = cases.SeatTable(table_id=request.match_info["id"])
    answer = await carry_out(cases.seat, cmd, who, deps)
    url = _url(deps, answer.data.id)
    image = base64.b64encode(await asyncio.to_thread(png, url)).decode()
    return SessionCode(answer.data.id, url, f"data:image/png;base64,{image}")


async def table_svg(request: web.Request, who: Actor) -> web.Response:
    """Return the permanent code of a table as a drawing."""
    url = await _table_url(request, who)
    image = await asyncio.to_thread(svg, url)
    return web.Response(body=image, content_type="image/svg+xml")


async def table_png(request: web.Request, who: Actor) -> web.Response:
    """Return the permanent code of a table as a picture."""
    image = await asyncio.to_thread(png, await _table_url(request, who))
    return web.Response(body=image, content_type="image/png")


async def sheet(request: web.Request, who: Actor) -> web.Response:
    """Return all codes of a restaurant on pages for printing and cutting."""
    deps, rid = request.app[DEPS], request.match_info["id"]
    await boards.require_restaurant(rid, who, deps)
    async with deps.pool.acquire() as conn:
        name = (await restaurants.get(conn, rid)).name
        tables = await store.of_restaurant(conn, rid)
    codes = [(table, permanent_url(deps, table)) for table in tables]
    page = await asyncio.to_thread(_sheet, name, codes)  # a code takes 10 ms to compute
    return web.Response(
        text=page, content_type="text/html", headers={"Content-Security-Policy": CSP}
    )


def permanent_url(deps: Deps, table: Table) -> str:
    return _url(deps, table_token(table.id, table.key_version, deps.tokens.secret))


def png(text: str) -> bytes:
    image = _code(text).make_image().get_image()
    out = io.BytesIO()
    image.resize((PIXELS, PIXELS)).save(out, "PNG")
    return out.getvalue()


def svg(text: str) -> bytes:
    from qrcode.image.svg import SvgPathFillImage

    out = io.BytesIO()
    _code(text).make_image(image_factory=SvgPathFillImage).save(out)
    return out.getvalue()


def _code(text: str) -> Any:
    import qrcode  # when a code is drawn: a node starts sooner without it

    code = qrcode.QRCode(border=MARGIN)
    code.add_data(text)
    code.make(fit=True)
    return code


def _url(deps: Deps, token: str) -> str:
    return f"{deps.public_url}/scan/{token}"


async def _table_url(request: web.Request, who: Actor) -> str:
    deps = request.app[DEPS]
    async with deps.pool.acquire() as conn:
        table = await store.get(conn, request.match_info["id"], who.tenant)
    who.require_reach(who.tenant, table.restaurant_id, "table")
    return permanent_url(deps, table)


def _sheet(name: str, codes: Sequence[tuple[Table, str]]) -> str:
    cards = "".join(_card(name, table, url) for table, url in codes)
    return SHEET.format(name=html.escape(name), cards=cards)


def _card(name: str, table: Table, url: str) -> str:
    image = base64.b64encode(svg(url)).decode()
    number = html.escape(table.number)
    return (
        f'<figure><img src="data:image/svg+xml;base64,{image}" alt="Code of table {number}">'
        f"<figcaption>{html.escape(name)}<b>{number}</b></figcaption></figure>"
    )


CSP = (
    "default-src 'none'; img-src data:; style-src 'self';"
    " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
SHEET = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Table codes of {name}</title>
<link rel="stylesheet" href="/static/styles/qr-sheet.css"><main>{cards}</main></html>
"""
