"""Find an nginx for the tests, or fetch one: Debian's package, unpacked in .data, never installed.

Installed, it would at once serve the machine's port 80; and only root could do it.
"""

import os
import shutil
import sys

from scripts import debian

OURS = debian.DATA / "proxy"
PLACES = (os.environ.get("PATH", os.defpath), "/usr/sbin", "/usr/local/sbin", f"{OURS}/usr/sbin")


def nginx_path() -> str | None:
    """The machine's own nginx, else the one fetched."""
    return shutil.which("nginx", path=os.pathsep.join(PLACES))


def environment() -> dict[str, str]:
    """What nginx needs to find the libraries that were fetched with it."""
    return debian.libraries(OURS)


def works() -> bool:
    path = nginx_path()
    return path is not None and debian.run(path, "-v", env=environment())


def fetch() -> bool:
    print("proxy: fetching nginx", file=sys.stderr)
    return debian.fetch(OURS, "nginx") and works()


if __name__ == "__main__" and not (works() or fetch()):
    sys.exit("proxy: no nginx could be fetched; install nginx yourself and try again")
