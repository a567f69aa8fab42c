"""Percentiles and medians."""

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

from scripts.lunch.report import timing


def timings(name: str, seconds: Sequence[float]) -> dict[str, float]:
    """Return p50 and p99 in milliseconds, by the nearest rank."""
    found = timing(seconds)
    return {f"{name}P50Ms": found.p50, f"{name}P99Ms": found.p99}


def medians(runs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the median of each number over several runs of the same thing."""
    return {name: round(median(run[name] for run in runs), 2) for name in runs[0]}


def spent_each(
    before: Mapping[str, float], after: Mapping[str, float], count: int
) -> dict[str, float]:
    """Return the processor time of each part, in microseconds for one of `count`."""
    return {
        f"{name}CpuUs": round((after[name] - before[name]) * 1e6 / max(1, count), 1)
        for name in before
    }
