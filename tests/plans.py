"""A plan for a restaurant, at the tariff of an operator who is there for all tests."""

from datetime import date

from handlers import billing
from handlers.deps import Deps
from state.domain.billing import Operator, Subscription, Tariff
from state.domain.legal import Legal
from state.store import billing as store
from state.store import restaurants
from tests.place import Place

LEGAL = Legal(name="OneMoment GmbH", address="Hafen 1\n20457 Hamburg", tax_id="DE 987654321")
OPERATOR = Operator(
    legal=LEGAL, language="de", timezone="UTC", pay_to="IBAN DE00 1234", due_days=14
)
HOUSE = Tariff(code="house", currency="EUR", name="House", price=4_900, tax_rate=1_900)


async def subscribe(place: Place, deps: Deps, since: date) -> None:
    async with deps.pool.acquire() as conn, conn.transaction():
        await store.set_operator(conn, OPERATOR)
        await store.set_tariff(conn, HOUSE)
        here = await restaurants.get(conn, place.id)
    plan = Subscription(
        restaurant_id=here.id,
        tenant_id=here.tenant_id,
        tariff=HOUSE.code,
        currency=HOUSE.currency,
        email="boss@example.test",
        since=since,
        billed_until=since,
    )
    await billing.subscribe(plan, deps)
