"""eSIMs: offered, paid for, ordered once, installed, and watched until they run out."""

import asyncio
import hashlib
import hmac
import io
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
from PIL import Image

from handlers import paying
from handlers.esim_buying import end_abandoned
from handlers.esim_usage import check_due
from handlers.providers.all import Providers
from hub.settings import Settings
from scripts.standins.base import Fault
from state.domain.charge import ChargeStatus
from state.domain.errors import Refusal
from state.store import charges
from tests.client import Client
from tests.place import Place
from tests.sellers import Shop, failure, open_shop, program, result
from tests.test_qr import drawn, read

JP = {"packageId": "sandbox-jp-7days-1gb", "country": "JP"}
HERE = 2  # the node of this file's own


@pytest.fixture(scope="module")
async def the_shop(settings: Settings) -> AsyncIterator[Shop]:
    async with open_shop(settings) as made:
        yield made


@pytest.fixture
async def shop(the_shop: Shop, place: Place) -> Shop:
    await the_shop.rest()
    place.urls.append(the_shop.url)
    return the_shop


@pytest.fixture
async def bought(place: Place, shop: Shop) -> dict[str, Any]:
    return await shop.bought(await place.guest(node=HERE))


async def ordered(shop: Shop, client: Client, **more: Any) -> str:
    """Return the job of a purchase that waits to be paid for."""
    job_id: str = (await client.send("esim:purchase", **{**JP, **more}))["jobId"]
    await shop.step(job_id)
    return job_id


async def stage(db: asyncpg.Connection, job_id: str) -> str:
    found: str = await db.fetchval("SELECT stage FROM esim_purchases WHERE id = $1", job_id)
    return found


# The story


async def test_a_guest_finds_pays_and_installs_an_esim_and_nobody_else_sees_it(
    place: Place, shop: Shop
) -> None:
    guest, other = await place.guest(node=HERE), await place.guest(1, node=0)
    first = await guest.send("esim:packages", country="JP")
    offered = await shop.packages(guest, country="JP")
    assert "jobId" in first or first["result"]["packages"] == offered
    assert (await guest.send("esim:packages", country="JP"))["result"]["packages"] == offered
    wanted = offered[0]
    assert (wanted["price"], wanted["currency"], wanted["sandbox"]) == (450, "USD", True)

    job_id = await ordered(shop, guest, expectedPrice=450, commandId="one tap")
    await guest.hears("job:progress", lambda data: data["status"] == "WAITING")
    assert shop.sold(job_id) == 0, "nothing is bought before it is paid for"
    await shop.pay(job_id)
    await shop.finish(job_id)
    esim = await result(guest, job_id)
    steps = [data["status"] for data in guest.named("job:progress") if data["jobId"] == job_id]
    assert steps == ["RUNNING", "WAITING", "RUNNING", "RUNNING"]

    lpa = esim["activation"]["lpa"]
    assert lpa == f"LPA:1$lpa.airalo.com${esim['activation']['activationCode']}"
    assert "TEST" in lpa
    assert esim["sandbox"]
    card = lpa.replace("$", "%24")
    assert esim["activation"]["iosUrl"].endswith(
        f"apple.com/esim_qrcode_provisioning?carddata={card}"
    )
    status, picture = await place.get(esim["png"])
    assert (status, read(Image.open(io.BytesIO(picture)))) == (200, [lpa])
    assert read(drawn((await place.get(esim["svg"]))[1])) == [lpa]

    # It outlives the visit, and is its owner's alone.
    assert (await place.get(f"/api/esims/{esim['token']}"))[1]["activation"]["lpa"] == lpa
    assert [e["id"] for e in (await place.get("/api/esims", guest.token))[1]["esims"]] == [job_id]
    assert (await place.get("/api/esims", other.token))[1]["esims"] == []
    forged = esim["token"][:-2] + ("AA" if not esim["token"].endswith("AA") else "BB")
    assert (await place.get(f"/api/esims/{forged}"))[0] == 404
    await other.settled()
    assert not [name for name, _, _ in other.heard if name.startswith("job:")]
    manager = await place.login("manager")
    _, log = await place.get(f"/api/restaurants/{place.id}/events", manager)
    assert lpa not in str(log)


async def test_two_taps_are_one_purchase(place: Place, shop: Shop) -> None:
    guest = await place.guest()
    twin = await place.client(guest.token, node=1)
    taps = [each.send("esim:purchase", **JP, commandId="one") for each in (guest, twin, guest)]
    [job_id] = {answer["jobId"] for answer in await asyncio.gather(*taps)}
    await shop.step(job_id)
    await asyncio.gather(shop.pay(job_id), shop.pay(job_id))
    await asyncio.gather(*(shop.finish(job_id) for _ in range(3)))
    await result(guest, job_id)
    assert shop.sold(job_id) == 1


