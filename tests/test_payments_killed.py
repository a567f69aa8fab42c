"""Workers that die while they charge, take or give back: money is taken once, and booked."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import asyncpg

from hub.app import Node
from hub.settings import Settings
from scripts.mishaps.process import Child, Worker, running
from scripts.standins.base import serving
from scripts.standins.stripe import Stripe
from tests.cards import KEY, Till, agree, none
from tests.client import Client
from tests.conftest import connection
from tests.interpreters import cancel_all, forget_gate
from tests.ledger import audit
from tests.paid import until
from tests.place import Place

AT_ONCE = 3  # a charge, a refund, and taking what was set aside: all are under way as it dies


class Teller(Worker):
    """A worker that takes cards."""

    def __init__(self, settings: Settings, stripe_url: str, log: Path) -> None:
        env = {
            "DATABASE_URL": settings.database_url,
            "REDIS_URL": settings.redis_url,
            "JWT_SECRET": settings.jwt_secret,
            "STRIPE_API_KEY": KEY,
            "STRIPE_BASE_URL": stripe_url,
            "JOB_LEASE": "1",
            "LOG_LEVEL": "INFO",
        }
        Child.__init__(self, "hub.worker", env, log)


Ask = Callable[[], Awaitable[None]]
Step = Callable[[Stripe, Settings, Place, Ask], AbstractAsyncContextManager[None]]


@asynccontextmanager
async def nothing_noted(
    _stripe: Stripe, settings: Settings, _place: Place, ask: Ask
) -> AsyncIterator[None]:
    """The jobs are taken up, and it is not noted yet that somebody will be asked."""
    async with connection(settings.database_url) as conn, conn.transaction():
        await conn.execute("LOCK TABLE intents IN EXCLUSIVE MODE")
        await ask()
        yield await waiting_to_note(conn)
        await forget_who_waits(conn)


@asynccontextmanager
async def nothing_done(
    stripe: Stripe, _settings: Settings, _place: Place, ask: Ask
) -> AsyncIterator[None]:
    """The requests are out, and nothing is carried out yet."""
    asked = stripe.asked()
    stripe.open.clear()
    await ask()
    yield await stripe.has_been_asked(asked + AT_ONCE)
    stripe.open.set()


@asynccontextmanager
async def nothing_answered(
    stripe: Stripe, _settings: Settings, _place: Place, ask: Ask
) -> AsyncIterator[None]:
    """The requests are carried out, and no answer has come."""
    asked = stripe.asked()
    stripe.answers.clear()
    await ask()
    yield await stripe.has_been_asked(asked + AT_ONCE)
    stripe.answers.set()


@asynccontextmanager
async def no_answer_noted(
    stripe: Stripe, settings: Settings, place: Place, ask: Ask
) -> AsyncIterator[None]:
    """The answers have come, and none is written down yet."""
    async with (
        connection(settings.database_url) as conn,
        nothing_answered(stripe, settings, place, ask),
        conn.transaction(),
    ):
        await conn.execute("LOCK TABLE intents IN EXCLUSIVE MODE")
        stripe.answers.set()
        yield await waiting_to_note(conn)
        await forget_who_waits(conn)


@asynccontextmanager
async def nothing_booked(
    stripe: Stripe, settings: Settings, place: Place, ask: Ask
) -> AsyncIterator[None]:
    """The answers are written down, and nothing is booked of them yet."""
    noted = "SELECT 1 FROM intents i JOIN jobs j ON j.id = i.job_id WHERE j.restaurant_id = $1"
    async with (
        connection(settings.database_url) as conn,
        nothing_answered(stripe, settings, place, ask),
        conn.transaction(),
    ):
        await conn.execute("SELECT FROM restaurants WHERE id = $1 FOR UPDATE", place.id)
        stripe.answers.set()
        yield await none(conn, f"{noted} AND i.status <> 'CONFIRMED'", place.id)


STEPS: tuple[Step, ...] = (
    *(nothing_noted, nothing_done, nothing_answered, no_answer_noted, nothing_booked),
)

WAITING = "FROM pg_locks WHERE NOT granted AND relation = 'intents'::regclass"


async def waiting_to_note(conn: asyncpg.Connection) -> None:
    """Wait until the worker cannot go on with any of them."""
    few = f"SELECT 1 WHERE (SELECT count(*) {WAITING}) < $1"
    await none(conn, few, AT_ONCE)


async def forget_who_waits(conn: asyncpg.Connection) -> None:
    """Let go what a dead worker has still asked Postgres for: here it died before it asked."""
    await conn.execute(f"SELECT pg_terminate_backend(pid) {WAITING}")


class Begun(NamedTuple):
    """What somebody has ordered, and begun to pay."""

    guest: Client
    payment: dict[str, Any]
    order_id: str


async def pays(place: Place, table: int) -> Begun:
    guest = await place.guest(table=table)
    order = await guest.send("order:create", items=[place.line("grill")])
    begun = (await guest.send("bill:pay", method="CARD"))["payment"]
    return Begun(guest, begun, order["id"])


async def settles(till: Till, db: asyncpg.Connection, by: Begun, status: str) -> None:
    """Let a payer do their part, and see that it is heard of."""
    await till.stripe.settle(await till.page(by.guest, by.payment))
    await until(till, db, by.payment["id"], status)


async def ask_all(
    place: Place, table: int, manager: Client, paid: Begun, aside: Begun, begun: list[Begun]
) -> None:
    """Let somebody begin to pay, give something of `paid` back, and bring what is set aside for."""
    begun.append(await pays(place, table))
    about = {"paymentId": paid.payment["id"], "amount": 10, "reason": "late"}
    await manager.send("payment:refund", **about)
    for status in ("READY", "DELIVERED"):
        await manager.send("order:updateStatus", orderId=aside.order_id, status=status)


async def test_a_worker_killed_at_any_step_takes_and_gives_back_once(
    place: Place, nodes: list[Node], settings: Settings, db: asyncpg.Connection, tmp_path: Path
) -> None:
    stripe = Stripe(KEY, settings.stripe_webhook_secret)
    await cancel_all(nodes[0].deps)
    await forget_gate(nodes[0].deps.redis, "stripe")
    async with serving([stripe]) as urls:
        stripe.root, stripe.hook = urls["stripe"], f"{place.urls[0]}/webhooks/stripe"
        till = Till(stripe, nodes[0].deps)
        teller = Teller(settings, urls["stripe"], tmp_path / "worker.log")
        async with running(teller):
            manager = await place.worker("manager")
            paid = await pays(place, 0)
            await settles(till, db, paid, "PAID")
            await db.execute("UPDATE restaurants SET pay_first = true WHERE id = $1", place.id)
            aside = await pays(place, 1)
            await settles(till, db, aside, "AUTHORIZED")
            taken = {paid.payment["id"]: paid.payment["amount"]}
            for number, step in enumerate(STEPS, 1):
                begun: list[Begun] = []
                ask = partial(ask_all, place, number + 1, manager, paid, aside, begun)
                async with step(stripe, settings, place, ask):
                    await teller.kill()
                await teller.start()
                await settles(till, db, begun[0], "AUTHORIZED")
                await until(till, db, aside.payment["id"], "PAID")
                open_ = "SELECT id FROM refunds WHERE restaurant_id = $1 AND status <> 'SUCCEEDED'"
                await none(db, open_, place.id)
                assert (len(stripe.sessions), len(stripe.refunds)) == (number + 2, number)
                taken[paid.payment["id"]] -= 10
                taken[aside.payment["id"]] = aside.payment["amount"]
                aside = begun[0]
                assert stripe.taken() == taken | {aside.payment["id"]: 0}, step.__name__
                await agree(till, db, place)
                await audit(db, place.id)
