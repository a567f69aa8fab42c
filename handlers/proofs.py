"""Proofs of a purchase: a signed receipt for everybody, an item on TON for who wants one.

An item is public for good, so nobody gets one who has not asked for it and said for which wallet.
"""

import msgspec
from msgspec.structs import replace

from handlers import proof_receipts
from handlers.deps import Deps
from handlers.esim_buying import PURPOSE
from handlers.proof_receipts import Claims
from state.domain import ton
from state.domain.actor import Actor
from state.domain.errors import Code, Refusal, invalid, not_found
from state.domain.esim import Esim
from state.domain.payment import TAKEN, Method, Payment
from state.domain.proof import (
    Bought,
    Mint,
    Nft,
    Proof,
    Purpose,
    Receipt,
    gone_back,
    require_free,
)
from state.store import money, proofs, restaurants
from state.store import ton as ton_store

KEYS = "/api/proofs/keys"
NO_COLLECTION = Refusal(Code.PROVIDER_UNAVAILABLE, "no collection is set up here: take the receipt")


class Collection(msgspec.Struct, frozen=True):
    """Where items are made here: a raw address, none where nobody mints."""

    address: str
    testnet: bool

    def wallet(self, address: str) -> str:
        return ton.friendly(address, testnet=self.testnet) if address else ""

    def shown(self, address: str) -> str:
        return ton.friendly(address, bounceable=True, testnet=self.testnet) if address else ""


class Described(msgspec.Struct, frozen=True):
    """What wallets show of an item, or of a collection (TEP-64)."""

    name: str
    description: str
    image: str


async def of_esim(esim: Esim, deps: Deps) -> Bought:
    """Return what a traveller has bought; their eSIM is there, so it was paid for."""
    package = esim.package
    size = "unlimited" if package.megabytes is None else f"{package.megabytes} MB"
    return Bought(
        purpose=Purpose.ESIM,
        reference=esim.id,
        tenant_id=esim.tenant_id,
        restaurant_id=esim.restaurant_id,
        seller=await _seller(esim.restaurant_id, deps),
        item=f"eSIM {package.operator}, {size}, {package.days} days",
        amount=package.price,
        refunded=gone_back(package.price, await _payments(Purpose.ESIM, esim.id, deps)),
        currency=package.currency,
        at=esim.created_at,
        sandbox=package.sandbox,
        paid_from=await _paid_from(PURPOSE, esim.id, deps),
    )


async def of_payment(payment_id: str, actor: Actor, deps: Deps) -> Bought:
    """Return what an actor has paid; raise CONFLICT where nothing was."""
    async with deps.pool.acquire() as conn:
        held = await money.payment(conn, payment_id)
    if held is None or not _may_see(held, actor):
        raise not_found("payment")
    if held.status not in TAKEN or held.settled_at is None:
        raise Refusal(Code.CONFLICT, f"a {held.status} payment proves no purchase")
    return Bought(
        purpose=Purpose.PAYMENT,
        reference=held.id,
        tenant_id=held.tenant_id,
        restaurant_id=held.restaurant_id,
        seller=await _seller(held.restaurant_id, deps),
        item=held.purpose,
        amount=held.total,
        refunded=held.refunded,
        currency=held.currency,
        at=held.settled_at,
        sandbox=held.sandbox,
        small=held.method is not Method.TON_WALLET,  # a bill is split into as many as one likes
        paid_from=await _paid_from(held.purpose, held.reference, deps),
    )


async def show(bought: Bought, where: Collection, deps: Deps) -> Proof:
    """Return a purchase's proof as it stands."""
    async with deps.pool.acquire() as conn:
        mint = await proofs.find(conn, bought.index)
    return _shown(bought, mint, where, deps)


