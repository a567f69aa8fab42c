"""Find the servers that only tests need, or fetch them: Debian's packages, unpacked in .data.

Never installed: an installed server would at once serve the machine; and only root could do it.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

DATA = Path(__file__).resolve().parent.parent / ".data"
OURS = DATA / "debian"
PLACES = (
    os.environ.get("PATH", os.defpath),
    "/usr/sbin",
    "/usr/local/sbin",
    f"{OURS}/usr/sbin",
    f"{OURS}/usr/bin",
)
PROGRAMS = {"nginx": "-v", "redis-server": "--version"}  # by the name of their package


def path_of(program: str) -> str | None:
    """The machine's own, else the one fetched."""
    return shutil.which(program, path=os.pathsep.join(PLACES))


def environment() -> dict[str, str]:
    """What a program needs to find the libraries that were fetched with it."""
    folders = [str(folder) for folder in OURS.glob("**/lib/*-linux-*")]
    known = [path for path in [os.environ.get("LD_LIBRARY_PATH")] if path]
    return {**os.environ, "LD_LIBRARY_PATH": os.pathsep.join([*folders, *known])}


def works(program: str) -> bool:
    path = path_of(program)
    return path is not None and run(path, PROGRAMS[program])


def fetch(packages: Sequence[str]) -> bool:
    """Fetch packages and what they need and the machine lacks, as anybody may."""
    print(f"debian: fetching {', '.join(packages)}", file=sys.stderr)
    if not (shutil.which("apt-get") and shutil.which("dpkg")):
        return False
    DATA.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=DATA) as name:
        folder = Path(name)
        if not download(folder, packages):
            return False
        for package in (folder / "cache" / "archives").glob("*.deb"):
            run("dpkg", "-x", str(package), str(OURS))
    return all(works(package) for package in packages)


def unpack(packages: Sequence[str], into: Path) -> bool:
    """Fetch packages into a folder of their own, in place of what is there."""
    print(f"{into.name}: fetching", file=sys.stderr)
    DATA.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=DATA) as name:
        folder = Path(name)
        if not (shutil.which("apt-get") and download(folder, packages)):
            return False
        for package in (folder / "cache" / "archives").glob("*.deb"):
            run("dpkg", "-x", str(package), str(folder / "root"))
        shutil.rmtree(into, ignore_errors=True)
        (folder / "root").rename(into)
    return True


def download(folder: Path, packages: Sequence[str]) -> bool:
    """Let apt work in a folder of ours, on lists of its own: the machine may have none."""
    for needed in ("lists/partial", "cache/archives/partial"):
        (folder / needed).mkdir(parents=True)
    options = {
        "Dir::State::Lists": folder / "lists",
        "Dir::Cache": folder / "cache",
        "Debug::NoLocking": "true",
        "APT::Sandbox::User": "root",  # apt's own user may not write here
    }
    apt = ["apt-get", "-qq", *(f"-o{name}={value}" for name, value in options.items())]
    get = ("install", "--yes", "--download-only", "--no-install-recommends", *packages)
    return run(*apt, "update") and run(*apt, *get)


def run(*command: str) -> bool:
    done = subprocess.run(command, check=False, env=environment(), capture_output=True, text=True)
    if done.returncode != 0:
        print(done.stderr, file=sys.stderr)
    return done.returncode == 0


if __name__ == "__main__":
    missing = [program for program in PROGRAMS if not works(program)]
    if missing and not fetch(missing):
        sys.exit(f"debian: not fetched; install {', '.join(missing)} yourself and try again")
