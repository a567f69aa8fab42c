"""Cash drawers: a shift begins with change, and ends with a count."""

from handlers import booking
from handlers.deps import Deps
from handlers.usecase import use_case
from state.domain import drawer, events, ledger
from state.domain.actor import Actor
from state.domain.bill_commands import CountDrawer, OpenDrawer
from state.domain.change import Change
from state.domain.drawer import Drawer
from state.domain.errors import Code, Refusal
from state.domain.facts import Facts
from state.domain.ledger import Entry


@use_case(drawer=True)
def open_shift(facts: Facts, cmd: OpenDrawer, actor: Actor, deps: Deps) -> Change:
    """Begin a shift with change in the drawer."""
    facts.require_reach(actor, cmd.restaurant_id, "restaurant")
    if facts.drawer_of(cmd.restaurant_id, actor.id) is not None:
        raise Refusal(Code.CONFLICT, "your drawer is open already: count it first")
    here = facts.restaurant(cmd.restaurant_id)
    opened = drawer.open_drawer(
        *(here.tenant_id, here.id, (actor.id, actor.name), here.currency, cmd.opening, deps.now())
    )
    sides = {"cash": cmd.opening, ledger.SAFE: -cmd.opening}
    entries = _booked(facts, opened, sides, actor, deps)
    return _changed(actor, opened, entries, new=True)


@use_case(drawer=True)
def count(facts: Facts, cmd: CountDrawer, actor: Actor, deps: Deps) -> Change:
    """End the shift: all that is in the drawer is counted, and goes to the safe."""
    facts.require_reach(actor, cmd.restaurant_id, "restaurant")
    held = facts.drawer_of(cmd.restaurant_id, actor.id)
    if held is None:
        raise Refusal(Code.CONFLICT, "you have no drawer open")
    counted = drawer.count(held, cmd.counted, deps.now())
    off = held.expected - cmd.counted
    sides = {"cash": -held.expected, ledger.SAFE: cmd.counted, ledger.DIFFERENCE: off}
    return _changed(actor, counted, _booked(facts, held, sides, actor, deps), new=False)


def _booked(
    facts: Facts, held: Drawer, sides: dict[str, int], actor: Actor, deps: Deps
) -> list[Entry]:
    here = booking.book(facts.restaurant(held.restaurant_id), held.currency, actor.id, deps.now())
    return ledger.movement(here, sides, drawer_id=held.id)


def _changed(actor: Actor, held: Drawer, entries: list[Entry], *, new: bool) -> Change:
    return Change(
        tenant_id=actor.tenant,
        restaurant_id=held.restaurant_id,
        new_drawers=[held] if new else [],
        drawers=[] if new else [held],
        entries=entries,
        drafts=[events.of_drawer(held)],
        answer=held,
    )