# Paying


async def test_another_price_than_was_shown_buys_nothing(
    place: Place, shop: Shop, db: asyncpg.Connection
) -> None:
    guest = await place.guest()
    job_id = await ordered(shop, guest, expectedPrice=399)
    error = await failure(guest, job_id)
    assert (error["code"], error["details"]["price"]) == ("PRICE_CHANGED", 450)
    assert await charges.find(db, "esim", job_id) is None


@pytest.mark.parametrize(("amount", "currency"), [(449, "USD"), (450, "EUR"), (0, "USD")])
async def test_only_what_was_asked_for_settles_a_charge(
    place: Place, shop: Shop, amount: int, currency: str
) -> None:
    job_id = await ordered(shop, await place.guest())
    with pytest.raises(Refusal):
        await shop.pay(job_id, amount, currency)
    assert await paying.status("esim", job_id, shop.deps) is ChargeStatus.OPEN
    with pytest.raises(Refusal):
        await paying.settled("another", job_id, 450, "USD", shop.deps)


async def test_who_does_not_want_to_pay_calls_it_off_and_cannot_pay_any_more(
    place: Place, shop: Shop, db: asyncpg.Connection
) -> None:
    guest = await place.guest()
    job_id = await ordered(shop, guest)
    assert (await guest.send("job:cancel", jobId=job_id))["status"] == "CANCELLED"
    with pytest.raises(Refusal):
        await shop.pay(job_id)
    await end_abandoned(shop.deps)
    assert await stage(db, job_id) == "FAILED"
    assert await paying.status("esim", job_id, shop.deps) is ChargeStatus.VOID
    paid = await ordered(shop, guest)
    await shop.pay(paid)
    assert (await guest.refused("job:cancel", {"jobId": paid}))["code"] == "CONFLICT"
    await shop.finish(paid)


async def test_who_never_pays_is_waited_for_half_an_hour(
    place: Place, shop: Shop, db: asyncpg.Connection
) -> None:
    guest = await place.guest()
    job_id = await ordered(shop, guest)
    late = "UPDATE esim_purchases SET changed_at = changed_at - interval '31 minutes' WHERE id = $1"
    await db.execute(late, job_id)
    await shop.finish(job_id)
    assert (await failure(guest, job_id))["code"] == "CONFLICT"
    with pytest.raises(Refusal):
        await shop.pay(job_id)


async def test_what_was_paid_for_and_is_not_to_be_had_is_owed(
    place: Place, shop: Shop, db: asyncpg.Connection
) -> None:
    guest = await place.guest()
    test = {"packageId": "test-out-of-stock-7days-1gb", "country": "ZZ"}
    job_id = await ordered(shop, guest, **test)
    await shop.pay(job_id)
    await shop.finish(job_id)
    assert (await failure(guest, job_id))["code"] == "ITEM_UNAVAILABLE"
    assert job_id in [charge.reference for charge in await charges.owed(db, 100)]
    unknown = await ordered(shop, guest, packageId="no-such-package")
    assert (await failure(guest, unknown))["code"] == "ITEM_UNAVAILABLE"


async def test_a_trusted_program_has_been_paid_already_and_a_guest_has_not(
    place: Place, shop: Shop
) -> None:
    guest, seller = await place.guest(), await program(place, shop.node)
    assert (await guest.refused("esim:purchase", {**JP, "prepaid": True}))["code"] == "FORBIDDEN"
    asked = {**JP, "prepaid": True, "restaurantId": place.id}
    job_id = (await seller.send("esim:purchase", **asked))["jobId"]
    await shop.finish(job_id)
    assert (await result(seller, job_id))["package"]["id"] == JP["packageId"]
    assert shop.sold(job_id) == 1


async def test_where_our_account_is_empty_nobody_is_asked_to_pay(
    place: Place, shop: Shop, db: asyncpg.Connection
) -> None:
    guest = await place.guest()
    keys = await shop.deps.redis.of("x").keys("*airalo:*balance*")
    for key in keys:
        await shop.deps.redis.of(key.decode()).delete(key)
    broke = {"balances": {"availableBalance": {"amount": 1, "currency": "USD"}}}
    shop.standin.faults.append(Fault(status=200, body={"data": broke}, path="/balance"))
    job_id = await ordered(shop, guest)
    assert (await failure(guest, job_id))["code"] == "PROVIDER_UNAVAILABLE"
    assert await charges.find(db, "esim", job_id) is None
    for key in keys:
        await shop.deps.redis.of(key.decode()).delete(key)


