"""A restaurant as a test sees it: its menu and tables by name, its people as clients."""

import io
from time import monotonic
from typing import Any

import aiohttp

from tests.client import Client

FRESH_SECONDS = 300.0  # a token is good for three times as long; some places are there all the time


class Place:
    """One restaurant, reached over several nodes."""

    def __init__(self, urls: list[str], about: dict[str, Any]) -> None:
        self.urls = urls
        self.id: str = about["restaurantId"]
        self.tables: list[dict[str, Any]] = about["tables"]
        self.dishes: list[dict[str, Any]] = about["menu"]
        self.staff: dict[str, dict[str, str]] = about["staff"]
        self._clients: list[Client] = []
        self._tokens: dict[str, tuple[float, str]] = {}  # since when, by role

    async def __aenter__(self) -> "Place":
        self.http = aiohttp.ClientSession()
        return self

    async def __aexit__(self, *_: object) -> None:
        for client in self._clients:
            await client.close()
        await self.http.close()

    def dish(self, station: str, place: int = 0) -> dict[str, Any]:
        """Return a dish of a station that needs no choices."""
        plain = [d for d in self.dishes if d["station"] == station and not d["requiresModifiers"]]
        return plain[place]

    def line(self, station: str = "grill", quantity: int = 1, **more: Any) -> dict[str, Any]:
        """Return a line of an order."""
        return {"menuItemId": self.dish(station)["id"], "quantity": quantity, **more}

    async def post(
        self, path: str, body: Any = None, token: str | None = None, node: int = 0, **headers: str
    ) -> tuple[int, Any]:
        return await self._request("POST", path, body, token, node, headers)

    async def ask(
        self, method: str, path: str, body: Any = None, token: str | None = None, node: int = 0
    ) -> tuple[int, Any]:
        return await self._request(method, path, body, token, node, {})

    async def get(
        self, path: str, token: str | None = None, node: int = 0, **headers: str
    ) -> tuple[int, Any]:
        return await self._request("GET", path, None, token, node, headers)

    async def scan(self, table: int = 0, **body: Any) -> dict[str, Any]:
        """Sit down at a table as a new guest."""
        status, answer = await self.post(f"/api/scan/{self.tables[table]['token']}", body)
        assert status == 200, answer
        found: dict[str, Any] = answer
        return found

    async def guest(self, table: int = 0, node: int = 0, **body: Any) -> Client:
        """Return a connected guest who has joined its table."""
        client = await self.client((await self.scan(table, **body))["token"], node)
        await client.send("join:table")
        return client

    async def login(self, role: str) -> str:
        """Return an access token of the role."""
        since, token = self._tokens.get(role, (-FRESH_SECONDS, ""))
        if monotonic() - since > FRESH_SECONDS:
            who = {name: self.staff[role][name] for name in ("email", "password")}
            status, answer = await self.post("/api/auth/login", who)
            assert status == 200, answer
            token = answer["accessToken"]
            self._tokens[role] = (monotonic(), token)
        return token

    async def worker(self, role: str, node: int = 0) -> Client:
        """Return a connected member of staff, who has joined nothing yet."""
        return await self.client(await self.login(role), node)

    async def cook(self, node: int = 0, **more: Any) -> Client:
        client = await self.worker("kitchen", node)
        await client.send("join:kitchen", restaurantId=self.id, **more)
        return client

    async def waiter(self, node: int = 0, **more: Any) -> Client:
        client = await self.worker("waiter", node)
        await client.send("join:waiter", restaurantId=self.id, **more)
        return client

    async def client(self, token: str | None, node: int = 0, **more: Any) -> Client:
        client = Client(self.urls[node], token)
        self._clients.append(client)
        return await client.connect(**more)

    async def _request(
        self,
        method: str,
        path: str,
        body: Any,
        token: str | None,
        node: int,
        headers: dict[str, str],
    ) -> tuple[int, Any]:
        if token is not None:
            headers = {**headers, "Authorization": f"Bearer {token}"}
        data = {"data": body} if isinstance(body, bytes | io.BytesIO) else {"json": body}
        async with self.http.request(
            method, self.urls[node] + path, headers=headers, **data
        ) as reply:
            is_json = reply.content_type == "application/json"
            return reply.status, await reply.json() if is_json else await reply.read()
