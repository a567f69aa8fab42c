"""Tables: the token printed on them, and a party's stay of four hours."""

import base64
from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from state.domain.errors import Code, Refusal
from state.domain.ids import new_id
from state.domain.signed import TAG_BYTES
from state.domain.table import (
    STAY,
    Table,
    is_live,
    open_session,
    require_genuine,
    require_live,
    slide,
    table_of,
    table_token,
)
from tests import make
from tests.make import NOW

SECRET = b"a secret of the tests"
TABLE = Table(
    id="01955a36-5b66-7c8d-9e0f-a1b2c3d4e5f6", restaurant_id="r1", number="7", key_version=3
)
TOKEN = table_token(TABLE.id, 3, SECRET)

ids = st.uuids().map(str)
versions = st.integers(0, 2**31 - 1)
secrets = st.binary(min_size=1, max_size=64)


def refuses(token: str, table: Table = TABLE, secret: bytes = SECRET) -> bool:
    """Tell whether a token is turned away, which is done with NOT_FOUND and nothing else."""
    try:
        table_of(token)
        require_genuine(token, table, secret)
    except Refusal as exc:
        return exc.code is Code.NOT_FOUND
    return False


@given(ids, versions, secrets)
def test_a_token_leads_to_its_table(table_id: str, version: int, secret: bytes) -> None:
    token = table_token(table_id, version, secret)
    assert table_of(token) == table_id
    assert not refuses(token, Table(table_id, "r1", "7", key_version=version), secret)


@given(ids, versions)
def test_a_token_fits_a_small_code_and_an_address(table_id: str, version: int) -> None:
    token = table_token(table_id, version, SECRET)
    assert len(token) == 38
    assert set(token) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
    assert token == table_token(table_id, version, SECRET), "it is permanent"


@given(st.integers(0, 8 * (16 + TAG_BYTES) - 1))
def test_a_token_with_one_bit_changed_is_no_table(bit: int) -> None:
    raw = bytearray(base64.urlsafe_b64decode(TOKEN + "=="))
    raw[bit // 8] ^= 1 << bit % 8
    assert refuses(base64.urlsafe_b64encode(raw).rstrip(b"=").decode())


@pytest.mark.parametrize("length", range(len(TOKEN)))
def test_a_token_cut_short_is_no_table(length: int) -> None:
    assert refuses(TOKEN[:length])
    assert refuses(TOKEN + TOKEN[: length + 1])


@pytest.mark.parametrize("version", [0, 2, 4])
def test_a_new_key_version_voids_every_printed_code(version: int) -> None:
    assert refuses(TOKEN, Table(TABLE.id, "r1", "7", key_version=version))


def test_another_hub_s_secret_signs_nothing_here() -> None:
    assert refuses(table_token(TABLE.id, 3, b"another secret"))


def test_one_table_s_token_is_not_another_s() -> None:
    other = Table(id=new_id(), restaurant_id="r1", number="8", key_version=3)
    assert refuses(TOKEN, other)


def test_a_signature_does_not_fit_another_table() -> None:
    signed = base64.urlsafe_b64decode(TOKEN + "==")
    forged = UUID(new_id()).bytes + signed[16:]
    assert refuses(base64.urlsafe_b64encode(forged).rstrip(b"=").decode())


GARBAGE = ["", "=", "====", "A", "-", "..", "a b", "a\n", "\x00", "é", "桌子", "\ud800", "%2e%2e/"]


@pytest.mark.parametrize("token", [*GARBAGE, TABLE.id, "A" * 100_000, f"{TOKEN[:-1]}!"])
def test_what_is_no_token_is_no_table(token: str) -> None:
    assert refuses(token)


@given(
    st.text()
    | st.text("ABCabc012-_=+/", max_size=60)
    | st.binary(max_size=60).map(lambda raw: base64.urlsafe_b64encode(raw).decode())
)
def test_whatever_is_typed_for_a_token_it_is_only_not_found(token: str) -> None:
    assert refuses(token)


def test_a_session_opens_for_four_hours() -> None:
    session = open_session(TABLE, "t1", "1234", NOW)
    assert session.expires_at - NOW == STAY == timedelta(hours=4)
    assert (session.table_id, session.table_number) == (TABLE.id, "7")
    assert (session.restaurant_id, session.tenant_id, session.code) == ("r1", "t1", "1234")
    assert (session.cart, session.closed_at) == ((), None)
    assert session.id not in (TABLE.id, open_session(TABLE, "t1", "1234", NOW).id)


def test_each_visit_to_a_session_begins_its_four_hours_anew() -> None:
    session = open_session(TABLE, "t1", "1234", NOW)
    for hours in (3, 6, 9):
        session = slide(session, NOW + timedelta(hours=hours))
    assert session.opened_at == NOW
    assert is_live(session, NOW + timedelta(hours=12, minutes=59))
    assert not is_live(session, NOW + timedelta(hours=13))


@pytest.mark.parametrize(
    ("after", "closed", "code"),
    [
        (timedelta(0), False, None),
        (STAY - timedelta(microseconds=1), False, None),
        (STAY, False, Code.SESSION_EXPIRED),
        (timedelta(days=1), False, Code.SESSION_EXPIRED),
        (timedelta(minutes=1), True, Code.SESSION_CLOSED),
        (timedelta(days=1), True, Code.SESSION_CLOSED),
    ],
)
def test_a_session_is_over_when_its_time_is_up_or_its_table_is_closed(
    after: timedelta, closed: bool, code: Code | None
) -> None:
    session, now = make.session(closed_at=NOW if closed else None), NOW + after
    assert is_live(session, now) is (code is None)
    if code is None:
        require_live(session, now)
    else:
        with pytest.raises(Refusal) as refused:
            require_live(session, now)
        assert refused.value.code is code
