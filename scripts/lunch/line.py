"""One client's line to the hub: it comes back by itself, and what it asked is asked again."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Collection
from functools import partial
from time import perf_counter
from typing import Any
from uuid import uuid4

import aiohttp
import msgspec
import socketio
from socketio.exceptions import SocketIOError

from scripts.lunch.ledger import UNANSWERED, Gate, Ledger
from scripts.lunch.screen import Screen

ANSWER_SECONDS = 6.0  # past this the line counts as dead, as in static/lib/client.js
GIVE_UP_SECONDS = 120.0  # nodes that are started while all else is at work take their time
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 1.5
HOME_TRIES = 8  # a node that is restarted is back by then; else the line moves to another
PASSING = {"UNAVAILABLE", "RATE_LIMITED", "TOKEN_EXPIRED"}
OVER = {"SESSION_CLOSED", "SESSION_EXPIRED"}
STRANGER = {"UNAUTHORIZED", "TOKEN_EXPIRED"}
# What connecting raises when a node goes away meanwhile; the client library lets some of its own
# surprises through, such as a frame that is no packet.
AWAY = (SocketIOError, aiohttp.ClientError, OSError, TimeoutError, ValueError, TypeError, KeyError)

Ack = dict[str, Any]


class Json:
    """The client library's JSON, by the faster one that the hub has anyway."""

    @staticmethod
    def dumps(value: Any, **_: Any) -> str:
        return msgspec.json.encode(value).decode()

    @staticmethod
    def loads(text: str, **_: Any) -> Any:
        return msgspec.json.decode(text)


class Packet(socketio.packet.Packet):
    """A packet written so. Given as `json=` the writer would be that of every client around."""

    json = Json


class GoneError(Exception):
    """The line broke before the answer came."""


class Office(msgspec.Struct, frozen=True):
    """What all lines share."""

    http: aiohttp.ClientSession
    ledger: Ledger
    gate: Gate
    home_tries: int = HOME_TRIES


