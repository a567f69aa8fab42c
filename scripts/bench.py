"""Measures real nodes on engines that sync to disk, and our transport beside those of others.

Prints one JSON line a result.
"""

import argparse
import sys
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import uvloop

from scripts.benches import (
    board,
    cluster,
    connections,
    fanout,
    latency,
    lines,
    offload,
    orders,
    rebuild,
    screens,
    slow,
)
from scripts.benches.machine import machine
from scripts.benches.options import PEERS, Options
from scripts.benches.stage import stage

ON_STAGE = {
    "orders": orders.run,
    "latency": latency.run,
    "rebuild": rebuild.run,
    "offload": offload.run,
    "screens": screens.run,
    "board": board.run,
}
ALONE = {
    "fanout": fanout.run,
    "connections": connections.run,
    "slow": slow.run,
    "cluster": cluster.run,
    "lines": lines.run,
}


def options(args: list[str]) -> tuple[str, Options]:
    usual = Options()
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("name", choices=[*ON_STAGE, *ALONE])
    parser.add_argument("--rounds", type=int, default=usual.rounds, help="medians are of so many")
    parser.add_argument("--seconds", type=float, default=usual.seconds, help="each run lasts")
    parser.add_argument("--guests", type=int, default=usual.guests, help="who order at once")
    parser.add_argument("--restaurants", type=int, default=usual.restaurants)
    parser.add_argument("--orders", type=int, default=usual.orders, help="open ones, for rebuild")
    parser.add_argument(
        "--loads",
        type=int,
        nargs="+",
        default=usual.loads,
        help="orders a second, for orders and latency",
    )
    parser.add_argument("--peers", nargs="+", choices=PEERS, default=usual.peers, help="servers")
    parser.add_argument("--members", type=int, nargs="+", default=usual.members, help="of a room")
    parser.add_argument("--cpu-seconds", type=float, default=usual.cpu_seconds, help="for fanout")
    parser.add_argument("--connections", type=int, default=usual.connections)
    parser.add_argument(
        "--megabytes", type=float, default=usual.megabytes, help="to each, for slow"
    )
    parser.add_argument("--rooms", type=int, default=usual.rooms, help="on a node, for cluster")
    chosen = vars(parser.parse_args(args))
    return chosen.pop("name"), Options(**chosen)


async def results(name: str, chosen: Options) -> AsyncIterator[dict[str, Any]]:
    """Yield what a bench finds; what it plays on is put up before."""
    if name in ALONE:
        async for result in ALONE[name](chosen):
            yield result
    else:
        async with stage(nodes=2) as ground:
            async for result in ON_STAGE[name](ground, chosen):
                yield result


async def main(args: list[str]) -> None:
    name, chosen = options(args)
    async for result in results(name, chosen):
        line = {"bench": name, **result, "machine": machine()}
        print(msgspec.json.encode(line).decode(), flush=True)


if __name__ == "__main__":
    try:
        uvloop.run(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
