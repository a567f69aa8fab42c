"""Service requests: a guest calls, louder until somebody comes."""

from datetime import timedelta

import pytest

from state.domain.errors import Code, Refusal
from state.domain.escalation import Level
from state.domain.service import ServiceRequest, ServiceStatus, acknowledge, escalate, finish
from tests.make import NOW

REQUESTED, ACKNOWLEDGED, DONE = ServiceStatus

CALL = ServiceRequest(
    id="c1",
    restaurant_id="r1",
    session_id="s1",
    table_id="t7",
    table_number="7",
    kind="water",
    note="still",
    requested_at=NOW,
    next_at=NOW + timedelta(minutes=1),
)
DELAYS = (timedelta(minutes=1), timedelta(minutes=2))


def test_a_call_is_answered_and_then_done_by_whoever_answered() -> None:
    coming = acknowledge(CALL, "w1", "Lena")
    assert (coming.status, coming.acknowledged_by_name, coming.done_at) == (
        ACKNOWLEDGED,
        "Lena",
        None,
    )
    done = finish(coming, "w2", "Tom", NOW)
    assert (done.status, done.acknowledged_by, done.acknowledged_by_name) == (DONE, "w1", "Lena")
    assert done.done_at == NOW


def test_a_call_may_be_done_without_saying_so_before() -> None:
    done = finish(CALL, "w2", "Tom", NOW)
    assert (done.status, done.acknowledged_by, done.acknowledged_by_name) == (DONE, "w2", "Tom")


def test_a_call_nobody_answers_gets_louder_as_alerts_do() -> None:
    louder = escalate(CALL, DELAYS)
    assert (louder.level, louder.next_at) == (Level.WAITERS, NOW + DELAYS[1])
    loudest = escalate(louder, DELAYS)
    assert (loudest.level, loudest.next_at) == (Level.CHIEFS, None)
    for held in (CALL, louder):
        assert acknowledge(held, "w1", "Lena").next_at is None
        assert finish(held, "w1", "Lena", NOW).next_at is None


@pytest.mark.parametrize("status", [ACKNOWLEDGED, DONE])
def test_a_call_is_answered_once(status: ServiceStatus) -> None:
    answered = acknowledge(CALL, "w1", "Lena")
    held = answered if status is ACKNOWLEDGED else finish(answered, "w1", "Lena", NOW)
    with pytest.raises(Refusal, match=f"{status} already") as refused:
        acknowledge(held, "w2", "Tom")
    assert refused.value.code is Code.ILLEGAL_TRANSITION


def test_a_call_is_done_once() -> None:
    with pytest.raises(Refusal) as refused:
        finish(finish(CALL, "w1", "Lena", NOW), "w2", "Tom", NOW)
    assert refused.value.code is Code.ILLEGAL_TRANSITION


def test_what_was_asked_stays_as_it_was() -> None:
    done = finish(acknowledge(CALL, "w1", "Lena"), "w1", "Lena", NOW)
    assert (done.kind, done.note, done.table_number, done.requested_at) == (
        "water",
        "still",
        "7",
        NOW,
    )
