"""Staff: who works where, and how often a wrong password may be tried."""

from datetime import datetime, timedelta

import msgspec

from state.domain.actor import Actor, Role
from state.domain.errors import Code, Refusal

FREE_TRIES = 5
LOCK = timedelta(seconds=30)


class Staff(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    id: str
    tenant_id: str
    email: str
    name: str
    role: Role
    lang: str
    password_hash: str
    all_restaurants: bool
    tables: tuple[str, ...] | None
    stations: tuple[str, ...] | None
    failures: int
    locked_until: datetime | None


class Device(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A screen or phone paired with one restaurant: on it, a PIN is enough."""

    id: str
    tenant_id: str
    restaurant_id: str
    name: str
    failures: int
    locked_until: datetime | None


class Login(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """One login session; `restaurant_id` is set where it was made by PIN, and then its only one."""

    id: str
    staff_id: str
    restaurant_id: str | None
    expires_at: datetime
    spent_at: datetime | None
    revoked_at: datetime | None


def require_unlocked(locked_until: datetime | None, now: datetime) -> None:
    if locked_until is not None and now < locked_until:
        wait = int((locked_until - now) / timedelta(milliseconds=1))
        raise Refusal(Code.RATE_LIMITED, "too many wrong tries", retryAfterMs=wait)


def lock_after(failures: int, now: datetime) -> datetime | None:
    """Return until when to refuse after so many wrong tries in a row: longer each time."""
    over = failures - FREE_TRIES
    return now + LOCK * 2 ** min(over, 6) if over >= 0 else None


def actor(
    staff: Staff, restaurants: frozenset[str] | None, session_id: str, until: datetime
) -> Actor:
    return Actor(
        id=staff.id,
        role=staff.role,
        tenant=staff.tenant_id,
        restaurants=restaurants,
        session=session_id,
        expires_at=until,
        tables=frozenset(staff.tables) if staff.tables is not None else None,
        stations=frozenset(staff.stations) if staff.stations is not None else None,
        lang=staff.lang,
        name=staff.name,
    )
