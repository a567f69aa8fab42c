"""What the numbers were measured on, and how busy it was with other things."""

import os
import platform
from pathlib import Path
from typing import Any


def machine() -> dict[str, Any]:
    return {
        "cores": len(CORES),
        "cpu": cpu(),
        "python": platform.python_version(),
        "loadBefore": LOAD_BEFORE,
    }


def cpu() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


# Taken at the import, before we tie ourselves to a core and add to the load.
CORES = sorted(os.sched_getaffinity(0))
LOAD_BEFORE = round(os.getloadavg()[0], 2)
