"""Sell by the shop's contract: `quote` prints the link by which a wallet buys an order, `activate`
marks one as activated. The wallet is the one whose words TON_COLLECTION_MNEMONIC has.

An order is 64 hexadecimal digits, as the `index` of a receipt; a price is in nano.
"""

import argparse
import asyncio
import base64
import time
from urllib.parse import urlencode

from hub.settings import Settings, load
from scripts.ton import quotes
from scripts.ton.deploy import minting, say
from state.domain.ton import friendly, raw

MINUTES = 15
FOR_GAS = 50_000_000  # nano; what is left of it comes back


def link(settings: Settings, shop: str, order: str, price: int, until: int) -> str:
    """Return what opens a wallet that buys an order."""
    mnemonic = settings.ton_collection_mnemonic
    body = quotes.purchase(mnemonic, raw(shop), order, price, until)
    boc = base64.urlsafe_b64encode(body.to_boc()).decode()
    where = friendly(raw(shop), bounceable=True, testnet=settings.ton_network == "testnet")
    return f"ton://transfer/{where}?{urlencode({'amount': price, 'bin': boc, 'exp': until})}"


async def activate(settings: Settings, shop: str, order: str) -> None:
    async with minting(settings) as minter:
        await say(minter, raw(shop), FOR_GAS, quotes.activate(order))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m scripts.ton.sell", description=__doc__)
    parser.add_argument("what", choices=["quote", "activate"])
    parser.add_argument("shop", help="the shop's address")
    parser.add_argument("order")
    parser.add_argument("--price", type=int, help="for a quote")
    given = parser.parse_args()
    if given.what == "activate":
        asyncio.run(activate(load(), given.shop, given.order))
    elif given.price:
        until = int(time.time()) + 60 * MINUTES
        print(link(load(), given.shop, given.order, given.price, until))
    else:
        parser.error("say --price for a quote")
