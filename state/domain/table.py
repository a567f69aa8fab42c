"""Tables and table sessions: a party's stay, begun by the code on the table.

A table's token is permanent and signed, printed on the table; a session's id lives four hours.
"""

import base64
import hashlib
import hmac
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from msgspec.structs import replace

from state.domain.cart import CartLine
from state.domain.errors import Code, Refusal, not_found
from state.domain.ids import new_id

STAY = timedelta(hours=4)  # PROTOCOL 7
TAG_BYTES = 12  # 96 bits: not to be guessed, and still a small QR code


class Table(msgspec.Struct, frozen=True, rename="camel"):
    """`key_version` goes into the token's signature: raise it and every printed code is void.

    `x` and `y` are its place on the floor map, in cells of which a table takes five by five; None
    until somebody has put it there.
    """

    id: str
    restaurant_id: str
    number: str
    zone: str = ""
    seats: int = 4
    key_version: int = 1
    x: int | None = None
    y: int | None = None


class TableSession(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """`cleared_at` is when the table was made ready again after the party had left."""

    id: str
    tenant_id: str
    restaurant_id: str
    table_id: str
    table_number: str
    code: str
    opened_at: datetime
    expires_at: datetime
    closed_at: datetime | None = None
    cleared_at: datetime | None = None
    cart: tuple[CartLine, ...] = ()
    cart_version: int = 0


def open_session(table: Table, tenant_id: str, code: str, now: datetime) -> TableSession:
    return TableSession(
        id=new_id(),
        tenant_id=tenant_id,
        restaurant_id=table.restaurant_id,
        table_id=table.id,
        table_number=table.number,
        code=code,
        opened_at=now,
        expires_at=now + STAY,
    )


def is_live(session: TableSession, now: datetime) -> bool:
    return session.closed_at is None and now < session.expires_at


def require_live(session: TableSession, now: datetime) -> None:
    if session.closed_at is not None:
        raise Refusal(Code.SESSION_CLOSED, "this table was closed: scan its code again")
    if now >= session.expires_at:
        raise Refusal(Code.SESSION_EXPIRED, "this visit has expired: scan the table's code again")


def slide(session: TableSession, now: datetime) -> TableSession:
    """Return the session with its four hours begun anew."""
    return replace(session, expires_at=now + STAY)


def table_token(table_id: str, key_version: int, secret: bytes) -> str:
    """Return the permanent token printed in a table's QR code: its id and a signature."""
    raw = UUID(table_id).bytes
    return _encode(raw + _tag(raw, key_version, secret))


def table_of(token: str) -> str:
    """Return the table id a token speaks of, not yet verified; raise NOT_FOUND for no token."""
    raw = _decode(token)
    if len(raw) != 16 + TAG_BYTES:
        raise not_found("table code")
    return str(UUID(bytes=raw[:16]))


def require_genuine(token: str, table: Table, secret: bytes) -> None:
    """Raise NOT_FOUND unless the token was signed for this table, with its present key version."""
    genuine = table_token(table.id, table.key_version, secret)
    if not hmac.compare_digest(token.encode(), genuine.encode()):
        raise not_found("table code")


def _tag(raw: bytes, key_version: int, secret: bytes) -> bytes:
    message = b"table" + raw + key_version.to_bytes(4, "big")
    return hmac.digest(secret, message, hashlib.sha256)[:TAG_BYTES]


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _decode(token: str) -> bytes:
    try:
        return base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except ValueError as exc:
        raise not_found("table code") from exc
