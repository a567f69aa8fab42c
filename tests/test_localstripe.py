"""localstripe as a second opinion: another hand's Stripe, in a process of its own.

It knows neither Checkout nor automatic payment methods, so its payments are begun by the official
SDK with a card that is known; from there on it is our client that reads, takes, calls off and
gives back.
"""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import pytest
import stripe as sdk
from aiohttp import web
from stripe import Webhook

from handlers.providers import stripe_events
from handlers.providers.all import providers
from handlers.providers.errors import AmbiguousError, RefusedError
from handlers.providers.stripe import Stripe
from hub.app import Node
from hub.embedded.processes import end, free_port, spawn
from hub.settings import Settings
from state.domain.payment import Payment, RefundStatus, new_refund, take
from tests.interpreters import forget_gate
from tests.make import NOW
from tests.test_domain_bill import a_payment

KEY, SECRET = "sk_test_of_the_second_opinion", "whsec_of_the_second_opinion"
SECONDS = 60.0
KEPT = Path("/tmp/localstripe.pickle")  # where it always keeps what it knows


@pytest.fixture(scope="module")
async def url(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """Where localstripe answers."""
    port, log = free_port(), tmp_path_factory.mktemp("localstripe") / "log"
    command = [sys.executable, "-m", "localstripe", "--from-scratch", "--port", str(port)]
    process = spawn(command, log=log, end=signal.SIGKILL)
    try:
        async with asyncio.timeout(SECONDS):
            while not await answers(f"http://127.0.0.1:{port}"):
                assert process.poll() is None, log.read_text()
                await asyncio.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        await end(process, (signal.SIGTERM, 5.0))
        KEPT.unlink(missing_ok=True)  # noqa: ASYNC240 - it is over


async def answers(url: str) -> bool:
    try:
        async with aiohttp.ClientSession() as http, http.get(f"{url}/v1/balance") as reply:
            return reply.status == 401
    except aiohttp.ClientError:
        return False


@pytest.fixture
async def ours(url: str, settings: Settings, nodes: list[Node]) -> AsyncIterator[Stripe]:
    """Our client, talking to it."""
    keys = msgspec.structs.replace(settings, stripe_api_key=KEY, stripe_base_url=url)
    await forget_gate(nodes[0].deps.redis, "stripe")
    async with providers(keys, nodes[0].deps.redis, lambda *_: None) as made:
        assert made.cards is not None
        yield made.cards


@pytest.fixture
async def theirs(url: str) -> AsyncIterator[Any]:
    """The official SDK's own client, talking to it."""
    async with aiohttp.ClientSession() as http:
        yield sdk.StripeClient(
            KEY, base_addresses={"api": url}, http_client=sdk.AIOHTTPClient(session=http)
        ).v1


async def begun(theirs: Any, name: str, capture: str) -> Payment:
    """Return a payment of ours that a known card is confirmed for."""
    made = await theirs.payment_intents.create_async(
        {
            "amount": 1250,
            "currency": "eur",
            "payment_method": "pm_card_visa",
            "capture_method": capture,
            "metadata": {"payment_id": name},
        }
    )
    await theirs.payment_intents.confirm_async(made.id)
    return a_payment(1250, id=name, provider_ref=made.id)


async def test_what_is_set_aside_is_read_and_taken_or_called_off(ours: Stripe, theirs: Any) -> None:
    held = await begun(theirs, "p1", "manual")
    read = await ours.read(held.provider_ref)
    assert (read.status, read.payment_id, read.currency) == ("authorized", "p1", "EUR")
    taken = await ours.capture(held, 1250)
    assert (taken.status, taken.ref, taken.refunded) == ("paid", held.provider_ref, 0)
    assert (await ours.cancel(held.provider_ref)).status == "paid", "it is past that"
    other = await begun(theirs, "p2", "manual")
    assert (await ours.cancel(other.provider_ref)).status == "failed"
    assert (await ours.read(other.provider_ref)).payment_id == "p2"


async def test_what_was_taken_is_given_back_in_parts_and_not_more_than_that(
    ours: Stripe, theirs: Any
) -> None:
    held = await begun(theirs, "p3", "automatic")
    assert (await ours.read(held.provider_ref)).status == "paid"
    paid = take(held, {"sales:0": 1250}, NOW)
    given = []
    for amount in (250, 1000):
        back = new_refund(paid, given, amount, "cold", ("m1", "Maria"), NOW)
        answer = await ours.refund(back, paid)
        assert (answer.status, answer.why) == ("succeeded", "")
        assert await ours.read_refund(answer.ref) == answer
        given.append(msgspec.structs.replace(back, status=RefundStatus.SUCCEEDED))
    assert (await ours.read(held.provider_ref)).refunded == 1250


async def test_its_webhooks_are_believed_by_us_as_by_the_sdk(url: str, theirs: Any) -> None:
    heard: asyncio.Queue[tuple[bytes, str]] = asyncio.Queue()

    async def hear(request: web.Request) -> web.Response:
        heard.put_nowait((await request.read(), request.headers["Stripe-Signature"]))
        return web.Response()

    app = web.Application()
    app.router.add_post("/hook", hear)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        hook = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
        about = {"url": hook, "secret": SECRET, "events": ["payment_intent.succeeded"]}
        async with (
            aiohttp.ClientSession() as http,
            http.post(f"{url}/_config/webhooks/ours", json=about) as reply,
        ):
            assert reply.status == 200
        held = await begun(theirs, "p4", "automatic")
        async with asyncio.timeout(SECONDS):
            body, signature = await heard.get()
            while held.provider_ref.encode() not in body:  # what other tests have paid
                body, signature = await heard.get()
    finally:
        await runner.cleanup()
    event = Webhook.construct_event(body, signature, SECRET, api_key=KEY)  # type: ignore[no-untyped-call]
    notice = stripe_events.read(body, signature, SECRET, datetime.now(UTC))
    assert (notice.id, notice.type) == (event.id, "payment_intent.succeeded")
    assert (notice.about, notice.ref) == ("p4", held.provider_ref)


async def test_what_it_does_not_know_is_refused_and_an_answer_that_is_none_is_no_refusal(
    ours: Stripe,
) -> None:
    page = "https://house.example"
    with pytest.raises(RefusedError):  # 400, Unexpected automatic_payment_methods
        await ours.start(a_payment(1250), "intent", page)
    with pytest.raises(AmbiguousError):  # 404 in plain text, which Stripe never says
        await ours.start(a_payment(1250), "checkout", page)
    with pytest.raises(RefusedError):
        await ours.read("pi_of_nobody")


def test_it_is_never_imported(project: Path) -> None:
    """It is under the GPL: the tests run it as a program, and nothing of it is linked."""
    files = [
        f
        for room in ("hub", "handlers", "state", "scripts", "tests")
        for f in (project / room).rglob("*.py")
    ]
    words = ("import localstripe", "from localstripe")
    assert [f.name for f in files if any(f"\n{word}" in f.read_text() for word in words)] == []
