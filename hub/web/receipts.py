"""Receipts over HTTP: their links, what those lead to, and the way into a letter."""

from aiohttp import web

from handlers import receipt_mail, receipts
from handlers.receipt_mail import Mailing, MailReceipt
from handlers.receipts import IssuedList, ReceiptLink
from hub.web import papers, reports
from hub.web.edge import Route
from hub.web.editing import showing
from hub.web.keys import DEPS, SETTINGS
from hub.web.papers import LangQuery
from state.domain.actor import FLOOR, MANAGERS, Actor, Role
from state.domain.change import Answer
from state.domain.errors import Refusal

READERS = FLOOR | {Role.GUEST}
PAGE = "/receipt/{token}"


async def link(request: web.Request, who: Actor) -> ReceiptLink:
    """Return a link to the receipt of a payment, good for 90 days; 404 until it is paid.

    409 where it was paid before receipts were issued here. For guests of its table, for whoever
    paid, and for those who serve there.
    """
    mailed = bool(request.app[SETTINGS].smtp_url)
    return await receipts.link(request.match_info["id"], mailed, who, request.app[DEPS])


async def mail(request: web.Request, who: Actor, cmd: MailReceipt) -> Answer:
    """Send the receipt of a payment by e-mail, five times at most; answers the job of that."""
    return await receipt_mail.ask(request.match_info["id"], cmd, who, request.app[DEPS])


async def show(request: web.Request, query: LangQuery) -> web.Response:
    """The receipt that a link leads to, in the guest's language and in that of the house."""
    token = request.match_info["token"]
    try:
        opened = await receipts.by_link(token, request.app[DEPS])
    except Refusal as exc:
        return papers.gone(request, exc, query.lang)
    sheet = receipts.sheet(opened, query.lang)
    return papers.shown(sheet, f"{token}/receipt.pdf", opened.notes)


async def file(request: web.Request, query: LangQuery) -> web.Response:
    """The same as a PDF file."""
    opened = await receipts.by_link(request.match_info["token"], request.app[DEPS])
    return await papers.filed(receipts.sheet(opened, query.lang), opened.receipt.issued_at)


ROUTES = [
    reports.route("receipts", receipts.journal, receipts.Journal),
    Route("GET", "/api/payments/{id}/receipt", link, READERS, answer=ReceiptLink),
    Route(
        "POST",
        "/api/payments/{id}/receipt/mail",
        mail,
        READERS,
        body=MailReceipt,
        answer=Mailing,
    ),
    Route(
        "GET",
        "/api/restaurants/{id}/receipts",
        showing(receipts.latest),
        MANAGERS,
        answer=IssuedList,
    ),
    Route("GET", PAGE, show, query=LangQuery, answer="text/html"),
    Route("GET", f"{PAGE}/receipt.pdf", file, query=LangQuery, answer="application/pdf"),
]
