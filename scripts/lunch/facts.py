"""Where the hub is, and who works there: what scripts/dev writes down (PROTOCOL 8)."""

import os
from pathlib import Path

import msgspec

ROOT = Path(__file__).resolve().parent.parent.parent
START_ONE = "start one with scripts/dev, or name its nodes with --url"


class FactsError(Exception):
    """Nobody has told us of a hub; the message says what to do."""


class Table(msgspec.Struct, frozen=True):
    id: str
    number: str
    token: str


class Person(msgspec.Struct, frozen=True):
    email: str
    password: str


class Facts(msgspec.Struct, frozen=True, rename="camel"):
    urls: list[str]
    restaurant_id: str
    tables: list[Table]
    staff: dict[str, Person]


def default_file() -> str:
    return str(Path(os.environ.get("DATA_DIR") or ROOT / ".data") / "dev.json")


def read(file: str, urls: list[str]) -> Facts:
    """Return the facts of a file, with other nodes where some are named."""
    try:
        facts = msgspec.json.decode(Path(file).read_bytes(), type=Facts)
    except FileNotFoundError:
        raise FactsError(f"no hub runs here ({file} is missing): {START_ONE}") from None
    except msgspec.ValidationError as error:
        raise FactsError(f"{file} is not what scripts/dev writes: {error}") from error
    return msgspec.structs.replace(facts, urls=[u.rstrip("/") for u in urls] or facts.urls)
