"""What there is not: people are told so by a page, programs by the one shape of errors."""

from aiohttp import web

from hub.web.edge import Handler
from hub.web.pages import page, reads


@web.middleware
async def nowhere(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Show a page to a browser that asks for one there is none of."""
    try:
        return await handler(request)
    except web.HTTPNotFound:
        if request.path.startswith("/api/") or "text/html" not in request.headers.get("Accept", ""):
            raise
        return page("nowhere.html", status=404, lang=reads(request))
