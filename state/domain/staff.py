"""Staff: who works where, and how they come in."""

from datetime import datetime

import msgspec

from state.domain.actor import Actor, Role


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


class Device(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A screen or phone paired with one restaurant: on it, a PIN is enough."""

    id: str
    tenant_id: str
    restaurant_id: str
    name: str


class Login(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """One login session; `restaurant_id` is set where it was made by PIN, and then its only one."""

    id: str
    staff_id: str
    restaurant_id: str | None
    expires_at: datetime
    spent_at: datetime | None
    revoked_at: datetime | None


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
