"""Deploy our contracts, each once: from the wallet whose words TON_COLLECTION_MNEMONIC has.

Without coins in that wallet it says where to send some, and does nothing else. Sent again, what is
there already stays as it is.
"""

import argparse
import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
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
from scripts.ton.quotes import public_key
from state.domain.ton import friendly
from state.live import client

CODE = json.loads(Path(__file__).with_name("code.json").read_text())
FIRST = 150_000_000  # nano: what a contract lives on
LEAST = 250_000_000
GOOD_FOR = timedelta(seconds=90)
REDIS = "redis://127.0.0.1:6379"
NOWHERE = f"0:{64 * '0'}"


def content(uri: str) -> Cell:
    return begin_cell().store_uint(1, 8).store_cell(text(uri)).end_cell()


def collection(owner: str, public_url: str) -> StateInit:
    """Return what a collection of that owner's is made of: its address is the hash of it."""
    about = f"{public_url}/api/proofs"
    data = begin_cell().store_address(Address(owner)).store_ref(content(f"{about}/collection.json"))
    data = data.store_ref(text(f"{about}/items/")).store_ref(to_cell(CODE["item"]))
    return StateInit(code=to_cell(CODE["collection"]), data=data.end_cell())


def shop(owner: str, quote_key: bytes) -> StateInit:
    """Return what a shop of that owner's is made of; who has the key's other half signs quotes."""
    data = begin_cell().store_address(Address(owner)).store_bytes(quote_key).store_bit(0)
    return StateInit(code=to_cell(CODE["shop"]), data=data.end_cell())


async def deploy(minter: Minter, init: StateInit) -> str:
    """Deploy a contract; return its raw address. Raises LookupError for an empty wallet."""
    address = f"0:{init.serialize().hash.hex()}"
    if (await minter.purse()).balance < LEAST:
        raise LookupError
    await say(minter, address, FIRST, Cell.empty(), init)
    return address


async def say(
    minter: Minter, to: str, value: int, body: Cell, init: StateInit | None = None
) -> None:
    """Have the wallet say something once: not while a worker mints by the same wallet."""
    until = int((await minter.clock() + GOOD_FOR).timestamp())
    seqno = (await minter.purse()).seqno
    await minter.send(minter.wallet.said(to, value, body, seqno, until, init).boc)


@asynccontextmanager
async def minting(settings: Settings) -> AsyncIterator[Minter]:
    """Yield the wallet of the settings. Without Redis nobody else is asked for leave to call."""
    known = settings.ton_collection_address or NOWHERE
    redis = client.connect(settings.redis_url or REDIS)
    async with aiohttp.ClientSession() as http:
        given = msgspec.structs.replace(settings, ton_collection_address=known)
        yield tonmint.create(given, Wiring(http, redis, lambda *_: None))
    await redis.aclose()


async def main(settings: Settings, what: str) -> None:
    testnet = settings.ton_network == "testnet"
    async with minting(settings) as minter:
        owner = minter.wallet.address
        if what == "shop":
            init = shop(owner, public_key(settings.ton_collection_mnemonic))
        else:
            init = collection(owner, settings.public_url)
        try:
            address = await deploy(minter, init)
        except LookupError:
            wallet = friendly(owner, testnet=testnet)
            sys.exit(f"Send {LEAST / 1e9} coins or more to {wallet}, and call this again.")
    print(f"{what}: {friendly(address, bounceable=True, testnet=testnet)}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m scripts.ton.deploy", description=__doc__)
    parser.add_argument("what", choices=["collection", "shop"])
    asyncio.run(main(load(), parser.parse_args().what))
