"""Who comes in: passwords, PINs, tokens and their end (PROTOCOL 1 and 7)."""

import asyncio
import base64
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import asyncpg
import msgspec
import pytest
from argon2 import extract_parameters
from argon2.exceptions import VerifyMismatchError
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, OKPKey
from socketio.exceptions import ConnectionError as RefusedAtTheDoor

from handlers import staff, tables
from handlers.staff import HASHER, NOBODY
from handlers.tokens import NAME, Tokens
from hub.app import Node
from state.domain.actor import Role
from state.domain.errors import Code, Refusal
from state.store import people
from tests.client import Client, Refused
from tests.conftest import SECRET
from tests.fair import within
from tests.place import Place
from tests.routes import check_promise, error_of
from tests.scenes import NOWHERE, place_order, token

LOGIN = "POST /api/auth/login"
WRONG = {"password": "not it"}


async def log_in(place: Place, role: str = "waiter", **changes: str) -> tuple[int, Any]:
    who = {name: place.staff[role][name] for name in ("email", "password")}
    return await place.post("/api/auth/login", who | changes)


async def signed_in(place: Place, role: str = "waiter") -> dict[str, Any]:
    status, answer = await log_in(place, role)
    assert status == 200, answer
    found: dict[str, Any] = answer
    return found


async def pair(place: Place, name: str = "the screen at the pass") -> str:
    path = f"/api/restaurants/{place.id}/devices"
    status, answer = await place.post(path, {"name": name}, await place.login("manager"))
    assert status == 201
    check_promise("POST /api/restaurants/{id}/devices", answer)
    found: str = answer["deviceToken"]
    return found


async def enter(place: Place, device: str, pin: str) -> tuple[int, Any]:
    return await place.post("/api/auth/pin", {"deviceToken": device, "pin": pin})


async def refresh(place: Place, refresh_token: str, node: int = 0) -> tuple[int, Any]:
    return await place.post("/api/auth/refresh", {"refreshToken": refresh_token}, node=node)


async def may(place: Place, access: str | None) -> int:
    return (await place.get("/api/me", access))[0]


def claims_of(access: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(access.split(".")[1] + "=="))
    return found


def code_of(reply: tuple[int, Any], status: int = 401) -> str:
    assert reply[0] == status, reply
    found: str = error_of(reply[1])["code"]
    return found


# Passwords


async def test_a_login_answers_tokens_and_who_it_is(calm: Place) -> None:
    answer = await signed_in(calm)
    check_promise(LOGIN, answer)
    assert answer["expiresIn"] == 15 * 60
    assert answer["user"]["role"] == "waiter"
    assert [r["id"] for r in answer["user"]["restaurants"]] == [calm.id]
    status, me = await calm.get("/api/me", answer["accessToken"], node=1)
    assert (status, me) == (200, answer["user"])


def test_an_unknown_address_costs_as_much_as_a_known_one() -> None:
    known, unknown = extract_parameters(HASHER.hash("a password")), extract_parameters(NOBODY)
    assert unknown == known
    with pytest.raises(VerifyMismatchError):  # it was computed, and not put aside as no hash
        HASHER.verify(NOBODY, "a password")


async def test_an_address_is_known_in_any_letter_case(calm: Place) -> None:
    assert (await log_in(calm, email=calm.staff["waiter"]["email"].upper()))[0] == 200


async def test_a_token_says_who_may_do_what_where_and_until_when(calm: Place) -> None:
    answer = await signed_in(calm, "kitchen")
    claims = claims_of(answer["accessToken"])
    assert (claims["iss"], claims["aud"]) == (NAME, NAME)
    assert claims["sub"] == answer["user"]["id"]
    assert (claims["role"], claims["restaurants"]) == ("kitchen", [calm.id])
    assert 890 < claims["exp"] - datetime.now(UTC).timestamp() <= 900
    assert {"password", "email", "pin"}.isdisjoint(claims)
    admin = claims_of((await signed_in(calm, "admin"))["accessToken"])
    assert admin["restaurants"] == "*"
    assert admin["tenant"] == claims["tenant"]
    assert admin["sid"] != claims["sid"]


