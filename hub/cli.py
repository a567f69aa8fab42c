"""Commands for whoever runs the hub: `python -m hub.cli migrate`."""

import argparse
import asyncio
import sys

from hub.settings import SettingsError, load
from state.store.migrate import migrate


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m hub.cli")
    parser.add_argument("command", choices=["migrate"], help="bring the database up to date")
    parser.parse_args()
    try:
        settings = load()
    except SettingsError as exc:
        sys.exit(f"hub: {exc}")
    if not settings.database_url:
        sys.exit("hub: DATABASE_URL is missing")
    for name in asyncio.run(migrate(settings.database_url)):
        print(f"applied {name}")


if __name__ == "__main__":
    main()
