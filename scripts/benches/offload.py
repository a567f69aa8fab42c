"""Orders whose notes want translating: with all engines answering, and with all of them silent.

Each order starts a job in the statement that writes it; what becomes of that must not be felt.
"""

from collections.abc import AsyncIterator
from typing import Any

from scripts.benches.latency import guests, kitchens, measure
from scripts.benches.numbers import medians
from scripts.benches.options import Options
from scripts.benches.stage import Stage
from scripts.benches.wire import Ear
from scripts.standins.azure import Azure
from scripts.standins.base import Standin, serving
from scripts.standins.deepl import DeepL
from scripts.standins.libretranslate import LibreTranslate
from state.live import client

KEY = "a-key-of-the-benches"
FOREIGN = "ru"  # the kitchen's language is another
PARTS = ("state", "slots", "rate")


async def run(ground: Stage, options: Options) -> AsyncIterator[dict[str, Any]]:
    engines: list[Standin] = [DeepL(KEY, 10**9), Azure(KEY, left=10**9), LibreTranslate()]
    async with serving(engines) as urls:
        await ground.start_worker(
            DEEPL_API_KEY=KEY,
            DEEPL_BASE_URL=urls["deepl"],
            AZURE_TRANSLATOR_KEY=KEY,
            AZURE_TRANSLATOR_BASE_URL=urls["azure"],
            LIBRETRANSLATE_URL=urls["libretranslate"],
        )
        ear, tappers = Ear(), await guests(ground, options, FOREIGN)
        await kitchens(ground, ear)
        await measure(ground, ear, tappers, options.loads[0], options.seconds)  # to warm up
        for load in options.loads:
            runs: dict[bool, list[dict[str, float]]] = {True: [], False: []}
            for number in range(2 * options.rounds):
                silent = number % 4 in (1, 2)  # neither is always the first of a pair
                await _begin(ground, engines, silent=silent)
                found = await measure(ground, ear, tappers, load, options.seconds)
                runs[silent].append(found | {"jobsOpen": await _open(ground)})
            yield _compared(load, medians(runs[False]), medians(runs[True]), options)


async def _begin(ground: Stage, engines: list[Standin], *, silent: bool) -> None:
    """Let engines answer, or hang; of what was before nothing is left, and no breaker is open."""
    for engine in engines:
        (engine.open.clear if silent else engine.open.set)()
    conn = await ground.connect()
    await conn.execute(
        "UPDATE jobs SET status = 'CANCELLED' WHERE status IN ('QUEUED', 'RUNNING', 'UNKNOWN')"
    )
    await conn.close()
    redis = client.connect(ground.engines.redis_url)
    for key in (f"{{p:{engine.name}}}:{part}" for engine in engines for part in PARTS):
        await redis.of(key).delete(key)
    await redis.aclose()
    await ground.settle()


async def _open(ground: Stage) -> float:
    conn = await ground.connect()
    count = await conn.fetchval("SELECT count(*) FROM jobs WHERE status IN ('QUEUED', 'RUNNING')")
    await conn.close()
    return float(count)


def _compared(
    load: int, answering: dict[str, Any], silent: dict[str, Any], options: Options
) -> dict[str, Any]:
    names = ("ackP50Ms", "ackP99Ms", "tapToKitchenP50Ms", "tapToKitchenP99Ms")
    return {
        "offeredPerSecond": load,
        "restaurants": options.restaurants,
        **{f"{name}Answering": answering[name] for name in names},
        **{f"{name}Silent": silent[name] for name in names},
        **{f"{name}Ratio": round(silent[name] / answering[name], 3) for name in names},
        "jobsOpenAnswering": answering["jobsOpen"],
        "jobsOpenSilent": silent["jobsOpen"],
        "refused": answering["refused"] + silent["refused"],
        "unheard": answering["unheard"] + silent["unheard"],
        "rounds": options.rounds,
        "seconds": options.seconds,
    }
