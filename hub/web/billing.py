"""What a restaurant pays for the hub, over HTTP: its plan, its invoices, and their links."""

from aiohttp import web

from handlers import billing
from handlers.papers import invoice as paper
from hub.web import papers
from hub.web.edge import Route
from hub.web.editing import showing
from hub.web.keys import DEPS
from hub.web.papers import LangQuery
from state.domain.actor import MANAGERS
from state.domain.errors import Refusal

PAGE = "/invoice/{token}"


async def show(request: web.Request, query: LangQuery) -> web.Response:
    """The hub's invoice that a link leads to, in the restaurant's language and the operator's."""
    token = request.match_info["token"]
    try:
        made, _ = await billing.by_link(token, request.app[DEPS])
    except Refusal as exc:
        return papers.gone(request, exc, query.lang)
    sheet = paper.sheet(made, query.lang or made.document.language)
    return papers.shown(sheet, f"{token}/invoice.pdf")


async def file(request: web.Request, query: LangQuery) -> web.Response:
    """The same as a PDF file."""
    made, _ = await billing.by_link(request.match_info["token"], request.app[DEPS])
    sheet = paper.sheet(made, query.lang or made.document.language)
    return await papers.filed(sheet, made.issued_at)


ROUTES = [
    Route(
        "GET",
        "/api/restaurants/{id}/billing",
        showing(billing.account),
        MANAGERS,
        answer=billing.Account,
    ),
    Route("GET", PAGE, show, query=LangQuery, answer="text/html"),
    Route("GET", f"{PAGE}/invoice.pdf", file, query=LangQuery, answer="application/pdf"),
]
