"""Opening hours and business days, over midnight and on the days the clocks change."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from state.domain.errors import Code, Refusal
from state.domain.hours import ALWAYS, DAY, Hours, Span, business_day, is_open
from state.domain.money import TaxMode
from state.domain.restaurant import Restaurant, require_open

BERLIN = "Europe/Berlin"
HOUR = timedelta(hours=1)
# Clocks that change at two, at one, at midnight, by half an hour; odd offsets; none at all.
ZONES = [
    *(BERLIN, "America/New_York", "America/Santiago", "America/Havana", "America/Nuuk"),
    *("Africa/Cairo", "Asia/Beirut", "Asia/Kathmandu", "Asia/Tokyo"),
    *("Australia/Lord_Howe", "Pacific/Chatham", "Pacific/Apia", "Atlantic/Azores", "UTC"),
]


def turns(zone: str) -> list[datetime]:
    """The hours of 2026 in which a zone's clocks change."""
    hours = [datetime(2026, 1, 1, tzinfo=UTC) + HOUR * n for n in range(365 * 24)]
    offsets = [hour.astimezone(ZoneInfo(zone)).utcoffset() for hour in hours]
    return [
        hour for hour, (was, then) in zip(hours[1:], pairwise(offsets), strict=True) if was != then
    ]


TURNS = [(zone, hour) for zone in ZONES for hour in turns(zone)]

zones = st.sampled_from(ZONES)
moments = st.datetimes(datetime(2024, 1, 1), datetime(2028, 12, 31), timezones=st.just(UTC))
# A zone, and a moment of a night on which its clocks change.
nights = st.sampled_from(TURNS).flatmap(
    lambda turn: st.integers(-150, 150).map(
        lambda minutes: (turn[0], turn[1] + timedelta(minutes=minutes))
    )
)
anywhere = nights | st.tuples(zones, moments)
small_hours = st.integers(0, 4 * 60 - 1).map(lambda minutes: time(*divmod(minutes, 60)))
times = small_hours | st.times()


def span(text: str) -> Span:
    start, end = (time.fromisoformat(part) for part in text.split("-"))
    return Span(start, end)


def every_day(*spans: str, **exceptions: str) -> Hours:
    """The same hours all week; `exceptions` as d20261224="10:00-14:00", empty for closed."""
    days = {
        date.fromisoformat(name[1:]): tuple(span(text) for text in spans.split())
        for name, spans in exceptions.items()
    }
    return Hours(week=(tuple(span(each) for each in spans),) * 7, exceptions=days)


