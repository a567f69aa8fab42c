"""A test that hangs is named, shown, and ended with the process that it runs in.

`faulthandler_timeout` in pyproject.toml says after how many seconds. The timer of that name that
pytest has comes last, for what keeps the interpreter itself from going on: it does not know where a
coroutine waits, and is taken away from the teardown of a test that has failed. What runs below the
process ends with it. scripts/test then ends too, once the other processes have done what they hold:
by files, xdist 3.8 does not go on with a new process, but waits for ever (its issues 1323, 1327).
"""

import asyncio
import faulthandler
import gc
import inspect
import os
import signal
import sys
import traceback
from collections.abc import Generator, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

SHARE = 0.95  # of those seconds: before pytest's own timer ends the process without a word
HERE = str(Path(__file__).parent)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """End the process where a test, with its fixtures, takes too long."""
    seconds = SHARE * float(item.config.getini("faulthandler_timeout"))
    signal.signal(signal.SIGALRM, lambda *_: end(item, seconds))
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        return (yield)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def end(item: pytest.Item, seconds: float) -> None:
    """Say which test hangs and where, and end this process."""
    capture: Any = item.config.pluginmanager.getplugin("capturemanager")
    capture.suspend_global_capture(in_=True)
    output, error = capture.read_global_capture()
    say = sys.__stderr__
    assert say is not None
    print(f"\n\n{item.nodeid} hangs: it has not ended within {seconds:g} s", file=say)
    for number, stack in enumerate(waiting(HERE, str(item.path), "pytest_asyncio"), 1):
        print(f"\nTask {number} waits in", "".join(stack.format()), sep="\n", end="", file=say)
    print(f"\nIt has written:\n{output}{error}", file=say, flush=True)
    faulthandler.dump_traceback(say)
    os._exit(1)


def waiting(*files: str) -> Iterator[traceback.StackSummary]:
    """Return where tasks wait that came through such files, the innermost call last.

    Not all of them: nodes that run in this process have hundreds.
    """
    try:
        tasks = asyncio.all_tasks()
    except RuntimeError:  # no loop runs: the threads' stacks say it all
        return
    for task in tasks:
        stack = traceback.StackSummary.extract((f, f.f_lineno) for f in frames(task.get_coro()))
        if any(file in call.filename for file in files for call in stack):
            yield stack


def frames(awaited: Any) -> Iterator[FrameType]:
    """Go from a coroutine to what it awaits, and so on."""
    while awaited is not None:
        if type(awaited).__name__ == "async_generator_asend":  # it keeps its generator to itself
            awaited = next(filter(inspect.isasyncgen, gc.get_referents(awaited)), None)
        kind = next((k for k in ("cr", "ag", "gi") if getattr(awaited, f"{k}_frame", None)), None)
        if kind is None:
            return
        yield getattr(awaited, f"{kind}_frame")
        awaited = getattr(awaited, "gi_yieldfrom" if kind == "gi" else f"{kind}_await")
