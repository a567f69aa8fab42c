"""Runs JavaScript by Node: a script of tests/js, which gets and gives one JSON value, or any."""

import asyncio
import json
from pathlib import Path
from typing import Any

from scripts.mishaps.javascript import node

ROOT = Path(__file__).parents[1]
SCRIPTS = ROOT / "tests" / "js"
SECONDS = 90.0


async def run(script: str, given: dict[str, Any]) -> Any:
    """Run a script with the official client; return what it gives."""
    return json.loads(await told(str(SCRIPTS / script), json.dumps(given)))


async def told(*arguments: str, seconds: float = SECONDS) -> str:
    """Run Node in the project's folder until it ends; return what it wrote, or fail with all."""
    process = await asyncio.create_subprocess_exec(
        *(node(), *arguments),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(seconds):
            out, wrong = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0, (out + wrong).decode()
    return out.decode()
