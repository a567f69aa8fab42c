"""The screens: static files, and a policy that lets nothing else run."""

import base64
import hashlib
import re
from pathlib import Path

from aiohttp import web

from hub.settings import Settings
from hub.web.edge import Handler, json
from hub.web.keys import DEPS
from hub.web.qr import permanent_url
from state.store import restaurants, tables

STATIC = Path(__file__).parents[2] / "static"
PAGES = {
    "/": "index.html",
    "/scan/{token}": "guest.html",
    "/kitchen": "kitchen.html",
    "/waiter": "waiter.html",
}
INLINE = re.compile(r"<script type=\"importmap\">(.*?)</script>", re.DOTALL)


def routes(settings: Settings) -> list[web.AbstractRouteDef]:
    """Return the routes of the pages; in development also of the demo's links."""
    demo = [web.get("/api/demo", demo_links)] if settings.environment == "development" else []
    return [
        *(web.get(path, _page(name)) for path, name in PAGES.items()),
        web.static("/static", STATIC),
        *demo,
    ]


async def demo_links(request: web.Request) -> web.Response:
    """The tables of the demo restaurant, so that a newcomer has something to tap on."""
    deps = request.app[DEPS]
    async with deps.pool.acquire() as conn:
        demo = await restaurants.first(conn)
        found = await tables.of_restaurant(conn, demo.id)
    links = [{"number": t.number, "scanUrl": permanent_url(deps, t)} for t in found]
    return json({"restaurantName": demo.name, "tables": links})


def policy(page: str) -> str:
    """Return the Content-Security-Policy of a page; its import map is allowed by its hash."""
    hashes = [
        f"'sha256-{base64.b64encode(hashlib.sha256(inline.encode()).digest()).decode()}'"
        for inline in INLINE.findall(page)
    ]
    return (
        f"default-src 'none'; script-src 'self' {' '.join(hashes)}; style-src 'self';"
        " img-src 'self' data:; connect-src 'self'; font-src 'self'; manifest-src 'self';"
        " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def _page(name: str) -> Handler:
    async def show(_request: web.Request) -> web.Response:
        text = (STATIC / name).read_text()
        headers = {"Content-Security-Policy": policy(text), "Cache-Control": "no-cache"}
        return web.Response(text=text, content_type="text/html", headers=headers)

    return show
