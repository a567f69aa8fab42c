"""Who asks: a role, and how far it reaches."""

from datetime import datetime
from enum import StrEnum

import msgspec

from state.domain.errors import forbidden, not_found


class Role(StrEnum):
    GUEST = "guest"
    WAITER = "waiter"
    KITCHEN = "kitchen"
    EXPO = "expo"
    MANAGER = "manager"
    ADMIN = "admin"
    SERVICE = "service"


STAFF = frozenset(Role) - {Role.GUEST}
FLOOR = frozenset({Role.WAITER, Role.MANAGER, Role.ADMIN, Role.SERVICE})
PASS = frozenset({Role.KITCHEN, Role.EXPO, Role.MANAGER, Role.ADMIN, Role.SERVICE})
CHIEFS = frozenset({Role.MANAGER, Role.ADMIN, Role.SERVICE})
MANAGERS = frozenset({Role.MANAGER, Role.ADMIN})
ALL = frozenset(Role)


class Actor(msgspec.Struct, frozen=True):
    """The person or program behind a token.

    `restaurants` is None for all restaurants of the tenant. `tables` and `stations` narrow the
    reach when given. `session` is the login session of staff, the table session of a guest.
    """

    id: str
    role: Role
    tenant: str
    restaurants: frozenset[str] | None
    session: str
    expires_at: datetime
    tables: frozenset[str] | None = None
    stations: frozenset[str] | None = None
    lang: str = "en"
    name: str = ""

    @property
    def is_guest(self) -> bool:
        return self.role is Role.GUEST

    def require(self, roles: frozenset[Role]) -> None:
        if self.role not in roles:
            raise forbidden(f"a {self.role} may not do this")

    def require_reach(self, tenant: str, restaurant: str, what: str = "restaurant") -> None:
        """Raise NOT_FOUND where the actor has no business: it must not learn that the id exists."""
        if tenant != self.tenant or not self.reaches(restaurant):
            raise not_found(what)

    def reaches(self, restaurant: str) -> bool:
        return self.restaurants is None or restaurant in self.restaurants


class ActorRef(msgspec.Struct, frozen=True):
    """Who did it, as events tell it."""

    role: str
    id: str


def ref(actor: Actor) -> ActorRef:
    return ActorRef(actor.role, actor.id)
