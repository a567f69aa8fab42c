"""Service requests: a guest calls, a waiter comes; a wider circle is told when nobody does."""

from handlers import tables
from handlers.deps import Deps
from handlers.usecase import use_case
from state.domain import events, service
from state.domain.actor import FLOOR, Actor, Role
from state.domain.change import Change
from state.domain.commands import ServiceCommand, ServiceStep
from state.domain.errors import not_found
from state.domain.events import Name
from state.domain.facts import Facts
from state.domain.ids import new_id
from state.domain.service import ServiceRequest


@use_case(stay=True)
def request(facts: Facts, cmd: ServiceCommand, actor: Actor, deps: Deps) -> Change:
    """Call for service. Whoever calls again for the same thing learns that it is on its way."""
    session = tables.own_session(facts, actor, deps)
    asked = [r for r in facts.calls_of(session.id) if r.kind == cmd.kind]
    now = deps.now()
    called = ServiceRequest(
        id=new_id(),
        restaurant_id=session.restaurant_id,
        session_id=session.id,
        table_id=session.table_id,
        table_number=session.table_number,
        kind=cmd.kind,
        note=cmd.note,
        requested_at=now,
        next_at=now + deps.escalation[0],
    )
    return Change(
        tenant_id=actor.tenant,
        restaurant_id=session.restaurant_id,
        new_services=[] if asked else [called],
        drafts=[] if asked else [events.of_service(Name.SERVICE_REQUESTED, called)],
        answer=asked[0] if asked else called,
    )


@use_case()
def acknowledge(facts: Facts, cmd: ServiceStep, actor: Actor, deps: Deps) -> Change:
    """Tell the guests that somebody is coming."""
    held = _answered(facts, cmd, actor)
    return _changed(Name.SERVICE_CHANGED, service.acknowledge(held, actor.id, actor.name), actor)


@use_case()
def finish(facts: Facts, cmd: ServiceStep, actor: Actor, deps: Deps) -> Change:
    """Note that what the guests asked for is done."""
    held = _answered(facts, cmd, actor)
    done = service.finish(held, actor.id, actor.name, deps.now())
    return _changed(Name.SERVICE_CHANGED, done, actor)


@use_case()
def escalate(facts: Facts, cmd: ServiceStep, actor: Actor, deps: Deps) -> Change | None:
    """Escalate a call, if it still is due."""
    held = _held(facts, cmd, actor)
    if held.next_at is None or held.next_at > deps.now():
        return None
    return _changed(Name.SERVICE_ESCALATED, service.escalate(held, deps.escalation), actor)


def _answered(facts: Facts, cmd: ServiceStep, actor: Actor) -> ServiceRequest:
    actor.require(FLOOR | {Role.EXPO})
    return _held(facts, cmd, actor)


def _held(facts: Facts, cmd: ServiceStep, actor: Actor) -> ServiceRequest:
    held = facts.services.get(cmd.request_id)
    if held is None:
        raise not_found("service request")
    facts.require_reach(actor, held.restaurant_id, "service request")
    return held


def _changed(name: Name, after: ServiceRequest, actor: Actor) -> Change:
    return Change(
        tenant_id=actor.tenant,
        restaurant_id=after.restaurant_id,
        services=[after],
        drafts=[events.of_service(name, after)],
        answer=after,
    )
