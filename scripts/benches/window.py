"""Windows of a Chromium that is asked as little as can be while a page is measured.

Whoever watches a page costs it time: what a test's browser library listens to made a guest's page
on a mid phone seen in 740 ms, which is 320 ms without it.
"""

import asyncio
import itertools
import os
import signal
import tempfile
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import msgspec

from hub.embedded.processes import end, spawn, tail
from scripts.benches.machine import CORES
from scripts.browser import LAUNCH_ARGS, executable
from scripts.supervise import READY_SECONDS

# Without a graphics processor; a certificate may be of the bench's own.
ARGS = ("--headless", "--hide-scrollbars", "--disable-gpu", "--ignore-certificate-errors")
LOOK_SECONDS = 0.05
PATIENCE_SECONDS = 60.0

Listener = Callable[[dict[str, Any]], None]


class BrowserError(Exception):
    """The browser refused a command, or a page's script failed."""


class Browser:
    """Speaks the Chrome DevTools Protocol over the browser's one WebSocket."""

    def __init__(self, ws: aiohttp.ClientWebSocketResponse) -> None:
        self._ws = ws
        self._numbers = itertools.count(1)
        self._asked: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self.listeners: defaultdict[tuple[str, str], list[Listener]] = defaultdict(list)

    async def open(self, width: int, height: int) -> "Window":
        """Return a new window, of a profile of its own."""
        profile = (await self.send("Target.createBrowserContext"))["browserContextId"]
        size = {"width": width, "height": height}
        place = {"url": "about:blank", "browserContextId": profile, **size}
        target = (await self.send("Target.createTarget", **place))["targetId"]
        attached = await self.send("Target.attachToTarget", targetId=target, flatten=True)
        window = Window(self, profile, attached["sessionId"])
        await window.send("Page.enable")
        return window

    async def send(self, method: str, session: str = "", **params: Any) -> dict[str, Any]:
        """Send a command, to a window where it has a session; return its result."""
        number = next(self._numbers)
        answer = self._asked[number] = asyncio.get_running_loop().create_future()
        to = {"sessionId": session} if session else {}
        command = {"id": number, "method": method, "params": params, **to}
        await self._ws.send_str(msgspec.json.encode(command).decode())
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                reply = await answer
        except TimeoutError:
            raise BrowserError(f"{method}: no answer in {PATIENCE_SECONDS:.0f} s") from None
        if "error" in reply:
            raise BrowserError(f"{method}: {reply['error']['message']}")
        result: dict[str, Any] = reply["result"]
        return result

    async def listen(self) -> None:
        """Hand out what the browser says, until it has ended."""
        async for message in self._ws:
            said = msgspec.json.decode(message.data)
            if "id" in said:
                self._answer(said)
            else:
                for listener in self.listeners[said.get("sessionId", ""), said["method"]]:
                    listener(said["params"])
        for waiting in self._asked.values():
            if not waiting.done():
                waiting.set_exception(BrowserError("the browser has ended"))

    def _answer(self, reply: dict[str, Any]) -> None:
        waiting = self._asked.pop(reply["id"])
        if not waiting.done():  # nobody waits any more
            waiting.set_result(reply)


class Window:
    """A page, and what it is told."""

    def __init__(self, browser: Browser, profile: str, session: str) -> None:
        self._browser, self._profile, self._session = browser, profile, session

    async def send(self, method: str, **params: Any) -> dict[str, Any]:
        return await self._browser.send(method, self._session, **params)

    def on(self, event: str, listener: Listener) -> None:
        self._browser.listeners[self._session, event].append(listener)

    async def goto(self, url: str) -> None:
        """Begin to open a page."""
        await self.send("Page.navigate", url=url)

    async def evaluate(self, function: str, argument: object = None) -> Any:
        """Return what a function of JavaScript returns or resolves to, in the page.

        It runs as if a finger had called it: a page may make sounds then.
        """
        script = f"({function})({msgspec.json.encode(argument).decode()})"
        how = {"awaitPromise": True, "returnByValue": True, "userGesture": True}
        answer = await self.send("Runtime.evaluate", expression=script, **how)
        if "exceptionDetails" in answer:
            raise BrowserError(msgspec.json.encode(answer["exceptionDetails"]).decode())
        return answer["result"].get("value")

    async def close(self) -> None:
        await self._browser.send("Target.disposeBrowserContext", browserContextId=self._profile)


@asynccontextmanager
async def browser() -> AsyncIterator[Browser]:
    """Run a Chromium on all cores: it is no load generator."""
    os.sched_setaffinity(0, CORES)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        home, log = Path(folder), Path(folder, "chromium.log")
        where = ("--remote-debugging-port=0", f"--user-data-dir={home}", "about:blank")
        program = await asyncio.to_thread(executable)
        process = spawn([program, *LAUNCH_ARGS, *ARGS, *where], log=log, end=signal.SIGKILL)
        listening: asyncio.Task[None] | None = None
        try:
            url = await _address(home / "DevToolsActivePort", log)
            async with aiohttp.ClientSession() as http, http.ws_connect(url, max_msg_size=0) as ws:
                opened = Browser(ws)
                listening = asyncio.create_task(opened.listen())
                yield opened
        finally:
            await end(process, (signal.SIGTERM, 5))
            if listening:
                await listening


async def _address(written: Path, log: Path) -> str:
    """Return where a browser listens, which it writes down when it is there."""
    deadline = time.monotonic() + READY_SECONDS
    while True:
        match _lines(written):
            case [port, path]:
                return f"ws://127.0.0.1:{port}{path}"
        if time.monotonic() > deadline:
            raise RuntimeError(f"Chromium did not start; its log ends:\n{tail(log)}")
        await asyncio.sleep(LOOK_SECONDS)


def _lines(file: Path) -> list[str]:
    return file.read_text().splitlines() if file.exists() else []
