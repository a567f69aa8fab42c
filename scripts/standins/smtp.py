"""A mail server that keeps what it gets, for whoever wants to look: its page lists the letters."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from html import escape
from typing import Any

from aiohttp import web
from aiosmtpd.smtp import SMTP, Envelope, Session

from handlers.providers.api import SANDBOX
from scripts.standins.base import Standin


class Smtp(Standin):
    """`letters` are what was taken, oldest first. A fault's `path` is the command it is for.

    `rcpt` with a `status` refuses a mailbox, `data` the letter; `reset` "after" breaks the line
    when the letter was taken, before that is said.
    """

    name = "smtp"

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []
        super().__init__()

    def add_routes(self) -> None:
        self.app.router.add_get("/", self.inbox)
        self.app.router.add_get("/{number}", self.letter)

    def error(self, status: int, message: str) -> web.Response:
        return web.Response(status=status, text=message)

    async def inbox(self, _request: web.Request) -> web.Response:
        rows = "".join(
            f'<li><a href="{number}">{escape(str(each["Subject"]))}</a> {escape(str(each["To"]))}'
            for number, each in enumerate(self.letters)
        )
        text = f"<!doctype html><title>SANDBOX mail</title><h1>SANDBOX mail</h1><ol>{rows}</ol>"
        return web.Response(text=text, content_type="text/html")

    async def letter(self, request: web.Request) -> web.Response:
        found = self.letters[int(request.match_info["number"])]
        return web.Response(text=html_of(found), content_type="text/html")

    @asynccontextmanager
    async def listening(self, port: int = 0) -> AsyncIterator[str]:
        """Take letters on the loopback address; yield the SMTP_URL."""
        loop = asyncio.get_running_loop()
        server = await loop.create_server(
            lambda: SMTP(self, hostname="sandbox", ident="SANDBOX", loop=loop), "127.0.0.1", port
        )
        try:
            yield f"smtp://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        finally:
            server.close()

    async def handle_EHLO(
        self, _server: SMTP, session: Session, _envelope: Envelope, hostname: str, said: list[str]
    ) -> list[str]:
        session.host_name = hostname
        return [*said[:-1], f"250-{SANDBOX}", said[-1]] if self.owns_up else said

    async def handle_RCPT(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: Any
    ) -> str:
        fault = self._next_fault("rcpt")
        if fault.status:
            return f"{fault.status} <{address}> as was asked for"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:
        fault = self._next_fault("data")
        if fault.reset == "before":
            return self._break(server)
        if fault.status:
            return f"{fault.status} as was asked for"
        content = envelope.content
        assert isinstance(content, bytes)
        self.letters.append(message_from_bytes(content, policy=policy.default))
        return self._break(server) if fault.reset else "250 OK"

    def _break(self, server: SMTP) -> str:
        assert server.transport is not None
        server.transport.abort()
        return "421 gone"


def html_of(letter: EmailMessage) -> str:
    body = letter.get_body(("html",))
    assert body is not None
    text: str = body.get_content()
    return text
