"""Do the screens show what a newcomer is shown? Each board against a fresh one on another node."""

import asyncio
from time import monotonic
from typing import Any

from scripts.lunch.line import GoneError
from scripts.lunch.screens import Opened, Screens

AT_ONCE = 16
LEAVE_SECONDS = 5.0
# The last events may still be on their way, and a screen on its way back to a node that restarted.
PATIENCE_SECONDS, PAUSE_SECONDS = 20.0, 0.25


async def differing(screens: Screens) -> tuple[int, list[str]]:
    """Return how many boards were compared, and whose differ from a fresh one."""
    crowd = asyncio.Semaphore(AT_ONCE)
    in_use = [one for one in screens.all if one.line.ended is None]
    differ = await asyncio.gather(*(_differs(one, screens, crowd) for one in in_use))
    return len(in_use), [one.kind.who for one, bad in zip(in_use, differ, strict=True) if bad]


async def _differs(one: Opened, screens: Screens, crowd: asyncio.Semaphore) -> bool:
    async with crowd:
        late = monotonic() + PATIENCE_SECONDS
        while monotonic() < late:
            try:
                if await _fresh(one, screens) == one.line.screen.shown():
                    return False
            except GoneError:  # the table was closed just now; its guests are on their way out
                return not await one.line.shown_out(LEAVE_SECONDS)
            await asyncio.sleep(PAUSE_SECONDS)
    return True


async def _fresh(one: Opened, screens: Screens) -> dict[str, Any]:
    """Return what a newcomer is shown."""
    newcomer = screens.line(one.kind, one.home + 1)
    try:
        await newcomer.open()
        return newcomer.screen.shown()
    finally:
        await newcomer.close()
