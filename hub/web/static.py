"""Our own files, as small as they can be sent, under addresses that change with what they hold.

A page names its files below `/static/{version}/`, so a browser keeps them for good and asks for
none of them twice; ES modules import each other by relative paths and stay in their version.
"""

import asyncio
import gzip
import hashlib
import os
import re
from collections.abc import Iterator
from pathlib import Path
from time import monotonic

from aiohttp import web

STATIC = Path(__file__).parents[2] / "static"
FOREVER = "public, max-age=31536000, immutable"
MOST_SHEETS, MOST_JOINED = 24, 32
LOOK_AGAIN = 1.0  # seconds until the folder is looked at again: a developer's may have changed
TYPES = {
    ".js": "text/javascript",
    ".css": "text/css",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".webp": "image/webp",
    ".webmanifest": "application/manifest+json",
}
PACKED = {".webp"}  # gzip would not make them smaller
SHEET = re.compile(r'<link rel="stylesheet" href="/static/styles/([a-z-]+)\.css">\n *')
LINKED = re.compile(
    r'<link rel="stylesheet" href="/static/\w+/(styles/[^"]+)"( media="[^"]+")?.*?>'
)
VERSIONED = re.compile(r"([0-9a-f]{12})/(.+)")


class File:
    """One file, with its compressed form once somebody has asked for it."""

    def __init__(self, suffix: str, body: bytes) -> None:
        self.body = body
        self.type = TYPES[suffix]
        self.tag = hashlib.sha256(self.body).hexdigest()[:32]
        self._packed = self.body if suffix in PACKED else None

    async def packed(self) -> bytes:
        """Return the compressed form; the file itself where that is no smaller."""
        if self._packed is None:
            small = await asyncio.to_thread(gzip.compress, self.body, 9, mtime=0)
            self._packed = small if len(small) < len(self.body) else self.body
        return self._packed


class Files:
    """All that is served; read again when something of it has changed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._seen: list[tuple[str, int, int]] = []
        self._looked = -LOOK_AGAIN
        self._files: dict[str, File] = {}
        self._joined: dict[str, File] = {}
        self._version = ""

    @property
    def version(self) -> str:
        """What the files are together: it changes when one of them does."""
        self._look()
        return self._version

    def find(self, path: str) -> File | None:
        self._look()
        return self._files.get(path) or self._joined.get(path) or self._join(path)

    def _join(self, path: str) -> File | None:
        """Return style sheets as one, in the order of a name like `styles/base+kitchen.css`."""
        names = path.removeprefix("styles/").removesuffix(".css").split("+")
        parts = [self._files.get(f"styles/{name}.css") for name in names]
        if len(parts) > MOST_SHEETS or len(parts) < 2 or None in parts:
            return None
        if len(self._joined) >= MOST_JOINED:  # names that no page of ours asks for
            self._joined.clear()
        joined = File(".css", b"\n".join(part.body for part in parts if part))
        self._joined[path] = joined
        return joined

    def _look(self) -> None:
        if monotonic() - self._looked < LOOK_AGAIN:
            return
        self._looked = monotonic()
        seen = sorted(self._list())
        if seen == self._seen:
            return
        self._seen = seen
        self._joined = {}
        paths = {name: self._folder / name for name, _, _ in seen}
        self._files = {name: File(path.suffix, path.read_bytes()) for name, path in paths.items()}
        tags = "".join(f"{name} {file.tag}\n" for name, file in self._files.items())
        self._version = hashlib.sha256(tags.encode()).hexdigest()[:12]

    def _list(self) -> Iterator[tuple[str, int, int]]:
        for folder, _, names in os.walk(self._folder):
            for name in names:
                path = Path(folder, name)
                if path.suffix in TYPES:
                    about = path.stat()
                    yield str(path.relative_to(self._folder)), about.st_mtime_ns, about.st_size


FILES = Files(STATIC)


async def serve(request: web.Request) -> web.Response:
    """Return a file, compressed where the browser takes that; 304 where it has it."""
    asked = VERSIONED.fullmatch(request.match_info["path"])
    version, path = asked.groups() if asked else ("", request.match_info["path"])
    file = FILES.find(path)
    if file is None:
        raise web.HTTPNotFound
    headers = {
        "ETag": f'"{file.tag}"',
        # A node of another version has the file as it is now: not to be kept under that name.
        "Cache-Control": FOREVER if version == FILES.version else "no-cache",
        "Vary": "Accept-Encoding",
    }
    if any(seen.value in (file.tag, "*") for seen in request.if_none_match or ()):
        return web.Response(status=304, headers=headers)
    body = file.body
    if "gzip" in request.headers.get("Accept-Encoding", ""):
        body = await file.packed()
        if body is not file.body:
            headers["Content-Encoding"] = "gzip"
    return web.Response(body=body, content_type=file.type, headers=headers)


def versioned(page: str) -> str:
    """Return a page that names its files by their version, its style sheets as one."""
    names = SHEET.findall(page)
    if names:
        joined = f'<link rel="stylesheet" href="/static/styles/{"+".join(names)}.css">\n'
        page = SHEET.sub(lambda found: joined if found[1] == names[0] else "", page)
    return page.replace("/static/", f"/static/{FILES.version}/")


def inlined(page: str) -> str:
    """Return a versioned page with its style sheets in it, so that nobody waits for them."""

    def inline(found: re.Match[str]) -> str:
        file = FILES.find(found[1])
        assert file is not None, "it is a file of ours"
        style = file.body.decode().replace('url("../', f'url("/static/{FILES.version}/')
        return f"<style{found[2] or ''}>{style}</style>"

    return LINKED.sub(inline, page)
