"""Deploy the collection of proofs, once: from the wallet whose words TON_COLLECTION_MNEMONIC has.

Without coins in that wallet it says where to send some, and does nothing else. Sent again, what is
there already stays as it is.
"""

import argparse
import asyncio
import json
import sys
from datetime import timedelta
from pathlib import Path

import aiohttp
import msgspec
from ton_core import Address, Cell, StateInit, begin_cell, to_cell

from handlers.providers import tonmint
from handlers.providers.tonmint import Minter
from handlers.providers.tonwallet import text
from handlers.providers.wiring import Wiring
from hub.settings import Settings, load
from state.domain.ton import friendly
from state.live import client

CODE = json.loads(Path(__file__).with_name("code.json").read_text())
FIRST = 150_000_000  # nano: what the collection lives on
LEAST = 250_000_000
GOOD_FOR = timedelta(seconds=90)
REDIS = "redis://127.0.0.1:6379"


def content(uri: str) -> Cell:
    return begin_cell().store_uint(1, 8).store_cell(text(uri)).end_cell()


def collection(owner: str, public_url: str) -> StateInit:
    """Return what a collection of that owner's is made of: its address is the hash of it."""
    about = f"{public_url}/api/proofs"
    data = begin_cell().store_address(Address(owner)).store_ref(content(f"{about}/collection.json"))
    data = data.store_ref(text(f"{about}/items/")).store_ref(to_cell(CODE["item"]))
    return StateInit(code=to_cell(CODE["collection"]), data=data.end_cell())


async def deploy(minter: Minter, public_url: str) -> str:
    """Deploy the collection; return its raw address. Raises LookupError for an empty wallet."""
    init = collection(minter.wallet.address, public_url)
    address = f"0:{init.serialize().hash.hex()}"
    now, purse = await minter.clock(), await minter.purse()
    if purse.balance < LEAST:
        raise LookupError
    until = int((now + GOOD_FOR).timestamp())
    signed = minter.wallet.said(address, FIRST, Cell.empty(), purse.seqno, until, init)
    await minter.send(signed.boc)
    return address


async def main(settings: Settings) -> None:
    testnet = settings.ton_network == "testnet"
    async with aiohttp.ClientSession() as http:
        # Without Redis nobody else is asked for leave: this calls a handful of times.
        redis = client.connect(settings.redis_url or REDIS)
        minter = tonmint.create(settings, Wiring(http, redis, lambda *_: None))
        try:
            address = await deploy(minter, settings.public_url)
        except LookupError:
            wallet = friendly(minter.wallet.address, testnet=testnet)
            sys.exit(f"Send {LEAST / 1e9} coins or more to {wallet}, and call this again.")
        finally:
            await redis.aclose()
    print(f"TON_COLLECTION_ADDRESS={friendly(address, bounceable=True, testnet=testnet)}")


if __name__ == "__main__":
    argparse.ArgumentParser(prog="python -m scripts.ton.deploy", description=__doc__).parse_args()
    given = load()
    asyncio.run(main(msgspec.structs.replace(given, ton_collection_address=f"0:{64 * '0'}")))
