"""Which node is which: this one's entry in the registry, and the addresses of the others."""

import re
import secrets
import socket
import time
from typing import NamedTuple

import structlog

from hub.loop import Loop
from hub.settings import Settings
from state.live import nodes as live
from state.live.client import UNREACHABLE, Servers

log = structlog.get_logger()

RENEW_SECONDS = 5.0
LIVES_SECONDS = 3 * RENEW_SECONDS + 3  # two renewals may fail, each after Redis was waited for
ID = re.compile(r"[0-9a-f]{8}")  # clients name ids, and are not let near any other key
EVERYWHERE = ("0.0.0.0", "::")


class Known(NamedTuple):
    """Where a node is reached, and when the registry last said so."""

    url: str
    at: float


class Nodes:
    """Tells the other nodes where this one is, and finds them.

    A node once found is remembered and looked up again in the background: a request that is
    forwarded does not wait for Redis, nor fail because Redis is away.
    """

    def __init__(self, redis: Servers) -> None:
        self.id = secrets.token_hex(4)
        self._redis = redis
        self._url = ""
        self._known: dict[str, Known] = {}
        self._loop = Loop("nodes", self._renew, RENEW_SECONDS)

    def start(self, url: str) -> None:
        """Register this node, and see to it that it stays registered."""
        self._url = url
        self._loop.start()

    async def close(self) -> None:
        await self._loop.close()
        try:
            await live.remove(self._redis, self.id)
        except UNREACHABLE as exc:
            log.warning("still in the registry", seconds=LIVES_SECONDS, error=repr(exc))

    async def url_of(self, node_id: str) -> str | None:
        """Return where a node is reached; None when no such node is known."""
        if node_id not in self._known and ID.fullmatch(node_id):
            try:
                await self._look_up(node_id)
            except UNREACHABLE as exc:
                log.warning("registry without redis", error=repr(exc))
        known = self._known.get(node_id)
        return known.url if known else None

    async def _renew(self) -> None:
        await live.put(self._redis, self.id, self._url, LIVES_SECONDS)
        for node_id in list(self._known):
            await self._look_up(node_id)

    async def _look_up(self, node_id: str) -> None:
        url = await live.get(self._redis, node_id)
        if url is not None:
            self._known[node_id] = Known(url, time.monotonic())
        elif node_id in self._known and self._silent(node_id):
            del self._known[node_id]

    def _silent(self, node_id: str) -> bool:
        """Tell whether a node had time to register again, should Redis have lost its data."""
        return time.monotonic() > self._known[node_id].at + LIVES_SECONDS


def own_url(settings: Settings, port: int) -> str:
    """Return where the other nodes reach this one, which listens on the port."""
    if settings.node_url:
        return settings.node_url.rstrip("/")
    host = _own_address() if settings.host in EVERYWHERE else settings.host
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _own_address() -> str:
    try:
        return socket.gethostbyname(socket.gethostname())
    except OSError as exc:
        log.warning("no address of this machine was found: name it in NODE_URL", error=str(exc))
        return "127.0.0.1"
