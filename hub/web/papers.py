"""What pages of receipts and invoices share: nothing runs on them, and nobody keeps them."""

from collections.abc import Iterable
from datetime import datetime
from html import escape

import msgspec
from aiohttp import web

from handlers.papers import page as paper
from handlers.papers.pdf import pdf
from handlers.papers.sheet import Sheet
from handlers.papers.tongue import LANGUAGES, tongue
from hub.web.edge import STATUS, spoken
from hub.web.static import FILES
from state.domain.errors import Code, Refusal

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


def shown(sheet: Sheet, file: str, others: Iterable[tuple[str, str]] = ()) -> web.Response:
    """Return a sheet as a page that leads to its `file`, to `others`, and to other languages.

    `others` are pairs of a name and an address.
    """
    lang = sheet.lang
    links = [(f"{file}?lang={lang}", tongue(lang).say("paper.pdf"), lang)]
    links += [(url, name, lang) for name, url in others]
    links += [(f"?lang={code}", NAMES[code], code) for code in LANGUAGES if code != lang]
    made = "".join(
        f'<a href="{escape(href)}" hreflang="{code}">{escape(text)}</a>'
        for href, text, code in links
    )
    return _html(paper.page(sheet, _head(), f"<nav>{made}</nav>"))


async def filed(sheet: Sheet, at: datetime) -> web.Response:
    """Return a sheet as a PDF file; `at` is its date."""
    made = await pdf(sheet, at)
    headers = {**HEADERS, "Content-Disposition": f'inline; filename="{sheet.number}.pdf"'}
    return web.Response(body=made, content_type="application/pdf", headers=headers)


def gone(request: web.Request, refusal: Refusal, lang: str | None) -> web.Response:
    """Return a page that says why a link leads to nothing; raise what it cannot say."""
    if refusal.code not in GONE:
        raise refusal
    said, key = tongue(lang or spoken(request)), GONE[refusal.code]
    words = (said.say(key), said.say(f"{key}Text"))
    text = paper.notice(said.lang, said.direction, *words, _head())
    return _html(text, STATUS[refusal.code])


def _head() -> str:
    return f'<link rel="stylesheet" href="/static/{FILES.version}/styles/paper.css">'


def _html(text: str, status: int = 200) -> web.Response:
    return web.Response(text=text, content_type="text/html", status=status, headers=HEADERS)
