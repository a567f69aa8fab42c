"""What managers may change of the house: its tables, stations, settings, hours."""

from datetime import date, time
from itertools import pairwise
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from msgspec import Meta

from state.domain.commands import WHOLE
from state.domain.edits import Lang, Name, Save
from state.domain.errors import invalid
from state.domain.hours import Hours, Span
from state.domain.legal import Legal
from state.domain.money import TaxMode

Number = Annotated[str, Meta(min_length=1, max_length=12, pattern=WHOLE)]
Zone = Annotated[str, Meta(max_length=40, pattern=WHOLE)]
Spans = Annotated[tuple[Span, ...], Meta(max_length=6)]
MOST_EXCEPTIONS = 400


class SaveTable(Save, frozen=True, kw_only=True):
    """`number` is what is printed on the table; `zone` names the part of the house it is in."""

    number: Number
    zone: Zone = ""
    seats: Annotated[int, Meta(ge=1, le=99)] = 4


class SaveStation(Save, frozen=True, kw_only=True):
    name: Name


class SaveSettings(Save, frozen=True, kw_only=True):
    """`dayCutover` is until when a sale counts for the day before.

    `serviceCharge` is in basis points, for bills that are opened from now on. `payFirst`: what
    guests order is cooked once it is paid.
    """

    name: Name
    language: Lang
    languages: Annotated[tuple[Lang, ...], Meta(min_length=1, max_length=40)]
    timezone: Annotated[str, Meta(min_length=1, max_length=60, pattern=WHOLE)]
    tax_mode: TaxMode
    day_cutover: time
    join_code_required: bool
    service_charge: Annotated[int, Meta(ge=0, le=3000)] = 0
    pay_first: bool = False


class SaveHours(Save, frozen=True, kw_only=True):
    """Spans for each weekday, Monday first; `exceptions` replace a whole date, empty = closed."""

    week: Annotated[tuple[Spans, ...], Meta(min_length=7, max_length=7)]
    exceptions: Annotated[dict[date, Spans], Meta(max_length=MOST_EXCEPTIONS)] = msgspec.field(
        default_factory=dict
    )


class Settings(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """The restaurant as its managers see it; its currency is what its past orders are in."""

    id: str
    version: int
    name: str
    currency: str
    language: str
    languages: tuple[str, ...]
    timezone: str
    tax_mode: TaxMode
    day_cutover: time
    join_code_required: bool
    service_charge: int
    pay_first: bool
    hours: Hours
    legal: Legal


def require_settings(cmd: SaveSettings) -> None:
    """Raise INVALID for settings that do not go together."""
    if cmd.language not in cmd.languages:
        raise invalid("languages", "lack the restaurant's own language")
    if len(set(cmd.languages)) != len(cmd.languages):
        raise invalid("languages", "name one twice")
    if cmd.day_cutover.tzinfo is not None:
        raise invalid("dayCutover", "is a time of the restaurant's own clock, without a zone")
    try:
        ZoneInfo(cmd.timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as exc:
        raise invalid("timezone", "is no time zone, such as Europe/Berlin") from exc


def require_hours(cmd: SaveHours) -> Hours:
    """Return the hours; raise INVALID where two spans of a day run into each other."""
    for day, spans in enumerate(cmd.week):
        _require_apart(spans, f"week[{day}]")
    for on, spans in cmd.exceptions.items():
        _require_apart(spans, f"exceptions.{on}")
    return Hours(week=cmd.week, exceptions=cmd.exceptions)


def _require_apart(spans: tuple[Span, ...], path: str) -> None:
    for place, span in enumerate(spans):
        if span.start.tzinfo is not None or span.end.tzinfo is not None:
            raise invalid(f"{path}[{place}]", "is of the restaurant's own clock, without a zone")
    inner = sorted(spans, key=lambda span: span.start)
    for before, after in pairwise(inner):
        if before.end <= before.start or before.end > after.start:
            raise invalid(path, "has spans that run into each other")
