"""The shared cart of a table: every phone sees what the others are about to order."""

from collections.abc import Callable

from msgspec.structs import replace

from handlers import tables
from handlers.deps import Deps
from handlers.usecase import use_case
from state.domain import cart, events
from state.domain.actor import Actor
from state.domain.change import Change
from state.domain.commands import CartAdd, CartRemove, CartUpdate, Command
from state.domain.facts import Facts
from state.domain.table import TableSession

Lines = tuple[cart.CartLine, ...]


class Sign(Command, frozen=True, kw_only=True):
    """Guests who told their name have it on what they added before."""


@use_case()
def add(facts: Facts, cmd: CartAdd, actor: Actor, deps: Deps) -> Change:
    """Put a dish into the shared cart of the table."""
    return _change(
        facts, cmd.table_id, actor, deps, lambda lines: cart.add(lines, cmd, actor.id, actor.name)
    )


@use_case()
def update(facts: Facts, cmd: CartUpdate, actor: Actor, deps: Deps) -> Change:
    """Change a line of the shared cart; what is left out stays as it is."""
    return _change(facts, cmd.table_id, actor, deps, lambda lines: cart.update(lines, cmd))


@use_case()
def remove(facts: Facts, cmd: CartRemove, actor: Actor, deps: Deps) -> Change:
    """Take a line out of the shared cart."""
    return _change(facts, cmd.table_id, actor, deps, lambda lines: cart.remove(lines, cmd.line_id))


@use_case()
def sign(facts: Facts, cmd: Sign, actor: Actor, deps: Deps) -> Change | None:
    """Write a guest's name onto their lines of the shared cart."""
    session = tables.own_session(facts, actor, deps)
    lines = cart.sign(session.cart, actor.id, actor.name)
    return None if lines == session.cart else _filled(facts, session, lines)


def priced(facts: Facts, session: TableSession) -> cart.Cart:
    """Return a cart in the restaurant's own language: today's prices, and what can be had."""
    restaurant = facts.restaurant(session.restaurant_id)
    menu = facts.menus[restaurant.id]
    left = facts.left(restaurant.id, {line.menu_item_id for line in session.cart})
    return cart.priced(
        session.id,
        session.cart_version,
        session.cart,
        replace(menu, items=menu.items | left),
        restaurant.currency,
        restaurant.language,
    )


def _change(
    facts: Facts,
    table_id: str | None,
    actor: Actor,
    deps: Deps,
    alter: Callable[[Lines], Lines],
) -> Change:
    session, new = tables.session_for(facts, actor, table_id, deps)
    restaurant = facts.restaurant(session.restaurant_id)
    lines = alter(session.cart)
    for line in lines:
        if line not in session.cart:
            cart.require_orderable(line, facts.menus[restaurant.id], restaurant.language)
    return _filled(facts, session, lines, new=new)


def _filled(facts: Facts, session: TableSession, lines: Lines, *, new: bool = False) -> Change:
    after = replace(session, cart=lines, cart_version=session.cart_version + 1)
    shown = priced(facts, after)
    return Change(
        tenant_id=session.tenant_id,
        restaurant_id=session.restaurant_id,
        new_sessions=[after] if new else [],
        sessions=[] if new else [after],
        drafts=[
            *([events.of_table(after, "SEATED")] if new else []),
            events.of_cart(session, after, shown),
        ],
        answer=shown,
    )