async def test_a_narrowed_waiter_has_only_its_tables_in_the_token(
    place: Place, db: asyncpg.Connection
) -> None:
    mine = place.tables[0]["id"]
    email = place.staff["waiter"]["email"]
    await db.execute("UPDATE staff SET tables = $2 WHERE email = $1", email, [mine])
    assert claims_of((await signed_in(place))["accessToken"])["tables"] == [mine]


async def test_a_wrong_password_and_an_unknown_address_look_alike(calm: Place) -> None:
    wrong = await log_in(calm, **WRONG)
    unknown = await log_in(calm, email="nobody@example.test")
    assert code_of(wrong) == "UNAUTHORIZED"
    assert wrong == unknown


@pytest.mark.parametrize("known", [True, False])
async def test_too_many_wrong_passwords_lock_an_address_known_or_not(
    place: Place, known: bool
) -> None:
    email = place.staff["waiter"]["email"] if known else f"nobody-{place.id}@example.test"
    for _ in range(5):
        assert code_of(await log_in(place, email=email, **WRONG)) == "UNAUTHORIZED"
    for password in ("not it", place.staff["waiter"]["password"]):
        reply = await log_in(place, email=email.upper(), password=password)
        assert code_of(reply, 429) == "RATE_LIMITED"
        assert 25_000 < error_of(reply[1])["retryAfterMs"] <= 30_000
    assert (await log_in(place, "kitchen"))[0] == 200, "others are not locked"


async def test_a_right_password_forgets_the_wrong_ones(place: Place) -> None:
    for _ in range(4):
        assert code_of(await log_in(place, **WRONG)) == "UNAUTHORIZED"
    assert (await log_in(place))[0] == 200
    assert code_of(await log_in(place, **WRONG)) == "UNAUTHORIZED"
    assert (await log_in(place))[0] == 200


async def test_guessing_at_once_gains_nothing_over_guessing_in_turn(place: Place) -> None:
    tries = [log_in(place, password=f"guess {number}") for number in range(8)]
    replies = await asyncio.gather(*tries)
    codes = [error_of(answer)["code"] for _, answer in replies]
    assert codes.count("UNAUTHORIZED") == 5
    assert codes.count("RATE_LIMITED") == 3
    assert code_of(await log_in(place), 429) == "RATE_LIMITED"


async def test_a_lock_ends_and_the_next_one_is_longer(place: Place, db: asyncpg.Connection) -> None:
    for _ in range(5):
        await log_in(place, **WRONG)
    await end_lock(db)
    assert code_of(await log_in(place, **WRONG)) == "UNAUTHORIZED"
    body = {"email": place.staff["waiter"]["email"]} | WRONG
    async with place.http.post(f"{place.urls[0]}/api/auth/login", json=body) as reply:
        assert (reply.status, reply.headers["Retry-After"]) == (429, "60")
        assert 55_000 < error_of(await reply.json())["retryAfterMs"] <= 60_000
    await end_lock(db)
    assert (await log_in(place))[0] == 200


async def end_lock(db: asyncpg.Connection) -> None:
    await db.execute("UPDATE tries SET locked_until = now() WHERE locked_until > now()")


# PINs


async def test_a_pin_is_enough_on_a_paired_device_for_its_restaurant_alone(place: Place) -> None:
    device = await pair(place)
    status, answer = await enter(place, device, place.staff["admin"]["pin"])
    assert status == 200
    check_promise("POST /api/auth/pin", answer)
    assert answer["user"]["role"] == "admin"
    claims = claims_of(answer["accessToken"])
    assert claims["restaurants"] == [place.id], "even an admin's"
    status, again = await refresh(place, answer["refreshToken"])
    assert status == 200
    assert claims_of(again["accessToken"])["restaurants"] == [place.id]


async def test_a_new_secret_of_logins_leaves_printed_codes_and_pins_good(
    place: Place, nodes: list[Node]
) -> None:
    deps, before = nodes[0].deps, await place.login("waiter")
    code, device, pin = place.tables[0]["token"], await pair(place), place.staff["waiter"]["pin"]
    new = replace(deps, tokens=Tokens("another secret of logins", lasting=SECRET))
    assert (await tables.scan(code, tables.Scan(), None, new)).restaurant.id == place.id
    after = (await staff.log_in_by_pin(device, pin, new)).access_token
    assert new.tokens.read(after).role == "waiter"
    for reader, other in ((deps.tokens, after), (new.tokens, before)):
        with pytest.raises(Refusal, match="not valid"):
            reader.read(other)
    alone = replace(deps, tokens=Tokens("another secret of logins"))
    with pytest.raises(Refusal, match="no such table code"):
        await tables.scan(code, tables.Scan(), None, alone)