async def test_where_nobody_sells_esims_the_job_says_so(place: Place, shop: Shop) -> None:
    guest = await place.guest()
    job_id = (await guest.send("esim:packages", country="FR"))["jobId"]
    await shop.finish(job_id, Providers({}, {}, {}))
    assert (await failure(guest, job_id))["code"] == "PROVIDER_UNAVAILABLE"


async def test_who_pays_while_a_worker_looks_whether_they_have_cannot_call_it_off(
    place: Place, shop: Shop
) -> None:
    guest = await place.guest()
    job_id = (await guest.send("esim:purchase", **JP))["jobId"]
    looking = asyncio.create_task(shop.step(job_id))
    async with asyncio.timeout(30):
        while await paying.status("esim", job_id, shop.deps) is None:  # noqa: ASYNC110
            await asyncio.sleep(0.001)
    await shop.pay(job_id)
    await looking
    assert (await guest.refused("job:cancel", {"jobId": job_id}))["code"] == "CONFLICT"
    await shop.finish(job_id)
    await result(guest, job_id)


# Orders nobody knows the answer to


@pytest.mark.parametrize(
    "fault",
    [Fault(reset="after"), Fault(malformed=True), Fault(status=500), Fault(reset="before")],
    ids=["reset after", "malformed", "500", "reset before"],
)
async def test_an_order_without_an_answer_is_looked_for_and_never_sent_again(
    place: Place, shop: Shop, db: asyncpg.Connection, fault: Fault
) -> None:
    guest = await place.guest()
    job_id = await ordered(shop, guest)
    await shop.pay(job_id)
    shop.standin.faults.append(fault._replace(path="/orders"))
    assert await shop.step(job_id) is not None
    assert await stage(db, job_id) == "UNKNOWN"
    assert (await guest.send("job:get", jobId=job_id))["status"] == "UNKNOWN"
    carried_out = fault.reset == "after" or fault.malformed
    if not carried_out:
        assert await shop.step(job_id) is not None, "it may be on its way"
        long_ago = "UPDATE intents SET created_at = created_at - interval '1 hour'"
        await db.execute(f"{long_ago} WHERE job_id = $1", job_id)
    await shop.finish(job_id)
    assert shop.sold(job_id) == int(carried_out)
    if carried_out:
        assert (await result(guest, job_id))["id"] == job_id
    else:
        assert (await failure(guest, job_id))["code"] == "PROVIDER_UNAVAILABLE"
        assert await paying.status("esim", job_id, shop.deps) is ChargeStatus.OWED


@pytest.mark.parametrize("package", ["sandbox-jp-7days-1gb", "test-out-of-stock-7days-1gb"])
async def test_a_purchase_that_is_over_stays_so_for_a_worker_that_has_not_heard(
    place: Place, shop: Shop, db: asyncpg.Connection, package: str
) -> None:
    guest = await place.guest()
    good = package.startswith("sandbox")
    job_id = await ordered(shop, guest, packageId=package, country="JP" if good else "ZZ")
    await shop.pay(job_id)
    await shop.finish(job_id)
    # As if the worker had died before it could say so.
    await db.execute(
        "UPDATE jobs SET status = 'RUNNING', ended_at = NULL, result = NULL, error = NULL"
        " WHERE id = $1",
        job_id,
    )
    await shop.finish(job_id)
    told = await guest.send("job:get", jobId=job_id)
    if good:
        assert (told["status"], told["result"]["id"]) == ("COMPLETED", job_id)
    else:
        assert (told["status"], told["error"]["code"]) == ("FAILED", "ITEM_UNAVAILABLE")
        assert await paying.status("esim", job_id, shop.deps) is ChargeStatus.OWED
    assert shop.sold(job_id) == int(good)
    assert await db.fetchval("SELECT count(*) FROM esims WHERE id = $1", job_id) == int(good)


# Orders that are told of later


@pytest.mark.parametrize("mishap", [None, "twice", "badly signed", "lost", "swapped"])
async def test_an_order_told_of_later_is_delivered_once_whatever_becomes_of_the_message(
    place: Place, shop: Shop, mishap: Any
) -> None:
    guest = await place.guest(node=1)
    jobs = [await ordered(shop, guest) for _ in range(2)]
    if mishap:
        shop.standin.telling.mishaps.append(mishap)
    for job_id in jobs:
        await shop.pay(job_id)
        await shop.step(job_id, shop.later)
    for job_id in jobs:
        await shop.finish(job_id, shop.later)
        assert (await result(guest, job_id))["id"] == job_id
        assert shop.sold(job_id) == 1


