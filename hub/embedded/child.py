"""Becomes another program that ends with its parent; run as a script, between fork and program.

A step of its own rather than `preexec_fn`, which is not safe where there are threads.
"""

import argparse
import ctypes
import fcntl
import os
import pwd
import struct
import sys
from collections.abc import Sequence
from pathlib import Path

LOCKED = 75  # the exit code that says: somebody still holds the lock

PR_SET_PDEATHSIG, PR_SET_KEEPCAPS, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE = 1, 8, 47, 2
CLONE_NEWUSER = 0x10000000
CAPABILITY_VERSION_3, CAP_DAC_OVERRIDE = 0x20080522, 1


def libc(name: str, *args: int | bytes) -> None:
    """Call a function of the C library; its failure is an OSError."""
    if getattr(ctypes.CDLL(None, use_errno=True), name)(*args) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")


def hold(lock: Path) -> None:
    """Hold the lock as long as the program and all its children live: they inherit it, open."""
    held = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        sys.exit(LOCKED)
    os.set_inheritable(held, True)


def has_name(uid: int) -> bool:
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


def somebody() -> int:
    """A user other than root that has a name, which initdb insists on."""
    others = {user.pw_name: user.pw_uid for user in pwd.getpwall() if user.pw_uid}
    return others.get("nobody") or next(iter(others.values()), 65534)


def enter_namespace() -> None:
    """Be somebody else in our own eyes, while the files stay whose they are."""
    inside, uid, gid = somebody(), os.geteuid(), os.getegid()
    libc("unshare", CLONE_NEWUSER)
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{inside} {uid} 1")
    Path("/proc/self/gid_map").write_text(f"{inside} {gid} 1")


def namespace_works(program: str, data: Path) -> bool:
    """Try it in a child: there is no way back, and inside some files may be out of reach."""
    pid = os.fork()
    if pid == 0:
        try:
            enter_namespace()
            os._exit(0 if os.access(program, os.X_OK) and os.access(data, os.W_OK) else 1)
        except OSError:
            os._exit(1)
    return os.waitpid(pid, 0)[1] == 0


def become(uid: int) -> None:
    """Be an ordinary user who may still reach every file, wherever the project was put."""
    libc("prctl", PR_SET_KEEPCAPS, 1, 0, 0, 0)
    os.setgroups([])
    os.setgid(uid)
    os.setuid(uid)
    reach = 1 << CAP_DAC_OVERRIDE
    try:
        libc(
            "capset",
            struct.pack("Ii", CAPABILITY_VERSION_3, 0),
            struct.pack("6I", reach, reach, reach, 0, 0, 0),
        )
        libc("prctl", PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_DAC_OVERRIDE, 0, 0)
    except OSError:
        pass  # without that right, what everybody may read has to do


def give(data: Path, uid: int) -> None:
    for path in [data, *data.rglob("*")]:
        os.chown(path, uid, uid, follow_symlinks=False)


def leave_root(program: str, data: Path) -> None:
    """Postgres refuses to run as root, and as a user without a name."""
    if os.geteuid() != 0 and has_name(os.geteuid()):
        return
    owner = data.stat().st_uid
    if owner == os.geteuid() and namespace_works(program, data):
        enter_namespace()
    elif os.geteuid() == 0:
        if owner == 0:
            owner = somebody()
            give(data, owner)
        become(owner)


def die_with(parent: int, signal: int) -> None:
    """Ask the kernel for a signal when the parent ends; it may have ended already."""
    if sys.platform == "linux":
        libc("prctl", PR_SET_PDEATHSIG, signal, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit("the parent has gone")


def main(args: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parent", type=int, required=True)
    parser.add_argument("--signal", type=int, required=True)
    parser.add_argument("--lock", type=Path)
    parser.add_argument("--not-root", type=Path, metavar="DATA")
    parser.add_argument("command", nargs="+")
    options = parser.parse_args(args)
    if options.lock:
        hold(options.lock)
    if options.not_root:
        leave_root(options.command[0], options.not_root)
    # Last, since a change of user would drop it.
    die_with(options.parent, options.signal)
    os.execv(options.command[0], options.command)


if __name__ == "__main__":
    main()
