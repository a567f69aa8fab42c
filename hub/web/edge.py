"""The edge of HTTP: one error shape, one way in, one set of security headers."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import msgspec
import structlog
from aiohttp import web

from handlers.deps import TRACE
from hub.auth import authenticate
from hub.gateway import malformed, refusal_of
from hub.web.keys import DEPS, SETTINGS
from state.domain.actor import Actor
from state.domain.change import Answer
from state.domain.errors import Code, Refusal, invalid
from state.domain.ids import new_id

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
T = TypeVar("T")

STATUS = {
    Code.UNAUTHORIZED: 401,
    Code.TOKEN_EXPIRED: 401,
    Code.FORBIDDEN: 403,
    Code.NOT_FOUND: 404,
    Code.INVALID: 400,
    Code.ILLEGAL_TRANSITION: 409,
    Code.STALE_VERSION: 409,
    Code.ITEM_UNAVAILABLE: 409,
    Code.SESSION_EXPIRED: 410,
    Code.SESSION_CLOSED: 410,
    Code.RATE_LIMITED: 429,
    Code.TOO_LARGE: 413,
    Code.UNAVAILABLE: 503,
    Code.CONFLICT: 409,
    Code.INTERNAL: 500,
}
HTTP_ERRORS = {404: Code.NOT_FOUND, 405: Code.INVALID, 413: Code.TOO_LARGE}
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
}


@web.middleware
async def edge(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer every error in the shape of PROTOCOL 6, and let known origins in."""
    trace = new_id()
    TRACE.set(trace)
    with structlog.contextvars.bound_contextvars(trace=trace):
        response = await _answer(request, handler)
    if not response.prepared:
        response.headers.update(HEADERS)
        response.headers.update(_cors(request))
    return response


async def _answer(request: web.Request, handler: Handler) -> web.StreamResponse:
    if request.method == "OPTIONS" and request.path.startswith("/api/"):
        return web.Response(status=204)
    try:
        return await handler(request)
    except web.HTTPException as exc:
        if exc.status < 400:
            raise
        code = HTTP_ERRORS.get(exc.status, Code.INVALID)
        return failure(Refusal(code, exc.reason), exc.status)
    except Exception as exc:  # noqa: BLE001 - the edge: whatever went wrong, the client hears
        refusal = refusal_of(exc)
        return failure(refusal, STATUS[refusal.code])


def failure(refusal: Refusal, status: int) -> web.Response:
    response = json({"ok": False, "error": refusal.body()}, status)
    wait = refusal.more.get("retryAfterMs")
    if wait is not None:
        response.headers["Retry-After"] = str(-(-wait // 1000))
    return response


def json(value: Any, status: int = 200) -> web.Response:
    body = msgspec.json.encode(value)
    return web.Response(body=body, status=status, content_type="application/json")


def answered(answer: Answer, status: int = 200) -> web.Response:
    """Return a command's answer over HTTP: its data, or its error with the fitting status."""
    if answer.ok:
        return json(answer.data, status)
    error = answer.error or {}
    return json({"ok": False, "error": error}, STATUS[Code(error["code"])])


async def body(request: web.Request, kind: type[T]) -> T:
    """Return the JSON body as `kind`; raise INVALID with the field's path."""
    raw = await request.read()
    try:
        return msgspec.json.decode(raw or b"{}", type=kind)
    except msgspec.ValidationError as exc:
        raise malformed(exc) from exc
    except (msgspec.DecodeError, UnicodeDecodeError) as exc:
        raise invalid("", "the body is not JSON") from exc


async def caller(request: web.Request) -> Actor:
    """Return who asks, by the `Authorization: Bearer` header."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return await authenticate(token if scheme == "Bearer" else None, request.app[DEPS])


def whole(request: web.Request, name: str, default: int) -> int:
    """Return a query parameter that is a number from 0 on."""
    text = request.query.get(name)
    if text is None:
        return default
    if not text.isascii() or not text.isdigit() or len(text) > 15:
        raise invalid(name, "is no whole number from 0 on")
    return int(text)


def _cors(request: web.Request) -> dict[str, str]:
    origin = request.headers.get("Origin")
    if origin is None or origin not in request.app[SETTINGS].origins:
        return {}
    return {
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Allow-Methods": "GET, POST",
        "Access-Control-Allow-Headers": "Authorization, Content-Type, Idempotency-Key",
        "Vary": "Origin",
    }
