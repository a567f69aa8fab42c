"""Every bench, in a tiny form: it runs to its end and prints lines that a machine can read."""

import asyncio
import json
import sys
from asyncio.subprocess import PIPE
from pathlib import Path
from typing import Any

import pytest

from scripts.benches.numbers import medians, timings

TINY = ("--rounds", "1", "--seconds", "0.2", "--guests", "4", "--restaurants", "2")
SECONDS = 120  # several benches' worth of patience, on a machine that is busy with other things


async def bench(name: str, *options: str) -> list[dict[str, Any]]:
    """Return the results of a bench."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "scripts.bench", name, *options),
        cwd=Path(__file__).parents[1],
        stdout=PIPE,
        stderr=PIPE,
    )
    out, err = await asyncio.wait_for(process.communicate(), SECONDS)
    assert process.returncode == 0, err.decode()
    results = [json.loads(line) for line in out.decode().splitlines()]
    assert all(result["bench"] == name for result in results)
    assert all(result["machine"].keys() >= {"cores", "cpu", "python"} for result in results)
    return results


async def test_orders_are_counted_on_one_node_and_on_two_in_many_restaurants_and_in_one() -> None:
    results = await bench("orders", *TINY)
    cases = [(result["nodes"], result["restaurants"]) for result in results]
    assert cases == [(1, 2), (2, 2), (1, 1), (2, 1)]
    assert all(result["ordersPerSecond"] > 0 for result in results)
    assert all(result["ackP99Ms"] >= result["ackP50Ms"] > 0 for result in results)


async def test_latency_is_measured_at_each_load_and_every_order_is_heard_of() -> None:
    results = await bench("latency", *TINY, "--loads", "10", "20")
    assert [result["offeredPerSecond"] for result in results] == [10, 20]
    assert all(result["unheard"] == 0 for result in results)
    assert all(result["tapToKitchenP50Ms"] > 0 for result in results)


async def test_a_rebuild_is_timed_to_the_first_board_and_alone() -> None:
    [result] = await bench("rebuild", *TINY, "--orders", "6")
    assert result["openOrders"] == 6
    assert min(result["joinEmptiedMs"], result["restoreAloneMs"]) > 0


async def test_lines_are_counted_in_every_room() -> None:
    rooms = {result["room"]: result for result in await bench("lines")}
    assert rooms.keys() >= {"hub", "hub/engine", "handlers", "state/domain", "static", "tests"}
    assert all(room["lines"] >= room["code"] > 0 for room in rooms.values())


async def test_an_unknown_bench_is_refused() -> None:
    with pytest.raises(AssertionError, match="invalid choice"):
        await bench("speed")


def test_percentiles_are_those_of_the_nearest_rank() -> None:
    seconds = [n / 1000 for n in range(1, 101)]
    assert timings("ack", seconds) == {"ackP50Ms": 50.0, "ackP99Ms": 99.0}
    assert timings("ack", []) == {"ackP50Ms": 0.0, "ackP99Ms": 0.0}


def test_a_median_is_taken_of_each_number_by_itself() -> None:
    runs = [{"a": 1, "b": 9}, {"a": 2, "b": 1}, {"a": 30, "b": 2}]
    assert medians(runs) == {"a": 2, "b": 2}
