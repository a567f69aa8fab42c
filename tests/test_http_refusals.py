"""Whatever a caller gets wrong, it hears in one shape, with the fitting status (PROTOCOL 6)."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from structlog.testing import capture_logs

from hub.app import Node
from hub.metrics import Metrics
from hub.settings import Settings
from hub.web import MAX_BODY
from hub.web.edge import Route, definition, edge
from hub.web.keys import METRICS, SETTINGS
from state.domain.actor import Role
from tests.place import Place
from tests.routes import (
    BY_PATH,
    GUARDED,
    METHODS,
    WITH_BODY,
    WITH_ID,
    body_of,
    call,
    error_of,
    path_of,
)
from tests.scenes import NOWHERE, token

# Who may


@pytest.mark.parametrize("name", GUARDED)
async def test_a_route_with_roles_wants_a_token(calm: Place, nodes: list[Node], name: str) -> None:
    route = GUARDED[name]
    past = datetime.now(UTC) - timedelta(seconds=1)
    role = sorted(route.roles or ())[0]
    real = await token(calm, nodes[0], role)
    stale = await token(calm, nodes[0], role, expires_at=past)
    forged = real[:-4] + ("AAAA" if real[-4:] != "AAAA" else "BBBB")
    for bad, code in (
        (None, "UNAUTHORIZED"),
        ("", "UNAUTHORIZED"),
        ("rubbish", "UNAUTHORIZED"),
        (forged, "UNAUTHORIZED"),
        (stale, "TOKEN_EXPIRED"),
    ):
        status, answer = await call(calm, route, bad, b"{not even JSON")
        assert (status, error_of(answer)["code"]) == (401, code), bad


@pytest.mark.parametrize("name", GUARDED)
async def test_a_route_with_roles_refuses_all_other_roles(
    calm: Place, nodes: list[Node], name: str
) -> None:
    route = GUARDED[name]
    for role in set(Role) - (route.roles or set()):
        status, answer = await call(calm, route, await token(calm, nodes[0], role))
        assert (status, error_of(answer)["code"]) == (403, "FORBIDDEN"), role


@pytest.mark.parametrize("name", WITH_ID)
async def test_unknown_ids_and_those_of_other_tenants_look_alike(
    calm: Place, foreign: Place, name: str
) -> None:
    route, who = WITH_ID[name], await calm.login("admin")
    body = body_of(route)
    answers = [
        await call(foreign, route, who, body),
        *[await call(calm, route, who, body, id=unknown) for unknown in UNKNOWN],
    ]
    for status, answer in answers:
        assert (status, error_of(answer)["code"]) == (404, "NOT_FOUND")
        assert error_of(answer)["message"].startswith("no such ")


async def test_a_token_counts_without_regard_to_the_case_of_its_scheme(calm: Place) -> None:
    who = await calm.login("waiter")
    for scheme, status in (("bearer", 200), ("BEARER", 200), ("Basic", 401), ("Token", 401)):
        found, _ = await calm.get("/api/me", Authorization=f"{scheme} {who}")
        assert found == status, scheme


# Wrong requests


UNKNOWN = [NOWHERE, "rubbish", "%00", "0", "x" * 2000, "%F0%9F%8D%9C", "..%2F.."]
NO_OBJECTS = [b"{", b"\xff\xfe", b"null", b"[]", b"7", b'"x"', b"{} {}", b'{"x":' + b"[" * 9000]


@pytest.mark.parametrize("name", WITH_BODY)
async def test_a_body_that_is_no_object_is_refused(
    calm: Place, nodes: list[Node], name: str
) -> None:
    route, who = WITH_BODY[name], await token(calm, nodes[0], "manager")
    for body in NO_OBJECTS:
        status, answer = await call(calm, route, who, body)
        assert (status, error_of(answer)["code"]) == (400, "INVALID"), body


@pytest.mark.parametrize(
    ("name", "body", "path"),
    [
        ("POST /api/auth/login", {"email": 5, "password": "x"}, "email"),
        ("POST /api/auth/login", {"email": "a@b"}, "password"),
        ("POST /api/auth/login", {"email": "a@b", "password": ""}, "password"),
        ("POST /api/auth/login", {"email": "a\0@b", "password": "x"}, "email"),
        ("POST /api/auth/login", {"email": "a@b", "password": "x" * 201}, "password"),
        ("POST /api/auth/pin", {"deviceToken": "x", "pin": 1234}, "pin"),
        ("POST /api/auth/pin", {"deviceToken": "x", "pin": "123"}, "pin"),
        ("POST /api/auth/refresh", {"refreshToken": None}, "refreshToken"),
        ("POST /api/scan/{token}", {"name": ["Ada"]}, "name"),
        ("POST /api/scan/{token}", {"name": "x" * 61}, "name"),
        ("POST /api/scan/{token}", {"name": "a\0"}, "name"),
        ("POST /api/scan/{token}", {"language": {}}, "language"),
        (
            "POST /api/orders",
            {"items": [{"menuItemId": "x", "quantity": "2"}]},
            "items[0].quantity",
        ),
        ("POST /api/orders", {"items": [{}]}, "items[0].menuItemId"),
        ("POST /api/orders", {"items": []}, "items"),
        ("POST /api/restaurants/{id}/devices", {"name": ""}, "name"),
        ("POST /api/restaurants/{id}/devices", {"name": "a\0"}, "name"),
    ],
)
async def test_a_wrong_field_is_named(
    calm: Place, name: str, body: dict[str, Any], path: str
) -> None:
    status, answer = await call(calm, BY_PATH[name], await calm.login("manager"), body)
    error = error_of(answer)
    assert (status, error["code"]) == (400, "INVALID")
    assert error["details"][0]["path"] == path
    assert error["details"][0]["message"]


@pytest.mark.parametrize("since", ["-1", "abc", "9" * 30, "", "1.5", "\uff11", "true", "0x1"])
async def test_a_query_of_rubbish_is_refused(calm: Place, since: str) -> None:
    path = f"/api/restaurants/{calm.id}/events?since={since}"
    status, answer = await calm.get(path, await calm.login("waiter"))
    error = error_of(answer)
    assert (status, error["code"], error["details"][0]["path"]) == (400, "INVALID", "since")


@pytest.mark.parametrize("path", ["/nowhere", "/api", "/api/", "/api/nope", "/API/me"])
async def test_an_unknown_path_is_not_found(calm: Place, path: str) -> None:
    status, answer = await calm.get(path)
    assert (status, error_of(answer)["code"]) == (404, "NOT_FOUND")


async def test_folders_of_static_files_are_not_listed(calm: Place) -> None:
    for path in ("/static/", "/static/lib", "/static/lib/"):
        status, answer = await calm.get(path)
        assert (status, error_of(answer)["code"]) == (404, "NOT_FOUND")


@pytest.mark.parametrize("path", ["/static/../pyproject.toml", "/static/..%2fpyproject.toml"])
async def test_nothing_outside_the_static_files_is_served(calm: Place, path: str) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", int(calm.urls[0].split(":")[-1]))
    writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
    answer = await reader.read()
    writer.close()
    assert answer.split()[1] in (b"403", b"404")
    assert b"onemoment-hub" not in answer


@pytest.mark.parametrize("name", BY_PATH)
async def test_a_wrong_method_is_told_the_right_ones(calm: Place, name: str) -> None:
    route = BY_PATH[name]
    for method in {"PUT", "DELETE", "PATCH"} - METHODS[route.path]:
        url = calm.urls[0] + path_of(route, calm)
        async with calm.http.request(method, url) as reply:
            error = error_of(await reply.json())
            assert (reply.status, error["code"]) == (405, "INVALID")
            assert route.method in reply.headers["Allow"].split(", ")
            assert error["details"][0]["path"] == "method"


@pytest.mark.parametrize("name", WITH_BODY)
async def test_a_body_too_large_is_refused(calm: Place, nodes: list[Node], name: str) -> None:
    who = await token(calm, nodes[0], "manager")
    body = b'{"x":"' + b"x" * MAX_BODY + b'"}'
    status, answer = await call(calm, WITH_BODY[name], who, body)
    assert (status, error_of(answer)["code"]) == (413, "TOO_LARGE")


async def test_a_fault_of_ours_tells_no_details() -> None:
    async def fail(_request: web.Request) -> None:
        raise RuntimeError("the password of the database is 1234")

    app = web.Application(middlewares=[edge])
    app[SETTINGS] = Settings()
    app[METRICS] = Metrics()
    app.add_routes([definition(Route("GET", "/api/fail", fail))])
    async with TestClient(TestServer(app)) as client:
        with capture_logs() as logged:
            reply = await client.get("/api/fail")
        error = error_of(await reply.json())
        assert (reply.status, error["code"]) == (500, "INTERNAL")
        assert error.keys() == {"code", "message", "errorId"}
        assert "1234" not in await reply.text()
        [fault] = [line for line in logged if line["log_level"] == "error"]
        assert fault["error_id"] == error["errorId"]
        assert "1234" in str(fault["exc_info"])
