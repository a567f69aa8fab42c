"""The guest's page: with it comes all that is seen first, drawn already and as data."""

import msgspec
from aiohttp import web

from handlers import boards, menus, menutexts
from handlers import tables as table_cases
from handlers.menus import ShownMenu
from handlers.papers.tongue import LANGUAGES
from hub.web import firstsight
from hub.web.api import Host, Seat, as_host
from hub.web.edge import Route, spoken
from hub.web.keys import DEPS
from hub.web.pages import page
from hub.web.static import FILES
from state.domain.errors import Refusal
from state.domain.language import base
from state.store.pool import UNREACHABLE

CHOSEN = "lang-scan"  # the cookie that says which language this guest has chosen


class Given(msgspec.Struct, frozen=True):
    """What the page is drawn from; `prices` are the menu's, as they are written."""

    lang: str
    restaurant: Host
    table: Seat
    menu: ShownMenu
    prices: dict[int, str]


async def show(request: web.Request) -> web.Response:
    """The guest's page, which the code on a table opens."""
    wish = _wish(request)
    given, app = await _given(request, wish), firstsight.NOTHING
    if given and "paid" not in request.query:  # who has paid comes back to the orders
        number, written = given.table.number, given.prices
        app = firstsight.draw(given.restaurant, number, given.menu, given.lang, written)
    # Whatever a dish is called, it does not end the element.
    data = msgspec.json.encode(given).decode().replace("<", "\\u003c")
    element = f'<script type="application/json" id="given">{data}</script>'
    words = _words(given.lang if given else wish)
    shown = page("guest.html", inline=True, words=words, app=app, given=element)
    shown.headers["Vary"] = "Accept-Encoding, Accept-Language, Cookie"
    return shown


def _wish(request: web.Request) -> str:
    """Return the language of the guest's own choice, else the first of the phone's."""
    return base(request.cookies.get(CHOSEN) or spoken(request))


def _words(lang: str) -> str:
    """Return the link by which the page's words are asked for at once."""
    file = f"/static/{FILES.version}/i18n/{lang if lang in LANGUAGES else 'en'}.json"
    return f'<link rel="preload" as="fetch" crossorigin href="{file}">'


async def _given(request: web.Request, wish: str) -> Given | None:
    """Return what the code leads to; None if it is unknown, or in a language without our words."""
    deps = request.app[DEPS]
    try:
        async with boards.moment(deps) as conn:
            table, here = await table_cases.host(conn, request.match_info["token"], deps)
            lang = wish if wish in here.languages else here.language
            found, missing = await menus.show(conn, here, lang)
        if missing:
            await menutexts.want(here, found.language, deps)
        host = await as_host(here, request.app)
    except (Refusal, *UNREACHABLE):
        return None
    if lang not in LANGUAGES:
        return None
    seat = Seat(table.id, table.number)
    return Given(lang, host, seat, found, firstsight.prices(found, lang))


ROUTES = [Route("GET", "/scan/{token}", show, answer="text/html")]
