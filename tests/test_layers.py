"""One direction: hub -> handlers -> state, and in state store, live -> domain."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
OURS = ("hub", "handlers", "state", "scripts", "tests")
# Each room, and which of ours it may import.
ROOMS = {
    "state/domain": ("state.domain",),
    "state/store": ("state.domain", "state.store"),
    "state/live": ("state.domain", "state.live"),
    "handlers": ("state", "handlers"),
    "hub": ("state", "handlers", "hub"),
}
SOCKETS = ("socketio", "engineio")
# Those who speak Socket.IO; a handler speaks to nobody, though a provider may ask over HTTP.
# A node would start later for what is seldom wanted, or is an extra.
LATE = ("qrcode", "PIL", "typst", "stripe", "opentelemetry")
TRANSPORT = ("hub/engine/", "hub/door.py", "hub/connection.py")
FILES = [
    pytest.param(path, room, id=str(path.relative_to(ROOT)))
    for room in ROOMS
    for path in sorted((ROOT / room).rglob("*.py"))
]


def imports(tree: ast.AST) -> Iterator[str]:
    """Yield all that is imported, as `package.module` or `package.module.name`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, "imports are written in full"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def within(name: str, packages: tuple[str, ...]) -> bool:
    return any(f"{name}.".startswith(f"{package}.") for package in packages)


@pytest.mark.parametrize(("path", "room"), FILES)
def test_a_file_imports_only_from_its_own_room_and_those_below(path: Path, room: str) -> None:
    file = path.relative_to(ROOT).as_posix()
    for name in imports(ast.parse(path.read_text())):
        assert not within(name, OURS) or within(name, ROOMS[room]), f"{file} imports {name}"
        if room == "state/domain":
            allowed = within(name, (*sys.stdlib_module_names, "msgspec", "state.domain"))
            assert allowed, f"{file} imports {name}: the rules know no engine"
        if room != "hub":
            assert not within(name, ("aiohttp.web",)), f"{file} imports {name}"
        if not file.startswith(TRANSPORT):
            assert not within(name, SOCKETS), f"{file} imports {name}"


@pytest.mark.parametrize(("path", "room"), FILES)
def test_what_few_need_is_imported_when_they_need_it(path: Path, room: str) -> None:
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            for name in imports(node):
                assert not within(name, LATE), f"{path.relative_to(ROOT)} imports {name} at once"


@pytest.mark.parametrize(("path", "room"), [f for f in FILES if f.values[1] == "state/domain"])
def test_the_rules_never_wait(path: Path, room: str) -> None:
    waiting = (ast.AsyncFunctionDef, ast.Await, ast.AsyncFor, ast.AsyncWith)
    lines = [
        node.lineno for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, waiting)
    ]
    assert not lines, f"{path.relative_to(ROOT)} waits in lines {lines}"
