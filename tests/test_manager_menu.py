"""Managers edit the menu: what they change is there at once, for everybody, and for each order."""

import asyncio
import io
from typing import Any

import asyncpg
import pytest
from PIL import Image

from hub.app import Node
from state.store.translations import hash_of
from tests.client import Refused
from tests.desk import Desk, as_body, desk
from tests.place import Place
from tests.routes import check_promise
from tests.scenes import NOWHERE, code, place_order


async def menu_of(boss: Desk) -> dict[str, Any]:
    found: dict[str, Any] = await boss.get("menu/edit")
    return found


async def dish_of(boss: Desk, name: str) -> dict[str, Any]:
    return next(item for item in (await menu_of(boss))["items"] if item["texts"]["en"] == name)


async def shown(place: Place, lang: str = "en") -> dict[str, Any]:
    """Return the guests' menu, dishes by name."""
    _, menu = await place.get(f"/api/restaurants/{place.id}/menu?lang={lang}")
    return {dish["name"]: dish for category in menu["categories"] for dish in category["items"]}


async def test_the_menu_is_shown_whole_to_its_editors(calm: Place) -> None:
    menu = await menu_of(await desk(calm))
    check_promise("GET /api/restaurants/{id}/menu/edit", menu)
    assert {i["id"] for i in menu["items"]} == {dish["id"] for dish in calm.dishes}
    steak = next(i for i in menu["items"] if i["groups"])
    assert {*steak["groups"]} <= {g["id"] for g in menu["groups"]}
    assert {"en", "ru", "de", "ja", "ar"} == steak["texts"].keys()


async def test_a_new_price_reaches_guests_at_once_and_counts_from_then_on(place: Place) -> None:
    boss = await desk(place)
    guest, cook, waiter = await place.guest(node=1), await place.cook(1), await place.waiter()
    dish = await dish_of(boss, "Espresso")
    line = {"menuItemId": dish["id"]}
    await guest.send("cart:add", **line)
    before = await place_order(place, guest, line)
    saved = await boss.put(f"menu/items/{dish['id']}", **as_body(dish, price=999))
    check_promise("PUT /api/restaurants/{id}/menu/items/{item}", saved)
    assert saved == {"id": dish["id"], "version": dish["version"] + 1}
    for client in (guest, cook, waiter):
        told, meta = await client.hears("menu:changed")
        assert told == {"version": (await menu_of(boss))["version"]}
        assert meta["actor"]["role"] == "manager"
    cart, _ = await guest.hears("cart:changed", lambda cart: cart["total"] == 999)
    assert cart["lines"][0]["unitPrice"] == 999
    assert (await shown(place))["Espresso"]["price"] == 999
    after = await place_order(place, guest, line)
    assert [o["items"][0]["unitPrice"] for o in (before, after)] == [dish["price"], 999]


async def test_a_guest_who_saw_the_old_price_is_asked_again(place: Place) -> None:
    boss, guest = await desk(place), await place.guest()
    dish = await dish_of(boss, "Espresso")
    cart = await guest.send("cart:add", menuItemId=dish["id"], quantity=2)
    await boss.put(f"menu/items/{dish['id']}", **as_body(dish, price=dish["price"] + 50))
    error = await guest.refused("order:create", {"expectedTotal": cart["total"]})
    assert error["code"] == "PRICE_CHANGED"
    assert error["details"] == {"expectedTotal": cart["total"], "total": cart["total"] + 100}
    order = await guest.send("order:create", expectedTotal=cart["total"] + 100)
    assert order["subtotal"] == cart["total"] + 100


async def test_a_dish_with_choices_is_added_and_ordered(place: Place) -> None:
    boss, guest = await desk(place), await place.guest()
    category = await boss.post("menu/categories", texts={"en": "Specials", "de": "Spezielles"})
    group = await boss.post(
        "menu/groups",
        texts={"en": "Size"},
        min=1,
        max=1,
        modifiers=[
            {"texts": {"en": "Small"}},
            {"texts": {"en": "Large", "de": "Groß"}, "machine": ["de"], "priceDelta": 250},
        ],
    )
    dish = await boss.post(
        "menu/items",
        categoryId=category["id"],
        texts={"en": "Ramen", "ja": "ラーメン", "ru": "  "},
        descriptions={"en": "With an egg"},
        machine=["ja", "fr"],
        price=1400,
        taxRate=700,
        allergens=["eggs", "gluten"],
        station="grill",
        groups=[group["id"]],
    )
    edited = await dish_of(boss, "Ramen")
    assert (edited["machine"], edited["texts"]) == (["ja"], {"en": "Ramen", "ja": "ラーメン"})
    ramen = (await shown(place, "ja"))["ラーメン"]
    assert (ramen["price"], ramen["allergens"]) == (1400, ["eggs", "gluten"])
    small, large = ramen["groups"][0]["modifiers"]
    line = {"menuItemId": dish["id"], "modifiers": [large["id"]]}
    order = await place_order(place, guest, line)
    assert order["items"][0]["unitPrice"] == 1650

    # A modifier kept, one changed, one new; what was left out is gone.
    kept = {"id": large["id"], "texts": {"en": "Huge"}, "priceDelta": 300}
    await boss.put(
        f"menu/groups/{group['id']}",
        texts={"en": "Size"},
        min=1,
        max=1,
        modifiers=[kept, {"texts": {"en": "Tiny"}, "priceDelta": -100}],
    )
    names = [m["name"] for m in (await shown(place))["Ramen"]["groups"][0]["modifiers"]]
    assert names == ["Huge", "Tiny"]
    gone = {"menuItemId": dish["id"], "modifiers": [small["id"]]}
    assert code(await guest.ask("order:create", {"items": [gone]})) == "INVALID"


