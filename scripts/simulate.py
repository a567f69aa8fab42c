"""A lunch rush with real clients, against any running hub; ends with what was lost, if anything."""

import argparse
import sys

import msgspec
import uvloop

from scripts.lunch.facts import FactsError, default_file, read
from scripts.lunch.house import NoHubError
from scripts.lunch.paper import Paper
from scripts.lunch.rush import Plan, Rush


def options(args: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/simulate", description=__doc__)
    parser.add_argument("--tables", type=int, default=40, help="tables that order (40)")
    parser.add_argument("--minutes", type=float, default=2.0, help="until the last order (2)")
    parser.add_argument("--url", action="append", default=[], help="a node; give one for each")
    parser.add_argument("--file", default=default_file(), help="what scripts/dev wrote down")
    parser.add_argument("--pace", type=float, default=1.0, help="2: everybody twice as fast")
    parser.add_argument("--seed", type=int, default=1, help="another number, other guests (1)")
    parser.add_argument("--clear", action="store_true", help="close tables that are taken first")
    parser.add_argument("--json", action="store_true", help="print one line of JSON")
    return parser.parse_args(args)


async def main(args: list[str]) -> int:
    chosen = options(args)
    plan = Plan(
        tables=chosen.tables,
        seconds=chosen.minutes * 60,
        pace=chosen.pace,
        seed=chosen.seed,
        clear=chosen.clear,
    )
    report = None
    try:
        facts = read(chosen.file, chosen.url)
        with Paper(plan.seconds) as paper:
            report = await Rush(facts, plan, paper).play()
    except* (FactsError, NoHubError) as errors:
        print(f"scripts/simulate: {first(errors)}", file=sys.stderr)
    if report is None:
        return 2
    if chosen.json:
        print(msgspec.json.encode(report).decode())
    else:
        paper.show(report)
    return 0 if report.clean else 1


def first(error: BaseException) -> BaseException:
    """Return the first of a group of errors, however deep it is."""
    return first(error.exceptions[0]) if isinstance(error, BaseExceptionGroup) else error


if __name__ == "__main__":
    try:
        sys.exit(uvloop.run(main(sys.argv[1:])))
    except KeyboardInterrupt:
        sys.exit(130)