async def test_an_order_whose_acceptance_was_lost_is_known_by_its_message(
    place: Place, shop: Shop
) -> None:
    guest = await place.guest()
    job_id = await ordered(shop, guest)
    await shop.pay(job_id)
    shop.standin.faults.append(Fault(reset="after", path="/orders-async"))
    assert await shop.step(job_id, shop.later) is not None
    await shop.finish(job_id, shop.later)
    assert (await result(guest, job_id))["id"] == job_id
    assert shop.sold(job_id) == 1


async def test_an_order_that_comes_to_nothing_later_is_owed(place: Place, shop: Shop) -> None:
    guest = await place.guest()
    job_id = await ordered(shop, guest)
    await shop.pay(job_id)
    shop.standin.reason = "Insufficient stock"
    await shop.finish(job_id, shop.later)
    assert (await failure(guest, job_id))["code"] == "PROVIDER_UNAVAILABLE"
    assert await paying.status("esim", job_id, shop.deps) is ChargeStatus.OWED


async def test_only_the_company_is_listened_to(place: Place, shop: Shop) -> None:
    hook = f"{shop.url}/webhooks/airalo"
    async with place.http.head(hook) as reply:
        assert reply.status == 200
    for headers in ({}, {"airalo-signature": "0" * 128}):
        async with place.http.post(hook, data=b"{}", headers=headers) as reply:
            assert reply.status == 401
    for body in (b"[]", b'"x"', b'{"sims": 7}', b"no json"):
        signed = {"airalo-signature": sign(shop, body)}
        async with place.http.post(hook, data=body, headers=signed) as reply:
            assert reply.status == 400, body
    signed = {"airalo-signature": sign(shop, b"{}")}
    async with place.http.post(hook, data=b"{}", headers=signed) as reply:
        assert reply.status == 200, "a kind of message that does not concern us"


def sign(shop: Shop, body: bytes) -> str:
    return hmac.new(shop.standin.secret.encode(), body, hashlib.sha512).hexdigest()


# What is left


async def test_an_owner_sees_what_is_left_and_is_told_once_when_it_runs_low(
    place: Place, shop: Shop, db: asyncpg.Connection
) -> None:
    guest, other = await place.guest(node=1), await place.guest(1)
    esim = await shop.bought(guest)
    mine = {"esimId": esim["id"]}
    assert (await other.refused("esim:usage", mine))["code"] == "NOT_FOUND"
    job_id = (await guest.send("esim:usage", **mine))["jobId"]
    await shop.finish(job_id)
    seen = await result(guest, job_id)
    assert (seen["usage"]["status"], seen["usage"]["remaining"]) == ("NOT_ACTIVE", 1024)
    assert (await guest.send("esim:usage", **mine))["result"]["usage"] == seen["usage"]

    due = "UPDATE esims SET check_at = now(), checked_at = NULL WHERE id = $1"
    shop.standin.ledger.use(esim["iccid"], 800)
    for _ in range(2):
        await db.execute(due, esim["id"])
        await check_due(shop.deps, shop.now)
    told, _ = await guest.hears("esim:lowData")
    assert (told["used"], told["esimId"]) == (75, esim["id"])
    assert told["usage"]["remaining"] == 224

    # The company tells by itself, and the hub looks.
    shop.standin.ledger.use(esim["iccid"], 200)
    await db.execute("UPDATE esims SET checked_at = NULL WHERE id = $1", esim["id"])
    low = {"level": "90%", "iccid": esim["iccid"], "remaining_percentage": 3}
    shop.standin.tell(f"{shop.url}/webhooks/airalo", low)
    async with asyncio.timeout(30):
        while len(guest.named("esim:lowData")) < 2:
            await check_due(shop.deps, shop.now)
            await asyncio.sleep(0.05)
    assert [data["used"] for data in guest.named("esim:lowData")] == [75, 90]
    await other.settled()
    assert not other.named("esim:lowData")