async def test_a_pin_is_nothing_without_its_own_device(place: Place, other_place: Place) -> None:
    pin = place.staff["waiter"]["pin"]
    theirs = await pair(other_place)
    assert code_of(await enter(place, "no such device", pin)) == "UNAUTHORIZED"
    assert code_of(await enter(place, theirs, "9999")) == "UNAUTHORIZED"
    status, answer = await enter(place, theirs, pin)
    assert status == 200, "the demo's PINs are the same everywhere"
    assert [r["id"] for r in answer["user"]["restaurants"]] == [other_place.id]


async def test_only_chiefs_pair_devices_with_their_own_restaurants(
    place: Place, other_place: Place
) -> None:
    path = f"/api/restaurants/{place.id}/devices"
    body = {"name": "mine now"}
    assert code_of(await place.post(path, body, await place.login("waiter")), 403) == "FORBIDDEN"
    stranger = await other_place.login("admin")
    assert code_of(await place.post(path, body, stranger), 404) == "NOT_FOUND"


async def test_wrong_pins_lock_the_device_and_no_other(place: Place) -> None:
    device, other = await pair(place), await pair(place)
    for _ in range(5):
        assert code_of(await enter(place, device, "0000")) == "UNAUTHORIZED"
    reply = await enter(place, device, place.staff["waiter"]["pin"])
    assert code_of(reply, 429) == "RATE_LIMITED"
    assert 25_000 < error_of(reply[1])["retryAfterMs"] <= 30_000
    assert (await enter(place, other, place.staff["waiter"]["pin"]))[0] == 200


async def test_ones_own_pin_buys_no_more_guesses_at_anothers(place: Place) -> None:
    device = await pair(place)
    for _ in range(4):
        assert code_of(await enter(place, device, "0000")) == "UNAUTHORIZED"
        assert (await enter(place, device, place.staff["waiter"]["pin"]))[0] == 200
    assert code_of(await enter(place, device, "0000")) == "UNAUTHORIZED"
    assert code_of(await enter(place, device, "0000"), 429) == "RATE_LIMITED"


async def test_wrong_pins_are_forgotten_after_a_quiet_while(
    place: Place, db: asyncpg.Connection
) -> None:
    device = await pair(place)
    for _ in range(4):
        await enter(place, device, "0000")
    await db.execute("UPDATE tries SET forgotten_at = now()")
    for _ in range(5):
        assert code_of(await enter(place, device, "0000")) == "UNAUTHORIZED"
    assert code_of(await enter(place, device, "0000"), 429) == "RATE_LIMITED"


async def test_guessing_pins_at_once_gains_nothing(place: Place) -> None:
    device = await pair(place)
    replies = await asyncio.gather(*(enter(place, device, f"000{n}") for n in range(10)))
    assert sum(status == 401 for status, _ in replies) == 5


async def test_a_device_that_was_lost_lets_nobody_in_any_more(
    place: Place, db: asyncpg.Connection
) -> None:
    device = await pair(place)
    _, answer = await enter(place, device, place.staff["waiter"]["pin"])
    assert await may(place, answer["accessToken"]) == 200
    await db.execute("UPDATE devices SET revoked_at = now() WHERE restaurant_id = $1", place.id)
    assert code_of(await enter(place, device, place.staff["waiter"]["pin"])) == "UNAUTHORIZED"
    assert code_of(await refresh(place, answer["refreshToken"])) == "UNAUTHORIZED"
    assert await may(place, answer["accessToken"]) == 401


# Staff that left


async def test_who_was_deleted_is_out_at_once(place: Place, db: asyncpg.Connection) -> None:
    answer = await signed_in(place)
    email = place.staff["waiter"]["email"]
    await db.execute("UPDATE staff SET deleted_at = now() WHERE email = $1", email)
    assert await may(place, answer["accessToken"]) == 401
    assert code_of(await refresh(place, answer["refreshToken"])) == "UNAUTHORIZED"
    assert code_of(await log_in(place)) == "UNAUTHORIZED"


