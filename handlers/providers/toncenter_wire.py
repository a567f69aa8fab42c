"""What toncenter tells of transactions, and what of that is money that came to us."""

from datetime import UTC, datetime
from typing import Any

import msgspec

from state.domain.ton import Asset, Deposit, raw

TEXT = "text_comment"


class Content(msgspec.Struct, frozen=True):
    decoded: dict[str, Any] | None = None


class Message(msgspec.Struct, frozen=True):
    """`source` is None for one that came from outside of the chain, and brings nothing."""

    source: str | None = None
    destination: str | None = None
    value: str | None = None
    bounced: bool | None = None
    message_content: Content | None = None


class Transaction(msgspec.Struct, frozen=True):
    """`mc_block_seqno` is the masterchain's block that has it: from then on it is final."""

    account: str
    hash: str
    lt: str
    now: int
    mc_block_seqno: int | None = None
    in_msg: Message | None = None
    out_msgs: list[Message] = []


class Transactions(msgspec.Struct, frozen=True):
    transactions: list[Transaction]


class Transfer(msgspec.Struct, frozen=True):
    """A transfer of jettons between two owners."""

    source: str | None
    destination: str
    amount: str
    jetton_master: str
    transaction_hash: str
    transaction_lt: str
    transaction_now: int
    transaction_aborted: bool = False
    decoded_forward_payload: dict[str, Any] | None = None


class Transfers(msgspec.Struct, frozen=True):
    jetton_transfers: list[Transfer]


def deposit_of(each: Transaction, account: str, *, sandbox: bool) -> Deposit | None:
    """Return what a transaction has brought us; None where nothing, or where it went back.

    `aborted` says nothing of that: a wallet that is not deployed yet is paid all the same.
    """
    came = each.in_msg
    if came is None or not came.source or not came.destination or came.bounced:
        return None
    units = int(came.value or 0)
    if raw(came.destination) != account or raw(each.account) != account or units <= 0:
        return None
    if any(sent.bounced for sent in each.out_msgs):
        return None
    return Deposit(
        hash=each.hash,
        account=account,
        asset=Asset.COIN,
        lt=int(each.lt),
        units=units,
        comment=_comment(came.message_content.decoded if came.message_content else None),
        source=raw(came.source),
        at=datetime.fromtimestamp(each.now, UTC),
        sandbox=sandbox,
    )


def transfer_of(each: Transfer, account: str, jetton: str, *, sandbox: bool) -> Deposit | None:
    """Return what a transfer of jettons has brought us; None where it is of any other jetton."""
    units = int(each.amount)
    if each.transaction_aborted or units <= 0 or not each.source:
        return None
    if raw(each.jetton_master) != jetton or raw(each.destination) != account:
        return None
    return Deposit(
        hash=each.transaction_hash,
        account=account,
        asset=Asset.USDT,
        lt=int(each.transaction_lt),
        units=units,
        comment=_comment(each.decoded_forward_payload),
        source=raw(each.source),
        at=datetime.fromtimestamp(each.transaction_now, UTC),
        sandbox=sandbox,
    )


def _comment(decoded: dict[str, Any] | None) -> str:
    """Return a comment that everybody can read; one that is encrypted says nothing to us."""
    if decoded is None or TEXT not in (decoded.get("type"), decoded.get("@type")):
        return ""
    return str(decoded.get("comment", "")).replace("\0", "").strip()[:200]
