"""Find an nginx for the tests, or fetch one: Debian's package, unpacked in .data, never installed.

Installed, it would at once serve the machine's port 80; and only root could do it.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

DATA = Path(__file__).resolve().parent.parent / ".data"
OURS = DATA / "proxy"
PLACES = (os.environ.get("PATH", os.defpath), "/usr/sbin", "/usr/local/sbin", f"{OURS}/usr/sbin")


def nginx_path() -> str | None:
    """The machine's own nginx, else the one fetched."""
    return shutil.which("nginx", path=os.pathsep.join(PLACES))


def environment() -> dict[str, str]:
    """What nginx needs to find the libraries that were fetched with it."""
    folders = [str(folder) for folder in OURS.glob("**/lib/*-linux-*")]
    known = [path for path in [os.environ.get("LD_LIBRARY_PATH")] if path]
    return {**os.environ, "LD_LIBRARY_PATH": os.pathsep.join([*folders, *known])}


def fetch() -> bool:
    """Fetch nginx and what it needs and the machine lacks, as anybody may."""
    print("proxy: fetching nginx", file=sys.stderr)
    if not (shutil.which("apt-get") and shutil.which("dpkg")):
        return False
    DATA.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=DATA) as name:
        folder = Path(name)
        if not download(folder):
            return False
        for package in (folder / "cache" / "archives").glob("*.deb"):
            run("dpkg", "-x", str(package), str(folder / "root"))
        shutil.rmtree(OURS, ignore_errors=True)
        (folder / "root").rename(OURS)
    return works()


def download(folder: Path) -> bool:
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
    get = ("install", "--yes", "--download-only", "--no-install-recommends", "nginx")
    return run(*apt, "update") and run(*apt, *get)


def works() -> bool:
    path = nginx_path()
    return path is not None and run(path, "-v")


def run(*command: str) -> bool:
    done = subprocess.run(command, check=False, env=environment(), capture_output=True, text=True)
    if done.returncode != 0:
        print(done.stderr, file=sys.stderr)
    return done.returncode == 0


if __name__ == "__main__" and not (works() or fetch()):
    sys.exit("proxy: no nginx could be fetched; install nginx yourself and try again")
