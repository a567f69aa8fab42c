"""The programs in C, built where they are needed first; what is built is kept in .data/bench."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from scripts.supervise import ROOT

SOURCES = Path(__file__).with_name("native")
BUILT = ROOT / ".data" / "bench"


def program(name: str) -> Path:
    """Return a program, built from its present source."""
    source, built = SOURCES / f"{name}.c", BUILT / name
    if not built.exists() or built.stat().st_mtime < source.stat().st_mtime:
        _build(source, built)
    return built


def _build(source: Path, built: Path) -> None:
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None or not sys.platform.startswith("linux"):
        sys.exit(
            "This bench needs Linux and a C compiler named cc or gcc (Debian: apt-get install gcc)."
        )
    built.parent.mkdir(parents=True, exist_ok=True)
    new = built.with_name(f"{built.name}.{os.getpid()}")  # two benches may build at once
    flags = ["-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror"]
    subprocess.run([compiler, *flags, "-o", str(new), str(source)], check=True)
    new.replace(built)
