"""Windows of a Chromium that is asked as little as can be while a page is measured.

Whoever watches a page costs it time: what a test's browser library listens to made a guest's page
on a mid phone seen in 740 ms, which is 320 ms without it.
"""

import asyncio
import itertools
import os
import tempfile
from asyncio.subprocess import DEVNULL
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import msgspec

from scripts.benches.machine import CORES
from scripts.browser import LAUNCH_ARGS, executable

# Without a graphics processor; a certificate may be of the bench's own.
ARGS = (
    "--headless",
    "--hide-scrollbars",
    "--disable-gpu",
    "--ignore-certificate-errors",
    "--remote-debugging-pipe",  # it listens on descriptor 3, speaks on 4, and ends with them
)
END = b"\0"  # of a message
MOST_BYTES = 256 * 1024 * 1024  # in one: traces are long
PATIENCE_SECONDS = 60.0

Listener = Callable[[dict[str, Any]], None]


class BrowserError(Exception):
    """The browser refused a command, or a page's script failed."""


class Browser:
    """Speaks the Chrome DevTools Protocol over the browser's two pipes."""

    def __init__(self, said: asyncio.StreamReader, ask: asyncio.WriteTransport) -> None:
        self._said, self._ask = said, ask
        self._numbers = itertools.count(1)
        self._asked: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self.listeners: dict[tuple[str, str], Listener] = {}  # by session and event

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
        self._ask.write(msgspec.json.encode(command) + END)
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
        with suppress(asyncio.IncompleteReadError):  # so a pipe ends
            while True:
                self._hear(msgspec.json.decode((await self._said.readuntil(END))[:-1]))
        for waiting in self._asked.values():
            if not waiting.done():
                waiting.set_exception(BrowserError("the browser has ended"))

    def _hear(self, said: dict[str, Any]) -> None:
        if "id" in said:
            self._answer(said)
        elif listener := self.listeners.get((said.get("sessionId", ""), said["method"])):
            listener(said["params"])

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
        """Hand an event to this listener from now on, and to none that was there before."""
        self._browser.listeners[self._session, event] = listener

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
    program = await asyncio.to_thread(executable)
    loop = asyncio.get_running_loop()
    (its_in, our_out), (our_in, its_out) = os.pipe(), os.pipe()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        process = await asyncio.create_subprocess_exec(
            *("bash", "-c", f'exec "$0" "$@" 3<&{its_in} 4>&{its_out}'),
            *(program, *LAUNCH_ARGS, *ARGS, f"--user-data-dir={home}"),
            pass_fds=(its_in, its_out),
            stdout=DEVNULL,
            stderr=DEVNULL,
        )
        os.close(its_in)
        os.close(its_out)
        said = asyncio.StreamReader(limit=MOST_BYTES)
        protocol = asyncio.StreamReaderProtocol(said)
        await loop.connect_read_pipe(lambda: protocol, os.fdopen(our_in, "rb"))
        ask, _ = await loop.connect_write_pipe(asyncio.Protocol, os.fdopen(our_out, "wb"))
        opened = Browser(said, ask)
        listening = asyncio.create_task(opened.listen())
        try:
            yield opened
        finally:
            ask.close()
            await process.wait()
            await listening
