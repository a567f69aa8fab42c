"""The manager's day over HTTP."""

import msgspec
from aiohttp import web

from handlers import takings
from hub.web import reports
from hub.web.edge import Route
from hub.web.editing import setting
from hub.web.keys import DEPS
from state.domain.actor import FLOOR, MANAGERS, Actor
from state.domain.commands import Command
from state.domain.drawer import Drawer
from state.domain.takings import Closing, DayNow

HERE = "/api/restaurants/{id}/day"


async def day(request: web.Request, who: Actor) -> DayNow:
    """Return what is booked since the last closing, the open drawers, and the last closings."""
    return await takings.day(request.match_info["id"], who, request.app[DEPS])


class OwnDrawer(msgspec.Struct, frozen=True):
    """The drawer that the caller has open, null where there is none."""

    currency: str
    drawer: Drawer | None


async def drawer(request: web.Request, who: Actor) -> OwnDrawer:
    """Return the caller's own cash drawer."""
    found = await takings.drawer(request.match_info["id"], who, request.app[DEPS])
    return OwnDrawer(*found)


ROUTES = [
    Route("GET", "/api/restaurants/{id}/drawer", drawer, FLOOR, answer=OwnDrawer),
    Route("GET", HERE, day, MANAGERS, answer=DayNow),
    Route("POST", f"{HERE}/close", setting(takings.close), MANAGERS, body=Command, answer=Closing),
    reports.route("takings", takings.takings, takings.Takings),
    reports.route("taxes", takings.taxes, takings.Taxes),
]
