"""Fetch packages of Debian's as anybody may: unpacked into a folder of ours, never installed."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

DATA = Path(__file__).resolve().parent.parent / ".data"


def fetch(into: Path, *packages: str) -> bool:
    """Unpack packages, and what they need and the machine lacks; tell whether that went well."""
    if not (shutil.which("apt-get") and shutil.which("dpkg")):
        return False
    DATA.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=DATA) as name:
        folder = Path(name)
        if not _download(folder, packages):
            return False
        for package in (folder / "cache" / "archives").glob("*.deb"):
            run("dpkg", "-x", str(package), str(folder / "root"))
        shutil.rmtree(into, ignore_errors=True)
        (folder / "root").rename(into)
    return True


def libraries(folder: Path) -> dict[str, str]:
    """Return the environment in which programs find the libraries fetched with them."""
    folders = [str(found) for found in folder.glob("**/lib/*-linux-*")]
    known = [path for path in [os.environ.get("LD_LIBRARY_PATH")] if path]
    return {**os.environ, "LD_LIBRARY_PATH": os.pathsep.join([*folders, *known])}


def run(*command: str, env: Mapping[str, str] | None = None) -> bool:
    done = subprocess.run(command, check=False, env=env, capture_output=True, text=True)
    if done.returncode != 0:
        print(done.stderr, file=sys.stderr)
    return done.returncode == 0


def _download(folder: Path, packages: tuple[str, ...]) -> bool:
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
