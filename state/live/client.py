"""The client of Redis as all others use it: what it is, how it fails, what it runs."""

from pathlib import Path

from state.live.connection import UNREACHABLE
from state.live.servers import Servers, connect

__all__ = ["UNREACHABLE", "Servers", "connect", "script"]

LUA = Path(__file__).parent / "lua"


def script(name: str) -> str:
    return (LUA / f"{name}.lua").read_text()
