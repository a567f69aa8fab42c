"""What scripts/faults says, and how it ends."""

from typing import Any

import pytest

from scripts.faults import exit_code, options, row
from scripts.mishaps.trial import Result


def result(**changes: Any) -> Result:
    fields: dict[str, Any] = {
        "fault": "node-killed",
        "what": "kill -9 of a node",
        "orders_per_second": 20.0,
        "orders": 400,
        "commands": 2000,
        "deliveries": 30_000,
        "clients": 40,
        "lasted": 0.0,
        "healed": 1.26,
        "longest_wait": 1.31,
        "lost": 0,
        "duplicated": 0,
        "out_of_order": 0,
        "strayed": 0,
        "views": 80,
        "views_wrong": 0,
        "resets": 0,
        "comebacks": 20,
        "repeated": 3,
        "wrong": [],
    }
    return Result(**fields | changes)


def test_it_fails_when_anything_is_wrong() -> None:
    assert exit_code([result(), result()]) == 0
    assert exit_code([result(), result(lost=1, wrong=["kitchen did not hear order:new (1)"])]) == 1


def test_a_fault_is_a_line_of_the_table() -> None:
    load = "20 orders/s, 40 clients, 30,000 events"
    counts = {"lost": 1, "duplicated": 2, "out_of_order": 3, "strayed": 1, "views_wrong": 5}
    found = row(result(**counts))
    assert found == ["kill -9 of a node", load, "1.3 s", "1.3 s", "1", "2", "4", "5"]


def test_where_guests_pay_the_table_says_how_often() -> None:
    assert row(result(payments=1234))[1] == "20 orders/s, 40 clients, 1,234 payments, 30,000 events"


def test_a_fault_that_is_not_known_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        options(["node-killed", "node-tickled"])
    assert ended.value.code == 2
    assert "no fault is called node-tickled" in capsys.readouterr().err
