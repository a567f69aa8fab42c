"""Ready alerts: who is called, and when it gets louder."""

from datetime import datetime, timedelta

import pytest

from state.domain.alert import (
    Alert,
    AlertStatus,
    Level,
    acknowledge,
    escalate,
    raise_alert,
    resolve,
)
from state.domain.errors import Code, Refusal
from state.domain.order import ItemStatus
from tests import make
from tests.make import NOW

MINUTE = timedelta(minutes=1)
DELAYS = (MINUTE, 2 * MINUTE)


def raised() -> Alert:
    return raise_alert(make.order(ItemStatus.READY), NOW, DELAYS)


def test_an_alert_says_which_order_waits_for_which_table() -> None:
    alert = raised()
    assert (alert.order_id, alert.order_number, alert.kind) == ("o1", 47, "ready")
    assert (alert.table_id, alert.table_number, alert.restaurant_id) == ("t7", "7", "r1")
    assert (alert.status, alert.raised_at) == (AlertStatus.RAISED, NOW)


def test_an_alert_nobody_answers_reaches_more_people_and_then_rests() -> None:
    alert, heard = raised(), []
    while alert.next_at is not None:
        heard.append((alert.level, alert.next_at - NOW))
        alert = escalate(alert, DELAYS)
    assert heard == [(Level.WAITER, MINUTE), (Level.WAITERS, 2 * MINUTE)]
    assert (alert.level, alert.status) == (Level.CHIEFS, AlertStatus.RAISED)


def test_a_late_escalation_does_not_put_off_the_next() -> None:
    """The delays count from the raise, so a hub that was down catches up."""
    assert escalate(raised(), DELAYS).next_at == NOW + 2 * MINUTE


@pytest.mark.parametrize("escalations", [0, 1, 2])
def test_an_answered_alert_is_silent_and_says_who_comes(escalations: int) -> None:
    alert = raised()
    for _ in range(escalations):
        alert = escalate(alert, DELAYS)
    after = acknowledge(alert, "w1", "Lena", NOW + MINUTE)
    assert (after.status, after.next_at) == (AlertStatus.ACKNOWLEDGED, None)
    assert (after.acknowledged_by, after.acknowledged_by_name) == ("w1", "Lena")
    assert after.acknowledged_at == NOW + MINUTE
    assert after.level == alert.level


@pytest.mark.parametrize(
    ("name", "message"),
    [("Lena", "the alert was answered already by Lena"), ("", "the alert was answered already")],
)
def test_an_alert_is_answered_once(name: str, message: str) -> None:
    answered = acknowledge(raised(), "w1", name, NOW)
    with pytest.raises(Refusal) as refused:
        acknowledge(answered, "w2", "Tom", NOW)
    assert (refused.value.code, refused.value.message) == (Code.ILLEGAL_TRANSITION, message)


@pytest.mark.parametrize("answered", [None, NOW])
def test_an_alert_ends_when_its_order_waits_no_longer(answered: datetime | None) -> None:
    alert = raised() if answered is None else acknowledge(raised(), "w1", "Lena", answered)
    after = resolve(alert)
    assert (after.status, after.next_at) == (AlertStatus.RESOLVED, None)
    assert after.acknowledged_at == answered
    with pytest.raises(Refusal):
        acknowledge(after, "w2", "Tom", NOW)
