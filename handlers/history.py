"""What happened in a house: orders, money, tables and edits, and who it was."""

import msgspec

from handlers.boards import moment
from handlers.deps import Deps
from handlers.editing import require_place
from state.domain.actor import Actor
from state.domain.history import TOLD, Doer, Entry, Happening, HistoryQuery, of_event
from state.domain.menu import text
from state.domain.restaurant import Restaurant
from state.store import history as store
from state.store import restaurants
from state.store.pool import Conn

MOST = 100


class Happenings(msgspec.Struct, frozen=True):
    """`before` is what to ask for next: null where there is no more.

    `currency` is that of prices, whose `before` and `after` are in its minor unit.
    """

    currency: str
    happenings: list[Happening]
    before: str | None


async def history(restaurant_id: str, asked: HistoryQuery, who: Actor, deps: Deps) -> Happenings:
    """Return what happened before a moment, latest first, a hundred at most.

    The log is kept for a week, what managers edited for good.
    """
    await require_place(restaurant_id, who, deps)
    before = asked.before or deps.now()
    names = [name for name, about in TOLD.items() if asked.about in (None, about)]
    async with moment(deps) as conn:
        found = await store.events(conn, restaurant_id, before, names, asked.who, MOST)
        edits = (
            await store.edits(conn, restaurant_id, before, asked.who, MOST)
            if asked.about in (None, "house")
            else []
        )
        # Where one of the two has more, what is older than its last is asked for next.
        ends = [each[-1].at for each in (found, edits) if len(each) == MOST]
        until = max(ends, default=None)
        told = [entry for entry in map(of_event, found) if entry is not None] + edits
        shown = [entry for entry in told if until is None or entry.at >= until]
        here = await restaurants.get(conn, restaurant_id)
        happenings = await _named(conn, here, shown)
    return Happenings(here.currency, happenings, until.isoformat() if until else None)


async def _named(conn: Conn, here: Restaurant, entries: list[Entry]) -> list[Happening]:
    """Return entries with the names of people and dishes instead of their ids, latest first."""
    people = await store.people(conn, here.tenant_id, {entry.actor for entry in entries})
    dishes = await store.dishes(conn, here.id, {entry.subject for entry in entries})
    happenings = []
    for entry in sorted(entries, key=lambda each: each.at, reverse=True):
        role, name = people.get(entry.actor, (entry.role, ""))
        dish = dishes.get(entry.subject)
        more = {"name": text(dish, here.language, here.language)} if dish else {}
        happenings.append(
            Happening(
                id=entry.id,
                at=entry.at,
                what=entry.what,
                who=Doer(entry.role or role, entry.actor, name),
                details=entry.data | more,
            )
        )
    return happenings
