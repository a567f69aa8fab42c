"""Photos of dishes: taken in as they come from a camera, kept small and without what else is in it.

They are kept in Postgres: a menu has a few dozen, of some hundred KB together; there they are
written with the dish they belong to, backed up with it, and read from every node. Browsers and
proxies keep them for good, since they are named after what is in them.
"""

import asyncio
import hashlib
import io
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from handlers.deps import Deps
from handlers.editing import Edit, Saved
from handlers.menu_editor import change_menu
from state.domain.actor import Actor
from state.domain.change import Answer
from state.domain.commands import Command
from state.domain.errors import invalid, not_found
from state.store import menu_edits as menu_store
from state.store import photos as store
from state.store.photos import Size

if TYPE_CHECKING:
    from PIL.Image import Image

FORMATS = ("JPEG", "PNG", "WEBP")
MOST_PIXELS = 50_000_000  # no phone's camera takes more; decoded it is 150 MB
LARGE, SMALL = (1280, 960), (320, 240)  # pixels at most: the dish's sheet, its line on the menu
QUALITY = 80
WORK = ThreadPoolExecutor(1, "photos")  # one at a time: two would want twice the memory


async def save(rid: str, item: str, raw: bytes, who: Actor, deps: Deps) -> Answer:
    """Give a dish a photo; raise INVALID for what is none."""
    loop = asyncio.get_running_loop()
    large, small = await loop.run_in_executor(WORK, shrink, raw)
    # Named after the restaurant too, so that nobody's photo hangs on another's.
    photo = hashlib.sha256(rid.encode() + large).hexdigest()[:32]

    async def work(made: Edit) -> Saved:
        row = await made.find("menu_items", item, "dish")
        await store.add(made.conn, photo, made.owner, large, small)
        await menu_store.set_photo(made.conn, rid, item, photo)
        return Saved(item, row["version"] + 1)

    return await change_menu(rid, Command(), who, deps, work)


async def remove(rid: str, item: str, who: Actor, deps: Deps) -> Answer:
    """Take a dish's photo away."""

    async def work(made: Edit) -> Saved:
        row = await made.find("menu_items", item, "dish")
        await menu_store.set_photo(made.conn, rid, item, None)
        return Saved(item, row["version"] + 1)

    return await change_menu(rid, Command(), who, deps, work)


async def read(photo: str, size: Size, deps: Deps) -> bytes:
    """Return a photo as WebP."""
    async with deps.pool.acquire() as conn:
        found = await store.get(conn, photo, size)
    if found is None:
        raise not_found("photo")
    return found


def shrink(raw: bytes) -> tuple[bytes, bytes]:
    """Return a photo as WebP in two sizes: upright, and without place, time or camera in it."""
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        image = Image.open(io.BytesIO(raw), formats=FORMATS)
        if image.width * image.height > MOST_PIXELS:
            raise invalid("body", "has too many pixels: 50 million at most")
        upright = ImageOps.exif_transpose(image).convert("RGB")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as exc:
        raise invalid("body", "is no photo: send a JPEG, a PNG or a WebP") from exc
    except Image.DecompressionBombError as exc:
        raise invalid("body", "has too many pixels: 50 million at most") from exc
    return _webp(upright, LARGE), _webp(upright, SMALL)


def _webp(image: "Image", box: tuple[int, int]) -> bytes:
    copy = image.copy()
    copy.thumbnail(box)
    out = io.BytesIO()
    copy.save(out, "WEBP", quality=QUALITY, method=4)
    return out.getvalue()
