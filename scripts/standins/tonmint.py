"""toncenter's API, version 3, as far as minting needs it, over a chain that a machine runs.

Clocks: `ahead` is by how many seconds the chain is later than we are, for messages that expire.
"""

import time
from typing import Any

from aiohttp import web

from scripts.standins.toncenter import Toncenter
from scripts.standins.tonvm import Machine, RefusedError
from state.domain.ton import raw


class TonMint(Toncenter):
    """`deaf`: what is sent is answered well, and never reaches a block. `blind`: no item is told
    of, as where the indexer is behind.
    """

    def __init__(self, key: str, machine: Machine) -> None:
        self.machine = machine
        self.ahead = 0
        self.deaf = self.blind = False
        self.sent: list[str] = []
        super().__init__(key)

    def add_routes(self) -> None:
        super().add_routes()
        add = self.app.router.add_route
        add("GET", "/api/v3/masterchainInfo", self.masterchain)
        add("GET", "/api/v3/accountStates", self.account_states)
        add("GET", "/api/v3/nft/items", self.items)
        add("POST", "/api/v3/runGetMethod", self.run)
        add("POST", "/api/v3/message", self.message)

    async def masterchain(self, request: web.Request) -> web.Response:
        if refusal := self._refused(request):
            return refusal
        block = {"seqno": 70_000_000, "gen_utime": str(self._now())}
        return web.json_response({"first": block, "last": block})

    async def account_states(self, request: web.Request) -> web.Response:
        if refusal := self._refused(request):
            return refusal
        address = raw(request.query["address"])
        found = await self.machine.ask("account", address=address)
        shown = found | {"address": address.upper()}
        return web.json_response({"accounts": [shown], "address_book": {}})

    async def items(self, request: web.Request) -> web.Response:
        if refusal := self._refused(request):
            return refusal
        found = None
        if not self.blind:
            found = await self.machine.ask("item", address=raw(request.query["address"]))
        return web.json_response({"nft_items": [found] if found else [], "address_book": {}})

    async def run(self, request: web.Request) -> web.Response:
        if refusal := self._refused(request):
            return refusal
        asked = await request.json()
        try:
            answer = await self.machine.ask("run", **asked | {"address": raw(asked["address"])})
        except RefusedError as exc:
            return self.error(500, str(exc))
        return web.json_response(answer)

    async def message(self, request: web.Request) -> web.Response:
        if refusal := self._refused(request):
            return refusal
        boc = (await request.json())["boc"]
        self.sent.append(boc)
        if self.deaf:
            return web.json_response({"message_hash": "", "message_hash_norm": ""})
        try:
            told: Any = await self.machine.ask("message", boc=boc, time=self._now())
        except RefusedError as exc:
            return self.error(500, f"LITE_SERVER_UNKNOWN: cannot apply external message: {exc}")
        return web.json_response({"message_hash": told, "message_hash_norm": told})

    def _now(self) -> int:
        return int(time.time()) + self.ahead
