"""Programs of this machine that read a text and write their answer, each run for one text."""

import asyncio
from collections.abc import Mapping, Sequence

from handlers.providers.errors import UnavailableError


async def answer_of(
    name: str, command: Sequence[str], text: str, environment: Mapping[str, str], seconds: float
) -> bytes:
    """Return what a program makes of a text.

    Raises UnavailableError where it takes longer than so many seconds, or fails.
    """
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env=environment,
    )
    try:
        async with asyncio.timeout(seconds):
            out, _ = await process.communicate(text.encode())
    except BaseException as exc:
        process.kill()
        await process.wait()
        if isinstance(exc, TimeoutError):
            raise UnavailableError(f"{name} took too long") from exc
        raise
    if process.returncode != 0:
        raise UnavailableError(f"{name} ended with {process.returncode}")
    return out
