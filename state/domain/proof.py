"""Proofs of purchase: what a receipt says, and how an item of a collection comes to be on TON."""

import hashlib
from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

import msgspec

from state.domain.errors import Code, Refusal
from state.domain.payment import TAKEN, Payment


class Purpose(StrEnum):
    ESIM = "esim"
    PAYMENT = "payment"


class Bought(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """What was bought and paid for: `amount` in minor units, `item` as its buyer knows it.

    `refunded` is how much of the amount has gone back since. `paid_from` is the raw address of the
    wallet that has paid, if one has. `small`: an item costs who makes it more than this may be
    worth.
    """

    purpose: Purpose
    reference: str
    tenant_id: str
    restaurant_id: str
    seller: str
    item: str
    amount: int
    refunded: int = 0
    currency: str
    at: datetime
    sandbox: bool
    paid_from: str = ""
    small: bool = False

    def mintable(self, *, testnet: bool) -> bool:
        """Tell whether an item may be made of it: none on the real chain of what was not real.

        Nor is one made of what was given back whole.
        """
        kept = self.refunded < self.amount
        return kept and not self.small and (testnet or not self.sandbox)

    @property
    def index(self) -> str:
        """Return the purchase's place in a collection, 64 hexadecimal digits.

        It is a hash: who has the receipt can work it out, and who sees it on the chain learns
        nothing.
        """
        named = f"onemoment:{self.purpose}:{self.reference}"
        return hashlib.sha256(named.encode()).hexdigest()


def gone_back(amount: int, payments: Iterable[Payment]) -> int:
    """Return how much of a price has gone back, of all payments for it.

    Where it was paid twice, what was too much has gone back without touching the price.
    """
    taken = [each for each in payments if each.status in TAKEN]
    kept = sum(each.total - each.refunded for each in taken)
    return max(0, amount - kept) if taken else 0


class MintState(StrEnum):
    """SENT and UNKNOWN may be on the chain. MINTED and REVOKED were read there. FAILED is not."""

    PREPARED = "prepared"
    SENT = "sent"
    UNKNOWN = "unknown"
    MINTED = "minted"
    REVOKED = "revoked"
    FAILED = "failed"


OUT = {MintState.SENT, MintState.UNKNOWN}


class Mint(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """An item that somebody wants for a purchase. Addresses are raw.

    `boc` is what was signed, kept before it is sent: those bytes alone may be sent again, until
    `validUntil`, while the wallet has not gone beyond `seqno`. `item` is where it will be.
    `revoking`: it is there, and all of its purchase's money went back; the rest is then about that.
    """

    index: str
    purpose: Purpose
    reference: str
    tenant_id: str
    restaurant_id: str
    collection: str
    owner: str
    state: MintState = MintState.PREPARED
    item: str = ""
    boc: bytes = b""
    hash: str = ""
    seqno: int = 0
    valid_until: datetime | None = None
    tries: int = 0
    why: str = ""
    revoking: bool = False
    sandbox: bool
    created_at: datetime
    changed_at: datetime

    @property
    def shown(self) -> MintState:
        """Return what of it was read on the chain, or how far it is on its way there."""
        there = self.revoking and self.state is not MintState.REVOKED
        return MintState.MINTED if there else self.state


class Receipt(
    msgspec.Struct, frozen=True, rename="camel", kw_only=True, tag_field="kind", tag="receipt"
):
    """A receipt that anybody can check: `receipt` is a JWS (RFC 7515) signed with Ed25519.

    `keys` is where the key is published. `mintable`: an item of a collection can be had as well,
    perhaps for the wallet `paidFrom`; that may be an exchange's, so its buyer says which.
    `refunded` is how much of the `amount` has gone back, in minor units.
    """

    receipt: str
    keys: str
    index: str
    amount: int
    refunded: int
    currency: str
    mintable: bool
    paid_from: str = ""
    sandbox: bool


class Nft(msgspec.Struct, frozen=True, rename="camel", kw_only=True, tag_field="kind", tag="nft"):
    """An item of a collection, asked for; it is there once its `state` is `minted`.

    `item` is its address, known once it is being made; `messageHash` finds what was sent.
    `refunded` is how much of the `amount` has gone back: the item's page says so once that is all,
    and the item is `revoked` (TEP-85).
    """

    receipt: str
    keys: str
    index: str
    amount: int
    refunded: int
    currency: str
    state: MintState
    collection: str
    owner: str
    item: str = ""
    message_hash: str = ""
    why: str = ""
    sandbox: bool


Proof = Receipt | Nft


def require_free(known: Mint | None, owner: str) -> None:
    """Raise CONFLICT where an item is there, or on its way, for somebody else."""
    if known is not None and known.state is not MintState.FAILED and known.owner != owner:
        raise Refusal(Code.CONFLICT, "this purchase's item is another wallet's already")
