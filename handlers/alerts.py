"""Ready alerts: answered by a waiter, or raised to a wider circle when nobody answers."""

from handlers.deps import Deps
from state.domain import alert, events
from state.domain.actor import FLOOR, Actor, Role
from state.domain.change import Change
from state.domain.commands import AlertAck, Command
from state.domain.events import Name
from state.store import alerts as store
from state.store.pool import Conn


async def acknowledge(conn: Conn, cmd: AlertAck, actor: Actor, deps: Deps) -> Change:
    """Answer an alert: it goes no further."""
    actor.require(FLOOR | {Role.EXPO})
    held = await store.lock(conn, cmd.alert_id, actor.tenant)
    actor.require_reach(actor.tenant, held.restaurant_id, "alert")
    after = alert.acknowledge(held, actor.id, actor.name, deps.now())
    return _changed(Name.ALERT_RESOLVED, after, actor.tenant)


async def escalate(conn: Conn, _cmd: Command, _actor: Actor, deps: Deps) -> Change | None:
    """Escalate one alert that is due; None when there is none."""
    due = await store.due(conn, deps.now())
    if due is None:
        return None
    held, tenant = due
    return _changed(Name.ALERT_ESCALATED, alert.escalate(held, deps.escalation), tenant)


def _changed(name: Name, after: alert.Alert, tenant: str) -> Change:
    return Change(
        tenant_id=tenant,
        restaurant_id=after.restaurant_id,
        alerts=[after],
        drafts=[events.of_alert(name, after)],
        answer=after,
    )
