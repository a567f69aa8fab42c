"""A real reverse proxy: each request goes to the next node, on connections that are kept."""

import asyncio
import signal
import string
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec

from hub.embedded.processes import end, free_port, is_free, spawn, tail
from scripts import debian
from scripts.mishaps.process import START_SECONDS, TICK

CONFIG = string.Template("""\
daemon off;
master_process off;
pid $folder/pid;
error_log stderr warn;
events {}
http {
    log_format line escape=json
        '{"node":"$$upstream_addr","status":"$$status","method":"$$request_method",'
        '"sid":"$$arg_sid","transport":"$$arg_transport"}';
    access_log $folder/requests line;
    client_body_temp_path $folder/temp;
    proxy_temp_path $folder/temp;
    fastcgi_temp_path $folder/temp;
    uwsgi_temp_path $folder/temp;
    scgi_temp_path $folder/temp;
    map $$http_upgrade $$connection_header {
        default upgrade;
        '' '';
    }
    upstream nodes {
        $servers
        keepalive 16;
    }
    server {
        listen 127.0.0.1:$port;
        location / {
            proxy_pass http://nodes;
            proxy_http_version 1.1;
            proxy_set_header Host $$http_host;
            proxy_set_header Upgrade $$http_upgrade;
            proxy_set_header Connection $$connection_header;
        }
    }
}
""")


class Request(msgspec.Struct, frozen=True):
    """What the proxy tells of a request when it is over; `node` is host and port."""

    node: str
    status: str
    method: str
    sid: str
    transport: str


class Proxy:
    """Round robin over nodes, in a folder of its own."""

    def __init__(self, folder: Path, ports: Sequence[int]) -> None:
        self.folder, self.port = folder, free_port()
        servers = [f"server 127.0.0.1:{port} fail_timeout=1s;" for port in ports]
        config = CONFIG.substitute(folder=folder, port=self.port, servers=" ".join(servers))
        (folder / "nginx.conf").write_text(config)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def requests(self) -> Iterator[Request]:
        """Yield the Engine.IO requests that are over."""
        for line in (self.folder / "requests").read_text().splitlines():
            request = msgspec.json.decode(line, type=Request)
            if request.transport:
                yield request


@asynccontextmanager
async def proxied(folder: Path, ports: Sequence[int]) -> AsyncIterator[Proxy]:
    """Run nginx in front of nodes that listen on these ports of this machine."""
    made, path, log = Proxy(folder, ports), debian.path_of("nginx"), folder / "log"
    assert path is not None, "scripts/debian.py fetches one"
    command = [path, "-p", str(folder), "-c", str(folder / "nginx.conf")]
    process = spawn(command, log=log, end=signal.SIGKILL, env=debian.environment())
    try:
        async with asyncio.timeout(START_SECONDS):
            while is_free("127.0.0.1", made.port):
                assert process.poll() is None, tail(log)
                await asyncio.sleep(TICK)
        yield made
    finally:
        await end(process, (signal.SIGTERM, 5))
