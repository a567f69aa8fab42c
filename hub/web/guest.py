"""The guest's page: with it comes the menu, so that it need not be asked for."""

import msgspec
from aiohttp import web

from handlers import boards, menus, menutexts
from handlers import tables as table_cases
from hub.web.edge import Route
from hub.web.keys import DEPS
from hub.web.pages import page
from state.domain.errors import Refusal
from state.domain.language import base
from state.store.pool import UNREACHABLE


async def show(request: web.Request) -> web.Response:
    """The guest's page, which the code on a table opens."""
    shown = page("guest.html", menu=await _menu(request))
    shown.headers["Vary"] = "Accept-Encoding, Accept-Language"
    return shown


async def _menu(request: web.Request) -> str:
    """Return the menu of the code's restaurant as a part of the page; nothing if it is unknown."""
    deps, wish = request.app[DEPS], request.headers.get("Accept-Language", "").split(",")[0]
    try:
        async with boards.moment(deps) as conn:
            here = await table_cases.host(conn, request.match_info["token"], deps)
            lang = base(wish) if base(wish) in here.languages else here.language
            found, missing = await menus.show(conn, here, lang)
        if missing:
            await menutexts.want(here, found.language, deps)
    except (Refusal, *UNREACHABLE):
        return ""
    # Whatever a dish is called, it does not end the element.
    data = msgspec.json.encode(found).decode().replace("<", "\\u003c")
    return f'<script type="application/json" id="menu" data-of="{here.id} {lang}">{data}</script>'


ROUTES = [Route("GET", "/scan/{token}", show, answer="text/html")]
