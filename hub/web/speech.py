"""Texts read out, over HTTP: sound is no part of any log."""

from aiohttp import web

from hub.web.keys import DEPS
from state.domain.actor import Actor
from state.domain.errors import not_found
from state.live import speeches


async def speech(request: web.Request, who: Actor) -> web.Response:
    """Return a text that was read out for the caller, as a WAV file; for two minutes."""
    redis = request.app[DEPS].redis
    sound = await speeches.get(redis, who.id, request.match_info["speech"])
    if sound is None:
        raise not_found("speech")
    return web.Response(body=sound, content_type="audio/wav", headers={"Cache-Control": "no-store"})
