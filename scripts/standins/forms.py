"""Forms as Cloudbeds takes them: arrays spelled out in the names of fields, dates as text."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

ARRAY = re.compile(r"(\w+)\[(\d+)\]\[(\w+)\]")
Json = dict[str, Any]


def span(given: Json) -> tuple[date, date]:
    first, last = (date.fromisoformat(given[name]) for name in ("startDate", "endDate"))
    if first >= last:
        raise ValueError("no nights")
    return first, last


def nested(given: Mapping[str, Any]) -> Json:
    """Return a form whose arrays are spelled `rooms[0][roomTypeID]` as what they mean."""
    found: Json = {}
    for name, value in given.items():
        match = ARRAY.fullmatch(name)
        if match is None:
            found[name] = value
        else:
            array, place, field = match.groups()
            found.setdefault(array, {}).setdefault(place, {})[field] = value
    return found