async def test_more_can_be_bought_for_an_esim_of_ones_own(place: Place, shop: Shop) -> None:
    guest, other = await place.guest(), await place.guest(1)
    esim = await shop.bought(guest)
    mine = {"esimId": esim["id"]}
    [offer, _] = await shop.packages(guest, **mine)
    assert offer["topup"]
    wanted = {**mine, "packageId": offer["id"], "expectedPrice": offer["price"]}
    for name in ("esim:packages", "esim:topup"):
        payload = wanted if name == "esim:topup" else mine
        assert (await other.refused(name, payload))["code"] == "NOT_FOUND"
    job_id = (await guest.send("esim:topup", **wanted))["jobId"]
    await shop.step(job_id)
    await shop.pay(job_id, offer["price"])
    shop.standin.faults.append(Fault(reset="after", path="/orders/topups"))
    await shop.finish(job_id)
    assert (await result(guest, job_id))["id"] == esim["id"]
    assert shop.sold(job_id) == 1
    assert shop.standin.ledger.usage[esim["iccid"]]["total"] == 2048


async def test_a_failing_look_is_tried_again_and_stops_nobody(
    place: Place, shop: Shop, db: asyncpg.Connection
) -> None:
    guest = await place.guest()
    esim = await shop.bought(guest)
    await db.execute("UPDATE esims SET check_at = NULL WHERE id <> $1", esim["id"])
    await db.execute("UPDATE esims SET check_at = now() WHERE id = $1", esim["id"])
    shop.standin.faults.append(Fault(status=404, path="/usage"))
    await check_due(shop.deps, shop.now)
    left = "SELECT check_at - now() FROM esims WHERE id = $1"
    assert (await db.fetchval(left, esim["id"])).total_seconds() > 3600, "no such eSIM, they say"
    await db.execute("UPDATE esims SET check_at = now() WHERE id = $1", esim["id"])
    shop.standin.faults.extend([Fault(status=500, headers={"Retry-After": "0"}, path="/usage")] * 3)
    await check_due(shop.deps, shop.now)
    assert 60 < (await db.fetchval(left, esim["id"])).total_seconds() < 3600
    assert await db.fetchval("SELECT usage FROM esims WHERE id = $1", esim["id"]) is None
    async with asyncio.timeout(30):
        await check_due(shop.deps, Providers({}, {}, {}))


async def test_a_purchase_that_is_being_paid_is_waited_for(
    place: Place, shop: Shop, db: asyncpg.Connection
) -> None:
    guest = await place.guest(node=HERE)
    job_id = await ordered(shop, guest)
    wanted = {"purpose": "esim", "reference": job_id, "method": "TON_WALLET"}
    begun = await guest.send("payment:start", **wanted)
    sql = "UPDATE esim_purchases SET changed_at = now() - interval '31 minutes' WHERE id = $1"
    await db.execute(sql, job_id)
    assert await shop.step(job_id) is not None
    assert await stage(db, job_id) == "UNPAID", "coins may be on their way"
    failed = "UPDATE payments SET status = 'FAILED' WHERE id = $1"
    await db.execute(failed, begun["payment"]["id"])
    assert await shop.step(job_id) is None
    assert (await failure(guest, job_id))["code"] == "CONFLICT"


# Its proof


async def test_who_has_an_esim_has_its_receipt_and_names_a_wallet_for_an_item(
    place: Place, bought: dict[str, Any]
) -> None:
    path, wallet = bought["proof"], f"0:{64 * 'a'}"
    status, shown = await place.get(path, node=HERE)
    assert (status, shown["kind"], shown["mintable"], shown["sandbox"]) == (
        200,
        "receipt",
        True,
        True,
    )
    elsewhere = (await place.get(path))[1]
    assert (elsewhere["receipt"], elsewhere["mintable"]) == (shown["receipt"], False)
    _status, claims = await place.post("/api/proofs/verify", {"receipt": shown["receipt"]})
    assert (claims["sub"], claims["amount"]) == (f"esim:{bought['id']}", 450)
    assert bought["iccid"] not in str(claims), "a receipt is no key"
    refused = await place.post(path, {"owner": wallet[:-1]}, node=HERE)
    assert (refused[0], refused[1]["error"]["details"][0]["path"]) == (400, "owner")
    for _ in range(2):
        status, asked = await place.post(path, {"owner": wallet}, node=HERE)
        assert (status, asked["kind"], asked["state"], asked["item"]) == (
            200,
            "nft",
            "prepared",
            "",
        )
    assert (await place.get(path, node=HERE))[1] == asked
    other = await place.post(path, {"owner": f"0:{64 * 'b'}"}, node=HERE)
    assert (other[0], other[1]["error"]["code"]) == (409, "CONFLICT")
    forged = f"/api/esims/{bought['token'][:-4]}AAAA/proof"
    assert (await place.get(forged))[0] == 404
