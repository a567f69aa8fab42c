"""Breaks a hub of its own under load, one fault after the other, and judges what everybody saw."""

import argparse
import logging
import sys
import tempfile
from pathlib import Path

import msgspec
import uvloop
from rich import box
from rich.console import Console
from rich.table import Table

from scripts.benches.machine import machine
from scripts.mishaps import trial
from scripts.mishaps.faults import FAULTS
from scripts.mishaps.hall import hall
from scripts.mishaps.shift import SHORT, Plan
from scripts.mishaps.trial import Result

BY_NAME = {fault.name: fault for fault in FAULTS}


def options(args: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/faults", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"all, or {', '.join(BY_NAME)}")
    parser.add_argument("--rate", type=float, help="orders a second")
    parser.add_argument("--restaurants", type=int, help="that the orders are spread over")
    parser.add_argument("--short", action="store_true", help="seconds instead of minutes")
    parser.add_argument("--json", action="store_true", help="print one line of JSON a fault")
    chosen = parser.parse_args(args)
    unknown = set(chosen.names) - BY_NAME.keys()
    if unknown:
        parser.error(f"no fault is called {', '.join(sorted(unknown))}")
    return chosen


async def main(args: list[str]) -> int:
    chosen = options(args)
    logging.getLogger("engineio.client").setLevel(logging.CRITICAL)  # that a line broke is no news
    given = {"rate": chosen.rate, "restaurants": chosen.restaurants}
    plan = msgspec.structs.replace(
        SHORT if chosen.short else Plan(), **{k: v for k, v in given.items() if v is not None}
    )
    faults = [BY_NAME[name] for name in chosen.names] or FAULTS
    results = []
    with tempfile.TemporaryDirectory(prefix="onemoment-faults-") as folder:
        async with hall(Path(folder)) as made:
            for fault in faults:
                print(f"{fault.name} ...", file=sys.stderr, flush=True)
                results.append(await trial.run(made, fault, plan))
                tell(results[-1], as_json=chosen.json)
    if not chosen.json:
        show(results)
    return exit_code(results)


def exit_code(results: list[Result]) -> int:
    return 0 if all(result.clean for result in results) else 1


def tell(result: Result, *, as_json: bool) -> None:
    """Say at once what came of a fault: as a line of JSON, or only what is wrong."""
    if as_json:
        line = {**msgspec.to_builtins(result), "machine": machine()}
        print(msgspec.json.encode(line).decode(), flush=True)
    for wrong in result.wrong:
        print(f"{result.fault}: {wrong}", file=sys.stderr, flush=True)


def show(results: list[Result]) -> None:
    """Print a table that a page in Markdown can take as it is."""
    table = Table(box=box.MARKDOWN)
    for name in ("fault", "load"):
        table.add_column(name)
    columns = ("healed after", "longest wait", "lost", "duplicated", "out of order", "wrong views")
    for name in columns:
        table.add_column(name, justify="right")
    for one in results:
        table.add_row(*row(one))
    Console(width=200).print(table)


def row(one: Result) -> list[str]:
    paid = f" {one.payments:,} payments," if one.payments else ""
    events = f"{one.deliveries:,} events"
    load = f"{one.orders_per_second:g} orders/s, {one.clients:,} clients,{paid} {events}"
    seconds = [f"{one.healed:.1f} s", f"{one.longest_wait:.1f} s"]
    counts = [one.lost, one.duplicated, one.out_of_order + one.strayed, one.views_wrong]
    return [one.what, load, *seconds, *map(str, counts)]


if __name__ == "__main__":
    try:
        sys.exit(uvloop.run(main(sys.argv[1:])))
    except KeyboardInterrupt:
        sys.exit(130)
