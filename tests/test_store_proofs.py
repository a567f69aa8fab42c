"""Which items of a collection the worker takes back: those of which all that was paid went back."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from hub.embedded import Engines
from scripts import seed
from state.domain.ids import new_id
from state.domain.payment import Method, Payment, PaymentStatus
from state.domain.proof import Mint, MintState, Purpose
from state.store import money, proofs
from state.store.pool import Conn, create_pool

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)
PAID, PART, BACK = (
    PaymentStatus.PAID,
    PaymentStatus.PARTIALLY_REFUNDED,
    PaymentStatus.REFUNDED,
)
GONE = {PAID: 0, PART: 100, BACK: 500, PaymentStatus.PENDING: 0, PaymentStatus.FAILED: 0}


@pytest.fixture(scope="module")
async def conn(engines: Engines) -> AsyncIterator[Conn]:
    """A connection as nodes and workers have it."""
    pool = await create_pool(engines.database_url, 1)
    async with pool.acquire() as conn:
        yield conn
    await pool.close()


class House:
    """A restaurant, a collection of its own, and what is bought there."""

    def __init__(self, conn: Conn, restaurant_id: str, tenant_id: str) -> None:
        self._conn, self._restaurant, self._tenant = conn, restaurant_id, tenant_id
        self.collection = f"0:{new_id()}"
        self._clock = NOON

    async def pay(self, status: PaymentStatus, purpose: str = "bill", reference: str = "") -> str:
        """Keep a payment of 450 and a tip of 50; return its id."""
        payment = Payment(
            id=new_id(),
            tenant_id=self._tenant,
            restaurant_id=self._restaurant,
            session_id=None,
            purpose=purpose,
            reference=reference or new_id(),
            method=Method.CARD,
            status=status,
            currency="EUR",
            amount=450,
            tip=50,
            refunded=GONE[status],
            payer="somebody",
            created_at=NOON,
            locked_until=NOON,
        )
        await money.PAYMENTS.insert(self._conn, payment)
        return payment.id

    async def mint(
        self,
        purpose: Purpose,
        reference: str,
        state: MintState = MintState.MINTED,
        *,
        revoking: bool = False,
        collection: str = "",
    ) -> str:
        """Keep an item, younger than all before it; return its index."""
        self._clock += timedelta(seconds=1)
        mint = Mint(
            index=new_id(),
            purpose=purpose,
            reference=reference,
            tenant_id=self._tenant,
            restaurant_id=self._restaurant,
            collection=collection or self.collection,
            owner="0:a",
            state=state,
            revoking=revoking,
            sandbox=True,
            created_at=self._clock,
            changed_at=self._clock,
        )
        return (await proofs.begin(self._conn, mint)).index

    async def of_payment(
        self, status: PaymentStatus, state: MintState = MintState.MINTED, **about: bool | str
    ) -> str:
        return await self.mint(Purpose.PAYMENT, await self.pay(status), state, **about)

    async def of_esim(self, *statuses: PaymentStatus) -> str:
        """Keep an item of what was paid for so many times."""
        bought = new_id()
        for status in statuses:
            await self.pay(status, "esim", bought)
        return await self.mint(Purpose.ESIM, bought)

    async def returned(self, limit: int = 100) -> list[str]:
        found = await proofs.returned_of(self._conn, self.collection, limit)
        return [mint.index for mint in found]


@pytest.fixture(scope="module")
async def restaurant(conn: Conn) -> tuple[str, str]:
    """A restaurant's id, and its tenant's."""
    nobody = {**seed.DEMO, "staff": []}
    rid = await seed.add(conn, nobody, "a secret of the tests, long enough for HS256")
    sql = "SELECT tenant_id FROM restaurants WHERE id = $1"
    return rid, await conn.fetchval(sql, rid)


@pytest.fixture
def house(conn: Conn, restaurant: tuple[str, str]) -> House:
    return House(conn, *restaurant)


async def test_an_item_of_a_payment_is_returned_once_that_went_back_whole(house: House) -> None:
    for status in (PAID, PART, PaymentStatus.PENDING, PaymentStatus.FAILED):
        await house.of_payment(status)
    minted = await house.of_payment(BACK)
    begun = await house.of_payment(BACK, MintState.PREPARED)
    assert await house.returned() == [minted, begun]


async def test_what_was_paid_for_twice_is_returned_once_both_went_back(house: House) -> None:
    none, kept = await house.of_esim(), await house.of_esim(PAID, BACK)
    part, never = await house.of_esim(BACK, PART), await house.of_esim(PaymentStatus.FAILED)
    back, both = await house.of_esim(BACK), await house.of_esim(BACK, BACK)
    tried = await house.of_esim(PaymentStatus.FAILED, PaymentStatus.PENDING, BACK)
    assert await house.returned() == [back, both, tried]
    assert not {none, kept, part, never} & set(await house.returned())


async def test_an_item_is_not_taken_for_that_of_another_purchase(house: House) -> None:
    party, esim = new_id(), new_id()
    bill = await house.pay(BACK, "bill", party)
    await house.pay(BACK, "esim", esim)
    await house.mint(Purpose.PAYMENT, party)  # a payment's item is named by the payment
    await house.mint(Purpose.PAYMENT, esim)
    await house.mint(Purpose.ESIM, bill)
    await house.mint(Purpose.ESIM, party)
    await house.of_payment(BACK, collection=f"0:{new_id()}")
    assert await house.returned() == []
    rightly = [await house.mint(Purpose.PAYMENT, bill), await house.mint(Purpose.ESIM, esim)]
    assert await house.returned() == rightly


async def test_items_on_their_way_or_at_their_end_are_left_alone(house: House) -> None:
    for state in (MintState.SENT, MintState.UNKNOWN, MintState.REVOKED, MintState.FAILED):
        await house.of_payment(BACK, state)
    for state in (MintState.PREPARED, MintState.MINTED):
        await house.of_payment(BACK, state, revoking=True)
    assert await house.returned() == []


async def test_the_oldest_items_are_returned_first(house: House) -> None:
    items = [await house.of_payment(BACK) for _ in range(4)]
    assert await house.returned(limit=3) == items[:3]


async def test_neither_items_nor_payments_need_be_read_whole(conn: Conn) -> None:
    sql = f"EXPLAIN {proofs.RETURNED}"
    async with conn.transaction():
        await conn.execute("SET LOCAL enable_seqscan = off")  # as with more rows than a test has
        plan = "\n".join(row[0] for row in await conn.fetch(sql, "0:c", [PAID, BACK], 20))
    assert "Seq Scan" not in plan
    assert "payments_returned" in plan
    assert "proof_mints_kept" in plan
    assert "payments_purpose_reference_idx" in plan
