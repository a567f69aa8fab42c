"""A client by hand: it keeps its seat's id and its offset, and can vanish without a word."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from tests.place import Place

SECONDS = 60.0


class Phone:
    """A client by hand: it keeps its seat's id and its offset, and can vanish without a word."""

    def __init__(self, place: Place, token: str) -> None:
        self._place, self.token = place, token
        self.sid, self.pid, self.offset = "", "", ""
        self.recovered = False
        self.heard: list[tuple[str, Any, dict[str, Any]]] = []
        self._number = 0

    async def connect(self, node: int = 0, **more: Any) -> "Phone":
        url = f"{self._place.urls[node]}/socket.io/?EIO=4&transport=websocket"
        self.ws = await self._place.http.ws_connect(url)
        auth = {"token": self.token, **({"pid": self.pid} if self.pid else {}), **more}
        if self.offset:
            auth["offset"] = self.offset
        await self.ws.send_str("40" + json.dumps(auth))
        told = json.loads((await self._until("40", "44"))[2:])
        if "sid" not in told:
            raise PermissionError(told["data"]["code"])
        self.recovered = bool(self.pid) and told["pid"] == self.pid
        self.sid, self.pid = told["sid"], told["pid"]
        return self

    async def send(self, name: str, **payload: Any) -> Any:
        ack = await self.ask(name, payload)
        assert ack["ok"], ack
        return ack["data"]

    async def ask(self, name: str, payload: Any) -> dict[str, Any]:
        """Send a command and return its whole ack."""
        await self.say(name, payload)
        start = f"43{self._number}"
        [ack] = json.loads((await self._until(start + "["))[len(start) :])
        return ack

    async def say(self, name: str, payload: Any) -> None:
        """Send a command and wait for nothing."""
        self._number += 1
        await self.ws.send_str(f"42{self._number}{json.dumps([name, payload])}")

    async def settled(self) -> None:
        """Take in all that was sent to us before now."""
        await self.ask("barrier", {})

    async def hears(self, order_id: str) -> None:
        """Wait until a new order was heard of, here where it may take a moment."""
        async with asyncio.timeout(SECONDS):
            while order_id not in self.new_orders():
                await self.settled()
                await asyncio.sleep(0.02)  # no faster than the hub lets anybody ask

    def new_orders(self) -> list[str]:
        return [data["id"] for name, data, _ in self.heard if name == "order:new"]

    async def vanish(self) -> None:
        """Be gone as a phone in a lift is: the hub hears of it from the network, if at all."""
        self.ws.get_extra_info("socket").shutdown(socket.SHUT_RDWR)
        await self.ws.close()

    def seqs(self) -> list[int]:
        return [meta["seq"] for _, _, meta in self.heard if "eventId" in meta]

    async def _until(self, *starts: str) -> str:
        while True:
            message = await self.ws.receive(timeout=SECONDS)
            assert message.type is aiohttp.WSMsgType.TEXT, message
            text: str = message.data
            if text.startswith("42"):
                name, *args = json.loads(text[2:])
                if args and isinstance(args[-1], str):
                    self.offset = args.pop()
                self.heard.append((name, args[0], args[1] if len(args) > 1 else {}))
            elif text == "2":
                await self.ws.send_str("3")  # it is asked whether it is still there
            elif text.startswith(starts):
                return text


@asynccontextmanager
async def phone(place: Place, token: str) -> AsyncIterator[Phone]:
    made = await Phone(place, token).connect()
    try:
        yield made
    finally:
        await made.ws.close()