async def test_who_no_longer_works_at_a_restaurant_has_no_pin_there(
    place: Place, db: asyncpg.Connection
) -> None:
    device = await pair(place)
    _, answer = await enter(place, device, place.staff["waiter"]["pin"])
    await db.execute(
        "DELETE FROM staff_restaurants WHERE staff_id = $1", claims_of(answer["accessToken"])["sub"]
    )
    status, renewed = await refresh(place, answer["refreshToken"])
    assert status == 200
    assert claims_of(renewed["accessToken"])["restaurants"] == []
    assert renewed["user"]["restaurants"] == []
    assert code_of(await enter(place, device, place.staff["waiter"]["pin"])) == "UNAUTHORIZED"


# Refresh and logout


async def test_a_refresh_gives_new_tokens_of_the_same_login(calm: Place) -> None:
    first = await signed_in(calm)
    status, second = await refresh(calm, first["refreshToken"], node=1)
    assert status == 200
    check_promise("POST /api/auth/refresh", second)
    assert second["refreshToken"] != first["refreshToken"]
    assert second["user"] == first["user"]
    tokens = first["accessToken"], second["accessToken"]
    assert claims_of(tokens[0])["sid"] == claims_of(tokens[1])["sid"]
    assert [await may(calm, access) for access in tokens] == [200, 200]


async def test_a_refresh_whose_answer_was_lost_may_be_asked_again(calm: Place) -> None:
    spent = (await signed_in(calm))["refreshToken"]
    replies = [await refresh(calm, spent) for _ in range(3)]
    assert [status for status, _ in replies] == [200] * 3
    assert len({answer["refreshToken"] for _, answer in replies}) == 1
    assert (await refresh(calm, replies[0][1]["refreshToken"]))[0] == 200


async def test_two_tabs_that_refresh_at_once_both_stay_signed_in(calm: Place) -> None:
    spent = (await signed_in(calm))["refreshToken"]
    replies = await asyncio.gather(*(refresh(calm, spent, node=n % 2) for n in range(4)))
    assert [status for status, _ in replies] == [200] * 4
    assert len({answer["refreshToken"] for _, answer in replies}) == 1
    later = await refresh(calm, replies[3][1]["refreshToken"])
    assert later[0] == 200


async def test_a_spent_refresh_token_that_comes_back_late_ends_the_login(
    place: Place, db: asyncpg.Connection
) -> None:
    stolen = await signed_in(place)
    waiter = await place.client(stolen["accessToken"], node=1)
    _, own = await refresh(place, stolen["refreshToken"])
    await db.execute(
        "UPDATE sessions SET spent_at = spent_at - interval '2 minutes' WHERE id = $1",
        claims_of(own["accessToken"])["sid"],
    )
    assert code_of(await refresh(place, stolen["refreshToken"])) == "UNAUTHORIZED"
    assert code_of(await refresh(place, own["refreshToken"])) == "UNAUTHORIZED"
    assert await may(place, own["accessToken"]) == 401
    await asyncio.wait_for(waiter.gone.wait(), 60)


async def test_a_refresh_token_ends_with_its_time(calm: Place, db: asyncpg.Connection) -> None:
    answer = await signed_in(calm)
    sid = claims_of(answer["accessToken"])["sid"]
    await db.execute("UPDATE sessions SET expires_at = now() WHERE id = $1", sid)
    assert code_of(await refresh(calm, answer["refreshToken"])) == "UNAUTHORIZED"
    assert code_of(await refresh(calm, "no such token")) == "UNAUTHORIZED"
    assert code_of(await refresh(calm, answer["accessToken"]), 400) == "INVALID"


async def test_a_logout_ends_this_login_on_every_node_and_no_other(calm: Place) -> None:
    one, other = await signed_in(calm), await signed_in(calm)
    clients = [await calm.client(one["accessToken"], node) for node in (0, 1)]
    stays = await calm.client(other["accessToken"])
    status, answer = await calm.post("/api/auth/logout", {}, one["accessToken"])
    assert (status, answer) == (200, {"ok": True})
    async with within(3):  # PROTOCOL 1 says one second; these machines may be busy
        for client in clients:
            await client.gone.wait()
    assert await may(calm, one["accessToken"]) == 401
    assert code_of(await refresh(calm, one["refreshToken"])) == "UNAUTHORIZED"
    assert await may(calm, other["accessToken"]) == 200
    assert not stays.gone.is_set()


