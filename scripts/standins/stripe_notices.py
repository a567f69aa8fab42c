"""What Stripe tells by itself: events, signed as it signs them, once or more often or never."""

import asyncio
import hmac
import json
import time
from typing import Any
from uuid import uuid4

import aiohttp

from scripts.standins.base import Standin

Doc = dict[str, Any]


class Notices(Standin):
    """`hook` is where events go; `notices` how often each is sent: 1, 2 or 0 times.

    `sent` keeps all of them, to be sent again.
    """

    def __init__(self, secret: str) -> None:
        self.secret = secret
        self.hook = ""
        self.notices = 1
        self.sent: list[Doc] = []
        self._tasks: set[asyncio.Task[None]] = set()
        super().__init__()

    async def notify(self, kind: str, subject: Doc, times: int | None = None) -> None:
        event = {
            "id": f"evt_{uuid4().hex}",
            "object": "event",
            "api_version": "2026-10-28.endive",
            "type": kind,
            "created": int(time.time()),
            "data": {"object": public(subject)},
        }
        self.sent.append(event)
        for _ in range(self.notices if times is None else times):
            await self.send(event)

    async def send(self, event: Doc, secret: str | None = None, at: int | None = None) -> int:
        """Send an event; return the status it was answered with."""
        if not self.hook:
            return 0
        body = json.dumps(event).encode()
        stamp = str(int(time.time()) if at is None else at)
        key = (secret or self.secret).encode()
        digest = hmac.new(key, stamp.encode() + b"." + body, "sha256").hexdigest()
        headers = {"Stripe-Signature": f"t={stamp},v1={digest}", "Content-Type": "application/json"}
        async with (
            aiohttp.ClientSession() as http,
            http.post(self.hook, data=body, headers=headers) as reply,
        ):
            return reply.status

    def tell_later(self, kind: str, subject: Doc) -> None:
        """Send a webhook after the answer, as Stripe mostly does."""
        task = asyncio.ensure_future(self.notify(kind, dict(subject)))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def public(doc: Doc) -> Doc:
    """Return a document without what only the stand-in knows."""
    return {name: value for name, value in doc.items() if not name.startswith("_")}
