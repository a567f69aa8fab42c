"""Who hears of what: the rooms, and which of them an event goes to (PROTOCOL 3)."""

from collections.abc import Callable
from functools import lru_cache

from state.domain.events import About, Event, Name
from state.live import entries


def restaurant(rid: str) -> str:
    return f"restaurant:{rid}"


def guests(rid: str) -> str:
    """Every guest of the restaurant, whatever their table."""
    return f"guests:{rid}"


def kitchen(rid: str) -> str:
    return f"kitchen:{rid}"


def station(rid: str, station_id: str) -> str:
    return f"kitchen:{rid}:{station_id}"


def any_station(rid: str) -> str:
    """Every display that shows some of the stations only."""
    return f"kitchen:{rid}:*"


def expo(rid: str) -> str:
    return f"expo:{rid}"


def chiefs(rid: str) -> str:
    """Expo and managers: who is called when no waiter answers."""
    return f"chiefs:{rid}"


def waiters(rid: str) -> str:
    """Every waiter of the restaurant, whatever their zone."""
    return f"waiter:{rid}"


def all_tables(rid: str) -> str:
    """The waiters that serve all tables."""
    return f"waiter:{rid}:*"


def waiter(rid: str, table_id: str) -> str:
    return f"waiter:{rid}:{table_id}"


def order(order_id: str) -> str:
    return f"order:{order_id}"


def table(session_id: str) -> str:
    return f"table:{session_id}"


def person(rid: str, actor_id: str) -> str:
    """One person or program alone, wherever it is connected."""
    return f"person:{rid}:{actor_id}"


TALK = "talk"


def talk(session_id: str) -> str:
    """Who takes part in the conversation at a table."""
    return f"{TALK}:{session_id}"


def rooms(event: Event) -> frozenset[str]:
    """Return the rooms that hear of an event; a member of several hears it once."""
    return _rooms(event.restaurant_id, event.name, event.about)


@lru_cache(maxsize=10_000)
def rooms_of(rid: str, audience: bytes) -> frozenset[str]:
    """Return the same from an entry of the log; one order goes through many like it."""
    return _rooms(rid, *entries.audience(audience))


def _rooms(rid: str, name: str, about: About) -> frozenset[str]:
    # A node of an older version still shows the restaurant what it does not know.
    groups = AUDIENCES.get(name, (_restaurant,))
    return frozenset(room for group in groups for room in group(rid, about))


Group = Callable[[str, About], list[str]]


def _restaurant(rid: str, _about: About) -> list[str]:
    return [restaurant(rid)]


def _order(_rid: str, about: About) -> list[str]:
    return [order(about.order)]


def _kitchen(rid: str, about: About) -> list[str]:
    return [kitchen(rid), *[station(rid, station_id) for station_id in about.stations]]


def _stations(rid: str, _about: About) -> list[str]:
    return [kitchen(rid), any_station(rid)]


def _expo(rid: str, _about: About) -> list[str]:
    return [expo(rid)]


def _waiter(rid: str, about: About) -> list[str]:
    return [all_tables(rid), *[waiter(rid, table_id) for table_id in about.tables]]


def _waiter_told(rid: str, about: About) -> list[str]:
    """The waiters, where the event says of which table it is."""
    return _waiter(rid, about) if about.tables else []


def _waiters(rid: str, _about: About) -> list[str]:
    return [waiters(rid)]


def _table(_rid: str, about: About) -> list[str]:
    return [table(session_id) for session_id in about.sessions]


def _guests(rid: str, _about: About) -> list[str]:
    return [guests(rid)]


def _owner(rid: str, about: About) -> list[str]:
    return [person(rid, about.owner)]


def _chiefs(rid: str, _about: About) -> list[str]:
    return [chiefs(rid)]


def _payer(rid: str, about: About) -> list[str]:
    return [person(rid, about.owner)] if about.owner else []


def _talk(_rid: str, about: About) -> list[str]:
    return [talk(session_id) for session_id in about.sessions]


def _loud(rid: str, about: About) -> list[str]:
    """Those who see what was raised above its own table's waiter, should it change."""
    return _escalated(rid, about) if about.level else []


def _escalated(rid: str, about: About) -> list[str]:
    return [waiters(rid), chiefs(rid)] if about.level > 1 else [waiters(rid)]


ORDER = (_order, _kitchen, _waiter, _restaurant, _table)
SERVICE = (_waiter, _loud, _restaurant, _table)
EVERYBODY = (_guests, _waiters, _stations, _restaurant)

AUDIENCES: dict[str, tuple[Group, ...]] = {
    Name.ORDER_NEW: (_kitchen, _waiter, _restaurant, _table),
    Name.ORDER_CONFIRMED: ORDER,
    Name.ORDER_STATUS: ORDER,
    Name.ORDER_ITEM: ORDER,
    Name.ORDER_CANCELLED: ORDER,
    Name.ORDER_PRIORITY: ORDER,
    Name.ORDER_TRANSFERRED: ORDER,
    Name.ORDER_TRANSLATED: ORDER,
    Name.ORDER_READY: (_order, _waiter, _expo, _restaurant, _table),
    Name.CART: (_waiter_told, _table),
    Name.TABLE_STATUS: (_waiter, _restaurant, _table),
    Name.MENU_AVAILABILITY: EVERYBODY,
    Name.MENU_CHANGED: EVERYBODY,
    Name.TABLE_CHANGED: (_waiters, _restaurant),
    Name.RESTAURANT_CHANGED: EVERYBODY,
    Name.STAFF_CHANGED: (_restaurant,),
    Name.SERVICE_REQUESTED: SERVICE,
    Name.SERVICE_CHANGED: SERVICE,
    Name.SERVICE_ESCALATED: SERVICE,
    Name.ALERT_RAISED: (_waiter, _loud, _restaurant),
    Name.ALERT_ESCALATED: (_escalated, _restaurant),
    Name.ALERT_RESOLVED: (_escalated, _restaurant),
    Name.DISPLAY_STALE: (_restaurant,),
    Name.JOB_PROGRESS: (_owner,),
    Name.JOB_COMPLETED: (_owner,),
    Name.JOB_FAILED: (_owner,),
    Name.TRANSLATE_MESSAGE: (_talk,),
    Name.ESIM_LOW: (_owner,),
    Name.HOTEL_BOOKING: (_owner,),
    Name.HOTEL_DOOR: (_owner,),
    Name.HOTEL_FOLIO: (_owner,),
    # What nobody has paid yet is not the kitchen's business.
    Name.ORDER_PLACED: (_order, _waiter, _restaurant, _table),
    Name.ORDER_PAYMENT: (_order, _waiter, _restaurant, _table, _kitchen),
    Name.BILL: (_waiter, _restaurant, _table),
    Name.DRAWER: (_chiefs, _owner),
    Name.BILLING_CREATED: (_chiefs,),
    Name.BILLING_CHANGED: (_chiefs,),
    Name.DISPUTE: (_chiefs,),
    Name.PAYMENT: (_waiter, _restaurant, _table, _payer),
}
