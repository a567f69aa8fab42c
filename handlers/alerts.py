"""Ready alerts: answered by a waiter, or raised to a wider circle when nobody answers."""

from handlers.deps import Deps
from handlers.usecase import use_case
from state.domain import alert, events
from state.domain.actor import FLOOR, Actor, Role
from state.domain.change import Change
from state.domain.commands import AlertAck
from state.domain.errors import not_found
from state.domain.events import Name
from state.domain.facts import Facts


@use_case()
def acknowledge(facts: Facts, cmd: AlertAck, actor: Actor, deps: Deps) -> Change:
    """Answer an alert: it goes no further."""
    actor.require(FLOOR | {Role.EXPO})
    held = _held(facts, cmd, actor)
    after = alert.acknowledge(held, actor.id, actor.name, deps.now())
    return _changed(Name.ALERT_RESOLVED, after, actor)


@use_case()
def escalate(facts: Facts, cmd: AlertAck, actor: Actor, deps: Deps) -> Change | None:
    """Escalate an alert, if it still is due."""
    held = _held(facts, cmd, actor)
    if held.next_at is None or held.next_at > deps.now():
        return None
    return _changed(Name.ALERT_ESCALATED, alert.escalate(held, deps.escalation), actor)


def _held(facts: Facts, cmd: AlertAck, actor: Actor) -> alert.Alert:
    held = facts.alerts.get(cmd.alert_id)
    if held is None:
        raise not_found("alert")
    facts.require_reach(actor, held.restaurant_id, "alert")
    return held


def _changed(name: Name, after: alert.Alert, actor: Actor) -> Change:
    return Change(
        tenant_id=actor.tenant,
        restaurant_id=after.restaurant_id,
        alerts=[after],
        drafts=[events.of_alert(name, after)],
        answer=after,
    )
