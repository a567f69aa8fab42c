"""The fault suite in its short form: each fault under load, each view held to the database."""

import gc
from collections.abc import AsyncIterator

import pytest
from socketio.packet import Packet

from scripts.mishaps import trial
from scripts.mishaps.faults import FAULTS
from scripts.mishaps.hall import Hall, hall
from scripts.mishaps.shift import SHORT
from scripts.mishaps.trial import Fault

PLAIN = Packet.json  # other tests of this process write what only this one can

# Where somebody must have lost a connection, or else nothing has happened.
FELT = {
    "node-killed",
    "node-leaves",
    "nodes-roll",
    "clients-flap",
    "clocks-jump",
    "all-cut",
    "money",
}


@pytest.fixture(scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Hall]:
    async with hall(tmp_path_factory.mktemp("hall")) as made:
        yield made


# The clients' library leaves a connection open whose node ends before it has said a word.
@pytest.mark.filterwarnings("ignore:Unclosed connection:ResourceWarning")
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
async def test_nothing_is_lost_doubled_or_out_of_order(house: Hall, fault: Fault) -> None:
    result = await trial.run(house, fault, SHORT)
    assert result.wrong == []
    assert result.orders > 0
    assert result.deliveries > 10 * result.orders
    if fault.name in FELT:
        assert result.comebacks > 0
    assert bool(result.payments) is fault.pays
    assert Packet.json is PLAIN
    gc.collect()  # here, where such a connection is no surprise
