"""HTTP: the same use cases as over the socket, and the pages."""

from aiohttp import web

from handlers.deps import Deps
from hub.settings import Settings
from hub.web import docs, pages, static
from hub.web.edge import definition, edge
from hub.web.health import HEALTH, Health
from hub.web.keys import DEPS, METRICS, SETTINGS
from hub.web.nowhere import nowhere
from hub.web.routes import ROUTES

MAX_BODY = 64 * 1024


def web_app(settings: Settings, deps: Deps, health: Health) -> web.Application:
    """Return the node's HTTP application."""
    app = web.Application(client_max_size=MAX_BODY, middlewares=[edge, nowhere])
    app[SETTINGS], app[DEPS], app[HEALTH] = settings, deps, health
    app[METRICS] = health.metrics
    own = [*ROUTES, *pages.routes(settings)]
    app.add_routes(definition(route) for route in (*own, *docs.routes(own)))
    app.add_routes([web.get("/static/{path:.+}", static.serve)])
    return app
