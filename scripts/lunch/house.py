"""The hub over HTTP: signing in, scanning a table's code, the menu, closing a table, the log."""

import asyncio
import time
from collections import defaultdict
from itertools import cycle
from typing import Any

import aiohttp

from scripts.lunch.facts import START_ONE, Facts

PATIENCE_SECONDS = 30.0  # a node that is being restarted is back by then
PAUSE_SECONDS = 0.2
ONE_NODE = aiohttp.ClientTimeout(10)
PASSING = {429, 502, 503}


class NoHubError(Exception):
    """The hub cannot be played with; the message says why."""


class House:
    def __init__(self, facts: Facts, http: aiohttp.ClientSession) -> None:
        self.facts, self.http = facts, http
        self.rid = facts.restaurant_id
        self._tokens: dict[str, str] = {}
        self._doors: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def require_nodes(self) -> None:
        """Raise NoHubError unless every node answers."""
        for url in self.facts.urls:
            try:
                async with self.http.get(f"{url}/readyz") as reply:
                    ready = reply.status == 200
            except (aiohttp.ClientError, TimeoutError):
                raise NoHubError(f"no hub answers at {url}: {START_ONE}") from None
            if not ready:
                raise NoHubError(f"the node at {url} is not ready: {START_ONE}")

    async def token(self, role: str, *, fresh: bool = False) -> str:
        """Return an access token of the role; all who have it share one login."""
        async with self._doors[role]:
            if fresh or role not in self._tokens:
                person = self.facts.staff[role]
                who = {"email": person.email, "password": person.password}
                status, answer = await self.ask("POST", "/api/auth/login", who)
                if status != 200:
                    raise NoHubError(f"the {role} cannot log in: {answer}")
                self._tokens[role] = answer["accessToken"]
            return self._tokens[role]

    async def scan(self, token: str, name: str, language: str) -> dict[str, Any]:
        who = {"name": name, "language": language}
        status, answer = await self.ask("POST", f"/api/scan/{token}", who)
        if status != 200:
            raise NoHubError(f"a table's code does not open it: {answer}")
        found: dict[str, Any] = answer
        return found

    async def menu(self) -> dict[str, Any]:
        found: dict[str, Any] = (await self._get(f"/api/restaurants/{self.rid}/menu", None))[1]
        return found

    async def close(self, table_id: str) -> bool:
        """Close a table; tell whether nobody sits there any more."""
        token = await self.token("waiter")
        status, answer = await self.ask("POST", f"/api/tables/{table_id}/close", {}, token)
        # A closing whose answer was lost finds nobody there the second time.
        return status == 200 or "nobody sits" in answer["error"]["message"]

    async def tables(self) -> dict[str, Any]:
        """Return the restaurant's tables, and the seq of the last event committed."""
        return await self._staff_get("tables")

    async def orders(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (await self._staff_get("orders"))["orders"]
        return found

    async def log(self, since: int) -> list[dict[str, Any]]:
        """Return everything that has happened since a seq, by the hub's own log."""
        events: list[dict[str, Any]] = []
        while True:
            page = await self._staff_get(f"events?since={since}")
            if not page["events"]:
                return events
            events += page["events"]
            since = page["seq"]

    async def ask(
        self, method: str, path: str, body: Any = None, token: str | None = None
    ) -> tuple[int, Any]:
        """Ask one node after the other until one can answer."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        deadline = time.monotonic() + PATIENCE_SECONDS
        for url in cycle(self.facts.urls):
            try:
                async with self.http.request(
                    method, url + path, json=body, headers=headers, timeout=ONE_NODE
                ) as reply:
                    if reply.status not in PASSING:
                        return reply.status, await reply.json()
            except (aiohttp.ClientError, TimeoutError):
                pass  # it is being restarted
            if time.monotonic() > deadline:
                break
            await asyncio.sleep(PAUSE_SECONDS)
        raise NoHubError(f"no node has answered {method} {path} for {PATIENCE_SECONDS:.0f} s")

    async def _staff_get(self, what: str) -> dict[str, Any]:
        path = f"/api/restaurants/{self.rid}/{what}"
        status, answer = await self._get(path, await self.token("manager"))
        if status == 401:
            status, answer = await self._get(path, await self.token("manager", fresh=True))
        if status != 200:
            raise NoHubError(f"the hub does not answer {path}: {answer}")
        found: dict[str, Any] = answer
        return found

    async def _get(self, path: str, token: str | None) -> tuple[int, Any]:
        return await self.ask("GET", path, None, token)
