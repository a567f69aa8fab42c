"""What use cases need from outside."""

from collections.abc import Callable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from handlers.line import Line
from handlers.tokens import Tokens
from state.domain.actor import Actor, Role
from state.domain.events import Event
from state.domain.menu import Menu
from state.live.client import Servers
from state.store.pool import Pool

# Follows one command through its processes: bound at the edge, kept in the log with each event.
TRACE: ContextVar[str] = ContextVar("trace", default="")


@dataclass(frozen=True)
class Deps:
    """`publish` takes events that are committed; it never waits and never fails the command.

    `lodgings` are the companies at which hotel rooms can be booked.
    `observe` takes the name of a step, the seconds it took and the trace of the command it was for.
    """

    pool: Pool
    redis: Servers
    tokens: Tokens
    publish: Callable[[Sequence[Event]], None]
    observe: Callable[[str, float, str], None]
    escalation: tuple[timedelta, ...]
    public_url: str
    lodgings: tuple[str, ...] = ()
    menus: dict[str, Menu] = field(default_factory=dict)
    line: Line[Any] = field(default_factory=Line)

    def now(self) -> datetime:
        return datetime.now(UTC)


def system(tenant_id: str) -> Actor:
    """The hub itself, acting on a clock."""
    forever = datetime.max.replace(tzinfo=UTC)
    return Actor("hub", Role.SERVICE, tenant_id, None, "", forever)