async def test_what_a_machine_made_is_shown_to_editors_and_marked_for_guests(
    place: Place, db: asyncpg.Connection
) -> None:
    boss = await desk(place)
    dish = await dish_of(boss, "Espresso")
    texts = {"en": "Espresso, double", "ja": "エスプレッソ"}
    await boss.put(f"menu/items/{dish['id']}", **as_body(dish, texts=texts, descriptions={}))
    await db.execute(
        "INSERT INTO menu_texts (restaurant_id, language, hash, text, engine)"
        " VALUES ($1, 'de', $2, 'Espresso, doppelt', 'a machine')",
        *(place.id, hash_of("en", texts["en"])),
    )
    menu = await menu_of(boss)
    check_promise("GET /api/restaurants/{id}/menu/edit", menu)
    assert menu["made"] == {"de": {texts["en"]: "Espresso, doppelt"}, "ru": {}, "ja": {}, "ar": {}}
    assert (await shown(place, "de"))["Espresso, doppelt"]["machine"] is True
    assert (await shown(place, "ja"))["エスプレッソ"]["machine"] is False
    fresh = await dish_of(boss, texts["en"])
    mine = {**texts, "de": "Doppelter Espresso"}
    await boss.put(f"menu/items/{dish['id']}", **as_body(fresh, texts=mine, machine=["ja"]))
    assert (await shown(place, "de"))["Doppelter Espresso"]["machine"] is False
    assert (await shown(place, "ja"))["エスプレッソ"]["machine"] is True


async def test_what_is_taken_off_cannot_be_ordered_and_stays_in_orders(place: Place) -> None:
    boss, guest, cook = await desk(place), await place.guest(), await place.cook()
    dish = await dish_of(boss, "Espresso")
    order = await place_order(place, guest, {"menuItemId": dish["id"]})
    await guest.send("cart:add", menuItemId=dish["id"])
    await boss.delete(f"menu/items/{dish['id']}?expectedVersion={dish['version']}")
    await guest.hears("cart:changed", lambda c: c["lines"] and not c["lines"][0]["available"])
    with pytest.raises(Refused, match="NOT_FOUND"):
        await place_order(place, guest, {"menuItemId": dish["id"]})
    started = await cook.send("item:start", orderId=order["id"], itemId=order["items"][0]["id"])
    assert started["items"][0]["name"] == "Espresso"
    assert "Espresso" not in await shown(place)
    assert await boss.refused("DELETE", f"menu/items/{dish['id']}") == ("NOT_FOUND", None)


async def test_categories_and_choices_go_when_nothing_needs_them(place: Place) -> None:
    boss = await desk(place)
    menu = await menu_of(boss)
    full = menu["categories"][0]["id"]
    assert await boss.refused("DELETE", f"menu/categories/{full}") == ("CONFLICT", None)
    empty = (await boss.post("menu/categories", texts={"en": "Later"}))["id"]
    await boss.put(f"menu/categories/{empty}", texts={"en": "Never"}, expectedVersion=1)
    await boss.delete(f"menu/categories/{empty}")
    group = menu["groups"][0]["id"]
    await boss.delete(f"menu/groups/{group}")
    after = await menu_of(boss)
    assert all(group not in item["groups"] for item in after["items"])
    assert group not in {each["id"] for each in after["groups"]}


async def test_the_order_of_the_menu_is_the_managers(place: Place) -> None:
    boss = await desk(place)
    menu = await menu_of(boss)
    wanted = [category["id"] for category in reversed(menu["categories"])]
    await boss.put("menu/order", categories=wanted, items=[menu["items"][3]["id"]])
    assert [c["id"] for c in (await menu_of(boss))["categories"]] == wanted
    unknown = {"items": [NOWHERE]}
    assert await boss.refused("PUT", "menu/order", unknown) == ("INVALID", "items")


