"""Buying eSIMs and top-ups: paid for first, ordered once, whoever dies in between.

Each step is kept before the next is taken. Who finds a purchase goes on from where it stands.
"""

from datetime import timedelta
from typing import Any

import msgspec
from msgspec.structs import replace

from handlers import paying
from handlers.deps import Deps
from handlers.esim import Shown, shown
from handlers.intents import PATIENCE, once
from handlers.jobs import DoubtError, LaterError, Task
from handlers.providers.airalo import Airalo, Ordered
from handlers.providers.airalo_wire import Notice
from handlers.providers.all import Providers
from handlers.providers.errors import ProviderError
from state.domain import esim
from state.domain.actor import Actor
from state.domain.charge import ChargeStatus
from state.domain.errors import Code, Refusal, forbidden, not_found
from state.domain.esim import ENDED, Esim, Package, Purchase, Stage, Step
from state.store import esims as store
from state.store.intents import Intent

PURPOSE = "esim"
ORDER = "order"
PAY_WITHIN = timedelta(minutes=30)
TOLD_WITHIN = timedelta(hours=1)  # after that somebody has to look into it
SHORTEST, LONGEST = 1.0, 30.0  # seconds between two looks at what others do


class Answer(msgspec.Struct, frozen=True):
    """What the company said to an order: it itself, or what it is called until they tell of it."""

    ordered: Ordered | None = None
    request_id: str = ""


def require_shop(providers: Providers) -> Airalo:
    if providers.esims is None:
        raise Refusal(Code.PROVIDER_UNAVAILABLE, "no company that sells eSIMs is set up here")
    return providers.esims


async def buy(task: Task, providers: Providers) -> Shown:
    """Carry a purchase on, from where it stands to its end."""
    buying = Buying(task, require_shop(providers))
    purchase = await buying.begun()
    while purchase.stage not in ENDED:
        try:
            purchase = await buying.step(purchase)
        except Refusal as exc:
            purchase = await buying.move(purchase, Step.FAIL, error=exc.body())
        except DoubtError:
            if purchase.stage is Stage.PAID:
                await buying.move(purchase, Step.DOUBT)
            raise
    if purchase.stage is Stage.FAILED:
        await paying.release(PURPOSE, purchase.id, task.deps)
        error: dict[str, Any] = purchase.error or {}
        raise Refusal(Code(error["code"]), error["message"], error.get("details"))
    return shown(await _esim(purchase.esim_id or purchase.id, task.deps), task.deps)


