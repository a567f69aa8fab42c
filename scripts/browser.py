"""Find a Chromium for the tests, or install one."""

import os
import shutil
import subprocess
import sys

# The browser without its own interface: a new window costs a third of what the whole one takes.
SHELL = "chromium-headless-shell"
NAMES = (SHELL, "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

# A browser under test talks to the hub and to nobody else; as root it cannot build its own sandbox.
LAUNCH_ARGS = [
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-quic",
    *(["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []),
]


def chromium_path() -> str | None:
    """The machine's own Chromium; None means the one that Playwright fetched."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def fetched() -> str | None:
    """The one that Playwright fetched, if it has."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if os.path.exists(path) else None


def executable() -> str:
    """The program of a Chromium; scripts/setup has seen to it that there is one."""
    path = chromium_path() or fetched()
    if path is None:
        raise RuntimeError("there is no Chromium here; scripts/browser.py installs one")
    return path


def run(*command: str) -> bool:
    return subprocess.run(command, check=False, stdout=subprocess.DEVNULL).returncode == 0


def from_debian() -> bool:
    """Debian's package, where we may install it."""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return False
    print("browser: installing Chromium", file=sys.stderr)
    os.environ["DEBIAN_FRONTEND"] = "noninteractive"
    run("apt-get", "update", "-qq")
    return run("apt-get", "install", "-y", "-qq", "--no-install-recommends", SHELL)


def download() -> bool:
    print("browser: fetching Chromium", file=sys.stderr)
    return run(sys.executable, "-m", "playwright", "install", "chromium")


def main() -> None:
    ready = shutil.which(SHELL) or from_debian() or chromium_path() or fetched() or download()
    if not ready:
        sys.exit("browser: no Chromium could be installed; install chromium yourself and try again")


if __name__ == "__main__":
    main()
