"""Commands for whoever runs the hub: `python -m hub.cli migrate`, and those of `hub/office.py`."""

import argparse
import asyncio
import sys

from hub import office
from hub.settings import Settings, SettingsError, load
from state.domain.errors import Refusal
from state.store.migrate import migrate


def parser() -> argparse.ArgumentParser:
    """Return what understands the commands; each sets `run`, which takes settings and arguments."""
    words = argparse.ArgumentParser(prog="python -m hub.cli")
    commands = words.add_subparsers(dest="command", required=True)
    up = commands.add_parser("migrate", help="bring the database up to date")
    up.set_defaults(run=_migrate)
    office.add_commands(commands)
    return words


def main() -> None:
    given = parser().parse_args()
    try:
        settings = load()
    except SettingsError as exc:
        sys.exit(f"hub: {exc}")
    if not settings.database_url:
        sys.exit("hub: DATABASE_URL is missing")
    try:
        asyncio.run(given.run(settings, given))
    except Refusal as exc:
        sys.exit(f"hub: {exc.message}")


async def _migrate(settings: Settings, _given: argparse.Namespace) -> None:
    for name in await migrate(settings.database_url):
        print(f"applied {name}")


if __name__ == "__main__":
    main()
