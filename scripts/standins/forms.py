"""Forms as companies take them: objects and arrays spelled out in the names of fields."""

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


def spelled(pairs: Mapping[str, Any]) -> Json:
    """Return a form whose names have brackets as the object they spell."""
    made: Json = {}
    for name, value in pairs.items():
        place: Any = made
        path = re.findall(r"[^\[\]]+", name)
        for key in path[:-1]:
            place = place.setdefault(key, {})
        place[path[-1]] = value
    return dict(_listed(made))


def _listed(part: Any) -> Any:
    if not isinstance(part, dict):
        return part
    if part and all(key.isdecimal() for key in part):
        return [_listed(part[key]) for key in sorted(part, key=int)]
    return {key: _listed(value) for key, value in part.items()}
