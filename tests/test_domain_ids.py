"""Identifiers: UUIDv7, told apart and in the order they were made."""

import time
from uuid import RFC_4122, UUID

import pytest

from state.domain import ids
from state.domain.ids import new_id


def test_an_id_is_a_uuid_of_version_7_as_it_is_written() -> None:
    for _ in range(1000):
        made = UUID(new_id())
        assert (made.version, made.variant) == (7, RFC_4122)
    text = new_id()
    assert str(UUID(text)) == text


def test_ids_are_told_apart() -> None:
    assert len({new_id() for _ in range(10_000)}) == 10_000


def test_an_id_tells_the_millisecond_it_was_made() -> None:
    before = time.time_ns() // 1_000_000
    made = UUID(new_id()).int >> 80
    assert before <= made <= time.time_ns() // 1_000_000


def test_later_ids_sort_after_earlier_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    for millisecond in (0, 1, 255, 256, 1_772_454_600_000, 2**48 - 1):
        monkeypatch.setattr(ids.time, "time_ns", lambda now=millisecond: now * 1_000_000)
        made.append(new_id())
    assert made == sorted(made)


def test_the_random_part_is_random_in_every_place() -> None:
    fixed = 0xF << 76 | 0x3 << 62
    ones = zeros = 0
    for _ in range(200):
        value = UUID(new_id()).int
        ones, zeros = ones | value, zeros | ~value
    random = (1 << 80) - 1 & ~fixed
    assert ones & random == zeros & random == random
