"""A test that hangs is named and ended, wherever it hangs, and with it the run."""

import asyncio
import os
import re
import sys
from pathlib import Path

SETTINGS = """
[pytest]
asyncio_mode = auto
asyncio_default_fixture_loop_scope = function
faulthandler_timeout = 2
faulthandler_exit_on_timeout = true
"""
WAITS = """
import asyncio

async def long_wait():
    print("before it waited")
    await asyncio.Event().wait()
"""
CALL = f"""{WAITS}
async def test_that_hangs():
    await long_wait()
"""
AFTER_FAILURE = f"""{WAITS}
import pytest

@pytest.fixture
async def slow():
    yield
    await long_wait()

async def test_that_hangs(slow):
    assert False
"""
GIL = """
import ctypes

def long_wait():
    ctypes.PyDLL(None).sleep(600)

def test_that_hangs():
    long_wait()
"""
FINE = """
async def test_that_is_fine():
    pass
"""


async def run(folder: Path, hanging: str, *options: str) -> tuple[int, str]:
    """Run such a test and a good one; return pytest's exit code, and all that it says."""
    (folder / "pytest.ini").write_text(SETTINGS)
    (folder / "test_a.py").write_text(hanging)
    (folder / "test_b.py").write_text(FINE)
    plugins = ("-p", "tests.hangs", "-p", "pytest_asyncio.plugin", "-p", "xdist.plugin")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "pytest", "-v", *plugins, *options, str(folder)),
        cwd=Path(__file__).parents[1],
        env={**os.environ, "PYTEST_ADDOPTS": "", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, output.decode()


async def test_a_hanging_test_is_named_and_shown(tmp_path: Path) -> None:
    code, said = await run(tmp_path, AFTER_FAILURE)
    assert code == 1
    assert "test_a.py::test_that_hangs hangs: it has not ended within" in said
    assert "in long_wait" in said
    assert "before it waited" in said


async def test_one_that_holds_the_interpreter_is_ended_as_well(tmp_path: Path) -> None:
    code, said = await run(tmp_path, GIL)
    assert code == 1
    assert "in long_wait" in said


async def test_a_run_of_several_processes_ends_with_its_name(tmp_path: Path) -> None:
    options = ("-n", "2", "--dist", "loadfile", "--max-worker-restart", "0")
    code, said = await run(tmp_path, CALL, *options)
    assert code == 1
    assert "test_a.py::test_that_hangs hangs: it has not ended within" in said
    assert re.search("crashed while running .*test_a.py::test_that_hangs", said)
    assert "1 failed, 1 passed" in said
