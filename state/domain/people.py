"""What managers may change of people: who works here, and what they come in by."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from state.domain.actor import Actor, Role
from state.domain.commands import WHOLE, Id
from state.domain.edits import Lang, Name, Save
from state.domain.errors import forbidden, invalid

Email = Annotated[str, Meta(max_length=200, pattern=r"^([^@\s\x00]+@[^@\s\x00]+)?$")]
Password = Annotated[str, Meta(min_length=8, max_length=200, pattern=WHOLE)]
Pin = Annotated[str, Meta(pattern=r"^\d{4,12}$")]


class SaveStaff(Save, frozen=True, kw_only=True):
    """`pin` and `password` are never shown; left out they stay as they are, null takes a PIN away.

    `tables` and `stations` narrow what the person hears of; null is all of them.
    """

    name: Name
    role: Literal["waiter", "kitchen", "expo", "manager", "admin"]
    email: Email = ""
    lang: Lang = "en"
    password: Password | None = None
    pin: Pin | msgspec.UnsetType | None = msgspec.UNSET
    tables: Annotated[tuple[Id, ...], Meta(max_length=500)] | None = None
    stations: Annotated[tuple[Id, ...], Meta(max_length=50)] | None = None


def require_rank(who: Actor, role: str, everywhere: bool = False) -> None:
    """Raise FORBIDDEN for who is above the one who asks: admins, and people of all restaurants."""
    above = role in (Role.ADMIN, Role.SERVICE) or everywhere
    if above and who.role is not Role.ADMIN:
        raise forbidden("only an admin may change this person")


def require_way_in(cmd: SaveStaff) -> None:
    """Raise INVALID for a password without an address to go with it."""
    if cmd.password is not None and not cmd.email:
        raise invalid("email", "is missing: a password goes with an address")
