"""Proofs of purchase: receipts that anybody can check, and items that the real machine has made."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import asyncpg
import msgspec
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from ton_core import Address, Cell, ton_mnemonic_new

from handlers import minting, proofs
from handlers.proofs import Collection
from handlers.providers.tonwallet import Wallet
from hub.app import Node
from hub.settings import Settings
from scripts.standins.base import Fault
from scripts.standins.tonvm import RefusedError
from scripts.ton import sell
from scripts.ton.deploy import deploy, shop
from scripts.ton.quotes import public_key
from state.domain.actor import Actor
from state.domain.errors import Refusal
from state.domain.ids import new_id
from state.domain.proof import Bought, Nft, Purpose, Receipt
from state.domain.ton import raw
from tests.minters import Mints, mints
from tests.place import Place

OWNER, OTHER = f"0:{64 * 'a'}", f"0:{64 * 'b'}"


@pytest.fixture(scope="module")
async def chain(settings: Settings, nodes: list[Node]) -> AsyncIterator[Mints]:
    async with mints(settings, nodes[0].deps) as made:
        yield made


@pytest.fixture
async def maker(chain: Mints) -> AsyncIterator[Mints]:
    """The chain as it should be, with nothing left to do of another test."""
    async with chain.deps.pool.acquire() as conn:
        await conn.execute("DELETE FROM proof_mints")
    chain.standin.sent.clear()
    yield chain
    chain.standin.deaf = chain.standin.blind = False
    chain.standin.faults.clear()


def bought(place: Place, tenant: str) -> Bought:
    return Bought(
        purpose=Purpose.ESIM,
        reference=new_id(),
        tenant_id=tenant,
        restaurant_id=place.id,
        seller="The Green Olive",
        item="eSIM Sandbox JP, 1024 MB, 7 days",
        amount=450,
        currency="USD",
        at=datetime(2026, 11, 26, tzinfo=UTC),
        sandbox=True,
    )


@pytest.fixture
async def purchase(place: Place, db: asyncpg.Connection) -> Bought:
    sql = "SELECT tenant_id::text FROM restaurants WHERE id = $1"
    return bought(place, await db.fetchval(sql, place.id))


def part(receipt: str, number: int) -> bytes:
    text = receipt.split(".")[number]
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


async def test_a_receipt_is_checked_with_the_published_key_alone(
    place: Place, nodes: list[Node], purchase: Bought
) -> None:
    shown = await proofs.show(purchase, Collection("", False), nodes[0].deps)
    assert isinstance(shown, Receipt)
    assert json.loads(msgspec.json.encode(shown))["kind"] == "receipt"
    assert (shown.index, shown.mintable, shown.sandbox) == (purchase.index, False, True)
    _status, told = await place.get("/api/proofs/keys", node=1)
    [key] = told["keys"]
    header, signed = json.loads(part(shown.receipt, 0)), shown.receipt.rpartition(".")[0]
    assert header == {"alg": "Ed25519", "typ": "onemoment-receipt", "kid": key["kid"]}
    public = Ed25519PublicKey.from_public_bytes(part(f".{key['x']}", 1))
    public.verify(part(shown.receipt, 2), signed.encode())
    with pytest.raises(InvalidSignature):
        public.verify(part(shown.receipt, 2), signed[:-1].encode() + b"A")
    status, claims = await place.post("/api/proofs/verify", {"receipt": shown.receipt}, node=1)
    assert status == 200
    assert claims == json.loads(part(shown.receipt, 1))
    assert (claims["amount"], claims["currency"], claims["item"]) == (450, "USD", purchase.item)
    forged = msgspec.json.encode(claims | {"amount": 1})
    text = base64.urlsafe_b64encode(forged).rstrip(b"=").decode()
    begin, _, end = shown.receipt.split(".")
    for wrong in (f"{begin}.{text}.{end}", "a.b.c", "", place.staff["manager"]["email"]):
        status, told = await place.post("/api/proofs/verify", {"receipt": wrong})
        assert (status, told["error"]["code"]) == (400, "INVALID")


async def test_an_access_token_is_no_receipt(place: Place) -> None:
    status, _told = await place.post("/api/proofs/verify", {"receipt": await place.login("waiter")})
    assert status == 400


async def test_where_nobody_mints_an_item_is_refused_and_the_receipt_stays(
    nodes: list[Node], purchase: Bought
) -> None:
    with pytest.raises(Refusal, match="take the receipt"):
        await proofs.ask(purchase, OWNER, Collection("", False), nodes[0].deps)
    with pytest.raises(Refusal, match="no address of TON"):
        await proofs.ask(purchase, "my wallet", Collection(OTHER, True), nodes[0].deps)


async def test_a_guest_proves_what_they_have_paid_and_nobody_elses(
    place: Place, other_place: Place, db: asyncpg.Connection
) -> None:
    guest, mate = await place.guest(), await place.guest()
    await guest.send("order:create", items=[place.line("grill")])
    paying = await guest.send("bill:pay", method="CASH")
    path = f"/api/payments/{paying['payment']['id']}/proof"
    assert (await place.get(path, guest.token))[0] == 409, "it is not paid yet"
    waiter = await place.worker("waiter")
    await waiter.send("payment:cash", paymentId=paying["payment"]["id"])
    status, shown = await place.get(path, guest.token, node=1)
    assert (status, shown["kind"]) == (200, "receipt")
    _status, claims = await place.post("/api/proofs/verify", {"receipt": shown["receipt"]})
    assert (claims["amount"], claims["sub"]) == (
        paying["payment"]["amount"],
        f"payment:{paying['payment']['id']}",
    )
    theirs = await other_place.login("manager")
    for who in (mate.token, theirs):
        assert (await place.get(path, who))[0] == 404
    assert (await place.get("/api/payments/nothing/proof", guest.token))[0] == 404
    assert (await place.get(path, await place.login("manager")))[0] == 200
    status, told = await place.post(path, {"owner": OWNER}, guest.token)
    assert (status, told["error"]["code"]) == (502, "PROVIDER_UNAVAILABLE")
    manager = await place.worker("manager")
    await manager.send("payment:refund", paymentId=paying["payment"]["id"], reason="cold")
    status, after = await place.get(path, guest.token)
    total = paying["payment"]["amount"]
    assert (status, after["amount"], after["refunded"], after["mintable"]) == (
        200,
        total,
        total,
        False,
    )
    # Also who was given the receipt before learns that the money went back, where they ask us.
    for receipt, signed in ((shown["receipt"], 0), (after["receipt"], total)):
        assert json.loads(part(receipt, 1))["refunded"] == signed
        _status, told = await place.post("/api/proofs/verify", {"receipt": receipt})
        assert (told["amount"], told["refunded"]) == (total, total)


async def ask(maker: Mints, purchase: Bought, owner: str = OWNER) -> Nft:
    proof = await proofs.ask(purchase, owner, Collection(maker.collection, True), maker.deps)
    assert isinstance(proof, Nft)
    return proof


async def test_an_item_is_said_to_be_there_once_it_was_read_on_the_chain(
    maker: Mints, purchase: Bought, db: asyncpg.Connection
) -> None:
    asked = await ask(maker, purchase)
    assert (asked.state, asked.item, raw(asked.owner)) == ("prepared", "", OWNER)
    maker.standin.blind = True
    await maker.look()
    sent = await ask(maker, purchase)
    assert (sent.state, len(sent.message_hash)) == ("sent", 64)
    await maker.look()
    assert (await ask(maker, purchase)).state == "sent", "it is there, and nobody has read it"
    maker.standin.blind = False
    assert await maker.until(db, purchase.index, "minted", "failed") == "minted"
    made = await ask(maker, purchase)
    assert (made.state, made.sandbox) == ("minted", True)
    on_chain = await maker.standin.machine.ask("item", address=raw(made.item))
    assert int(on_chain["index"]) == int(purchase.index, 16)
    assert raw(on_chain["owner_address"]) == OWNER
    assert raw(on_chain["collection_address"]) == raw(made.collection) == maker.collection
    assert on_chain["content"] == {"uri": f"{purchase.index}.json"}
    assert len(maker.standin.sent) == 1
    with pytest.raises(Refusal, match="another wallet's already"):
        await ask(maker, purchase, OTHER)


async def test_wallets_are_told_what_an_item_is(
    place: Place, maker: Mints, purchase: Bought
) -> None:
    path = f"/api/proofs/items/{purchase.index}.json"
    assert (await place.get(path))[0] == 404
    await ask(maker, purchase)
    status, told = await place.get(path)
    assert status == 200
    assert told["name"] == "Proof of purchase (trial: no real money)"
    assert "450" not in str(told), "what it cost is nobody's business"
    assert (await place.get("/api/proofs/collection.json"))[1]["name"] == "Proofs of purchase"


async def paid_for(place: Place, maker: Mints) -> tuple[Bought, Actor]:
    """A dish that a guest has paid in cash, as if it were worth an item."""
    guest, waiter = await place.guest(), await place.worker("waiter")
    await guest.send("order:create", items=[place.line("grill")])
    paid = (await guest.send("bill:pay", method="CASH"))["payment"]
    await waiter.send("payment:cash", paymentId=paid["id"])
    actor = maker.deps.tokens.read(guest.token or "")
    held = await proofs.of_payment(paid["id"], actor, maker.deps)
    return msgspec.structs.replace(held, small=False), actor


async def test_an_item_says_so_when_what_was_paid_for_it_has_gone_back(
    place: Place, maker: Mints
) -> None:
    held, actor = await paid_for(place, maker)
    await ask(maker, held)
    path = f"/api/proofs/items/{held.index}.json"
    assert (await place.get(path))[1]["name"].startswith("Proof of purchase")
    about = {"paymentId": held.reference, "reason": "cold"}
    manager = await place.worker("manager")
    await manager.send("payment:refund", **about, amount=100)
    assert (await place.get(path))[1]["name"].startswith("Proof of purchase"), "it was bought"
    await manager.send("payment:refund", **about)
    told = (await place.get(path))[1]
    assert told["name"].startswith("Purchase that was given back")
    assert "The money has gone back since." in told["description"]
    returned = await proofs.of_payment(held.reference, actor, maker.deps)
    assert (returned.amount, returned.refunded) == (held.amount, held.amount)
    with pytest.raises(Refusal, match="has gone back"):
        await ask(maker, returned, OTHER)


async def test_an_item_is_revoked_once_all_that_was_paid_for_it_has_gone_back(
    place: Place, maker: Mints, db: asyncpg.Connection
) -> None:
    (held, actor), (late, _) = [await paid_for(place, maker) for _ in range(2)]
    manager = await place.worker("manager")
    await ask(maker, held)
    assert await maker.until(db, held.index, "minted", "failed") == "minted"
    about = {"paymentId": held.reference, "reason": "cold"}
    await manager.send("payment:refund", **about, amount=100)
    await maker.look()
    assert len(maker.standin.sent) == 1, "a part of it is no reason"
    await manager.send("payment:refund", **about)
    await ask(maker, late)
    await manager.send("payment:refund", paymentId=late.reference, reason="cold")
    maker.standin.faults.append(Fault(reset="after", path="/message"))
    await maker.look()
    where = Collection(maker.collection, True)
    held = await proofs.of_payment(held.reference, actor, maker.deps)
    shown = await proofs.show(held, where, maker.deps)
    assert isinstance(shown, Nft)
    assert shown.state == "minted", "whether it was heard is not known yet"
    assert await maker.until(db, held.index, "revoked", "failed") == "revoked"
    shown = await proofs.show(held, where, maker.deps)
    assert isinstance(shown, Nft)
    assert (shown.state, shown.refunded) == ("revoked", held.amount)
    item, method = raw(shown.item), "get_revoked_time"
    told = await maker.standin.machine.ask("run", address=item, method=method, stack=[])
    assert int(told["stack"][0]["value"], 16) > 0
    assert await ask_state(db, late.index) == ("failed", minting.RETURNED)
    await maker.look()
    assert len(set(maker.standin.sent)) == 2, "one made and revoked, each said once"


@pytest.mark.parametrize("reset", ["before", "after"])
async def test_who_hears_no_answer_reads_and_says_the_same_again(
    maker: Mints, purchase: Bought, db: asyncpg.Connection, reset: str
) -> None:
    await ask(maker, purchase)
    maker.standin.faults.append(Fault(reset=reset, path="/message"))
    await maker.look()
    assert (await ask(maker, purchase)).state == "unknown"
    assert await maker.until(db, purchase.index, "minted", "failed") == "minted"
    assert len(set(maker.standin.sent)) == 1


async def test_what_was_never_taken_is_signed_anew_only_when_it_has_expired(
    maker: Mints, purchase: Bought, db: asyncpg.Connection
) -> None:
    await ask(maker, purchase)
    maker.standin.deaf = True
    for _ in range(2):
        await maker.look()
    assert len(maker.standin.sent) == 2
    assert len(set(maker.standin.sent)) == 1, "the same bytes again and again"
    maker.standin.ahead += 100  # it has expired, and may yet be in a block that is read later
    await maker.look()
    assert len(maker.standin.sent) == 2
    maker.standin.ahead += 30
    for _ in range(2 * minting.TRIES - 1):
        await maker.look()
        maker.standin.ahead += 130
    assert await ask_state(db, purchase.index) == ("failed", minting.NEVER)
    assert len(set(maker.standin.sent)) == minting.TRIES
    maker.standin.deaf = False
    assert (await ask(maker, purchase, OTHER)).state == "prepared", "it may be asked for again"
    assert await maker.until(db, purchase.index, "minted", "failed") == "minted"
    with pytest.raises(RefusedError):
        await maker.standin.machine.ask("message", boc=maker.standin.sent[0], time=0)


async def ask_state(db: asyncpg.Connection, index: str) -> tuple[str, str]:
    row = await db.fetchrow("SELECT state, why FROM proof_mints WHERE index = $1", index)
    return row["state"], row["why"]


async def test_an_item_that_is_there_already_is_not_made_again(
    maker: Mints, purchase: Bought, db: asyncpg.Connection
) -> None:
    await ask(maker, purchase)
    maker.standin.blind = True
    await maker.look()
    maker.standin.ahead += 100 + int(minting.LOST_AFTER.total_seconds())
    await maker.look()
    assert await ask_state(db, purchase.index) == ("failed", minting.NOTHING)
    maker.standin.blind = False
    await ask(maker, purchase, OTHER)
    await maker.look()
    assert await ask_state(db, purchase.index) == ("failed", minting.OTHERS)
    await ask(maker, purchase)
    await maker.look()
    assert await ask_state(db, purchase.index) == ("minted", "")
    assert len(maker.standin.sent) == 1


async def test_one_that_nobody_has_read_yet_holds_up_no_other(
    place: Place, maker: Mints, purchase: Bought, db: asyncpg.Connection
) -> None:
    await ask(maker, purchase)
    other = bought(place, purchase.tenant_id)
    await ask(maker, other, OTHER)
    maker.standin.blind = True
    for _ in range(2):
        await maker.look()
    states = "SELECT state, seqno FROM proof_mints ORDER BY created_at"
    (one, first), (two, second) = await db.fetch(states)
    assert (one, two, second) == ("sent", "sent", first + 1)
    maker.standin.blind = False
    for each in (purchase, other):
        assert await maker.until(db, each.index, "minted", "failed") == "minted"


async def test_what_was_not_real_is_not_proven_on_the_real_chain(
    maker: Mints, purchase: Bought
) -> None:
    real = Collection(maker.collection, testnet=False)
    with pytest.raises(Refusal, match="no item is made of this"):
        await proofs.ask(purchase, OWNER, real, maker.deps)
    shown = await proofs.show(purchase, real, maker.deps)
    assert isinstance(shown, Receipt)
    assert not shown.mintable


async def test_workers_at_once_say_it_once(
    maker: Mints, purchase: Bought, db: asyncpg.Connection
) -> None:
    await ask(maker, purchase)
    await asyncio.gather(*(maker.look() for _ in range(4)))
    assert await maker.until(db, purchase.index, "minted", "failed") == "minted"
    assert len(set(maker.standin.sent)) == 1


async def test_a_wallet_without_coins_waits_for_some(
    maker: Mints, purchase: Bought, db: asyncpg.Connection
) -> None:
    await ask(maker, purchase)
    await minting.look(maker.deps, maker.poor)
    assert await ask_state(db, purchase.index) == ("prepared", minting.POOR)
    assert not maker.standin.sent
    assert await maker.until(db, purchase.index, "minted", "failed") == "minted"


async def test_a_shop_sells_what_its_seller_has_signed_and_activates_it(
    maker: Mints, purchase: Bought
) -> None:
    owner, words = maker.minter.wallet.address, maker.settings.ton_collection_mnemonic
    machine, order, price = maker.standin.machine, purchase.index, 2 * 10**9
    place = await deploy(maker.minter, shop(owner, public_key(words)))
    until = int((await maker.minter.clock()).timestamp()) + 900
    wanted = urlsplit(sell.link(maker.settings, place, order, price, until))
    asked = parse_qs(wanted.query)
    assert raw(wanted.path[1:]) == place

    words = " ".join(ton_mnemonic_new())
    buyer = Wallet(words, testnet=True)
    await machine.ask("fund", address=buyer.address, value=str(5 * 10**9))
    body = Cell.one_from_boc(base64.urlsafe_b64decode(asked["bin"][0]))
    said = buyer.said(place, int(asked["amount"][0]), body, 0, until)
    boc = base64.b64encode(said.boc).decode()
    await machine.ask("message", boc=boc, time=0)
    stack = [{"type": "num", "value": f"0x{order}"}]
    told = await machine.ask("run", address=place, method="get_order", stack=stack)
    found, by, paid, _bought, activated = told["stack"]
    assert (found["value"], int(paid["value"], 16), activated["value"]) == ("0x-1", price, "0x0")
    address = Cell.one_from_boc(base64.b64decode(by["value"])).begin_parse().load_address()
    assert isinstance(address, Address)
    assert raw(address.to_str(is_user_friendly=False)) == buyer.address
    await sell.activate(maker.settings, place, order)
    told = await machine.ask("run", address=place, method="get_order", stack=stack)
    assert int(told["stack"][-1]["value"], 16) > 0
