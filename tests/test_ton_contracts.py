"""Our contracts of TON, compiled and run by the chain's own virtual machine, in Node."""

import asyncio
from pathlib import Path

from scripts.mishaps.javascript import node

ROOT = Path(__file__).parents[1]
FILES = sorted((ROOT / "tests/ton").glob("*.test.mjs"))
SECONDS = 240.0  # a few, where nobody else works
FIRST = "the code that is deployed is the one that is written"


async def test_the_contracts_do_what_they_promise_and_nothing_else() -> None:
    """One process for all files: the compiler and the machine take a second to start."""
    script = "".join(f"await import({str(each)!r});\n" for each in FILES)
    running = await asyncio.create_subprocess_exec(
        *(node(), "--test-reporter=spec", "--input-type=module", "-e", script),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        async with asyncio.timeout(SECONDS):
            told, _ = await running.communicate()
    finally:
        if running.returncode is None:
            running.kill()
            await running.wait()
    assert running.returncode == 0, told.decode()
    assert f"✔ {FIRST}" in told.decode()
