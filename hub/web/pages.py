"""The screens: static files, and a policy that lets nothing else run."""

import base64
import hashlib
import re
from functools import lru_cache

import msgspec
from aiohttp import web

from handlers.papers.tongue import LANGUAGES
from hub.settings import Settings
from hub.web import esims
from hub.web.edge import Handler, Route, spoken
from hub.web.keys import DEPS
from hub.web.modules import with_modules
from hub.web.qr import permanent_url
from hub.web.static import FILES, STATIC, inlined, versioned
from state.domain.language import base
from state.store import restaurants, tables

PAGES = {
    "/": ("index.html", "The start page."),
    "/hotel/{token}": ("hotel.html", "Hotel rooms, for a guest of the table with this code."),
    "/checkin/{token}": ("checkin.html", "A booking's digital check-in, which its link opens."),
    "/kitchen": ("kitchen.html", "The kitchen's screen."),
    "/waiter": ("waiter.html", "The waiters' screen."),
    "/manager": ("manager.html", "The manager's desk."),
    "/floor": ("floor.html", "The map of the floor."),
    "/translator": ("translator.html", "Where a table and those who serve it talk."),
    "/esim": ("esim.html", "The shop for eSIMs, for guests who travel."),
}
ENGLISH = "en"  # as the files have it
HEAD = "<!-- head -->"  # where a page has what is in the heads of all
MAP = re.compile(r"<script type=\"importmap\">(.*?)</script>", re.DOTALL)
STYLE = re.compile(r"<style.*?>(.*?)</style>", re.DOTALL)


class DemoTable(msgspec.Struct, frozen=True, rename="camel"):
    number: str
    scan_url: str


class Demo(msgspec.Struct, frozen=True, rename="camel"):
    restaurant_name: str
    tables: list[DemoTable]


def routes(settings: Settings) -> list[Route]:
    """Return the routes of the pages; in development also of the demo's links."""
    pages = [
        Route("GET", path, _page(name, about), answer="text/html")
        for path, (name, about) in PAGES.items()
    ]
    pages.append(Route("GET", "/sw.js", worker, answer="text/javascript"))
    if settings.environment == "development":
        pages.append(Route("GET", "/api/demo", demo_links, answer=Demo))
        pages.append(esims.DEMO_PAY)
    return pages


async def worker(_request: web.Request) -> web.Response:
    """Return the service worker, which keeps staff's pages for when there is no line."""
    headers = {"Cache-Control": "no-cache"}
    text = (STATIC / "sw.js").read_text()
    return web.Response(text=text, content_type="text/javascript", headers=headers)


async def demo_links(request: web.Request) -> Demo:
    """Return the tables of the demo restaurant, so that a newcomer has something to tap on."""
    deps = request.app[DEPS]
    async with deps.pool.acquire() as conn:
        demo = await restaurants.first(conn)
        found = await tables.of_restaurant(conn, demo.id)
    return Demo(demo.name, [DemoTable(t.number, permanent_url(deps, t)) for t in found])


def policy(page: str) -> str:
    """Return the Content-Security-Policy of a page; what is inline in it goes by its hash."""
    return (
        f"default-src 'none'; script-src 'self'{_hashes(MAP, page)};"
        f" style-src 'self'{_hashes(STYLE, page)};"
        " img-src 'self' data:; connect-src 'self'; font-src 'self'; manifest-src 'self';"
        " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def _hashes(inline: re.Pattern[str], page: str) -> str:
    digests = (hashlib.sha256(each.encode()).digest() for each in inline.findall(page))
    return "".join(f" 'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)


def page(
    name: str, status: int = 200, *, inline: bool = False, lang: str = ENGLISH, **parts: str
) -> web.Response:
    """Return a page of ours with its policy, compressed where the browser takes that.

    Each of the `parts` goes where the page has a comment with its name. `inline` is for a page
    that is opened once: its styles are in it.
    `lang` is in whose words it asks for its texts at once, where it does.
    """
    changed = tuple((STATIC / file).stat().st_mtime_ns for file in ("head.html", name))
    text, allowed = _ours(name, inline, FILES.version, changed)
    headers = {"Content-Security-Policy": allowed, "Cache-Control": "no-cache"}
    for place, part in parts.items():
        text = text.replace(f"<!-- {place} -->", part)
    if lang != ENGLISH:
        text = text.replace(f'/{ENGLISH}.json"', f'/{lang}.json"')
    headers["Vary"] = "Accept-Encoding, Accept-Language"
    shown = web.Response(text=text, status=status, content_type="text/html", headers=headers)
    shown.enable_compression()
    return shown


@lru_cache(maxsize=2 * len(PAGES))
def _ours(name: str, inline: bool, _version: str, _changed: tuple[int, ...]) -> tuple[str, str]:
    """Return what a page has whoever asks for it, and its policy, as its files are now."""
    head = (STATIC / "head.html").read_text().rstrip()
    text = versioned(with_modules((STATIC / name).read_text().replace(HEAD, head)))
    text = inlined(text) if inline else text
    return text, policy(text)


def reads(request: web.Request) -> str:
    """Return the first of the phone's languages if we have words in it, else English."""
    first = base(spoken(request))
    return first if first in LANGUAGES else ENGLISH


def _page(name: str, about: str) -> Handler:
    async def show(request: web.Request) -> web.Response:
        return page(name, lang=reads(request))

    show.__doc__ = about
    return show
