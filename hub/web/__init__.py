"""HTTP: the same use cases as over the socket, and the pages."""

from aiohttp import web

from handlers.deps import Deps
from hub.settings import Settings
from hub.web import api, auth, pages, qr
from hub.web.edge import edge
from hub.web.health import HEALTH, Health, healthz, metrics, readyz
from hub.web.keys import DEPS, SETTINGS

MAX_BODY = 64 * 1024


def web_app(settings: Settings, deps: Deps, health: Health) -> web.Application:
    """Return the node's HTTP application: every route it has is listed here."""
    app = web.Application(client_max_size=MAX_BODY, middlewares=[edge])
    app[SETTINGS], app[DEPS], app[HEALTH] = settings, deps, health
    app.add_routes(
        [
            web.get("/healthz", healthz),
            web.get("/readyz", readyz),
            web.get("/metrics", metrics),
            web.post("/api/auth/login", auth.login),
            web.post("/api/auth/pin", auth.pin),
            web.post("/api/auth/refresh", auth.refresh),
            web.post("/api/auth/logout", auth.logout),
            web.get("/api/me", auth.me),
            web.post("/api/scan/{token}", api.scan),
            web.post("/api/orders", api.create_order),
            web.get("/api/orders/{id}", api.order),
            web.post("/api/tables/{id}/close", api.close_table),
            web.post("/api/tables/{id}/qr", qr.session_code),
            web.get("/api/tables/{id}/qr.svg", qr.table_svg),
            web.get("/api/tables/{id}/qr.png", qr.table_png),
            web.get("/api/restaurants/{id}/qr-sheet", qr.sheet),
            web.get("/api/restaurants/{id}/menu", api.menu),
            web.get("/api/restaurants/{id}/orders", api.orders),
            web.get("/api/restaurants/{id}/events", api.events),
            web.get("/api/restaurants/{id}/tables", api.tables),
            web.get("/api/restaurants/{id}/displays", api.displays),
            web.post("/api/restaurants/{id}/devices", auth.pair),
            *pages.routes(settings),
        ]
    )
    return app
