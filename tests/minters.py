"""A worker within the tests that mints, on a chain that the real virtual machine runs."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import asyncpg
import msgspec
import pytest
from ton_core import ton_mnemonic_new

from handlers import minting
from handlers.deps import Deps
from handlers.providers.all import providers
from handlers.providers.tonmint import Minter
from hub.settings import Settings
from scripts.standins.base import serving
from scripts.standins.tonmint import TonMint
from scripts.standins.tonvm import machine
from scripts.ton.deploy import collection, deploy
from tests.interpreters import forget_gate

SECONDS = 60.0
KEY = "key of the tests"
PUBLIC = "https://hub.example"


class Mints:
    """The chain, and who mints on it."""

    def __init__(
        self, standin: TonMint, minter: Minter, poor: Minter, deps: Deps, settings: Settings
    ) -> None:
        """`poor` is one whose wallet has no coins; `settings` are those of the other one."""
        self.standin, self.minter, self.poor, self.deps = standin, minter, poor, deps
        self.settings = settings
        self.collection = minter.collection

    async def look(self) -> None:
        """Let the worker see to what is wanted next, however lately it did."""
        async with self.deps.pool.acquire() as conn:
            past = self.deps.now() - timedelta(seconds=1)
            sql = "UPDATE proof_wallets SET next_at = $2 WHERE address = $1"
            await conn.execute(sql, self.minter.wallet.address, past)
        await minting.look(self.deps, self.minter)

    async def until(self, db: asyncpg.Connection, index: str, *states: str) -> str:
        """Let the worker look until an item is in one of these states."""
        state: str = await db.fetchval("SELECT state FROM proof_mints WHERE index = $1", index)
        async with asyncio.timeout(SECONDS):
            while state not in states:
                await self.look()
                sql = "SELECT state FROM proof_mints WHERE index = $1"
                state = await db.fetchval(sql, index)
        return state


@asynccontextmanager
async def mints(settings: Settings, deps: Deps) -> AsyncIterator[Mints]:
    """A collection that was just deployed, by the script that does that."""
    async with machine() as chain:
        standin = TonMint(KEY, chain)
        async with serving([standin]) as urls:
            keys = msgspec.structs.replace(
                settings,
                ton_network="testnet",
                ton_api_key=KEY,
                ton_base_url=f"{urls['toncenter']}/api/v3",
                ton_collection_address=f"0:{secrets.token_hex(32)}",
                ton_collection_mnemonic=" ".join(ton_mnemonic_new()),
            )
            await forget_gate(deps.redis, "toncenter")
            words = " ".join(ton_mnemonic_new())
            other = msgspec.structs.replace(keys, ton_collection_mnemonic=words)
            async with (
                providers(keys, deps.redis, lambda *_: None) as made,
                providers(other, deps.redis, lambda *_: None) as others,
            ):
                minter, poor = made.minter, others.minter
                assert minter is not None
                assert poor is not None
                init = collection(minter.wallet.address, PUBLIC)
                with pytest.raises(LookupError):
                    await deploy(minter, init)
                await chain.ask("fund", address=minter.wallet.address, value=str(10**10))
                minter.collection = poor.collection = await deploy(minter, init)
                yield Mints(standin, minter, poor, deps, keys)
