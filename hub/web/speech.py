"""Texts read out, over HTTP: sound is no part of any log."""

from aiohttp import web

from handlers import hearing
from hub.web.keys import DEPS
from state.domain.actor import Actor


async def speech(request: web.Request, who: Actor) -> web.Response:
    """Return a text that was read out for the caller, as a WAV file; for two minutes."""
    sound = await hearing.speech(request.match_info["speech"], who.id, request.app[DEPS])
    return web.Response(body=sound, content_type="audio/wav", headers={"Cache-Control": "no-store"})
