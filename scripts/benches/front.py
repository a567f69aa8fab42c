"""The balancer as it is deployed, in front of a bench's nodes: scripts/deploy/nginx.conf itself."""

import asyncio
import signal
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from hub.embedded.processes import end, free_port, is_free, spawn, tail
from scripts import debian
from scripts.mishaps.certificate import certify
from scripts.supervise import READY_SECONDS, ROOT

CONFIG = ROOT / "scripts" / "deploy" / "nginx.conf"
ALONE = "daemon off; master_process off; pid nginx.pid; error_log stderr warn;"
TEMPORARY = "".join(
    f"{kind}_temp_path temp; " for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
)
LOOK_SECONDS = 0.05


@asynccontextmanager
async def front(folder: Path, urls: Sequence[str]) -> AsyncIterator[str]:
    """Run it; yield its address, which speaks HTTP/2 over TLS by a certificate of its own."""
    port, plain = free_port(), free_port()
    certify(folder)
    (folder / "nginx.conf").write_text(_config(folder, urls, port, plain))
    path, log = debian.path_of("nginx"), folder / "nginx.log"
    if path is None:
        raise RuntimeError("there is no nginx here; scripts/debian.py fetches one")
    command = [path, "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", "stderr"]
    process = spawn(command, log=log, end=signal.SIGKILL, env=debian.environment())
    try:
        async with asyncio.timeout(READY_SECONDS):
            while is_free("127.0.0.1", port):
                if process.poll() is not None:
                    raise RuntimeError(f"nginx did not start; its log ends:\n{tail(log)}")
                await asyncio.sleep(LOOK_SECONDS)
        yield f"https://127.0.0.1:{port}"
    finally:
        await end(process, (signal.SIGTERM, 5))


def _config(folder: Path, urls: Sequence[str], port: int, plain: int) -> str:
    """Return the sample with this machine's addresses and files in it."""
    servers = " ".join(f"server {url.removeprefix('http://')};" for url in urls)
    here = {
        "events {}": f"{ALONE} events {{}}",
        "http {": f"http {{ access_log off; {TEMPORARY}",
        "server hub:8000 max_fails=1 fail_timeout=2s;": servers,
        "listen 80;": f"listen 127.0.0.1:{plain};",
        "listen 443 ": f"listen 127.0.0.1:{port} ",
        "/etc/nginx/tls": str(folder),
    }
    config = CONFIG.read_text()
    for sample, own in here.items():
        if sample not in config:
            raise RuntimeError(f"scripts/deploy/nginx.conf has no {sample!r}")
        config = config.replace(sample, own)
    return config
