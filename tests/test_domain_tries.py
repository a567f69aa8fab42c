"""Guessing: a few wrong tries are free, each further one costs more time, and quiet forgives."""

from datetime import timedelta

import pytest

from state.domain.errors import Code, Refusal
from state.domain.tries import QUIET, Tries, lock_after, one_more, require_unlocked
from tests.make import NOW


@pytest.mark.parametrize(
    ("failures", "seconds"),
    [(0, None), (4, None), (5, 30), (6, 60), (7, 120), (11, 1920), (12, 1920), (10_000, 1920)],
)
def test_wrong_tries_lock_for_longer_each_time(failures: int, seconds: int | None) -> None:
    until = lock_after(failures, NOW)
    assert until == (None if seconds is None else NOW + timedelta(seconds=seconds))


def test_a_lock_says_how_long_to_wait_and_ends_by_itself() -> None:
    until = NOW + timedelta(seconds=30)
    with pytest.raises(Refusal) as refused:
        require_unlocked(until, NOW + timedelta(seconds=10))
    assert refused.value.code is Code.RATE_LIMITED
    assert refused.value.body()["retryAfterMs"] == 20_000
    with pytest.raises(Refusal) as refused:
        require_unlocked(until, until - timedelta(microseconds=1))
    assert refused.value.body()["retryAfterMs"] == 1, "never zero: that would say go on"
    require_unlocked(until, until)
    require_unlocked(None, NOW)


def test_a_lock_is_never_forgotten_before_it_ends() -> None:
    tries = Tries(key="staff:1", forgotten_at=NOW)
    for count in range(1, 15):
        tries = one_more(tries, NOW)
        assert tries.failures == count
        assert tries.forgotten_at == (tries.locked_until or NOW) + QUIET