def at(text: str, zone: str = BERLIN, fold: int = 0) -> datetime:
    """A moment by the clock on the wall; `fold` 1 is the second time it shows that."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC)


@pytest.mark.parametrize(
    ("hours", "now", "expected"),
    [
        ("11:30-14:30", "11:29:59", False),
        ("11:30-14:30", "11:30", True),
        ("11:30-14:30", "14:29:59", True),
        ("11:30-14:30", "14:30", False),
        ("11:30-14:30 18:00-23:00", "16:00", False),
        ("11:30-14:30 18:00-23:00", "22:59", True),
        ("18:00-02:00", "17:59", False),
        ("18:00-02:00", "23:59", True),
        ("18:00-02:00", "00:00", True),
        ("18:00-02:00", "01:59", True),
        ("18:00-02:00", "02:00", False),
        ("18:00-00:00", "23:59", True),
        ("18:00-00:00", "00:00", False),
        ("00:00-00:00", "03:33", True),
        ("06:00-06:00", "05:59", True),
        ("", "12:00", False),
    ],
)
def test_a_restaurant_is_open_from_the_start_of_a_span_until_its_end(
    hours: str, now: str, expected: bool
) -> None:
    assert is_open(every_day(*hours.split()), at(f"2026-06-10T{now}"), BERLIN) is expected


def test_each_weekday_has_its_own_hours_and_a_night_belongs_to_the_day_it_began() -> None:
    friday_night = Hours(week=tuple((span("20:00-03:00"),) if d == 4 else () for d in range(7)))
    found = {
        text: is_open(friday_night, at(text), BERLIN)
        for text in ["2026-06-12T19:00", "2026-06-12T21:00", "2026-06-13T02:00", "2026-06-13T21:00"]
    }
    assert list(found.values()) == [False, True, True, False]


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-12-24T13:00", True),  # the exception's own hours
        ("2026-12-24T20:00", False),  # no longer the week's
        ("2026-12-24T01:00", True),  # the night before began under its own hours
        ("2026-12-25T01:00", False),  # the exception leaves no night behind
        ("2026-12-25T20:00", False),  # closed the whole day
        ("2026-12-26T01:00", False),
        ("2026-12-26T20:00", True),
    ],
)
def test_an_exception_replaces_the_spans_that_begin_on_its_date(now: str, expected: bool) -> None:
    hours = every_day("18:00-02:00", d20261224="10:00-14:00", d20261225="")
    assert is_open(hours, at(now), BERLIN) is expected


@pytest.mark.parametrize(
    ("zone", "expected"),
    [(BERLIN, True), ("America/New_York", False), ("Asia/Tokyo", True), ("Asia/Kolkata", False)],
)
def test_hours_are_read_on_the_restaurant_s_own_clock(zone: str, expected: bool) -> None:
    hours = every_day("12:00-13:00", "19:00-21:00")
    assert is_open(hours, datetime(2026, 6, 10, 10, 30, tzinfo=UTC), zone) is expected


def test_a_night_on_which_the_clocks_go_back_ends_once() -> None:
    bar, night = every_day("20:00-02:30"), "2026-10-25T"
    shown = [("01:59", 0), ("02:29", 0), ("02:30", 0), ("02:00", 1), ("02:29", 1), ("02:30", 1)]
    found = [is_open(bar, at(night + text, fold=fold), BERLIN) for text, fold in shown]
    assert found == [True, True, False, False, False, False]


def test_a_night_on_which_the_clocks_go_forward_ends() -> None:
    bar, night = every_day("20:00-02:30"), "2026-03-29T"
    assert is_open(bar, at(night + "01:59"), BERLIN)
    assert not is_open(bar, at(night + "04:00"), BERLIN)


def test_breakfast_on_the_day_after_is_at_the_usual_time() -> None:
    cafe = every_day("07:00-11:00")
    for day in ("2026-03-29", "2026-10-25"):
        shown = ["06:59", "07:00", "10:59", "11:00"]
        found = [is_open(cafe, at(f"{day}T{text}"), BERLIN) for text in shown]
        assert found == [False, True, True, False]


@given(anywhere)
def test_always_is_always(where: tuple[str, datetime]) -> None:
    zone, now = where
    assert is_open(ALWAYS, now, zone)


@given(anywhere)
def test_whoever_has_no_hours_is_never_open(where: tuple[str, datetime]) -> None:
    zone, now = where
    assert not is_open(every_day(), now, zone)


@given(anywhere, times, times)
def test_the_clock_a_moment_is_told_by_does_not_matter(
    where: tuple[str, datetime], start: time, end: time
) -> None:
    zone, now = where
    hours = Hours(week=((Span(start, end),),) * 7)
    local = now.astimezone(ZoneInfo(zone))
    assert is_open(hours, now, zone) is is_open(hours, local, zone)
    assert business_day(now, zone, start) == business_day(local, zone, start)


@settings(max_examples=60)
@given(nights, times, times)
def test_a_daily_span_begins_and_ends_once_a_day_whatever_the_clocks_do(
    where: tuple[str, datetime], start: time, end: time
) -> None:
    zone, begin = where
    hours = Hours(week=((Span(start, end),),) * 7)
    twenty_hours = [begin - 10 * HOUR + timedelta(minutes=10 * n) for n in range(20 * 6)]
    states = [is_open(hours, now, zone) for now in twenty_hours]
    turned = [now for was, now in pairwise(states) if now != was]
    assert len(turned) == len(set(turned))


@pytest.mark.parametrize(
    ("now", "day"),
    [
        ("2026-06-10T03:59:59", "2026-06-09"),
        ("2026-06-10T04:00", "2026-06-10"),
        ("2026-06-10T23:59", "2026-06-10"),
        ("2026-06-11T00:00", "2026-06-10"),
        ("2026-01-01T01:00", "2025-12-31"),
        ("2024-03-01T01:00", "2024-02-29"),
    ],
)
def test_until_the_cutover_a_sale_counts_for_yesterday(now: str, day: str) -> None:
    assert business_day(at(now), BERLIN, time(4)) == date.fromisoformat(day)


def test_a_business_day_with_its_cutover_at_midnight_is_the_date() -> None:
    assert business_day(at("2026-06-10T00:00"), BERLIN, time(0)) == date(2026, 6, 10)


@pytest.mark.parametrize("fold", [0, 1])
def test_a_business_day_once_begun_goes_on_when_the_clocks_go_back(fold: int) -> None:
    assert business_day(at("2026-10-25T02:45", fold=fold), BERLIN, time(2, 30)) == date(
        2026, 10, 25
    )
    early = date(2026, 10, 25) if fold else date(2026, 10, 24)
    assert business_day(at("2026-10-25T02:15", fold=fold), BERLIN, time(2, 30)) == early


@given(nights, times)
def test_business_days_follow_each_other(where: tuple[str, datetime], cutover: time) -> None:
    zone, begin = where
    night = [begin + timedelta(minutes=10 * n) for n in range(30)]
    days = [business_day(now, zone, cutover) for now in night]
    assert days == sorted(days)


@given(anywhere, times)
def test_a_business_day_is_today_or_yesterday(where: tuple[str, datetime], cutover: time) -> None:
    zone, now = where
    today = now.astimezone(ZoneInfo(zone)).date()
    assert business_day(now, zone, cutover) in (today - DAY, today)


def test_a_closed_restaurant_says_so() -> None:
    place = Restaurant(
        id="r1",
        tenant_id="t1",
        name="Linden & Ember",
        currency="EUR",
        tax_mode=TaxMode.INCLUSIVE,
        timezone=BERLIN,
        language="en",
        languages=("en",),
        hours=every_day("12:00-22:00"),
        day_cutover=time(4),
        join_code_required=False,
        menu_version=1,
    )
    require_open(place, at("2026-06-10T12:00"))
    with pytest.raises(Refusal, match="Linden & Ember is closed") as refused:
        require_open(place, at("2026-06-10T22:00"))
    assert refused.value.code is Code.CONFLICT
