"""Staff come in by password, or by PIN on a paired device, and leave."""

import asyncio
import base64
import hashlib
import hmac
import secrets
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import msgspec
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import ARGON2_VERSION

from handlers import guesses
from handlers.deps import Deps
from handlers.tokens import ACCESS
from state.domain.actor import Actor
from state.domain.errors import Code, Refusal
from state.domain.ids import new_id
from state.domain.staff import Device, Login, Staff, actor
from state.store import people as store
from state.store import restaurants, tries
from state.store.pool import Conn
from state.store.tables import announce_closed

STAY = timedelta(days=30)
LEEWAY = timedelta(seconds=60)  # a phone that lost the answer to a refresh may ask again
HASHER = PasswordHasher()
HASHING = ThreadPoolExecutor(2, "hashing")  # 64 MiB each; a flood of logins waits for itself


def _hash_of_nobody() -> str:
    """Return what no password hashes to, in the form of a hash; checking one against it is as slow.

    Made up rather than hashed: every process that starts would spend a fifth of a second on it.
    """
    salt, rest = (
        base64.b64encode(secrets.token_bytes(size)).rstrip(b"=").decode()
        for size in (HASHER.salt_len, HASHER.hash_len)
    )
    costs = f"m={HASHER.memory_cost},t={HASHER.time_cost},p={HASHER.parallelism}"
    return f"$argon2id$v={ARGON2_VERSION}${costs}${salt}${rest}"


NOBODY = _hash_of_nobody()  # so that an unknown address takes as long as a known one


class Tokens(msgspec.Struct, frozen=True, rename="camel"):
    """What a login answers. `expires_in` is in seconds."""

    access_token: str
    refresh_token: str
    expires_in: int
    user: "User"


class Place(msgspec.Struct, frozen=True):
    id: str
    name: str


class User(msgspec.Struct, frozen=True):
    id: str
    name: str
    email: str
    role: str
    lang: str
    restaurants: tuple[Place, ...]


async def log_in(email: str, password: str, deps: Deps) -> Tokens:
    """Open a login session; raise UNAUTHORIZED, or RATE_LIMITED after too many wrong tries.

    An address that nobody has is treated, locked and timed like one that somebody has.
    """
    async with deps.pool.acquire() as conn:
        found = await store.staff_by_email(conn, email)
        key = f"staff:{found.id}" if found else f"email:{email.casefold()}"
        await guesses.require_free(conn, key, deps)
    # A slow hash, on purpose: off the loop, and not while holding a connection.
    password_hash = found.password_hash if found else NOBODY
    loop = asyncio.get_running_loop()
    matches = await loop.run_in_executor(HASHING, verify, password_hash, password)
    async with deps.pool.acquire() as conn:
        await guesses.judge(conn, key, matches, deps)
        if found is None or not matches:
            raise Refusal(Code.UNAUTHORIZED, "the e-mail or the password is wrong")
        await tries.forget(conn, key)
        return await _open(conn, found, None, deps)


async def log_in_by_pin(device_token: str, pin: str, deps: Deps) -> Tokens:
    """Open a login session for one restaurant, on a device that was paired with it.

    A right PIN does not forgive the wrong ones: whoever knows one could guess another's with it.
    """
    async with deps.pool.acquire() as conn:
        device = await store.device_by_token(conn, digest(device_token))
        if device is None:
            raise Refusal(Code.UNAUTHORIZED, "this device is not paired")
        key = pin_key(device.restaurant_id, pin, deps.tokens.secret)
        found = await store.staff_by_pin(conn, device.restaurant_id, key)
        await guesses.judge(conn, f"device:{device.id}", found is not None, deps)
        if found is None:
            raise Refusal(Code.UNAUTHORIZED, "the PIN is wrong")
        return await _open(conn, found, device, deps)