@pytest.mark.parametrize(
    ("path", "change", "wrong"),
    [
        ("items", {"price": -1}, "price"),
        ("items", {"price": 1.5}, "price"),
        ("items", {"taxRate": 10_001}, "taxRate"),
        ("items", {"texts": {"de": "Nur deutsch"}}, "texts.en"),
        ("items", {"texts": {"en": "   "}}, "texts.en"),
        ("items", {"texts": {"en": "x" * 121}}, "texts[...]"),
        ("items", {"allergens": ["love"]}, "allergens[0]"),
        ("items", {"categoryId": NOWHERE}, "categoryId"),
        ("items", {"station": "moon"}, "station"),
        ("items", {"groups": [NOWHERE]}, "groups[0]"),
        ("items", {"course": 10}, "course"),
        ("groups", {"min": 3, "max": 2}, "max"),
        ("groups", {"min": 2, "max": 2}, "min"),
        ("groups", {"modifiers": []}, "modifiers"),
        ("groups", {"modifiers": [{"texts": {}}]}, "modifiers[0].texts.en"),
        ("groups", {"modifiers": [{"id": NOWHERE, "texts": {"en": "x"}}]}, "modifiers[0].id"),
        ("categories", {"texts": {}}, "texts.en"),
    ],
)
async def test_what_makes_no_sense_is_named(
    calm: Place, path: str, change: dict[str, Any], wrong: str
) -> None:
    boss = await desk(calm)
    menu = await menu_of(boss)
    whole = {
        "items": as_body(menu["items"][0]),
        "groups": {"texts": {"en": "x"}, "modifiers": [{"texts": {"en": "x"}}]},
        "categories": {"texts": {"en": "x"}},
    }
    assert await boss.refused("POST", f"menu/{path}", {**whole[path], **change}) == (
        "INVALID",
        wrong,
    )


async def test_of_two_managers_the_slower_is_told(place: Place) -> None:
    ada, bo = await desk(place), await desk(place, "admin", node=1)
    dish = await dish_of(ada, "Espresso")
    answers = await asyncio.gather(
        *(
            each.ask("PUT", f"menu/items/{dish['id']}", as_body(dish, price=price))
            for each, price in ((ada, 300), (bo, 400))
        )
    )
    assert sorted(status for status, _ in answers) == [200, 409]
    [lost] = [answer for status, answer in answers if status == 409]
    assert lost["error"]["code"] == "STALE_VERSION"
    assert lost["error"]["details"] == {"version": dish["version"] + 1}
    old = f"menu/items/{dish['id']}?expectedVersion={dish['version']}"
    assert await ada.refused("DELETE", old) == ("STALE_VERSION", None)


async def test_the_same_command_adds_one_dish(place: Place) -> None:
    boss, other = await desk(place), await desk(place, node=1)
    body = as_body(await dish_of(boss, "Espresso"), texts={"en": "Ristretto"}, commandId="once")
    answers = await asyncio.gather(*(d.ask("POST", "menu/items", body) for d in (boss, other)))
    assert answers[0] == answers[1]
    names = [item["texts"]["en"] for item in (await menu_of(boss))["items"]]
    assert names.count("Ristretto") == 1


async def test_an_order_is_priced_by_one_menu_whatever_is_edited_meanwhile(place: Place) -> None:
    """Two dishes that always cost the same: no order may ever see one edited and not the other."""
    boss = await desk(place, node=1)
    guests = [await place.guest(table=n, node=n % 2) for n in range(4)]
    modifiers = [{"texts": {"en": "A"}, "priceDelta": 0}, {"texts": {"en": "B"}, "priceDelta": 0}]
    group = await boss.post("menu/groups", texts={"en": "Both"}, min=2, max=2, modifiers=modifiers)
    dish = await dish_of(boss, "Espresso")
    await boss.put(f"menu/items/{dish['id']}", **as_body(dish, groups=[group["id"]]))
    ids = [m["id"] for g in (await menu_of(boss))["groups"] for m in g["modifiers"]][-2:]
    line = {"menuItemId": dish["id"], "modifiers": ids}
    over = asyncio.Event()

    async def edit() -> None:
        for price in range(1, 10):
            both = [
                {"id": each, "texts": {"en": name}, "priceDelta": price}
                for each, name in zip(ids, "AB", strict=True)
            ]
            await boss.put(
                f"menu/groups/{group['id']}", texts={"en": "Both"}, min=2, max=2, modifiers=both
            )
        over.set()

    async def order(guest: Any) -> list[dict[str, Any]]:
        placed = []
        while not over.is_set():
            placed.append(await place_order(place, guest, line))
        return placed

    found = await asyncio.gather(edit(), *(order(guest) for guest in guests))
    orders = sorted((o for each in found[1:] for o in each or []), key=lambda o: o["seq"])
    deltas = [[m["priceDelta"] for m in o["items"][0]["modifiers"]] for o in orders]
    assert all(a == b for a, b in deltas), deltas
    first = [a for a, _ in deltas]
    assert first == sorted(first), "an order placed later was priced by an earlier menu"
    assert len(set(first)) > 1, "no order fell between two edits"


