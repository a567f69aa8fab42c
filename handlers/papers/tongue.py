"""Words, amounts and dates in a reader's language."""

import re
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
from babel import dates, numbers

from state.domain.money import BASIS, exponent

WORDS = Path(__file__).parents[2] / "static" / "i18n"
FOLDERS = ("pay", "paper")  # a receipt names what the screens name, by the same words
LANGUAGES = ("en", "ru", "de", "ja", "ar")
LETTERS_AND_DIGITS = re.compile(r"(?<=[A-Z])(?=\d)")  # AED 5: browsers keep them apart too
RIGHT_TO_LEFT = frozenset({"ar"})


class Tongue:
    """One language; digits are those of its neighbours too, so that every office reads them."""

    def __init__(self, lang: str) -> None:
        self.lang = lang
        self.direction = "rtl" if lang in RIGHT_TO_LEFT else "ltr"
        self._words: dict[str, str] = {}
        for folder in FOLDERS:
            self._words |= msgspec.json.decode((WORDS / folder / f"{lang}.json").read_bytes())

    def say(self, key: str, **values: object) -> str:
        """Return the words of a key, such as `paper.receipt`."""
        return self._words[key].format(**values)

    def knows(self, key: str) -> bool:
        return key in self._words

    def money(self, amount: int, currency: str) -> str:
        whole = Decimal(amount).scaleb(-exponent(currency))
        text = numbers.format_currency(whole, currency, locale=self.lang)
        return LETTERS_AND_DIGITS.sub("\xa0", text)

    def rate(self, basis: int) -> str:
        """Return a rate of so many basis points, in per cent."""
        share = Decimal(basis) / BASIS
        return numbers.format_percent(share, format="#,##0.##%", locale=self.lang)

    def moment(self, at: datetime, timezone: str) -> str:
        """Return a date and a time by the clock of the house."""
        zone = ZoneInfo(timezone)
        day = dates.format_date(at.astimezone(zone), "medium", locale=self.lang)
        time = dates.format_time(at, "short", tzinfo=zone, locale=self.lang)
        return f"{day}, {time}"

    def day(self, on: date) -> str:
        return dates.format_date(on, "medium", locale=self.lang)

    def month(self, on: date) -> str:
        return dates.format_skeleton("yMMMM", on, locale=self.lang)


def tongue(lang: str) -> Tongue:
    """Return the language asked for, or English where nobody has put our words into it."""
    base = lang.partition("-")[0].lower()
    return _learned(base if base in LANGUAGES else "en")


@cache
def _learned(lang: str) -> Tongue:
    return Tongue(lang)
