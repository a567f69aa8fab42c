"""Quotes: what the shop's seller promises, signed by a key made of its wallet's words."""

import hashlib

from ton_core import (
    Address,
    Cell,
    PrivateKey,
    begin_cell,
    mnemonic_to_private_key,
    sign_message,
)

PURCHASE, ACTIVATE = 0x6F6D0001, 0x6F6D0002
INFO = b"onemoment quotes"


def public_key(mnemonic: str) -> bytes:
    """Return by which key a shop knows its seller's quotes."""
    return _key(mnemonic).public_key.as_bytes


def purchase(mnemonic: str, shop: str, order: str, price: int, until: int) -> Cell:
    """Return what a buyer sends with the price: an order (64 hexadecimal digits), and our word."""
    quote = begin_cell().store_address(Address(shop)).store_uint(int(order, 16), 256)
    quote = quote.store_coins(price).store_uint(until, 32).end_cell()
    signature = sign_message(quote.hash, _key(mnemonic).keypair.as_bytes)
    asked = begin_cell().store_uint(PURCHASE, 32).store_uint(0, 64)
    return asked.store_bytes(signature).store_ref(quote).end_cell()


def activate(order: str) -> Cell:
    """Return what the owner says once an order's eSIM is there."""
    asked = begin_cell().store_uint(ACTIVATE, 32).store_uint(0, 64)
    return asked.store_uint(int(order, 16), 256).end_cell()


def _key(mnemonic: str) -> PrivateKey:
    """Not the wallet's own key: what is signed here must never be good there."""
    _, secret = mnemonic_to_private_key(mnemonic.split())
    return PrivateKey(hashlib.sha256(INFO + secret).digest())
