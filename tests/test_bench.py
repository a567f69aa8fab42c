"""Every bench, in a tiny form: it runs to its end, and what it finds can be true."""

import asyncio
import json
import shutil
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from scripts import bench
from scripts.benches import compiled, packages
from scripts.benches.numbers import medians, timings
from scripts.benches.stage import Stage, stage

COMPILER = shutil.which("cc") or shutil.which("gcc")
TINY = ("--rounds", "1", "--seconds", "0.2", "--guests", "4", "--restaurants", "2")
SECONDS = 180  # patience with a machine that is busy with other things


@pytest.fixture(scope="module")
async def ground() -> AsyncIterator[Stage]:
    async with stage(nodes=2) as made:
        yield made


async def played(ground: Stage, name: str, *words: str) -> list[dict[str, Any]]:
    """Return the results of a bench that plays on a stage, in restaurants of its own."""
    ground.restaurants.clear()
    name, options = bench.options([name, *TINY, *words])
    return [result async for result in bench.ON_STAGE[name](ground, options)]


async def contest(name: str, lines: int, *words: str) -> list[dict[str, Any]]:
    """Return the results of a bench with clients in C; where nothing compiles it, it says so."""
    command = (name, "--rounds", "1", "--peers", "hub", "floor", *words)
    name, options = bench.options([*command])
    if COMPILER is None:
        with pytest.raises(SystemExit, match="needs Linux and a C compiler"):
            await anext(bench.ALONE[name](options))
        return []
    results = [result async for result in bench.ALONE[name](options)]
    assert len(results) == lines
    return results


async def test_orders_are_timed_while_translation_engines_answer_and_while_they_hang(
    ground: Stage,
) -> None:
    [result] = await played(ground, "offload", "--loads", "10")
    assert result["ackP50MsRatio"] > 0
    assert (result["refused"], result["unheard"]) == (0, 0)
    assert result["jobsOpenSilent"] > 0


async def test_orders_are_counted_at_each_load_and_then_as_many_as_can_be(ground: Stage) -> None:
    *results, whole = await played(ground, "orders", "--loads", "10", "20")
    cases = [(r["nodes"], r["restaurants"], r["offeredPerSecond"]) for r in results]
    most = "as many as can be"
    assert cases[:2] == [(1, 2, 10), (1, 2, 20)]
    assert cases[2:] == [(1, 2, most), (2, 2, most), (1, 1, most), (2, 1, most)]
    assert all(result["ordersPerSecond"] > 0 for result in results)
    assert all(result["ackP99Ms"] >= result["ackP50Ms"] > 0 for result in results)
    assert all(result["transactionsPerOrder"] > 0 for result in results)
    assert whole["ordersPerSecond"] >= whole["heardPerSecond"] > 0


async def test_latency_is_measured_at_each_load_and_every_order_is_heard_of(ground: Stage) -> None:
    results = await played(ground, "latency", "--loads", "10", "20")
    assert [result["offeredPerSecond"] for result in results] == [10, 20]
    assert all(result["unheard"] == 0 for result in results)
    assert all(result["tapToKitchenP50Ms"] > 0 for result in results)


async def test_a_guests_page_is_seen_tapped_on_and_taken_over(ground: Stage) -> None:
    results = await played(ground, "screens")
    assert [result["over"] for result in results] == ["HTTP/2", "HTTP/1.1"]
    for result in results:
        assert 0 < result["seenMs"] <= result["usableMs"]
        assert result["layoutShift"] == 0
        assert result["requests"] > 10


async def test_a_board_is_watched_at_rest_at_work_beside_another_and_under_a_finger(
    ground: Stage,
) -> None:
    rest, work, tap, both, beside = await played(ground, "board", "--orders", "12")
    assert all(each["framesPerSecond"] > 0 for each in (rest, work, both))
    assert both["otherFramesPerSecond"] > 0
    assert 0 < tap["ownScreenP50Ms"] <= tap["ownScreenP99Ms"]
    assert beside["otherScreenP50Ms"] > 0
    assert tap["taps"] == beside["taps"] == 20


