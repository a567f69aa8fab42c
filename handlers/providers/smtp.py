"""Any mail server that takes letters by SMTP (RFC 5321), encrypted unless it is on this machine.

What a server says is never told on: it may quote the address of whoever the letter is for.
"""

from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from email.message import EmailMessage
from email.utils import parseaddr
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

import aiosmtplib
from aiosmtplib import SMTP, SMTPAuthenticationError, SMTPException, SMTPResponseException

from handlers.providers.api import SANDBOX, Api
from handlers.providers.errors import (
    AmbiguousError,
    ExhaustedError,
    ProviderError,
    RefusedError,
    UnavailableError,
)
from handlers.providers.keys import Keys
from handlers.providers.wiring import Wiring
from state.domain.errors import Code
from state.live.gates import Limits

TIMES = (10.0, 60.0)
LIMITS = Limits(slots=4, rate=5.0, burst=10, lease=75.0)
HERE = {"127.0.0.1", "::1", "localhost"}
PORTS = {"smtp": 587, "smtps": 465}
BROKEN = (aiosmtplib.SMTPServerDisconnected, aiosmtplib.SMTPTimeoutError, OSError)


class BusyMailboxError(RefusedError):
    """Their mailbox takes nothing now, and may later. The server itself is well."""


class Server(NamedTuple):
    """`smtps://` is encrypted from the first byte, `smtp://` by STARTTLS before all else."""

    host: str
    port: int
    user: str
    password: str
    tls: bool

    @property
    def here(self) -> bool:
        return self.host in HERE


class Mail:
    name = "smtp"

    def __init__(self, server: Server, sender: str, api: Api) -> None:
        self._server, self._api = server, api
        self.sender = sender

    async def send(self, letter: EmailMessage) -> bool:
        """Hand a letter over; return whether it was a stand-in that took it.

        Raises AmbiguousError where the line broke when all was said, BusyMailboxError and
        UnavailableError where it may be tried again, RefusedError where it may not.
        """
        _, to = parseaddr(str(letter["To"]))
        async with self._api.gate(), self._line() as line:
            await _said(line.mail(self.sender))
            await _received(line, to)
            try:
                await line.data(letter.as_bytes())
            except BROKEN as exc:
                raise AmbiguousError(f"{self.name} broke off") from exc
            except SMTPException as exc:
                raise _meaning(exc) from exc
            return line.supports_extension(SANDBOX)

    async def greet(self) -> str:
        """Return what the server says of itself, and say good-bye."""
        async with self._api.gate(), self._line() as line:
            answer = await line.ehlo()
            return answer.message.partition("\n")[0]

    @asynccontextmanager
    async def _line(self) -> AsyncIterator[SMTP]:
        server = self._server
        line = SMTP(
            hostname=server.host,
            port=server.port,
            username=server.user or None,
            password=server.password or None,
            use_tls=server.tls,
            start_tls=None if server.here or server.tls else True,
            timeout=TIMES[1],
        )
        await _said(line.connect(timeout=TIMES[0]))
        try:
            yield line
        finally:
            line.close()


async def _said(step: Awaitable[object]) -> None:
    try:
        await step
    except (SMTPException, OSError) as exc:
        raise _meaning(exc) from exc


async def _received(line: SMTP, to: str) -> None:
    """Name who it is for; here a no is about the mailbox, not about the server."""
    try:
        await line.rcpt(to)
    except SMTPResponseException as exc:
        if exc.code < 500:
            raise BusyMailboxError(f"the mailbox takes nothing now ({exc.code})") from exc
        text = f"there is no such mailbox, or it takes nothing ({exc.code})"
        raise RefusedError(text, Code.INVALID) from exc
    except (SMTPException, OSError) as exc:
        raise _meaning(exc) from exc


def _meaning(exc: Exception) -> ProviderError:
    if isinstance(exc, SMTPAuthenticationError):
        return ExhaustedError(f"{Mail.name} does not accept our key ({exc.code})")
    if isinstance(exc, SMTPResponseException) and exc.code >= 500:
        return RefusedError(f"{Mail.name} does not take this ({exc.code})")
    return UnavailableError(f"{Mail.name} cannot be reached, or asks to wait")


def read(url: str) -> Server:
    """Return the server of an SMTP_URL; raise ValueError where it names none."""
    parts = urlsplit(url)
    if parts.scheme not in PORTS or not parts.hostname:
        raise ValueError("is no address such as smtps://user:password@mail.example.com")
    return Server(
        parts.hostname,
        parts.port or PORTS[parts.scheme],
        unquote(parts.username or ""),
        unquote(parts.password or ""),
        parts.scheme == "smtps",
    )


def create(keys: Keys, wiring: Wiring) -> Mail | None:
    if not keys.smtp_url:
        return None
    api = wiring.api(Mail.name, "", times=TIMES, limits=LIMITS)
    return Mail(read(keys.smtp_url), keys.mail_from, api)
