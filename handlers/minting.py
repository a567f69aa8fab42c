"""Making items of a collection on TON, and revoking those whose purchase's money went back: each
once, whoever dies in between.

A wallet says one thing after the other, so one worker at a time sees to it. What it will say is
kept before it is said. Then the chain is read: an item that is there was made, a message that has
expired while the wallet is where it was has done nothing, and of all else nothing is known yet.
"""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import structlog
from msgspec.structs import replace

from handlers.deps import Deps
from handlers.providers.errors import ProviderError
from state.domain.proof import OUT, Mint, MintState
from state.store import proofs as store

if TYPE_CHECKING:  # it needs an extra, which those who mint have
    from handlers.providers.tonmint import Minter

log = structlog.get_logger()

LEASE = timedelta(seconds=60)
BUSY, IDLE = timedelta(seconds=2), timedelta(seconds=5)  # until the next look
GOOD_FOR = timedelta(seconds=90)  # a message: soon on the chain, or never
SLACK = timedelta(seconds=30)  # what is on the chain by then can be read
LOST_AFTER = timedelta(minutes=10)  # nothing is on its way any more between two contracts
TRIES = 3
AT_ONCE = 20
LEAST = 100_000_000  # nano, for one item and what it costs to say so
POOR = "the collection's wallet has too few coins"
OTHERS, NOTHING, NEVER, RETURNED, DESTROYED = (
    "the item is somebody else's",
    "the wallet has spoken, and nothing came of it",
    "the chain has not taken it",
    "what was paid for it has gone back",
    "its owner has destroyed the item",
)


async def look(deps: Deps, minter: "Minter | None") -> None:
    """See to what is wanted, where that is due and nobody else does."""
    if minter is None:
        return
    address, now = minter.wallet.address, deps.now()
    async with deps.pool.acquire() as conn:
        if not await store.claim(conn, address, now, now + LEASE):
            return
        returned = await store.returned_of(conn, minter.collection, AT_ONCE)
    for mint in returned:
        await _take_back(mint, deps)
    async with deps.pool.acquire() as conn:
        wanted = await store.open_of(conn, minter.collection, AT_ONCE)
    try:
        await _look(wanted, minter, deps)
    except ProviderError as exc:
        log.warning("items are not made yet", count=len(wanted), error=str(exc))
    async with deps.pool.acquire() as conn:
        await store.leave(conn, address, deps.now() + (BUSY if wanted else IDLE))


async def _take_back(mint: Mint, deps: Deps) -> None:
    """Let an item be revoked that is there, and not be made that is not."""
    if mint.state is MintState.MINTED:
        await _keep(mint, deps, state=MintState.PREPARED, revoking=True, tries=0)
    else:
        await _keep(mint, deps, state=MintState.FAILED, why=RETURNED)


async def _look(wanted: list[Mint], minter: "Minter", deps: Deps) -> None:
    """Settle what was said; say the next thing once the wallet is past all of that."""
    said = [mint for mint in wanted if mint.state in OUT]
    free = [await _settle(mint, minter, deps) for mint in said]
    new = next((mint for mint in wanted if mint.state is MintState.PREPARED), None)
    if new is not None and all(free):
        await _begin(new, minter, deps)


async def _begin(mint: Mint, minter: "Minter", deps: Deps) -> None:
    """Keep what the wallet will say, and say it."""
    now = await minter.clock()
    placed = replace(mint, item=mint.item or await minter.place(mint.index))
    if await _is_done(mint, placed, minter, deps):
        return
    purse = await minter.purse()
    if purse.balance < LEAST:
        log.error(POOR, wallet=minter.wallet.address, balance=purse.balance)
        await _keep(mint, deps, why=POOR)
        return
    until = now + GOOD_FOR
    signed = minter.sign(placed, purse.seqno, until)
    kept = await _keep(
        mint,
        deps,
        state=MintState.UNKNOWN,
        item=placed.item,
        boc=signed.boc,
        hash=signed.hash,
        seqno=purse.seqno,
        valid_until=until,
        tries=mint.tries + 1,
        why="",
        sandbox=mint.sandbox or purse.sandbox,
    )
    if kept is not None:
        await _say(kept, minter, deps)


async def _settle(mint: Mint, minter: "Minter", deps: Deps) -> bool:
    """Find out what became of what was said; tell whether the wallet is past it.

    The clock is read first: it may only be too early.
    """
    assert mint.valid_until is not None, "what was said has an end"
    now, purse = await minter.clock(), await minter.purse()
    past = purse.seqno > mint.seqno
    if await _is_done(mint, mint, minter, deps):
        return past
    if past:
        if now > mint.valid_until + LOST_AFTER:
            await _fail(mint, NOTHING, deps)
    elif now <= mint.valid_until:
        await _say(mint, minter, deps)
    elif now > mint.valid_until + SLACK:
        await _again(mint, deps)
    return past


async def _again(mint: Mint, deps: Deps) -> None:
    """It has certainly done nothing, and never will: something else may be said."""
    if mint.tries >= TRIES:
        await _fail(mint, NEVER, deps)
    else:
        await _keep(mint, deps, state=MintState.PREPARED, boc=b"", hash="", valid_until=None)


async def _say(mint: Mint, minter: "Minter", deps: Deps) -> None:
    """Send what was signed; those very bytes, so that twice is once."""
    await minter.send(mint.boc)
    if mint.state is not MintState.SENT:
        await _keep(mint, deps, state=MintState.SENT)


async def _is_done(before: Mint, mint: Mint, minter: "Minter", deps: Deps) -> bool:
    """Note what the chain says of an item, if that is how it ends."""
    done = _is_revoked if mint.revoking else _is_there
    return await done(before, mint, minter, deps)


async def _is_revoked(before: Mint, mint: Mint, minter: "Minter", deps: Deps) -> bool:
    """Note an item that was revoked, or that its owner destroyed, which comes to the same."""
    destroyed = await minter.owner(mint) == ""
    if destroyed or await minter.revoked(mint):
        why = DESTROYED if destroyed else ""
        await _keep(before, deps, state=MintState.REVOKED, why=why)
        return True
    return False


async def _is_there(before: Mint, mint: Mint, minter: "Minter", deps: Deps) -> bool:
    """Note an item that is on the chain; whose it is says whether it is this one."""
    owner = await minter.owner(mint)
    if owner is None:
        return False
    if owner == mint.owner:
        await _keep(before, deps, state=MintState.MINTED, item=mint.item, why="")
    else:
        await _fail(before, OTHERS, deps)
    return True


async def _fail(mint: Mint, why: str, deps: Deps) -> None:
    what = "revoked" if mint.revoking else "made"
    log.error(f"an item cannot be {what}", index=mint.index, why=why)
    await _keep(mint, deps, state=MintState.FAILED, why=why)


async def _keep(mint: Mint, deps: Deps, **changes: Any) -> Mint | None:
    """Write what has changed; None where another worker, who was thought dead, was faster."""
    now: datetime = deps.now()
    after = replace(mint, changed_at=now, **changes)
    async with deps.pool.acquire() as conn:
        return after if await store.change(conn, mint, after) else None
