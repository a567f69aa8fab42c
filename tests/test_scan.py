"""Sitting down: what the code on a table opens, for whom, and how long (PROTOCOL 7)."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest

from hub.app import Node
from state.domain.table import table_token
from tests.conftest import SECRET, new_place
from tests.mirror import settle
from tests.place import Place
from tests.routes import error_of
from tests.scenes import NOWHERE, cook_order, place_order, step

FOUR_HOURS = timedelta(hours=4)


@pytest.fixture
async def strict(nodes: list[Node], db: asyncpg.Connection) -> AsyncIterator[Place]:
    """A restaurant whose guests ask each other for a code."""
    async with new_place(nodes, db, join_code_required=True) as made:
        yield made


async def scan(
    place: Place, token: str, guest: str | None = None, node: int = 0, **body: Any
) -> tuple[int, Any]:
    return await place.post(f"/api/scan/{token}", body, guest, node)


async def refused(place: Place, token: str, guest: str | None = None, **body: Any) -> Any:
    """Scan in vain; return status and code."""
    status, answer = await scan(place, token, guest, **body)
    return status, error_of(answer)["code"]


async def close(place: Place, table: int = 0) -> None:
    path = f"/api/tables/{place.tables[table]['id']}/close"
    status, answer = await place.post(path, {}, await place.login("waiter"))
    assert status == 200, answer


def until(answer: dict[str, Any]) -> timedelta:
    found: timedelta = datetime.fromisoformat(answer["expiresAt"]) - datetime.now(UTC)
    return found


async def expire(db: asyncpg.Connection, session: str) -> None:
    await db.execute("UPDATE table_sessions SET expires_at = now() WHERE id = $1", session)


async def sessions(db: asyncpg.Connection, place: Place) -> list[str]:
    rows = await db.fetch(
        "SELECT id FROM table_sessions WHERE restaurant_id = $1 AND closed_at IS NULL", place.id
    )
    return [row["id"] for row in rows]


async def test_the_first_scan_opens_the_table_for_four_hours(place: Place) -> None:
    waiter = await place.waiter(1)
    answer = await place.scan(2, name="Ada", language="de")
    assert answer["guest"]["name"] == "Ada"
    assert answer["table"] == {key: place.tables[2][key] for key in ("id", "number")}
    assert answer["restaurant"]["id"] == place.id
    assert answer["restaurant"]["open"] is True
    assert FOUR_HOURS - timedelta(minutes=1) < until(answer) <= FOUR_HOURS
    seated, meta = await waiter.hears("table:statusChanged")
    assert seated.pop("seatedAt") <= meta["at"]
    assert seated == {
        "tableId": place.tables[2]["id"],
        "tableNumber": place.tables[2]["number"],
        "sessionId": answer["session"]["id"],
        "status": "SEATED",
        "ordering": False,
        "settled": {},
    }


async def test_a_second_phone_joins_as_a_guest_of_its_own(place: Place) -> None:
    waiter = await place.waiter()
    ada, bo = await place.scan(name="Ada"), await place.scan(name="Bo")
    assert ada["session"]["id"] == bo["session"]["id"]
    assert ada["guest"]["id"] != bo["guest"]["id"]
    await waiter.settled()
    assert len(waiter.named("table:statusChanged")) == 1, "one party sat down"


async def test_who_scans_again_stays_the_same_guest(place: Place) -> None:
    first = await place.scan(name="Ada")
    status, again = await scan(place, place.tables[0]["token"], first["token"], node=1)
    assert (status, again["guest"], again["session"]["id"]) == (
        *(200, first["guest"]),
        first["session"]["id"],
    )
    _, renamed = await scan(place, place.tables[0]["token"], again["token"], name="Ada L.")
    assert renamed["guest"] == {"id": first["guest"]["id"], "name": "Ada L."}


async def test_who_tells_their_name_has_it_on_what_they_had_chosen(place: Place) -> None:
    ada, bo = await place.guest(node=1), await place.guest(name="Bo")
    for guest in (ada, bo):
        await guest.send("cart:add", **place.line())
    url = place.tables[0]["token"]
    await scan(place, url, ada.token, name="Ada")
    cart, _ = await bo.hears("cart:changed", lambda cart: cart["lines"][0]["addedByName"] != "")
    assert [line["addedByName"] for line in cart["lines"]] == ["Ada", "Bo"]
    await scan(place, url, ada.token, name="Ada")
    await bo.settled()
    assert bo.named("cart:changed")[-1]["version"] == cart["version"], "nothing is new"


async def test_at_another_table_a_guest_is_a_new_one(place: Place) -> None:
    first = await place.scan(name="Ada")
    _, moved = await scan(place, place.tables[1]["token"], first["token"])
    assert moved["session"]["id"] != first["session"]["id"]
    assert moved["guest"]["id"] != first["guest"]["id"]
    assert moved["guest"]["name"] == ""


async def test_a_phone_with_a_token_of_nobody_is_a_new_guest(place: Place) -> None:
    for token in ("rubbish", await place.login("waiter")):
        status, answer = await scan(place, place.tables[0]["token"], token, name="Ada")
        assert (status, answer["guest"]["name"]) == (200, "Ada")


async def test_two_phones_at_once_on_two_nodes_sit_at_one_table(
    place: Place, db: asyncpg.Connection
) -> None:
    token = place.tables[0]["token"]
    replies = await asyncio.gather(*(scan(place, token, node=n % 2) for n in range(8)))
    assert {status for status, _ in replies} == {200}
    assert len({answer["session"]["id"] for _, answer in replies}) == 1
    assert len({answer["guest"]["id"] for _, answer in replies}) == 8
    assert len(await sessions(db, place)) == 1


async def test_a_scan_is_no_command_that_others_could_repeat(
    place: Place, other_place: Place
) -> None:
    answers = [
        (await scan(at, at.tables[table]["token"], commandId="1"))[1]
        for at, table in ((place, 0), (place, 1), (other_place, 0))
    ]
    assert len({answer["session"]["id"] for answer in answers}) == 3
    assert [answer["restaurant"]["id"] for answer in answers] == [
        *(place.id, place.id, other_place.id)
    ]


# Codes that are not ours


async def test_only_the_code_printed_for_a_table_opens_it(
    place: Place, db: asyncpg.Connection
) -> None:
    good, other = place.tables[0]["token"], place.tables[1]["token"]
    for forged in (
        good[:-1] + ("A" if good[-1] != "A" else "Q"),
        ("B" if good[0] != "B" else "C") + good[1:],
        good[:22] + other[22:],
        good[:-1],
        good + "A",
        good + "=",
        good.swapcase(),
        table_token(place.tables[0]["id"], 1, b"another secret"),
        table_token(place.tables[0]["id"], 2, SECRET.encode()),
        table_token(NOWHERE, 1, SECRET.encode()),
        place.tables[0]["id"],
        NOWHERE,
        "x",
        "x" * 36,
        "x" * 38,
        "%00",
        "%F0%9F%8D%9C",
        "-" * 36,
    ):
        assert await refused(place, forged) == (404, "NOT_FOUND"), forged
    assert await sessions(db, place) == []


async def test_codes_printed_before_the_key_was_changed_are_void(
    place: Place, db: asyncpg.Connection
) -> None:
    table = place.tables[0]
    await db.execute("UPDATE tables SET key_version = 2 WHERE id = $1", table["id"])
    assert await refused(place, table["token"]) == (404, "NOT_FOUND")
    assert (await scan(place, table_token(table["id"], 2, SECRET.encode())))[0] == 200


async def test_a_table_taken_away_is_not_found(place: Place, db: asyncpg.Connection) -> None:
    await db.execute("UPDATE tables SET deleted_at = now() WHERE id = $1", place.tables[0]["id"])
    assert await refused(place, place.tables[0]["token"]) == (404, "NOT_FOUND")


# The code guests ask each other for


async def test_where_a_code_is_required_the_first_one_sets_it(strict: Place) -> None:
    first = await strict.scan(name="Ada")
    code = first["session"]["code"]
    assert len(code) == 4
    assert code.isdigit()
    token = strict.tables[0]["token"]
    assert await refused(strict, token) == (403, "FORBIDDEN")
    assert await refused(strict, token, code=wrong(code)) == (403, "FORBIDDEN")
    status, mate = await scan(strict, token, code=code)
    assert (status, mate["session"]["id"]) == (200, first["session"]["id"])


async def test_no_menu_is_drawn_before_a_code_is_asked_for(strict: Place) -> None:
    path = f"/scan/{strict.tables[0]['token']}"
    drawn = b'class="categories"'
    assert drawn in (await strict.get(path))[1], "the first one is asked for nothing"
    held = (await strict.scan())["session"]["id"]
    status, page = await strict.get(path, node=1)
    assert (status, drawn in page) == (200, False)
    assert drawn in (await strict.get(f"/scan/{held}"))[1], "a waiter's code needs no other"


async def test_who_sits_there_already_needs_no_code(strict: Place) -> None:
    first = await strict.scan(name="Ada")
    status, again = await scan(strict, strict.tables[0]["token"], first["token"])
    assert (status, again["guest"]) == (200, first["guest"])
    neighbour = await strict.scan(1)
    assert await refused(strict, strict.tables[0]["token"], neighbour["token"]) == (
        *(403, "FORBIDDEN"),
    )


async def test_the_code_a_waiter_shows_needs_no_other(strict: Place) -> None:
    first = await strict.scan()
    path = f"/api/tables/{strict.tables[0]['id']}/qr"
    _, shown = await strict.post(path, {}, await strict.login("waiter"))
    assert shown["sessionId"] == first["session"]["id"]
    assert (await scan(strict, shown["sessionId"]))[0] == 200
    assert (await scan(strict, shown["sessionId"].upper()))[0] == 200


async def test_a_code_can_be_guessed_a_few_times_only(strict: Place) -> None:
    code = (await strict.scan())["session"]["code"]
    token = strict.tables[0]["token"]
    guesses = [refused(strict, token, code=wrong(code, by)) for by in range(1, 13)]
    replies = await asyncio.gather(*guesses)
    assert replies.count((403, "FORBIDDEN")) == 5
    assert replies.count((429, "RATE_LIMITED")) == 7
    assert await refused(strict, token, code=code) == (429, "RATE_LIMITED")
    assert await refused(strict, token) == (403, "FORBIDDEN"), "asking for it is no guess"
    neighbours = (await strict.scan(1))["session"]["code"]
    status, _ = await scan(strict, strict.tables[1]["token"], code=neighbours)
    assert status == 200, "other tables are not locked"


def wrong(code: str, by: int = 1) -> str:
    return f"{(int(code) + by) % 10_000:04d}"


# How long it lasts


async def test_every_scan_and_order_begins_the_four_hours_anew(
    place: Place, db: asyncpg.Connection
) -> None:
    guest = await place.guest()
    [session] = await sessions(db, place)
    for act in (place.scan, lambda: place_order(place, guest)):
        soon = "UPDATE table_sessions SET expires_at = now() + interval '1 minute' WHERE id = $1"
        await db.execute(soon, session)
        await act()
        left = await db.fetchval(
            "SELECT expires_at - now() FROM table_sessions WHERE id = $1", session
        )
        assert FOUR_HOURS - timedelta(minutes=1) < left <= FOUR_HOURS


async def test_after_its_time_a_visit_is_over_but_the_table_is_not(
    place: Place, nodes: list[Node], db: asyncpg.Connection
) -> None:
    waiter, guest, cook = await place.waiter(1), await place.guest(), await place.cook()
    order = await place_order(place, guest)
    await step(waiter, "item:serve", await cook_order(cook, order))
    [old] = await sessions(db, place)
    await expire(db, old)
    assert await refused(place, old) == (410, "SESSION_EXPIRED")
    assert (await guest.refused("order:create", {"items": [place.line()]}))["code"] == (
        "SESSION_EXPIRED"
    )
    answer = await place.scan(name="Next")
    assert answer["session"]["id"] != old
    assert await sessions(db, place) == [answer["session"]["id"]]
    await asyncio.wait_for(guest.gone.wait(), 60)
    await settle(place, nodes)
    await waiter.settled()
    assert [t["status"] for t in waiter.named("table:statusChanged")] == [
        *("SEATED", "FREE", "SEATED")
    ]
    done = await db.fetchval("SELECT status FROM orders WHERE id = $1", order["id"])
    assert done == "COMPLETED", "what the old party was served is settled"


async def test_the_printed_code_opens_a_new_visit_after_the_table_was_closed(
    place: Place, db: asyncpg.Connection
) -> None:
    first = await place.scan(name="Ada")
    await close(place)
    status, answer = await scan(place, place.tables[0]["token"], first["token"])
    assert status == 200
    assert answer["session"]["id"] != first["session"]["id"]
    assert answer["guest"]["id"] != first["guest"]["id"], "a new party, a new guest"
    assert await sessions(db, place) == [answer["session"]["id"]]


async def test_the_code_of_a_visit_ends_with_it(place: Place) -> None:
    first = await place.scan()
    session = first["session"]["id"]
    assert (await scan(place, session))[0] == 200
    await close(place)
    assert await refused(place, session) == (410, "SESSION_CLOSED")
    later = await place.scan()
    assert await refused(place, session) == (410, "SESSION_CLOSED"), "whoever sits there now"
    assert later["session"]["id"] != session


async def test_a_visit_code_scanned_while_the_table_is_closed_never_opens_another(
    place: Place, db: asyncpg.Connection
) -> None:
    for _ in range(3):
        session = (await place.scan())["session"]["id"]
        replies = await asyncio.gather(
            *(scan(place, session, node=n % 2) for n in range(3)), close(place)
        )
        for status, answer in replies[:3]:
            assert status in (200, 410), answer
            assert status == 410 or answer["session"]["id"] == session
        assert await sessions(db, place) == []