async def refresh(refresh_token: str, deps: Deps) -> Tokens:
    """Change a refresh token for new tokens. A spent one that comes back late ends the session."""
    now = deps.now()
    async with deps.pool.acquire() as conn, conn.transaction():
        found = await store.login_by_refresh(conn, digest(refresh_token))
        if found is None or await store.ended(conn, [found[0].id], now):
            raise Refusal(Code.UNAUTHORIZED, "please sign in again")
        login, newest = found
        stolen = not newest and login.spent_at is not None and now > login.spent_at + LEEWAY
        if not stolen:
            return await _renew(conn, login, refresh_token, newest, deps)
        await _revoke(conn, login.id, deps)
    raise Refusal(Code.UNAUTHORIZED, "please sign in again")


async def log_out(who: Actor, deps: Deps) -> None:
    async with deps.pool.acquire() as conn, conn.transaction():
        await _revoke(conn, who.session, deps)


async def me(who: Actor, deps: Deps) -> User:
    async with deps.pool.acquire() as conn:
        found = await store.staff_by_id(conn, who.id)
        if found is None:
            raise Refusal(Code.UNAUTHORIZED, "please sign in again")
        return await _user(conn, found, who.restaurants)


def verify(password_hash: str, password: str) -> bool:
    try:
        return HASHER.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False


def digest(token: str) -> bytes:
    """A random token needs no slow hash: there is nothing to guess."""
    return hashlib.sha256(token.encode()).digest()


def pin_key(restaurant_id: str, pin: str, secret: bytes) -> bytes:
    """A PIN is short, so it is kept under the hub's secret: the table alone tells nothing."""
    return hmac.digest(secret, f"pin:{restaurant_id}:{pin}".encode(), hashlib.sha256)


async def _open(conn: Conn, found: Staff, device: Device | None, deps: Deps) -> Tokens:
    token = secrets.token_urlsafe(32)
    login = Login(
        id=new_id(),
        staff_id=found.id,
        restaurant_id=device.restaurant_id if device else None,
        expires_at=deps.now() + STAY,
        spent_at=None,
        revoked_at=None,
    )
    device_id = device.id if device else None
    await store.add_login(conn, login, found.tenant_id, device_id, digest(token))
    return await _tokens(conn, login, found, token, deps)


async def _renew(conn: Conn, login: Login, refresh_token: str, newest: bool, deps: Deps) -> Tokens:
    found = await store.staff_by_id(conn, login.staff_id)
    if found is None:
        raise Refusal(Code.UNAUTHORIZED, "please sign in again")
    token, now = _following(login, refresh_token, deps), deps.now()
    if newest:
        await store.rotate(conn, login.id, digest(token), now + STAY, now)
    return await _tokens(conn, login, found, token, deps)


def _following(login: Login, refresh_token: str, deps: Deps) -> str:
    """Return the token that follows a refresh token: the same one however often it is asked for.

    So of two tabs that refresh at once neither loses its login, and neither does a phone that
    never got the answer.
    """
    message = f"refresh:{login.id}:{refresh_token}".encode()
    raw = hmac.digest(deps.tokens.secret, message, hashlib.sha256)
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


async def _revoke(conn: Conn, login_id: str, deps: Deps) -> None:
    await store.revoke(conn, login_id, deps.now())
    await announce_closed(conn, [login_id])


async def _tokens(conn: Conn, login: Login, found: Staff, refresh_token: str, deps: Deps) -> Tokens:
    reach = await _reach(conn, login, found)
    who = actor(found, reach, login.id, deps.now() + ACCESS)
    user = await _user(conn, found, reach)
    return Tokens(deps.tokens.issue(who), refresh_token, int(ACCESS.total_seconds()), user)


async def _reach(conn: Conn, login: Login, found: Staff) -> frozenset[str] | None:
    own = await store.restaurants_of(conn, found.id)
    if login.restaurant_id is not None:
        return own & {login.restaurant_id}
    return None if found.all_restaurants else own


async def _user(conn: Conn, found: Staff, reach: frozenset[str] | None) -> User:
    places = tuple(
        Place(restaurant.id, restaurant.name)
        for restaurant in await restaurants.of_tenant(conn, found.tenant_id)
        if reach is None or restaurant.id in reach
    )
    return User(found.id, found.name, found.email, found.role, found.lang, places)