async def ask(bought: Bought, owner: str, where: Collection, deps: Deps) -> Proof:
    """Have an item made for a wallet; asked again for the same one, nothing more is made.

    Raises PROVIDER_UNAVAILABLE where nobody mints, CONFLICT where it is another wallet's already,
    or where none is made of such a purchase.
    """
    if not where.address:
        raise NO_COLLECTION
    if bought.refunded >= bought.amount:
        raise Refusal(Code.CONFLICT, "what was paid for this has gone back")
    if not bought.mintable(testnet=where.testnet):
        raise Refusal(Code.CONFLICT, "no item is made of this: take the receipt")
    try:
        address = ton.raw(owner)
    except ValueError as exc:
        raise invalid("owner", str(exc)) from exc
    now = deps.now()
    wanted = Mint(
        index=bought.index,
        purpose=bought.purpose,
        reference=bought.reference,
        tenant_id=bought.tenant_id,
        restaurant_id=bought.restaurant_id,
        collection=where.address,
        owner=address,
        sandbox=bought.sandbox or where.testnet,
        created_at=now,
        changed_at=now,
    )
    async with deps.pool.acquire() as conn:
        known = await proofs.begin(conn, wanted)
        require_free(known, address)
        if known.state == "failed" and not await proofs.change(conn, known, wanted):
            raise Refusal(Code.CONFLICT, "somebody has just asked for it too")
    return await show(bought, where, deps)


async def check(receipt: str, deps: Deps) -> Claims:
    """Return what a receipt of ours says, with what of it has gone back by now.

    Who checks one with the key alone learns what was true when it was signed. Raises INVALID for a
    receipt that is not ours.
    """
    claims = proof_receipts.read(receipt, deps)
    purpose, _, reference = claims.sub.partition(":")
    payments = await _payments(Purpose(purpose), reference, deps)
    return replace(claims, refunded=max(claims.refunded, gone_back(claims.amount, payments)))


async def described(index: str, deps: Deps) -> Described:
    """Return what wallets show of an item that was asked for."""
    async with deps.pool.acquire() as conn:
        mint = await proofs.find(conn, index)
    if mint is None:
        raise not_found("item")
    seller, on = await _seller(mint.restaurant_id, deps), mint.created_at.date()
    # Whatever it cost: where nothing of that is left, this is no purchase any more.
    returned = gone_back(1, await _payments(mint.purpose, mint.reference, deps)) > 0
    name = "Purchase that was given back" if returned else "Proof of purchase"
    after = " The money has gone back since." if returned else " It stays with its buyer."
    return Described(
        name=name + (" (trial: no real money)" if mint.sandbox else ""),
        description=f"Bought at {seller}; made on {on}.{after}",
        image=f"{deps.public_url}/static/icons/icon.svg",
    )


def collection(deps: Deps) -> Described:
    return Described(
        name="Proofs of purchase",
        description="What guests have bought, for the wallets that they named.",
        image=f"{deps.public_url}/static/icons/icon.svg",
    )


def _shown(bought: Bought, mint: Mint | None, where: Collection, deps: Deps) -> Proof:
    receipt, keys = proof_receipts.sign(bought, deps), deps.public_url + KEYS
    if mint is None:
        return Receipt(
            receipt=receipt,
            keys=keys,
            index=bought.index,
            amount=bought.amount,
            refunded=bought.refunded,
            currency=bought.currency,
            mintable=bool(where.address) and bought.mintable(testnet=where.testnet),
            paid_from=where.wallet(bought.paid_from),
            sandbox=bought.sandbox,
        )
    return Nft(
        receipt=receipt,
        keys=keys,
        index=bought.index,
        amount=bought.amount,
        refunded=bought.refunded,
        currency=bought.currency,
        state=mint.shown,
        collection=where.shown(mint.collection),
        owner=where.wallet(mint.owner),
        item=where.shown(mint.item),
        message_hash=mint.hash,
        why=mint.why,
        sandbox=mint.sandbox,
    )


def _may_see(held: Payment, actor: Actor) -> bool:
    if actor.is_guest:
        return held.payer == actor.id
    return held.tenant_id == actor.tenant and actor.reaches(held.restaurant_id)


async def _payments(purpose: Purpose, reference: str, deps: Deps) -> list[Payment]:
    async with deps.pool.acquire() as conn:
        if purpose is Purpose.ESIM:
            return await money.payments_for(conn, PURPOSE, reference)
        held = await money.payment(conn, reference)
        return [] if held is None else [held]


async def _seller(restaurant_id: str, deps: Deps) -> str:
    async with deps.pool.acquire() as conn:
        return (await restaurants.get(conn, restaurant_id)).name


async def _paid_from(purpose: str, reference: str, deps: Deps) -> str:
    async with deps.pool.acquire() as conn:
        return await ton_store.payer(conn, purpose, reference)
