"""The rules of eSIMs: how a purchase goes on, how one is installed, when its owner is told."""

from datetime import timedelta
from itertools import pairwise

import pytest
from msgspec.structs import replace

from state.domain import esim
from state.domain.charge import Charge, require_match
from state.domain.errors import Code, Refusal
from state.domain.esim import (
    ENDED,
    MOVES,
    Esim,
    Package,
    Purchase,
    Sim,
    Stage,
    Step,
    Usage,
    UsageStatus,
)
from tests.make import NOW

PACKAGE = Package(
    id="p1", title="1 GB", operator="Any", megabytes=1024, days=7, price=450, currency="USD"
)
ESIM = Esim(
    id="e1",
    tenant_id="t1",
    restaurant_id="r1",
    owner="a1",
    sim=Sim(iccid="8900", lpa="LPA:1$smdp.example.com$AB-12"),
    package=PACKAGE,
    created_at=NOW,
)


def purchase(stage: Stage) -> Purchase:
    return Purchase(
        id="j1",
        tenant_id="t1",
        restaurant_id="r1",
        owner="a1",
        kind="sim",
        package_id="p1",
        stage=stage,
        created_at=NOW,
        changed_at=NOW,
    )


def used(remaining: int, status: UsageStatus = UsageStatus.ACTIVE, **more: bool) -> Usage:
    return Usage(status=status, total=1000, remaining=remaining, **more)


@pytest.mark.parametrize("stage", Stage)
@pytest.mark.parametrize("step", Step)
def test_a_purchase_goes_on_as_the_table_says_and_not_otherwise(stage: Stage, step: Step) -> None:
    later = NOW + timedelta(minutes=1)
    if (stage, step) in MOVES:
        after = esim.move(purchase(stage), step, later)
        assert (after.stage, after.changed_at) == (MOVES[stage, step], later)
    else:
        with pytest.raises(Refusal) as caught:
            esim.move(purchase(stage), step, later)
        assert caught.value.code is Code.ILLEGAL_TRANSITION


def test_nothing_is_ordered_unpaid_and_what_is_over_stays_so() -> None:
    before_ordering = {before for (before, step) in MOVES if step in (Step.DELIVER, Step.ACCEPT)}
    assert before_ordering == {Stage.PAID, Stage.UNKNOWN, Stage.ORDERED}
    assert not {before for before, _ in MOVES} & ENDED
    assert {after for (_, step), after in MOVES.items() if step is Step.FAIL} == {Stage.FAILED}


@pytest.mark.parametrize(("expected", "refused"), [(None, False), (450, False), (449, True)])
def test_a_buyer_pays_what_they_were_shown(expected: int | None, refused: bool) -> None:
    if refused:
        with pytest.raises(Refusal) as caught:
            esim.require_price(PACKAGE, expected)
        assert caught.value.code is Code.PRICE_CHANGED
    else:
        esim.require_price(PACKAGE, expected)


def test_a_charge_is_settled_by_its_own_sum_only() -> None:
    charge = Charge(
        purpose="esim",
        reference="j1",
        tenant_id="t1",
        restaurant_id="r1",
        payer="a1",
        amount=450,
        currency="USD",
        created_at=NOW,
    )
    require_match(charge, 450, "USD")
    for amount, currency in ((451, "USD"), (450, "EUR")):
        with pytest.raises(Refusal):
            require_match(charge, amount, currency)


@pytest.mark.parametrize(
    ("lpa", "address", "code"),
    [
        ("LPA:1$smdp.example.com$AB-12", "smdp.example.com", "AB-12"),
        ("LPA:1$smdp.example.com$AB-12$$1", "smdp.example.com", "AB-12"),
        ("LPA:1$smdp.example.com", "smdp.example.com", ""),
    ],
)
def test_an_esim_is_installed_by_code_by_link_or_by_hand(lpa: str, address: str, code: str) -> None:
    told = esim.activation(Sim(iccid="8900", lpa=lpa))
    assert (told.lpa, told.smdp_address, told.activation_code) == (lpa, address, code)
    card = "carddata=" + lpa.replace("$", "%24")
    way = f"/esim_qrcode_provisioning?{card}"
    assert told.ios_url == f"https://esimsetup.apple.com{way}"
    assert told.android_url == f"https://esimsetup.android.com{way}"


@pytest.mark.parametrize(
    ("usage", "percent", "level"),
    [
        (used(1000), 0, 0),
        (used(251), 74, 0),
        (used(250), 75, 75),
        (used(101), 89, 75),
        (used(100), 90, 90),
        (used(0), 100, 100),
        (used(400, UsageStatus.FINISHED), 100, 100),
        (used(400, UsageStatus.EXPIRED), 100, 100),
        (used(0, unlimited=True), 0, 0),
        (Usage(status=UsageStatus.ACTIVE), 0, 0),
    ],
)
def test_how_much_is_used_decides_what_is_told(usage: Usage, percent: int, level: int) -> None:
    assert (esim.used(usage), esim.level(usage)) == (percent, level)


def test_an_owner_is_told_at_each_level_once_and_again_after_more_was_bought() -> None:
    told, held = [], ESIM
    for remaining in (1000, 250, 240, 100, 90, 0, 0, 900, 200):
        after = esim.checked(held, used(remaining), NOW)
        told += [after.noticed] if esim.runs_low(held, after) else []
        held = after
    assert told == [75, 90, 100, 75]


def test_it_is_looked_at_the_more_often_the_sooner_it_runs_out_and_never_too_often() -> None:
    looks = [
        esim.checked(ESIM, usage, NOW).check_at
        for usage in (used(200), used(1000), used(1000, UsageStatus.NOT_ACTIVE))
    ]
    waits = [look - NOW for look in looks if look is not None]
    assert waits[0] >= esim.FRESH, "the company answers from its memory until then"
    assert all(one < other for one, other in pairwise(waits))
    for usage in (used(0, UsageStatus.FINISHED), used(5, UsageStatus.EXPIRED)):
        assert esim.checked(ESIM, usage, NOW).check_at is None
    old = replace(ESIM, created_at=NOW - timedelta(days=400))
    assert esim.checked(old, used(1000), NOW).check_at is None
