"""Tables and table sessions: a party's stay, begun by the code on the table.

A table's token is permanent and signed, printed on the table; a session's id lives four hours.
"""

from datetime import datetime, timedelta

import msgspec
from msgspec.structs import replace

from state.domain import signed
from state.domain.cart import CartLine
from state.domain.errors import Code, Refusal, not_found
from state.domain.ids import new_id

STAY = timedelta(hours=4)  # PROTOCOL 7


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
    return signed.token(b"table", table_id, key_version, secret)


def table_of(token: str) -> str:
    """Return the table id a token speaks of, not yet verified; raise NOT_FOUND for no token."""
    return signed.id_of(token, "table code")


def require_genuine(token: str, table: Table, secret: bytes) -> None:
    """Raise NOT_FOUND unless the token was signed for this table, with its present key version."""
    if not signed.is_genuine(token, table_token(table.id, table.key_version, secret)):
        raise not_found("table code")
