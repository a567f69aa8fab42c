"""Displays that have fallen silent: somebody may be looking at a stale screen."""

from datetime import datetime

from handlers.deps import Deps
from handlers.usecase import use_case
from state.domain.actor import Actor
from state.domain.change import Change
from state.domain.commands import Command, Id
from state.domain.events import About, Draft, Name
from state.domain.facts import Facts


class ReportStale(Command, frozen=True, kw_only=True):
    """A display that has not shown, for too long, what its rooms heard."""

    restaurant_id: Id
    display_id: str
    name: str
    role: str
    seq: int
    lag: int
    since: datetime


@use_case()
def report_stale(_facts: Facts, cmd: ReportStale, actor: Actor, _deps: Deps) -> Change:
    subject = {
        "displayId": cmd.display_id,
        "name": cmd.name,
        "role": cmd.role,
        "seq": cmd.seq,
        "lag": cmd.lag,
        "since": cmd.since,
    }
    return Change(
        tenant_id=actor.tenant,
        restaurant_id=cmd.restaurant_id,
        drafts=[Draft(name=Name.DISPLAY_STALE, about=About(), subject=subject)],
        answer=subject,
    )