class Line:
    """`join` is the command by which the client enters, `token` gets its token, anew if need be."""

    def __init__(
        self,
        office: Office,
        urls: list[str],
        token: Callable[[bool], Awaitable[str]],
        join: tuple[str, dict[str, Any]],
        screen: Screen,
    ) -> None:
        self.screen = screen
        self.url = urls[0]
        self.ended: str | None = None
        self._office, self._urls, self._token, self._join = office, urls, token, join
        self._live, self._gone, self._over = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self._waiting: set[asyncio.Future[Ack]] = set()
        self._sio: socketio.AsyncClient | None = None
        self._refused: str | None = None
        self._reset_told = self._renew = self._anew = False
        self._task: asyncio.Task[None] | None = None
        self._errands: set[asyncio.Task[None]] = set()

    async def open(self) -> "Line":
        self._task = asyncio.create_task(self._keep())
        async with asyncio.timeout(GIVE_UP_SECONDS):
            await self._live.wait()
            if self.ended:
                raise GoneError(f"the hub lets nobody in by {self._join}: {self.ended}")
            await self.screen.complete.wait()
        return self

    async def close(self) -> None:
        self._end("CLOSED")
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, *self._errands, return_exceptions=True)

    async def shown_out(self, seconds: float) -> bool:
        """Tell whether the hub ends this line within the time."""
        try:
            async with asyncio.timeout(seconds):
                await self._over.wait()
        except TimeoutError:
            return False
        return True

    async def ask(self, name: str, /, may: Collection[str] = (), **payload: Any) -> Ack:
        """Return a command's ack; sent again, under the same id, until it is answered.

        `may` are the codes by which it may well be refused.
        """
        ack, _, _ = await self._ask(name, may, payload)
        return ack

    async def look(self, name: str, /, **payload: Any) -> Ack:
        """Return the ack of a command that only reads; nobody notes it down."""
        return await self._answer(name, payload)

    async def order(self, may: Collection[str] = (), **payload: Any) -> Ack:
        """Place an order, timed from the tap."""
        ack, began, url = await self._ask("order:create", may, payload)
        self._office.ledger.placed(ack, began, url)
        return ack

    async def _ask(
        self, name: str, may: Collection[str], payload: dict[str, Any]
    ) -> tuple[Ack, float, str]:
        """Return the ack, when it was asked for, and at which node."""
        command_id = str(uuid4())
        async with self._office.gate.passing():
            began, url = perf_counter(), self.url
            ack = await self._answer(name, payload | {"commandId": command_id})
        self._office.ledger.answered(name, command_id, ack, began, may)
        return ack, began, url

    async def _answer(self, name: str, payload: dict[str, Any]) -> Ack:
        try:
            async with asyncio.timeout(GIVE_UP_SECONDS):
                return await self._insist(name, payload)
        except TimeoutError:
            return _refusal(UNANSWERED)

    async def _insist(self, name: str, payload: dict[str, Any]) -> Ack:
        while True:
            await self._live.wait()
            if self.ended or self._sio is None:
                return _refusal(self.ended or UNANSWERED)
            try:
                ack = await self._once(self._sio, name, payload)
            except (GoneError, SocketIOError, TimeoutError):
                self._hang_up()
                self._office.ledger.repeated += 1
                continue
            if ack["ok"] or ack["error"]["code"] not in PASSING:
                return ack
            await asyncio.sleep(ack["error"].get("retryAfterMs", 200) / 1000)

    async def _once(self, sio: socketio.AsyncClient, name: str, payload: dict[str, Any]) -> Ack:
        answer: asyncio.Future[Ack] = asyncio.get_running_loop().create_future()
        self._waiting.add(answer)
        try:
            await sio.emit(name, payload, callback=partial(_settle, answer))
            async with asyncio.timeout(ANSWER_SECONDS):  # `wait_for` may miss that it is cancelled
                return await answer
        finally:
            self._waiting.discard(answer)

    async def _keep(self) -> None:
        failures = 0
        while self.ended is None:
            away = max(0, failures - self._office.home_tries)
            self.url = self._urls[away % len(self._urls)]
            try:
                await self._visit()
                failures = 0
            except AWAY:
                failures += 1
            if self._refused in OVER:
                self._end(self._refused)
            self._renew = self._refused in STRANGER
            pause = min(FIRST_PAUSE * 2**failures, LONGEST_PAUSE)
            await asyncio.sleep(pause * random.uniform(0.5, 1))

    async def _visit(self) -> None:
        """Be connected once, from the connection to its end."""
        self._refused = None
        self._gone.clear()
        sio = self._sio = socketio.AsyncClient(
            reconnection=False,
            handle_sigint=False,
            http_session=self._office.http,
            serializer=Packet,
        )
        sio.on("*", partial(self._hear, sio))
        sio.on("connect_error", self._turned_away)
        sio.on("disconnect", partial(self._lost, sio))
        try:
            token = await self._token(self._renew)
            await sio.connect(
                self.url, auth={"token": token}, transports=["websocket"], wait_timeout=5
            )
            again = self.screen.seq is not None
            self.screen.node = self.url
            await self._enter(sio)
            self._office.ledger.returns += again
            self._live.set()
            await self._gone.wait()
        finally:
            self._hang_up()
            await sio.disconnect()

    async def _enter(self, sio: socketio.AsyncClient) -> None:
        name, payload = self._join
        since = None if self._anew else self.screen.seq
        given = payload if since is None else payload | {"since": since}
        answer: asyncio.Future[Ack] = asyncio.get_running_loop().create_future()
        await sio.emit(name, given, callback=partial(self._joined, answer, since))
        async with asyncio.timeout(ANSWER_SECONDS):
            ack = await answer
        if not ack["ok"]:
            self._refused = ack["error"]["code"]
            raise ValueError(f"{name} was refused: {ack['error']}")

    def _joined(self, answer: "asyncio.Future[Ack]", since: int | None, ack: Ack) -> None:
        # At once, not when the waiting task wakes up: events follow on its heels.
        if ack["ok"]:
            data = ack["data"]
            self._anew, self._reset_told = False, "reset" in data
            self.screen.joined(data["seq"], data, fresh=since is None or "reset" in data)
        _settle(answer, ack)

    def _hear(self, sio: socketio.AsyncClient, name: str, *args: Any) -> None:
        if sio is not self._sio:
            return
        data: Any = args[0] if args else None
        meta: Any = args[1] if len(args) > 1 else {}
        if "eventId" in meta:
            self.screen.hear(name, data, meta["seq"])
        elif name in ("orders:active", "orders:pending"):
            self.screen.show(data)
        else:
            self._told(name, data)

    def _told(self, name: str, data: Any) -> None:
        """Take what the hub says to this client alone."""
        loop = asyncio.get_running_loop()
        if name == "server:draining":
            loop.call_later(data["reconnectInMs"] / 1000, self._lost, self._sio)
        elif name == "auth:expired":
            task = loop.create_task(self._refresh())
            self._errands.add(task)
            task.add_done_callback(self._errands.discard)
        elif name == "sync:reset" and self._reset_told:
            self._reset_told = False  # the answer to the join told of it
        elif name == "sync:reset":
            self._anew = True
            self._hang_up()

    async def _refresh(self) -> None:
        await self.ask("auth:refresh", token=await self._token(True))

    def _turned_away(self, data: Any = None) -> None:
        self._refused = (data.get("data") or {}).get("code") if isinstance(data, dict) else None

    def _lost(self, sio: socketio.AsyncClient, *_: Any) -> None:
        if sio is self._sio:
            self._hang_up()

    def _hang_up(self) -> None:
        """Drop the connection; `_keep` makes another, and what waits is asked again."""
        self._gone.set()
        if self.ended is None:
            self._live.clear()
        for answer in self._waiting:
            if not answer.done():
                answer.set_exception(GoneError())

    def _end(self, code: str) -> None:
        self.ended = self.ended or code
        self._over.set()
        self._live.set()  # whoever waits for the line learns that there is none


def _settle(answer: "asyncio.Future[Ack]", ack: Ack) -> None:
    if not answer.done():
        answer.set_result(ack)


def _refusal(code: str) -> Ack:
    return {"ok": False, "error": {"code": code, "message": "", "details": []}}
