"""The shared cart of a table: every phone sees what the others are about to order."""

from collections.abc import Callable

from msgspec.structs import replace

from handlers import menus, tables
from handlers.deps import Deps
from state.domain import cart, events
from state.domain.actor import Actor
from state.domain.change import Change
from state.domain.commands import CartAdd, CartRemove, CartUpdate
from state.domain.menu import Menu
from state.domain.restaurant import Restaurant
from state.domain.table import TableSession
from state.store import menus as menu_store
from state.store import restaurants
from state.store.pool import Conn

Lines = tuple[cart.CartLine, ...]


async def add(conn: Conn, cmd: CartAdd, actor: Actor, deps: Deps) -> Change:
    """Put a dish into the shared cart of the table."""
    return await _change(
        conn, cmd.table_id, actor, deps, lambda lines: cart.add(lines, cmd, actor.id, actor.name)
    )


async def update(conn: Conn, cmd: CartUpdate, actor: Actor, deps: Deps) -> Change:
    """Change a line of the shared cart; what is left out stays as it is."""
    return await _change(conn, cmd.table_id, actor, deps, lambda lines: cart.update(lines, cmd))


async def remove(conn: Conn, cmd: CartRemove, actor: Actor, deps: Deps) -> Change:
    """Take a line out of the shared cart."""
    return await _change(
        conn, cmd.table_id, actor, deps, lambda lines: cart.remove(lines, cmd.line_id)
    )


async def show(conn: Conn, session: TableSession, deps: Deps) -> cart.Cart:
    """Return the cart with today's names and prices, in the restaurant's own language."""
    restaurant = await restaurants.get(conn, session.restaurant_id)
    menu = await menus.current(conn, restaurant, deps)
    return await priced(conn, session, menu, restaurant)


async def priced(
    conn: Conn, session: TableSession, menu: Menu, restaurant: Restaurant
) -> cart.Cart:
    """Return the cart with prices, and whether each dish can still be had."""
    ids = sorted({line.menu_item_id for line in session.cart})
    left = await menu_store.left(conn, menu, ids)
    return cart.priced(
        session.id,
        session.cart_version,
        session.cart,
        replace(menu, items=menu.items | left),
        restaurant.currency,
        restaurant.language,
    )


async def _change(
    conn: Conn,
    table_id: str | None,
    actor: Actor,
    deps: Deps,
    alter: Callable[[Lines], Lines],
) -> Change:
    session, new = await tables.session_for(conn, actor, table_id, deps)
    restaurant = await restaurants.get(conn, session.restaurant_id)
    menu = await menus.current(conn, restaurant, deps)
    after = replace(session, cart=alter(session.cart), cart_version=session.cart_version + 1)
    for line in after.cart:
        if line not in session.cart:
            cart.require_orderable(line, menu, restaurant.language)
    shown = await priced(conn, after, menu, restaurant)
    return Change(
        tenant_id=session.tenant_id,
        restaurant_id=session.restaurant_id,
        new_sessions=[after] if new else [],
        sessions=[] if new else [after],
        drafts=[
            *([events.of_table(after, "SEATED")] if new else []),
            events.of_cart(after, shown),
        ],
        answer=shown,
    )
