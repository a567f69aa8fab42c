"""What handlers of requests find in their application."""

from aiohttp import web

from handlers.deps import Deps
from hub.settings import Settings

SETTINGS = web.AppKey("settings", Settings)
DEPS = web.AppKey("deps", Deps)
