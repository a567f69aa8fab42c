"""Fetch eSpeak NG, which reads texts out on this machine: Debian's package, with its data.

Unpacked in .data/espeak and never installed; ESPEAK_HOME names that folder.
"""

import shutil
import sys

from scripts import debian

OURS = debian.DATA / "espeak"
PACKAGES = ("espeak-ng",)


def home() -> str:
    """Return what ESPEAK_HOME is to be: empty where nothing was fetched."""
    return str(OURS) if (OURS / "usr/bin/espeak-ng").exists() else ""


def is_there() -> bool:
    """Tell whether the hub would find it, installed or fetched."""
    return bool(home() or shutil.which("espeak-ng"))


if __name__ == "__main__" and not (is_there() or debian.unpack(PACKAGES, OURS)):
    sys.exit("espeak: it could not be fetched; install it, or do without")
