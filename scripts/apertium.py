"""Fetch Apertium, which translates a few pairs of languages on this machine, with their data.

Debian's packages, unpacked in .data/apertium and never installed; APERTIUM_HOME names that folder.
"""

import shutil
import sys
from pathlib import Path

from scripts import debian

OURS = debian.DATA / "apertium"
PACKAGES = ("apertium", "apertium-eng-spa", "apertium-fr-es")
SHARE = "/usr/share/apertium"


def home() -> str:
    """Return what APERTIUM_HOME is to be: empty where nothing was fetched."""
    return str(OURS) if (OURS / "usr/bin/apertium").exists() else ""


def is_there() -> bool:
    """Tell whether the hub would find it, installed or fetched."""
    return bool(home() or shutil.which("apertium"))


def fetch() -> bool:
    if not debian.unpack(PACKAGES, OURS):
        return False
    for mode in Path(f"{OURS}{SHARE}/modes").glob("*.mode"):
        mode.write_text(mode.read_text().replace(SHARE, f"{OURS}{SHARE}"))
    return True


if __name__ == "__main__" and not (is_there() or fetch()):
    sys.exit("apertium: it could not be fetched; install it, or do without")
