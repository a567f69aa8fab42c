"""The edge of HTTP: one way in, one error shape, one set of security headers."""

from collections.abc import Awaitable, Callable
from time import perf_counter
from typing import Any, NamedTuple, TypeVar

import msgspec
import structlog
from aiohttp import web

from handlers.deps import TRACE
from hub.auth import authenticate
from hub.gateway import malformed, refusal_of
from hub.web.keys import DEPS, METRICS, SETTINGS
from state.domain.actor import Actor, Role
from state.domain.change import Answer
from state.domain.errors import Code, Refusal, forbidden, invalid
from state.domain.ids import new_id

log = structlog.get_logger()

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
    Code.PROVIDER_UNAVAILABLE: 502,
    Code.PRICE_CHANGED: 409,
    Code.PAYMENT_FAILED: 402,
    Code.SESSION_EXPIRED: 410,
    Code.SESSION_CLOSED: 410,
    Code.RATE_LIMITED: 429,
    Code.TOO_LARGE: 413,
    Code.UNAVAILABLE: 503,
    Code.CONFLICT: 409,
    Code.INTERNAL: 500,
}
HTTP_ERRORS = {403: Code.FORBIDDEN, 404: Code.NOT_FOUND}  # what aiohttp itself refuses
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
}


class Route(NamedTuple):
    """One path of the API: who may ask, what they send, what they get.

    The handler is called with the request and then with what the route asks for: the caller
    where `roles` are named (without any, everybody may), the `query`, the `body`. It returns the
    answer as a value, or a response. `answer` says what that is: a type, or a media type. So does
    `body`; one of a media type the handler reads by itself.
    """

    method: str
    path: str
    handler: Callable[..., Awaitable[Any]]
    roles: frozenset[Role] | None = None
    query: type[msgspec.Struct] | None = None
    body: type[msgspec.Struct] | str | None = None
    answer: Any = None
    status: int = 200


def definition(route: Route) -> web.RouteDef:
    """Return a route as aiohttp serves it."""

    async def serve(request: web.Request) -> web.StreamResponse:
        parts: list[Any] = []
        if route.roles is not None:
            parts.append(await _caller(request, route.roles))
        if route.query is not None:
            parts.append(_query(request, route.query))
        if route.body is not None and not isinstance(route.body, str):
            parts.append(await _body(request, route.body))
        return _response(await route.handler(request, *parts), route.status)

    return web.route(route.method, route.path, serve)


@web.middleware
async def edge(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer every error in the shape of PROTOCOL 6, and let known origins in."""
    began = perf_counter()
    trace = new_id()
    TRACE.set(trace)
    with structlog.contextvars.bound_contextvars(trace=trace):
        response = await _answer(request, handler)
        if request.path.startswith("/api/"):
            _note(request, response.status, perf_counter() - began, trace)
    if not response.prepared:
        vary = response.headers.get("Vary")
        response.headers.update(HEADERS | _cors(request))
        if vary:
            response.headers["Vary"] = f"{vary}, Origin"
        # Pages and their modules belong together: a browser asks whether it has the newest.
        keep = "no-store" if request.path.startswith("/api/") else "no-cache"
        response.headers.setdefault("Cache-Control", keep)
    return response


def json(value: Any, status: int = 200) -> web.Response:
    body = msgspec.json.encode(value)
    return web.Response(body=body, status=status, content_type="application/json")


async def _answer(request: web.Request, handler: Handler) -> web.StreamResponse:
    if request.method == "OPTIONS" and request.path.startswith("/api/"):
        return web.Response(status=204)
    try:
        return await handler(request)
    except web.HTTPMethodNotAllowed as exc:
        allowed = ", ".join(sorted(exc.allowed_methods))
        response = _failure(invalid("method", f"this path knows only {allowed}"), exc.status)
        response.headers["Allow"] = allowed
        return response
    except web.HTTPRequestEntityTooLarge as exc:
        return _failure(Refusal(Code.TOO_LARGE, "the body is too large"), exc.status)
    except web.HTTPException as exc:
        if exc.status < 400:
            raise
        return _failure(Refusal(HTTP_ERRORS.get(exc.status, Code.INVALID), exc.reason), exc.status)
    except Exception as exc:  # noqa: BLE001 - the edge: whatever went wrong, the client hears
        refusal = refusal_of(exc)
        return _failure(refusal, STATUS[refusal.code])


def _failure(refusal: Refusal, status: int) -> web.Response:
    response = json({"ok": False, "error": refusal.body()}, status)
    if status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    wait = refusal.more.get("retryAfterMs")
    if wait is not None:
        response.headers["Retry-After"] = str(-(-wait // 1000))
    return response


def _response(value: Any, status: int) -> web.StreamResponse:
    """Return what a handler answered; of a command's answer its data, or its error."""
    if isinstance(value, web.StreamResponse):
        return value
    if not isinstance(value, Answer):
        return json(value, status)
    if value.ok:
        return json(value.data, status)
    error = value.error or {}
    return json({"ok": False, "error": error}, STATUS[Code(error["code"])])


async def _caller(request: web.Request, roles: frozenset[Role]) -> Actor:
    """Return who asks, by the `Authorization: Bearer` header."""
    who = await authenticate(bearer(request), request.app[DEPS])
    if who.role not in roles:
        raise forbidden(f"a {who.role} may not do this")
    return who


def bearer(request: web.Request) -> str | None:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def _query(request: web.Request, kind: type[T]) -> T:
    """Return the query as `kind`; raise INVALID with the parameter's name."""
    try:
        return msgspec.convert(dict(request.query), kind, strict=False)
    except msgspec.ValidationError as exc:
        raise malformed(exc) from exc


async def _body(request: web.Request, kind: type[T]) -> T:
    """Return the JSON body as `kind`; raise INVALID with the field's path."""
    raw = await request.read()
    try:
        return msgspec.json.decode(raw or b"{}", type=kind)
    except msgspec.ValidationError as exc:
        raise malformed(exc) from exc
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as exc:
        raise invalid("", "the body is not JSON") from exc


def _cors(request: web.Request) -> dict[str, str]:
    """Let pages of CLIENT_URL call the API; caches must keep their answers apart from others'."""
    origin = request.headers.get("Origin")
    if origin is None or origin not in request.app[SETTINGS].origins:
        return {"Vary": "Origin"}
    return {
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Allow-Methods": "GET, POST, PUT, DELETE",
        "Access-Control-Allow-Headers": "Authorization, Content-Type, Idempotency-Key",
        "Access-Control-Max-Age": "600",
        "Vary": "Origin",
    }


def _note(request: web.Request, status: int, seconds: float, trace: str) -> None:
    """Note a request by its route: paths hold the tokens of tables."""
    resource = request.match_info.route.resource
    route = resource.canonical if resource else None
    log.info(
        "request",
        method=request.method,
        route=route,
        status=status,
        ms=round(seconds * 1000, 1),
    )
    spans = request.app[METRICS].spans
    if spans is not None:
        spans.command(trace, f"{request.method} {route}", seconds, status=status)


def spoken(request: web.Request) -> str:
    """Return the tag of the language that a browser asks for first; nothing if it asks for none."""
    return request.headers.get("Accept-Language", "").partition(",")[0].partition(";")[0].strip()