async def test_a_guest_cannot_send_its_table_away_by_logging_out(place: Place) -> None:
    guest = await place.guest()
    assert guest.token is not None
    assert code_of(await place.post("/api/auth/logout", {}, guest.token), 403) == "FORBIDDEN"
    assert code_of(await place.get("/api/me", guest.token), 403) == "FORBIDDEN"
    await place_order(place, guest)
    assert not guest.gone.is_set()


# Tokens that are not ours


def claims(**changes: Any) -> dict[str, Any]:
    good = {
        "iss": NAME,
        "aud": NAME,
        "sub": NOWHERE,
        "role": "admin",
        "tenant": NOWHERE,
        "restaurants": "*",
        "sid": NOWHERE,
        "lang": "en",
        "name": "",
        "exp": int(datetime.now(UTC).timestamp()) + 600,
    } | changes
    return {name: value for name, value in good.items() if value is not None}


def signed(alg: str = "HS256", secret: str = SECRET, **changes: Any) -> str:
    return jwt.encode({"alg": alg}, claims(**changes), OctKey.import_key(secret), [alg])


def unsigned(header: Any, **changes: Any) -> str:
    parts = [header, claims(**changes)]
    return ".".join(
        base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts
    )


def forgeries() -> Iterator[tuple[str, str]]:
    good = signed()
    head, body, tag = good.split(".")
    yield "no signature", f"{head}.{body}."
    yield "another body", f"{head}.{unsigned({}, role='manager').split('.')[1]}.{tag}"
    yield "another head", f"{unsigned({'alg': 'HS512'}).split('.')[0]}.{body}.{tag}"
    yield "alg none", unsigned({"alg": "none"}) + "."
    yield "alg none, signed", unsigned({"alg": "none"}) + "." + tag
    yield "alg None", unsigned({"alg": None}) + "." + tag
    yield "no alg", unsigned({"typ": "JWT"}) + "." + tag
    yield "alg a list", unsigned({"alg": ["HS256"]}) + "." + tag
    yield "header a list", unsigned(["HS256"]) + "." + tag
    yield "another secret", signed(secret="another secret, just as long as the first one")
    yield "another algorithm", signed("HS512", SECRET * 2)
    yield "another issuer", signed(iss="somebody-else")
    yield "another audience", signed(aud="somebody-else")
    yield "no issuer", signed(iss=None)
    yield "no audience", signed(aud=None)
    yield "no subject", signed(sub=None)
    yield "no end", signed(exp=None)
    yield "end in words", signed(exp="tomorrow")
    yield "end beyond all years", signed(exp=10**18)
    yield "end beyond all numbers", signed(exp=10**40)
    yield "not yet", signed(nbf=int(datetime.now(UTC).timestamp()) + 600)
    yield "no role", signed(role=None)
    yield "no such role", signed(role="owner")
    yield "role a list", signed(role=["admin"])
    yield "no tenant", signed(tenant=None)
    yield "tenant a number", signed(tenant=5)
    yield "restaurants a number", signed(restaurants=5)
    yield "restaurants a word", signed(restaurants="all")
    yield "tables a number", signed(tables=5)
    yield "stations of numbers", signed(stations=[1])
    yield "language a list", signed(lang=[])
    yield "no session", signed(sid=None)
    yield "session a number", signed(sid=5)
    for text in ("", " ", ".", "..", "a.b.c", "a.b.c.d.e", "ü.ü.ü", "\0", "x" * 5000, good + "x"):
        yield repr(text[:12]), text


@pytest.mark.parametrize("name", [name for name, _ in forgeries()])
def test_a_token_that_is_not_ours_is_no_token(name: str) -> None:
    text = dict(forgeries())[name]  # made anew: tokens expire, also before a long run comes here
    with pytest.raises(Refusal) as refused:
        Tokens(SECRET).read(text)
    assert refused.value.code is Code.UNAUTHORIZED


