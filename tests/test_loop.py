"""Background tasks end when they are told to."""

import asyncio
from contextlib import suppress

from hub.loop import Loop


async def test_a_loop_ends_though_its_work_has_missed_that_it_should() -> None:
    begun = asyncio.Event()

    async def work() -> None:
        begun.set()
        with suppress(asyncio.CancelledError):  # as `wait_for` may do before Python 3.12
            await asyncio.sleep(60)
        await asyncio.sleep(60)

    loop = Loop("deaf", work, every=1)
    loop.start()
    await begun.wait()
    async with asyncio.timeout(30):
        await loop.close()
