"""Receipts over HTTP: their links, and what those lead to. Pages without a script."""

from html import escape

import msgspec
from aiohttp import web

from handlers import receipt_mail, receipts
from handlers.papers import page as paper
from handlers.papers.pdf import pdf
from handlers.papers.tongue import LANGUAGES, tongue
from handlers.receipt_mail import Mailing, MailReceipt
from handlers.receipts import IssuedList, Opened, ReceiptLink
from hub.web.edge import STATUS, Route
from hub.web.editing import showing
from hub.web.keys import DEPS, SETTINGS
from hub.web.static import FILES
from state.domain.actor import FLOOR, MANAGERS, Actor, Role
from state.domain.change import Answer
from state.domain.errors import Code, Refusal

READERS = FLOOR | {Role.GUEST}
PAGE = "/receipt/{token}"
NAMES = {"en": "English", "ru": "Русский", "de": "Deutsch", "ja": "日本語", "ar": "العربية"}
GONE = {Code.NOT_FOUND: "paper.unknown", Code.SESSION_EXPIRED: "paper.expired"}
# Who has the address may read it: no cache, no search engine and no other page learns of it.
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none';"
        " frame-ancestors 'none'"
    ),
    "Cache-Control": "private, no-store",
    "X-Robots-Tag": "noindex, nofollow",
}


class LangQuery(msgspec.Struct, frozen=True):
    lang: str | None = None


async def link(request: web.Request, who: Actor) -> ReceiptLink:
    """Return a link to the receipt of a payment, good for 90 days; 404 until it is paid.

    For guests of its table, for whoever paid, and for those who serve there.
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
        if exc.code not in GONE:
            raise
        return _gone(exc, query.lang or _spoken(request))
    sheet = receipts.sheet(opened, query.lang)
    return _html(paper.page(sheet, _head(), _foot(opened, token, sheet.lang)))


async def file(request: web.Request, query: LangQuery) -> web.Response:
    """The same as a PDF file."""
    opened = await receipts.by_link(request.match_info["token"], request.app[DEPS])
    made = await pdf(receipts.sheet(opened, query.lang), opened.receipt.issued_at)
    name = f'inline; filename="{opened.receipt.name}.pdf"'
    headers = {**HEADERS, "Content-Disposition": name}
    return web.Response(body=made, content_type="application/pdf", headers=headers)


def _gone(refusal: Refusal, lang: str) -> web.Response:
    said, key = tongue(lang), GONE[refusal.code]
    words = (said.say(key), said.say(f"{key}Text"))
    text = paper.notice(said.lang, said.direction, *words, _head())
    return _html(text, STATUS[refusal.code])


def _spoken(request: web.Request) -> str:
    """Return the language that a browser asks for first."""
    return request.headers.get("Accept-Language", "en").partition(",")[0].partition(";")[0]


def _head() -> str:
    return f'<link rel="stylesheet" href="/static/{FILES.version}/styles/paper.css">'


def _foot(opened: Opened, token: str, lang: str) -> str:
    """Return the way to the file, to credit notes, and to other languages."""
    said = tongue(lang)
    links = [(f"{token}/receipt.pdf?lang={lang}", said.say("paper.pdf"), lang)]
    links += [(url, number, lang) for number, url in opened.notes]
    links += [(f"?lang={code}", NAMES[code], code) for code in LANGUAGES if code != lang]
    made = "".join(
        f'<a href="{escape(href)}" hreflang="{code}">{escape(text)}</a>'
        for href, text, code in links
    )
    return f"<nav>{made}</nav>"


def _html(text: str, status: int = 200) -> web.Response:
    return web.Response(text=text, content_type="text/html", status=status, headers=HEADERS)


ROUTES = [
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