def test_a_genuine_token_says_what_it_was_issued_for() -> None:
    read = Tokens(SECRET).read(signed(tables=[NOWHERE], restaurants=[NOWHERE], stations=["bar"]))
    assert Tokens(SECRET).read(Tokens(SECRET).issue(read)) == read
    assert (read.role, read.tables) == (Role.ADMIN, {NOWHERE})
    assert (read.restaurants, read.stations) == ({NOWHERE}, {"bar"})


def test_an_expired_token_says_so() -> None:
    with pytest.raises(Refusal) as refused:
        Tokens(SECRET).read(signed(exp=int(datetime.now(UTC).timestamp()) - 1))
    assert refused.value.code is Code.TOKEN_EXPIRED


async def test_a_genuine_token_of_no_login_is_refused(calm: Place) -> None:
    for sid in (NOWHERE, "rubbish", ""):
        assert code_of(await calm.get("/api/me", signed(sid=sid))) == "UNAUTHORIZED"


@pytest.mark.parametrize(
    "secret",
    [
        OKPKey.generate_key("Ed25519").as_pem(private=False).decode(),
        OKPKey.generate_key("X25519").as_pem(private=True).decode(),
        ECKey.generate_key("P-256").as_pem(private=True).decode(),
        "-----BEGIN PRIVATE KEY-----\nrubbish\n-----END PRIVATE KEY-----",
    ],
    ids=["public", "X25519", "P-256", "rubbish"],
)
def test_a_pem_that_cannot_sign_is_refused_at_once(secret: str) -> None:
    with pytest.raises(ValueError, match="Ed25519"):
        Tokens(secret)


def test_a_private_key_in_pem_signs_with_ed25519() -> None:
    key = OKPKey.generate_key("Ed25519")
    pem = key.as_pem(private=True).decode()
    tokens = Tokens(pem)
    actor = Tokens(SECRET).read(signed())
    issued = tokens.issue(actor)
    header = json.loads(base64.urlsafe_b64decode(issued.split(".")[0] + "=="))
    assert header["alg"] in {"EdDSA", "Ed25519"}
    assert tokens.read(issued) == actor
    public = OKPKey.import_key(key.as_dict(private=False))
    assert jwt.decode(issued, public, [header["alg"]]).claims["sub"] == actor.id
    other = Tokens(OKPKey.generate_key("Ed25519").as_pem(private=True).decode())
    # The public key, used as if it were a secret the two sides share.
    shared = OctKey.import_key(json.dumps(public.as_dict(private=False)))
    confused = jwt.encode({"alg": "HS256"}, claims(), shared, ["HS256"])
    for reader, text in ((other, issued), (tokens, confused), (Tokens(SECRET), issued)):
        with pytest.raises(Refusal) as refused:
            reader.read(text)
        assert refused.value.code is Code.UNAUTHORIZED


# At the socket


async def turned_away(place: Place, token: Any, **more: Any) -> dict[str, Any]:
    """Connect with a token that must be refused; return the data of the refusal."""
    client = Client(place.urls[0], token)
    heard: list[Any] = []
    client.sio.on("connect_error", heard.append)
    with pytest.raises(RefusedAtTheDoor):
        await client.connect(**more)
    await client.close()
    found: dict[str, Any] = heard[0]["data"]
    return found


@pytest.mark.parametrize("bad", [None, "", "rubbish", 5, ["x"], {"token": "x"}, "x" * 9000])
async def test_a_socket_without_a_token_of_ours_is_refused(calm: Place, bad: Any) -> None:
    data = await turned_away(calm, bad)
    assert data["code"] == "UNAUTHORIZED"
    assert data["message"]


async def test_a_socket_with_a_stale_token_is_told_so(calm: Place, nodes: list[Node]) -> None:
    past = datetime.now(UTC) - timedelta(seconds=1)
    stale = await token(calm, nodes[0], "waiter", expires_at=past)
    assert (await turned_away(calm, stale))["code"] == "TOKEN_EXPIRED"


async def test_a_socket_of_a_closed_table_is_told_so(place: Place) -> None:
    guest = await place.guest()
    path = f"/api/tables/{place.tables[0]['id']}/close"
    assert (await place.post(path, {}, await place.login("waiter")))[0] == 200
    await asyncio.wait_for(guest.gone.wait(), 60)
    assert (await turned_away(place, guest.token))["code"] == "SESSION_CLOSED"
    assert code_of(await place.post("/api/orders", {}, guest.token), 410) == "SESSION_CLOSED"