class Buying:
    """One purchase in one worker's hands."""

    def __init__(self, task: Task, shop: Airalo) -> None:
        self._task, self._deps, self._shop = task, task.deps, shop

    @property
    def _key(self) -> str:
        """What the company knows our order by."""
        return f"{self._task.job.id}:{ORDER}"

    async def begun(self) -> Purchase:
        held, asked, now = self._task.job, self._task.job.payload, self._deps.now()
        purchase = Purchase(
            id=held.id,
            tenant_id=held.tenant_id,
            restaurant_id=held.restaurant_id,
            owner=held.owner,
            kind=asked["kind"],
            package_id=asked["packageId"],
            esim_id=asked.get("esimId"),
            prepaid=asked["prepaid"],
            created_at=now,
            changed_at=now,
        )
        async with self._deps.pool.acquire() as conn:
            return await store.begin(conn, purchase)

    async def step(self, purchase: Purchase) -> Purchase:
        match purchase.stage:
            case Stage.ASKED:
                return await self._charge(purchase)
            case Stage.UNPAID:
                return await self._be_paid(purchase)
            case Stage.ORDERED:
                return await self._be_told(purchase)
            case _:
                return await self._order(purchase)

    async def move(self, purchase: Purchase, step: Step, **more: Any) -> Purchase:
        """Keep a purchase that is a step further; where another worker was faster, give way."""
        after = replace(esim.move(purchase, step, self._deps.now()), **more)
        async with self._deps.pool.acquire() as conn:
            if not await store.change(conn, purchase, after):
                raise LaterError(SHORTEST)
        return after

    async def _charge(self, purchase: Purchase) -> Purchase:
        package = await self._package(purchase)
        esim.require_price(package, self._task.job.payload["expectedPrice"])
        if purchase.prepaid:
            return await self.move(purchase, Step.PAY, package=package)
        await paying.request(self._task, PURPOSE, package.price, package.currency)
        return await self.move(purchase, Step.CHARGE, package=package)

    async def _package(self, purchase: Purchase) -> Package:
        """Return what is bought, as it is offered now and we can pay for it."""
        try:
            offered = await self._offers(purchase)
            package = next((each for each in offered if each.id == purchase.package_id), None)
            if package is None:
                raise Refusal(Code.ITEM_UNAVAILABLE, "there is no such package any more")
            if not await self._shop.affords(package):
                raise Refusal(Code.PROVIDER_UNAVAILABLE, "eSIMs cannot be sold at present")
        except ProviderError as exc:
            raise Refusal(exc.code, str(exc)) from exc
        return package

    async def _offers(self, purchase: Purchase) -> list[Package]:
        if purchase.esim_id is None:
            return await self._shop.packages(self._task.job.payload["country"])
        return await self._shop.topups((await _esim(purchase.esim_id, self._deps)).sim.iccid)

    async def _be_paid(self, purchase: Purchase) -> Purchase:
        if await paying.status(PURPOSE, purchase.id, self._deps) is ChargeStatus.SETTLED:
            return await self.move(purchase, Step.PAY)
        waited = self._deps.now() - purchase.changed_at
        late = waited >= PAY_WITHIN
        if not late or await paying.is_being_paid(PURPOSE, purchase.id, self._deps):
            raise LaterError(_patience(waited), waiting=True)
        if await paying.withdraw(PURPOSE, purchase.id, self._deps):
            raise Refusal(Code.CONFLICT, "it was not paid for in time")
        return purchase  # just now somebody has paid, or called it off

    async def _order(self, purchase: Purchase) -> Purchase:
        patience = TOLD_WITHIN if self._later(purchase) else PATIENCE
        request = {"packageId": purchase.package_id, "key": self._key}
        kept = await once(
            self._task, ORDER, self._shop.name, request, self._ask(purchase), self._read, patience
        )
        answer = msgspec.convert(kept, Answer)
        if answer.ordered is None:
            return await self.move(purchase, Step.ACCEPT, request_id=answer.request_id)
        return await self._deliver(purchase, answer.ordered)

    def _later(self, purchase: Purchase) -> bool:
        return self._shop.tells and purchase.esim_id is None

    def _ask(self, purchase: Purchase) -> Any:
        async def ask(intent: Intent) -> Any:
            package_id, key = purchase.package_id, intent.key
            if self._later(purchase):
                return {"request_id": await self._shop.order_later(package_id, key)}
            if purchase.esim_id is None:
                ordered = await self._shop.order(package_id, key)
            else:
                held = await _esim(purchase.esim_id, self._deps)
                ordered = await self._shop.topup(package_id, held.sim.iccid, key)
            return {"ordered": msgspec.to_builtins(ordered)}

        return ask

    async def _read(self, intent: Intent) -> Any:
        """Find out what became of an order that nobody knows the answer to."""
        found = await self._told(intent.key) or await self._shop.find(intent.key)
        return None if found is None else {"ordered": msgspec.to_builtins(found)}

    async def _be_told(self, purchase: Purchase) -> Purchase:
        """Deliver what the company has told of, or what is found there though it told nothing."""
        try:
            found = await self._told(self._key, purchase.request_id) or await self._shop.find(
                self._key
            )
        except ProviderError as exc:
            raise LaterError(LONGEST) from exc
        if found is not None and found.sims:
            return await self._deliver(purchase, found)
        waited = self._deps.now() - purchase.changed_at
        if waited > TOLD_WITHIN:
            raise DoubtError
        raise LaterError(_patience(waited))

    async def _told(self, *names: str) -> Ordered | None:
        """Return the order that the company told of by itself; raise where it came to nothing."""
        async with self._deps.pool.acquire() as conn:
            body = await store.noted(conn, names)
        if body is None:
            return None
        said = msgspec.convert(body, Notice)
        if not said.sims:
            raise Refusal(Code.PROVIDER_UNAVAILABLE, "the company could not carry out the order")
        return Ordered(said.request_id, [card.sim() for card in said.sims])

    async def _deliver(self, purchase: Purchase, ordered: Ordered) -> Purchase:
        """Keep what was bought together with the purchase's end."""
        now = self._deps.now()
        after = esim.move(purchase, Step.DELIVER, now)
        async with self._deps.pool.acquire() as conn, conn.transaction():
            if not await store.change(conn, purchase, after):
                raise LaterError(SHORTEST)
            if purchase.esim_id is not None:
                held = await store.get(conn, purchase.esim_id)
                assert held is not None
                await store.look_soon(conn, held.sim.iccid, now)
            else:
                await store.add(conn, _bought(purchase, ordered))
        return after


def _bought(purchase: Purchase, ordered: Ordered) -> Esim:
    if not ordered.sims:
        raise DoubtError  # it is there, and not yet made
    return Esim(
        id=purchase.id,
        tenant_id=purchase.tenant_id,
        restaurant_id=purchase.restaurant_id,
        owner=purchase.owner,
        sim=ordered.sims[0],
        package=purchase.priced,
        check_at=purchase.changed_at + esim.UNUSED_EVERY,
        created_at=purchase.changed_at,
    )


async def _esim(esim_id: str, deps: Deps) -> Esim:
    async with deps.pool.acquire() as conn:
        found = await store.get(conn, esim_id)
    if found is None:
        raise not_found("eSIM", "esimId")
    return found


def _patience(waited: timedelta) -> float:
    """Return after how many seconds to look again: soon at first, later ever less often."""
    return min(LONGEST, max(SHORTEST, waited.total_seconds() / 2))


async def pay_for_trying(job_id: str, actor: Actor, deps: Deps) -> None:
    """Take a charge as paid without any money; raise FORBIDDEN unless a stand-in sells there."""
    async with deps.pool.acquire() as conn:
        purchase = await store.find_purchase(conn, job_id)
    if purchase is None or purchase.owner != actor.id:
        raise not_found("purchase", "jobId")
    package = purchase.package
    if package is None or not package.sandbox:
        raise forbidden("this costs money")
    await paying.settled(PURPOSE, job_id, package.price, package.currency, deps)


async def end_abandoned(deps: Deps) -> None:
    """End purchases whose jobs were cancelled, or given up, before anything was ordered."""
    async with deps.pool.acquire() as conn:
        found = await store.abandoned(conn, 50)
    for purchase in found:
        await paying.release(PURPOSE, purchase.id, deps)
        error = {"code": Code.CONFLICT, "message": "it was called off"}
        after = replace(esim.move(purchase, Step.FAIL, deps.now()), error=error)
        async with deps.pool.acquire() as conn:
            await store.change(conn, purchase, after)
