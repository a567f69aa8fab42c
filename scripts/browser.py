"""Find a Chromium for the tests, or install one."""

import os
import shutil
import subprocess
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

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


def fetched() -> bool:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        return os.path.exists(playwright.chromium.executable_path)


def run(*command: str) -> bool:
    return subprocess.run(command, check=False, stdout=subprocess.DEVNULL).returncode == 0


def install() -> bool:
    """Debian's package where we may install it, else Playwright's download."""
    print("browser: installing Chromium", file=sys.stderr)
    if os.geteuid() == 0 and shutil.which("apt-get"):
        os.environ["DEBIAN_FRONTEND"] = "noninteractive"
        run("apt-get", "update", "-qq")
        if run("apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"):
            return True
    return run(sys.executable, "-m", "playwright", "install", "chromium")


if __name__ == "__main__" and not (chromium_path() or fetched() or install()):
    sys.exit("browser: no Chromium could be installed; install chromium yourself and try again")