async def test_a_rebuild_is_timed_to_the_first_board_and_alone(ground: Stage) -> None:
    [result] = await played(ground, "rebuild", "--orders", "6")
    assert result["openOrders"] == 6
    assert min(result["joinEmptiedMs"], result["restoreAloneMs"]) > 0


async def test_a_fan_out_is_compared_with_the_floor_in_large_rooms_and_in_small_ones() -> None:
    results = await contest("fanout", 6, "--members", "9", "--cpu-seconds", "0.02")
    cases = [(9, 1, 1), (8, 2, 2), (9, 1, 10)]
    for number, result in enumerate(results):
        assert (result["members"], result["rooms"], result["eventsPerTurn"]) == cases[number // 2]
        assert result["server"] == ("hub", "floor")[number % 2]
        assert min(result["cpuUs"], result["timesFloor"], result["timesHub"]) > 0


async def test_connections_are_weighed_while_idle_and_watched_while_they_drop() -> None:
    results = await contest("connections", 2, "--connections", "40")
    for result in results[:1]:
        assert result["handshakesPerCpuSecond"] > 0
        assert result.keys() >= {"transportKiB", "sessionKiB"}
    for result in results[1:]:
        assert result["droppedAtOnce"] == 80
        assert result["longestCallbackMs"] > 0


async def test_a_flood_past_a_sleeping_reader_is_heard_by_the_others() -> None:
    for result in await contest("slow", 1, "--megabytes", "0.2"):
        assert result["p99Ms"] > 0
        assert result["timesP99"] > 0


async def test_a_cluster_is_timed_with_members_and_without_and_with_many_rooms() -> None:
    results = await contest("cluster", 4, "--seconds", "0.1", "--rooms", "20")
    subscribers = [result["subscribers"] for result in results[:3]]
    assert subscribers in ([100, 4, 0], [])
    for result in results[:2]:
        assert result["p99Ms"] >= result["p50Ms"] > 0
    for result in results[3:]:
        assert result["rooms"] == 20
        assert result["cpuUs"] >= 0


def test_without_a_compiler_a_bench_says_what_it_needs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(compiled, "BUILT", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SystemExit, match="needs Linux and a C compiler"):
        compiled.program("crowd")


def test_the_lock_file_of_the_peers_names_no_address() -> None:
    text = (packages.FOLDER / "package-lock.json").read_text()
    assert "://" not in text
    assert '"resolved"' not in text


async def test_a_bench_prints_lines_that_a_machine_can_read() -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "scripts.bench", "lines"),
        cwd=Path(__file__).parents[1],
        stdout=PIPE,
    )
    out, _ = await asyncio.wait_for(process.communicate(), SECONDS)
    assert process.returncode == 0
    rooms = {result["room"]: result for result in map(json.loads, out.decode().splitlines())}
    assert rooms.keys() >= {"hub", "hub/engine", "handlers", "state/domain", "static", "tests"}
    assert all(room["lines"] >= room["code"] > 0 for room in rooms.values())
    assert all(room["bench"] == "lines" for room in rooms.values())
    assert all(room["machine"].keys() >= {"cores", "cpu", "python"} for room in rooms.values())


def test_an_unknown_bench_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        bench.options(["speed"])
    assert "invalid choice" in capsys.readouterr().err


def test_percentiles_are_those_of_the_nearest_rank() -> None:
    seconds = [n / 1000 for n in range(1, 101)]
    assert timings("ack", seconds) == {"ackP50Ms": 50.0, "ackP99Ms": 99.0}
    assert timings("ack", []) == {"ackP50Ms": 0.0, "ackP99Ms": 0.0}


def test_a_median_is_taken_of_each_number_by_itself() -> None:
    runs = [{"a": 1, "b": 9}, {"a": 2, "b": 1}, {"a": 30, "b": 2}]
    assert medians(runs) == {"a": 2, "b": 2}
