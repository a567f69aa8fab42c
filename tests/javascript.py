"""Runs a script of tests/js by Node, with the official client; it gets and gives one JSON value."""

import asyncio
import json
from pathlib import Path
from typing import Any

from scripts.mishaps.javascript import node

SCRIPTS = Path(__file__).parent / "js"
SECONDS = 30.0


async def run(script: str, given: dict[str, Any]) -> Any:
    process = await asyncio.create_subprocess_exec(
        *(node(), str(SCRIPTS / script), json.dumps(given)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(SECONDS):
            told, wrong = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0, wrong.decode()
    return json.loads(told)
