"""What handlers of requests find in their application."""

from aiohttp import web

from handlers.deps import Deps
from hub.metrics import Metrics
from hub.settings import Settings

SETTINGS = web.AppKey("settings", Settings)
METRICS = web.AppKey("metrics", Metrics)
DEPS = web.AppKey("deps", Deps)