async def test_a_socket_of_a_login_that_ended_is_refused(calm: Place) -> None:
    access = (await signed_in(calm))["accessToken"]
    await calm.post("/api/auth/logout", {}, access)
    assert (await turned_away(calm, access))["code"] == "UNAUTHORIZED"


ORIGINS = {
    "https://evil.example": False,
    "http://localhost:5173.evil.example": False,
    "https://localhost:5173": False,
    "null": False,
    "http://localhost:5173": True,
}


@pytest.mark.parametrize("transport", ["websocket", "polling"])
async def test_pages_of_strangers_may_not_connect(calm: Place, transport: str) -> None:
    url = f"{calm.urls[0]}/socket.io/?EIO=4&transport={transport}"
    for origin, welcome in (ORIGINS | {calm.urls[0]: True}).items():
        headers = {"Origin": origin}
        if transport == "polling":
            async with calm.http.get(url, headers=headers) as reply:
                assert (reply.status == 200) is welcome, origin
        elif welcome:
            async with calm.http.ws_connect(url, headers=headers) as socket:
                assert (await socket.receive_str()).startswith("0{")
        else:
            with pytest.raises(aiohttp.WSServerHandshakeError):
                await calm.http.ws_connect(url, headers=headers)


async def test_a_connection_lives_on_with_a_newer_token(place: Place, nodes: list[Node]) -> None:
    answer = await signed_in(place, "manager")
    reader = nodes[0].deps.tokens
    soon = datetime.now(UTC) + timedelta(seconds=4)
    short = msgspec.structs.replace(reader.read(answer["accessToken"]), expires_at=soon)
    client = await place.client(reader.issue(short))
    await client.send("join:restaurant", restaurantId=place.id)
    told, _ = await client.hears("auth:expired")
    assert told == {"disconnectInMs": 30_000}
    ack = await client.ask("auth:refresh", {"token": answer["accessToken"]})
    assert ack["ok"]
    until = datetime.fromisoformat(ack["data"]["expiresAt"])
    assert until.timestamp() == claims_of(answer["accessToken"])["exp"]
    await place_order(place, await place.guest())
    await client.hears("order:new")
    assert not client.gone.is_set()


async def test_another_persons_token_is_not_taken(place: Place, other_place: Place) -> None:
    client = await place.worker("waiter")
    for other, code in (
        (await place.login("manager"), "FORBIDDEN"),
        (await other_place.login("waiter"), "FORBIDDEN"),
        ((await place.scan())["token"], "FORBIDDEN"),
        (signed(), "UNAUTHORIZED"),
        ("rubbish", "UNAUTHORIZED"),
        ("", "UNAUTHORIZED"),
    ):
        with pytest.raises(Refused) as refused:
            await client.send("auth:refresh", token=other)
        assert refused.value.code == code
    assert (await client.ask("auth:refresh", await place.login("waiter")))["ok"]


async def test_a_token_that_reaches_less_far_takes_effect_at_once(
    place: Place, db: asyncpg.Connection
) -> None:
    answer = await signed_in(place)
    client = await place.client(answer["accessToken"])
    await client.send("join:waiter", restaurantId=place.id)
    await db.execute(
        "UPDATE staff SET tables = $2 WHERE email = $1",
        place.staff["waiter"]["email"],
        [place.tables[0]["id"]],
    )
    _, renewed = await refresh(place, answer["refreshToken"])
    assert (await client.ask("auth:refresh", {"token": renewed["accessToken"]}))["ok"]
    await asyncio.wait_for(client.gone.wait(), 60)
    back = await place.client(renewed["accessToken"])
    rooms = (await back.send("join:waiter", restaurantId=place.id))["rooms"]
    assert f"waiter:{place.id}:{place.tables[0]['id']}" in rooms
    assert f"waiter:{place.id}:*" not in rooms


async def test_sessions_of_nothing_are_over(db: asyncpg.Connection) -> None:
    asked = [NOWHERE, "rubbish", ""]
    assert await people.ended(db, asked, datetime.now(UTC))
