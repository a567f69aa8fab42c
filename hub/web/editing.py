"""What managers edit over HTTP: the use cases of an editor as handlers of routes."""

from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from handlers import house, menu_view, photos
from handlers.deps import Deps
from hub.web.keys import DEPS
from state.domain.actor import Actor
from state.domain.change import Answer
from state.domain.commands import Command
from state.domain.edits import Removal
from state.domain.errors import Code, Refusal, not_found
from state.store.photos import Size

MOST_BYTES = 8 * 1024 * 1024  # of a photo, as phones send them
FOR_GOOD = "public, max-age=31536000, immutable"
SIZES: dict[str, Size] = {"large": "large", "small": "small"}

Save = Callable[[str, str | None, Any, Actor, Deps], Awaitable[Answer]]
Remove = Callable[[str, str, int | None, Actor, Deps], Awaitable[Answer]]
Act = Callable[[str, str, Actor, Deps], Awaitable[Answer]]
Whole = Callable[[str, Any, Actor, Deps], Awaitable[Answer]]
Show = Callable[[str, Actor, Deps], Awaitable[Any]]
H = Callable[..., Awaitable[Any]]


def saving(use: Save, key: str = "") -> H:
    """Return the handler that changes the thing the path names by `key`, or adds one without."""

    async def handle(request: web.Request, who: Actor, cmd: Command) -> Answer:
        names = request.match_info
        return await use(names["id"], names.get(key), cmd, who, request.app[DEPS])

    return _told(handle, use)


def setting(use: Whole) -> H:
    """Return the handler that changes something there is one of in a restaurant."""

    async def handle(request: web.Request, who: Actor, cmd: Command) -> Answer:
        return await use(request.match_info["id"], cmd, who, request.app[DEPS])

    return _told(handle, use)


def removing(use: Remove, key: str) -> H:
    async def handle(request: web.Request, who: Actor, query: Removal) -> Answer:
        names = request.match_info
        return await use(names["id"], names[key], query.expected_version, who, request.app[DEPS])

    return _told(handle, use)


def acting(use: Act, key: str) -> H:
    async def handle(request: web.Request, who: Actor) -> Answer:
        names = request.match_info
        return await use(names["id"], names[key], who, request.app[DEPS])

    return _told(handle, use)


def showing(use: Show) -> H:
    async def handle(request: web.Request, who: Actor) -> Any:
        return await use(request.match_info["id"], who, request.app[DEPS])

    return _told(handle, use)


async def renew_code(request: web.Request, who: Actor, cmd: Command) -> Answer:
    """Make the codes printed for a table so far void: from now on only a new print opens it."""
    names = request.match_info
    return await house.renew_code(names["id"], names["table"], cmd, who, request.app[DEPS])


async def save_photo(request: web.Request, who: Actor) -> Answer:
    """Give a dish a photo: a JPEG, PNG or WebP of 8 MiB at most, kept as WebP in two sizes."""
    names = request.match_info
    await menu_view.require_item(names["id"], names["item"], who, request.app[DEPS])
    raw = await _bytes(request)
    return await photos.save(names["id"], names["item"], raw, who, request.app[DEPS])


async def photo(request: web.Request) -> web.Response:
    """Return a photo of a dish; `size` is `large` or `small`. Public, and never changes."""
    names = request.match_info
    size = SIZES.get(names["size"])
    if size is None:
        raise not_found("photo")
    tag = f'"{names["photo"]}-{size}"'
    headers = {"ETag": tag, "Cache-Control": FOR_GOOD}
    if any(f'"{seen.value}"' == tag for seen in request.if_none_match or ()):
        return web.Response(status=304, headers=headers)
    body = await photos.read(names["photo"], size, request.app[DEPS])
    headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return web.Response(body=body, content_type="image/webp", headers=headers)


async def _bytes(request: web.Request) -> bytes:
    """Return a body that may be larger than others; raise TOO_LARGE past what a photo takes."""
    raw = bytearray()
    if (request.content_length or 0) > MOST_BYTES:
        raise _too_large()
    async for chunk in request.content.iter_chunked(64 * 1024):
        raw += chunk
        if len(raw) > MOST_BYTES:
            raise _too_large()
    return bytes(raw)


def _too_large() -> Refusal:
    return Refusal(Code.TOO_LARGE, "a photo has 8 MiB at most")


def _told(handle: H, use: Callable[..., Any]) -> H:
    handle.__doc__ = use.__doc__
    return handle
