"""The client of Redis as all others use it: what it is, how it fails, what it runs."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from redis.exceptions import NoScriptError

from state.live.connection import UNREACHABLE
from state.live.servers import Servers, connect

__all__ = ["UNREACHABLE", "Script", "Servers", "connect"]

LUA = Path(__file__).parent / "lua"


class Script:
    """A Lua script by its file's name, without `.lua`; whether it `publishes` what it does."""

    def __init__(self, name: str, *, publishes: bool = False) -> None:
        self._publishes = publishes
        self._text = (LUA / f"{name}.lua").read_bytes()
        self._sha = hashlib.sha1(self._text, usedforsecurity=False).hexdigest()

    async def run(
        self, redis: Servers, names: Sequence[str], args: Sequence[str | bytes | int]
    ) -> Any:
        """Run it where the first of its keys is; the server is given the text when it asks."""
        rest, publishes = (len(names), *names, *args), self._publishes
        try:
            return await redis.call(names[0], "EVALSHA", self._sha, *rest, publishes=publishes)
        except NoScriptError:
            return await redis.call(names[0], "EVAL", self._text, *rest, publishes=publishes)
