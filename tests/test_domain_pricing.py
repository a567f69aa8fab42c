"""From what a guest asked for to the lines of an order."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from state.domain.commands import CreateOrder, LineRequest
from state.domain.errors import Code, Refusal
from state.domain.menu import MenuItem
from state.domain.order import Item, ItemStatus
from state.domain.pricing import PARALLEL_DISHES, estimate, price_lines, require_lines
from tests import make
from tests.make import NOW, group, modifier

HELD, QUEUED = ItemStatus.HELD, ItemStatus.QUEUED

STEAK = make.dish(
    "steak",
    price=2450,
    course=2,
    texts={"en": "Steak", "de": "Rindersteak"},
    groups=(
        group("side", 1, 1, modifier("fries"), modifier("salad", 150)),
        group("extra", 0, 2, modifier("egg", 100), modifier("less", -3000)),
    ),
)
SOUP = make.dish("soup", price=650, course=1, tax_rate=700)
BEER = make.dish("beer", price=420, course=1, station="bar", quantity=5)
MENU = make.menu(STEAK, SOUP, BEER)


def line(dish: str, quantity: int = 1, *modifiers: str, **more: Any) -> LineRequest:
    return LineRequest(menu_item_id=dish, quantity=quantity, modifiers=modifiers, **more)


def priced(
    lines: Sequence[LineRequest], stock: dict[str, MenuItem] | None = None, lang: str = "en"
) -> tuple[tuple[Item, ...], dict[str, MenuItem]]:
    return price_lines(lines, MENU, MENU.items if stock is None else stock, lang, NOW)


@pytest.mark.parametrize(
    ("wanted", "unit", "total"),
    [
        (line("steak", 1, "fries"), 2450, 2450),
        (line("steak", 3, "salad"), 2600, 7800),
        (line("steak", 2, "salad", "egg", "egg"), 2800, 5600),
        (line("steak", 2, "fries", "less"), 0, 0),  # never below nothing
        (line("beer", 5), 420, 2100),
    ],
)
def test_a_line_costs_its_dish_and_its_modifiers(
    wanted: LineRequest, unit: int, total: int
) -> None:
    item = priced([wanted])[0][0]
    assert (item.unit_price, item.line_total) == (unit, total)


def test_a_line_keeps_what_was_sold_as_it_was() -> None:
    item = priced([line("steak", 1, "salad", note="no pepper")], lang="de")[0][0]
    assert (item.name, item.names) == ("Rindersteak", STEAK.texts)
    assert (item.tax_rate, item.station, item.prep_seconds) == (1900, "grill", 600)
    assert (item.allergens, item.note, item.quantity) == (("milk",), "no pepper", 1)
    assert [(m.name, m.price_delta) for m in item.modifiers] == [("Salad", 150)]
    assert (item.status, item.queued_at, item.version) == (QUEUED, NOW, 1)


def test_lines_keep_their_order_and_get_ids_of_their_own() -> None:
    items = priced([line("beer"), line("soup"), line("beer")])[0]
    assert [item.menu_item_id for item in items] == ["beer", "soup", "beer"]
    assert len({item.id for item in items}) == 3


PRICES = {"price": 1, "unitPrice": 1, "lineTotal": 1, "total": 1, "taxRate": 0, "name": "Free"}


def test_what_a_client_says_about_prices_is_never_believed() -> None:
    sent = {"items": [{"menuItemId": "soup", "quantity": 2, **PRICES}], "total": 1, "tax": 0}
    lines = msgspec.convert(sent, CreateOrder).items
    assert lines is not None
    item = priced(lines)[0][0]
    assert (item.unit_price, item.line_total, item.tax_rate) == (650, 1300, 700)
    assert item.name == "Soup"


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([line("beer"), line("steak", 1, "fries")], [QUEUED, HELD]),
        ([line("steak", 1, "fries")], [QUEUED]),  # its first course, whatever its number
        ([line("soup"), line("soup", course=3), line("soup", course=2)], [QUEUED, HELD, HELD]),
        ([line("steak", 1, "fries", course=1), line("soup")], [QUEUED, QUEUED]),
        ([line("soup", course=9), line("beer", course=9)], [QUEUED, QUEUED]),
    ],
)
def test_the_first_course_is_cooked_at_once_and_later_ones_are_held(
    lines: list[LineRequest], expected: list[ItemStatus]
) -> None:
    items = priced(lines)[0]
    assert [item.status for item in items] == expected
    assert [item.queued_at for item in items] == [
        NOW if status is QUEUED else None for status in expected
    ]


def test_a_guest_s_course_goes_before_the_menu_s() -> None:
    items = priced([line("soup"), line("soup", course=3), line("steak", 1, "fries")])[0]
    assert [item.course for item in items] == [1, 3, 2]


def test_counted_dishes_are_taken_from_stock_over_all_lines() -> None:
    assert priced([line("beer", 2), line("soup"), line("beer", 3)])[1] == {
        "beer": msgspec.structs.replace(BEER, quantity=0, available=False)
    }
    with pytest.raises(Refusal, match="only 3 of 'Beer' left") as refused:
        priced([line("beer", 2), line("beer", 4)])
    assert refused.value.code is Code.ITEM_UNAVAILABLE


def test_stock_is_what_is_left_now_and_not_what_the_menu_remembers() -> None:
    now_left = {**MENU.items, "beer": msgspec.structs.replace(BEER, quantity=1)}
    with pytest.raises(Refusal):
        priced([line("beer", 2)], now_left)
    soup_is_off = {**MENU.items, "soup": msgspec.structs.replace(SOUP, available=False)}
    with pytest.raises(Refusal):
        priced([line("soup")], soup_is_off)


def test_uncounted_dishes_leave_no_stock_to_write() -> None:
    assert priced([line("soup", 99)])[1] == {}


@pytest.mark.parametrize("stock", [MENU.items, {"soup": SOUP}])
def test_a_dish_that_is_not_on_the_menu_is_refused_where_it_stands(
    stock: dict[str, MenuItem],
) -> None:
    unknown = "caviar" if stock is MENU.items else "beer"
    with pytest.raises(Refusal) as refused:
        priced([line("soup"), line(unknown)], stock)
    assert refused.value.code is Code.NOT_FOUND
    assert refused.value.details[0]["path"] == "items[1].menuItemId"


def test_a_wrong_choice_is_refused_where_it_stands() -> None:
    with pytest.raises(Refusal) as refused:
        priced([line("soup"), line("steak")])
    assert refused.value.details[0]["path"] == "items[1].modifiers"


def test_an_empty_cart_is_no_order() -> None:
    with pytest.raises(Refusal, match="the cart is empty") as refused:
        require_lines([])
    assert refused.value.code is Code.INVALID
    require_lines([line("soup")])


def test_an_order_is_ready_when_its_slowest_station_is() -> None:
    items = [
        make.item(station="grill", prep_seconds=600),
        make.item(station="grill", prep_seconds=300),
        make.item(station="bar", prep_seconds=60),
    ]
    assert estimate(items, {}, NOW) == NOW + timedelta(seconds=600)
    busy_bar = {"bar": 1200 * PARALLEL_DISHES, "pastry": 9999}
    assert estimate(items, busy_bar, NOW) == NOW + timedelta(seconds=1260)


def test_what_is_held_is_not_waited_for() -> None:
    held = make.item(HELD, prep_seconds=900)
    assert estimate([make.item(prep_seconds=60), held], {}, NOW) == NOW + timedelta(seconds=60)
    assert estimate([held], {}, NOW) is None


stations = st.sampled_from(["grill", "bar", "pastry"])
queues = st.dictionaries(stations, st.integers(0, 36_000))
queued = st.builds(make.item, station=stations, prep_seconds=st.integers(0, 3600))


@given(st.lists(queued, min_size=1, max_size=5), queues, stations, st.integers(0, 3600))
def test_more_to_do_never_makes_an_order_ready_sooner(
    items: list[Item], queue: dict[str, int], station: str, more: int
) -> None:
    usual = estimate(items, queue, NOW)
    busier = estimate(items, queue | {station: queue.get(station, 0) + more}, NOW)
    larger = estimate([*items, make.item(station=station, prep_seconds=more)], queue, NOW)
    assert usual is not None
    assert busier is not None
    assert larger is not None
    assert NOW + timedelta(seconds=max(item.prep_seconds for item in items)) <= usual
    assert usual <= busier
    assert usual <= larger
