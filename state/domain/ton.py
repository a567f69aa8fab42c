"""TON: addresses, what a payment comes to in coins, and what a transfer to us is good for.

The coin was renamed while its network, its addresses and its unit stayed: it is COIN here, and
what people are shown is a setting.
"""

import base64
import binascii
import secrets
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from math import ceil
from urllib.parse import urlencode

import msgspec

from state.domain.errors import Code, Refusal
from state.domain.money import exponent

LIFE = timedelta(minutes=15)  # for so long a rate stands
GRACE = timedelta(seconds=60)  # for a transfer on its way as it ended
COMMENT_BYTES = 10  # 80 bits: nobody guesses another's
DUST = 10_000_000  # of the coin's smallest unit; less with no comment of ours is not worth a look
MOST_UNITS = 2**63 - 1

BOUNCEABLE, NON_BOUNCEABLE, TEST_ONLY = 0x11, 0x51, 0x80


class Asset(StrEnum):
    COIN = "COIN"
    USDT = "USDT"


DECIMALS = {Asset.COIN: 9, Asset.USDT: 6}


class Outcome(StrEnum):
    """What a transfer came to. All but NEW, PART and SETTLED are for a person to look at.

    PART: not yet enough. EXTRA: it was paid already. LATE: its rate has expired, or nobody waits
    for it. UNKNOWN: it says nothing of ours.
    """

    NEW = "NEW"
    PART = "PART"
    SETTLED = "SETTLED"
    EXTRA = "EXTRA"
    LATE = "LATE"
    UNKNOWN = "UNKNOWN"


class Invoice(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """What a payment comes to on the chain: `units` of the asset's smallest unit, at a `price`.

    `account` is where to, and `jetton` of what, raw. `price` is that of one whole coin, in the
    payment's currency.
    """

    payment_id: str
    comment: str
    asset: Asset
    account: str
    jetton: str = ""
    units: int
    price: str
    sandbox: bool
    created_at: datetime
    expires_at: datetime

    @property
    def deadline(self) -> datetime:
        """When a transfer has to be on the chain."""
        return self.expires_at + GRACE


class Deposit(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A transfer to us that can no longer be undone; `excess` is what was paid too much."""

    hash: str
    account: str
    asset: Asset
    lt: int
    units: int
    comment: str
    source: str
    at: datetime
    sandbox: bool
    payment_id: str | None = None
    outcome: Outcome = Outcome.NEW
    excess: int = 0


def new_comment() -> str:
    """Return what is to be written with a transfer so that it is known whose it is."""
    return "om-" + base64.b32encode(secrets.token_bytes(COMMENT_BYTES)).decode().lower()


def units_of(total: int, currency: str, asset: Asset, price: Decimal) -> int:
    """Return what a sum in minor units comes to, in the asset's smallest; rounded up.

    Raises PROVIDER_UNAVAILABLE where the price cannot be one.
    """
    if not price.is_finite() or price <= 0:
        raise Refusal(Code.PROVIDER_UNAVAILABLE, "there is no price of the coin")
    whole = Fraction(total, 10 ** exponent(currency)) / Fraction(price)
    units: int = ceil(whole * 10 ** DECIMALS[asset])
    if units > MOST_UNITS:
        raise Refusal(Code.PROVIDER_UNAVAILABLE, "there is no price of the coin")
    return units


def shown_units(units: int, asset: Asset) -> str:
    """Return an amount as people read it, in whole coins."""
    whole, rest = divmod(units, 10 ** DECIMALS[asset])
    places = f"{rest:0{DECIMALS[asset]}d}".rstrip("0")
    return f"{whole}.{places}" if places else str(whole)


def link(invoice: Invoice, root: str, *, testnet: bool) -> str:
    """Return where a wallet is told all of a transfer; `root` is whose link it is."""
    asked = {
        "amount": str(invoice.units),
        "text": invoice.comment,
        "exp": str(int(invoice.expires_at.timestamp())),
    }
    if invoice.jetton:
        asked["jetton"] = friendly(invoice.jetton, bounceable=True, testnet=testnet)
    return f"{root}transfer/{friendly(invoice.account, testnet=testnet)}?{urlencode(asked)}"


def raw(address: str) -> str:
    """Return an address in the one form in which two can be compared; ValueError for none."""
    if ":" in address:
        chain, _, rest = address.partition(":")
        if len(rest) != 64 or chain not in ("0", "-1"):
            raise ValueError("is no address of TON")
        return f"{chain}:{bytes.fromhex(rest).hex()}"
    data = _decoded(address)
    tag = data[0] & ~TEST_ONLY
    if tag not in (BOUNCEABLE, NON_BOUNCEABLE) or _crc(data[:34]) != data[34:]:
        raise ValueError("is no address of TON: a character is wrong")
    return f"{int.from_bytes(data[1:2], signed=True)}:{data[2:34].hex()}"


def friendly(address: str, *, bounceable: bool = False, testnet: bool = False) -> str:
    """Return a raw address as wallets show it; what may not be deployed yet is not bounceable."""
    chain, _, rest = address.partition(":")
    tag = (BOUNCEABLE if bounceable else NON_BOUNCEABLE) | (TEST_ONLY if testnet else 0)
    data = bytes([tag]) + int(chain).to_bytes(1, signed=True) + bytes.fromhex(rest)
    return base64.urlsafe_b64encode(data + _crc(data)).decode()


def _decoded(address: str) -> bytes:
    try:
        data = base64.b64decode(address.translate(str.maketrans("-_", "+/")), validate=True)
    except (binascii.Error, ValueError) as exc:
        raise ValueError("is no address of TON") from exc
    if len(data) != 36:
        raise ValueError("is no address of TON")
    return data


def _crc(data: bytes) -> bytes:
    """Return the checksum of addresses: CRC-16 with 0x1021, nothing reflected."""
    return binascii.crc_hqx(data, 0).to_bytes(2)
