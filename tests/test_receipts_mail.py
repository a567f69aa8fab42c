"""Receipts by e-mail: sent once, tried again by the rules of mail, and the address forgotten."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import msgspec
import pypdfium2
import pytest

from handlers import work
from handlers.erasing import erase_private
from handlers.providers.all import providers
from hub.app import Node
from hub.settings import Settings
from hub.worker import job_queue
from scripts.standins.base import Fault
from scripts.standins.smtp import Smtp, html_of
from tests.client import Client
from tests.interpreters import cancel_all, forget_gate
from tests.place import Place
from tests.test_receipts import dine

SECONDS = 60.0
TO = "ana.private@example.test"


@pytest.fixture
async def post(settings: Settings, nodes: list[Node]) -> AsyncIterator[Smtp]:
    """A mail server, and a worker that sends by it."""
    server, deps = Smtp(), nodes[0].deps
    async with server.listening() as url:
        keys = msgspec.structs.replace(
            settings, smtp_url=url, mail_from="hub@example.test", job_lease=2.0
        )
        await cancel_all(deps)
        await forget_gate(deps.redis, "smtp")
        async with providers(keys, deps.redis, lambda *_: None) as made:
            queue = job_queue(keys, work.KINDS, made, deps)
            queue.start()
            yield server
            await queue.close()


async def paid(place: Place) -> tuple[Client, str, str]:
    """A guest who has paid, the payment, and the guest's token."""
    one, waiter = await dine(place, language="de")
    payment = (await one.send("bill:pay", method="CASH"))["payment"]["id"]
    await waiter.send("payment:cash", paymentId=payment)
    return one, payment, one.token


async def send(place: Place, payment: str, token: str, **more: Any) -> tuple[int, Any]:
    body = {"address": TO, **more}
    return await place.post(f"/api/payments/{payment}/receipt/mail", body, token)


async def ended(db: asyncpg.Connection, job_id: str) -> asyncpg.Record:
    query = "SELECT * FROM jobs WHERE id = $1 AND ended_at IS NOT NULL"
    async with asyncio.timeout(SECONDS):
        while (row := await db.fetchrow(query, job_id)) is None:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    return row


async def put_off(db: asyncpg.Connection, job_id: str) -> timedelta:
    """Return for how long a job is put off, once it is."""
    due = (
        "SELECT execute_after - now() FROM pgqueuer"
        " WHERE dedupe_key = $1 AND execute_after > now() + interval '5 seconds'"
    )
    async with asyncio.timeout(SECONDS):
        while (wait := await db.fetchval(due, job_id)) is None:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    assert isinstance(wait, timedelta)
    return wait


async def test_a_guest_gets_the_page_and_the_file_and_the_address_is_forgotten(
    place: Place, post: Smtp, db: asyncpg.Connection, nodes: list[Node]
) -> None:
    one, payment, token = await paid(place)
    status, answer = await send(place, payment, token, commandId="once")
    assert status == 200
    assert await send(place, payment, token, commandId="once") == (200, answer)
    told, _ = await one.hears("job:completed", lambda j: j["jobId"] == answer["jobId"], SECONDS)
    assert told["result"] == {"sure": True, "sandbox": True}
    [letter] = post.letters
    assert letter["To"] == TO
    assert letter["Subject"] == f"Beleg R-{datetime.now(UTC).year}-000001 · Linden & Ember"
    assert letter["Message-ID"] == f"<{answer['jobId']}@example.test>"
    assert "/receipt/" in letter.get_body(("plain",)).get_content()
    page = html_of(letter)
    assert '<html lang="de"' in page
    assert "<link" not in page
    assert "font-weight" in page, "its looks are in it"
    [file] = letter.iter_attachments()
    assert file.get_filename() == f"R-{datetime.now(UTC).year}-000001.pdf"
    text = pypdfium2.PdfDocument(file.get_content())[0].get_textpage().get_text_range()
    assert "Beleg" in text
    later = datetime.now(UTC) + timedelta(minutes=1)
    while await erase_private(nodes[0].deps, later):
        pass
    for table in ("jobs", "events", "commands", "receipts", "receipt_mails", "intents"):
        assert not await db.fetchval(
            f"SELECT count(*) FROM {table} AS row WHERE row::text LIKE '%ana.private%'"
        ), table


async def test_a_line_that_breaks_when_all_was_said_sends_it_once_more_under_the_same_name(
    place: Place, post: Smtp, db: asyncpg.Connection
) -> None:
    _one, payment, token = await paid(place)
    post.faults.append(Fault(reset="after", path="data"))
    job = (await send(place, payment, token))[1]["jobId"]
    assert (await ended(db, job))["result"] == {"sure": True, "sandbox": True}
    assert len({letter["Message-ID"] for letter in post.letters}) == 1
    assert len(post.letters) == 2
    post.letters.clear()
    post.faults.extend([Fault(reset="after", path="data")] * 3)
    job = (await send(place, payment, token))[1]["jobId"]
    assert (await ended(db, job))["result"] == {"sure": False, "sandbox": False}
    assert len(post.letters) == 2, "twice at most"


async def test_a_mailbox_that_is_not_there_is_told_and_tried_no_more(
    place: Place, post: Smtp, db: asyncpg.Connection
) -> None:
    _one, payment, token = await paid(place)
    post.faults.append(Fault(status=550, path="rcpt"))
    row = await ended(db, (await send(place, payment, token))[1]["jobId"])
    assert (row["status"], row["error"]["code"]) == ("FAILED", "INVALID")
    assert TO not in str(row["error"]), "what a server says may quote the address"
    assert not post.letters


@pytest.mark.parametrize("where", ["rcpt", "data"])
async def test_a_server_that_asks_to_wait_is_asked_again_later(
    place: Place, post: Smtp, db: asyncpg.Connection, where: str
) -> None:
    _one, payment, token = await paid(place)
    post.faults.append(Fault(status=451, path=where))
    job = (await send(place, payment, token))[1]["jobId"]
    wait = await put_off(db, job)
    assert timedelta(seconds=30) < wait <= timedelta(seconds=60)
    await db.execute("UPDATE pgqueuer SET execute_after = now() WHERE dedupe_key = $1", job)
    assert (await ended(db, job))["result"]["sure"]
    assert len(post.letters) == 1


async def test_who_may_send_what_where_to(place: Place, post: Smtp) -> None:
    _one, payment, token = await paid(place)
    for address in ("", "ana", "ana@", "a@b", "a b@example.test", "a@example.test\nBcc: x@y.zz"):
        status, answer = await send(place, payment, token, address=address)
        assert (status, answer["error"]["details"][0]["path"]) == (400, "address"), address
    stranger = (await place.scan(1))["token"]
    assert (await send(place, payment, stranger))[0] == 404
    sent = [(await send(place, payment, token))[0] for _ in range(6)]
    assert sent == [200] * 5 + [409]
