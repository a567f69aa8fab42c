"""What guests fancy: lines of an order, with the choices the public menu asks for."""

import random
from typing import Any

from scripts.lunch.screen import Doc

NOTES = ("no salt", "allergic to nuts", "sauce on the side", "to share", "extra hot, please")
LINES = (1, 1, 1, 2)  # a guest's appetite for one round


class Card:
    """The menu as printed: what has sold out meanwhile is told when it is ordered."""

    def __init__(self, menu: dict[str, Any]) -> None:
        self.stations: list[str] = [station["id"] for station in menu["stations"]]
        self.dishes: list[Doc] = [d for c in menu["categories"] for d in c["items"]]

    def lines(self, rng: random.Random, people: int = 1) -> list[Doc]:
        count = sum(rng.choice(LINES) for _ in range(people))
        return [self.line(rng) for _ in range(count)]

    def line(self, rng: random.Random) -> Doc:
        dish = rng.choice(self.dishes)
        line: Doc = {
            "menuItemId": dish["id"],
            "quantity": rng.choice((1, 1, 1, 2)),
            "modifiers": [m for group in dish["groups"] for m in _choice(group, rng)],
        }
        if rng.random() < 0.2:
            line["note"] = rng.choice(NOTES)
        return line


def _choice(group: Doc, rng: random.Random) -> list[str]:
    offered = [modifier["id"] for modifier in group["modifiers"] if modifier["available"]]
    wanted = max(group["min"], 1 if rng.random() < 0.2 else 0)
    return rng.sample(offered, min(wanted, group["max"], len(offered)))