def picture(form: str, size: tuple[int, int] = (2000, 1000), mode: str = "RGB") -> bytes:
    out = io.BytesIO()
    exif = Image.Exif()
    exif[0x010F] = "A camera"
    Image.new(mode, size).save(out, form, exif=exif)
    return out.getvalue()


async def test_a_photo_is_made_small_and_kept_for_good(place: Place) -> None:
    boss = await desk(place)
    dish = await dish_of(boss, "Espresso")
    path = f"menu/items/{dish['id']}/photo"
    for later, form in enumerate(("JPEG", "PNG", "WEBP"), 1):
        status, saved = await boss.ask("PUT", path, picture(form))
        assert (status, saved["version"]) == (200, dish["version"] + later)
    name = (await shown(place))["Espresso"]["photo"]
    for size, box in (("large", (1280, 640)), ("small", (320, 160))):
        url = f"{place.urls[1]}/api/photos/{name}/{size}"
        async with place.http.get(url) as reply:
            assert reply.status == 200
            assert reply.content_type == "image/webp"
            assert "immutable" in reply.headers["Cache-Control"]
            assert reply.headers["X-Content-Type-Options"] == "nosniff"
            body, tag = await reply.read(), reply.headers["ETag"]
        image = Image.open(io.BytesIO(body))
        assert (image.size, image.format) == (box, "WEBP")
        assert not image.getexif()
        async with place.http.get(url, headers={"If-None-Match": tag}) as reply:
            assert reply.status == 304
    await boss.delete(path)
    assert (await shown(place))["Espresso"]["photo"] is None


@pytest.mark.parametrize(
    ("raw", "refusal"),
    [
        (b"", "INVALID"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "INVALID"),
        (picture("JPEG")[:500], "INVALID"),
        (picture("GIF"), "INVALID"),
        (picture("PNG", (10_000, 5001), "1"), "INVALID"),
        (bytes(8 * 1024 * 1024 + 1), "TOO_LARGE"),
    ],
    ids=["nothing", "drawing", "cut off", "gif", "huge", "heavy"],
)
async def test_what_is_no_photo_is_refused(calm: Place, raw: bytes, refusal: str) -> None:
    boss = await desk(calm)
    dish = (await menu_of(boss))["items"][0]["id"]
    found, _ = await boss.refused("PUT", f"menu/items/{dish}/photo", io.BytesIO(raw))
    assert found == refusal


async def test_unknown_parts_of_the_menu_are_not_found(calm: Place, foreign: Place) -> None:
    boss, theirs = await desk(calm), await menu_of(await desk(foreign))
    own = await menu_of(boss)
    item = as_body(own["items"][0])
    for key in (NOWHERE, theirs["items"][0]["id"]):
        assert await boss.refused("PUT", f"menu/items/{key}", item) == ("NOT_FOUND", None)
        assert await boss.refused("PUT", f"menu/items/{key}/photo") == ("NOT_FOUND", None)
    other = {**item, "categoryId": theirs["categories"][0]["id"]}
    assert await boss.refused("POST", "menu/items", other) == ("INVALID", "categoryId")
    for size in ("large", "small", "other"):
        status, _ = await calm.get(f"/api/photos/{NOWHERE}/{size}")
        assert status == 404


async def test_prices_are_kept_for_the_books(place: Place, db: asyncpg.Connection) -> None:
    boss = await desk(place)
    dish = await dish_of(boss, "Espresso")
    for price in (dish["price"], dish["price"] + 10):
        fresh = await dish_of(boss, "Espresso")
        await boss.put(f"menu/items/{dish['id']}", **as_body(fresh, price=price))
    rows = await db.fetch(
        "SELECT action, subject, details FROM audit_log WHERE restaurant_id = $1", place.id
    )
    prices = {"before": dish["price"], "after": dish["price"] + 10}
    assert [tuple(row) for row in rows] == [("price", dish["id"], prices)]


async def test_an_edit_that_fails_changes_nothing(place: Place, nodes: list[Node]) -> None:
    boss, guest = await desk(place), await place.guest()
    before = await menu_of(boss)
    body = {**as_body(before["items"][0]), "groups": [before["groups"][0]["id"], NOWHERE]}
    for _ in range(2):
        assert (await boss.refused("POST", "menu/items", body))[0] == "INVALID"
    assert await menu_of(boss) == before
    await guest.settled()
    assert not guest.named("menu:changed")
