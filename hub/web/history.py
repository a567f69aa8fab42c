"""What happened, over HTTP."""

from aiohttp import web

from handlers import history as use
from handlers.history import Happenings
from hub.web.edge import Route
from hub.web.keys import DEPS
from state.domain.actor import MANAGERS, Actor
from state.domain.history import HistoryQuery


async def history(request: web.Request, who: Actor, asked: HistoryQuery) -> Happenings:
    """Return what happened in a house before a moment, latest first, a hundred at most.

    The log is kept for a week, what managers edited for good. `about` narrows it to orders, money,
    the floor, or the house itself, `who` to one member of the staff.
    """
    return await use.history(request.match_info["id"], asked, who, request.app[DEPS])


ROUTES = [
    Route(
        "GET",
        "/api/restaurants/{id}/history",
        history,
        MANAGERS,
        query=HistoryQuery,
        answer=Happenings,
    ),
]
