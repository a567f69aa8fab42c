"""A line on which both sides speak at once: what was recorded goes out while words come back."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


async def both(sending: Coroutine[Any, Any, None], hearing: Coroutine[Any, Any, T]) -> T:
    """Return what was heard, when all was sent; whichever fails first ends the other."""
    out, back = asyncio.create_task(sending), asyncio.create_task(hearing)
    try:
        await asyncio.wait({out, back}, return_when=asyncio.FIRST_EXCEPTION)
        for task in (back, out):
            if task.done():
                task.result()
        return await back
    finally:
        for task in (out, back):
            task.cancel()
        await asyncio.gather(out, back, return_exceptions=True)
