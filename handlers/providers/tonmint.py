"""Minting on TON through toncenter: one wallet that speaks to one collection, and what came of it.

What was sent once is sent again only as the same bytes; whether it did anything is read.
"""

import base64
from datetime import UTC, datetime

import msgspec
from ton_core import Address, Cell

from handlers.providers.api import Api, Reply
from handlers.providers.errors import RefusedError, UnavailableError
from handlers.providers.keys import Keys
from handlers.providers.toncenter import KEYED, KEYLESS, TIMES, Toncenter
from handlers.providers.tonwallet import Signed, Wallet
from handlers.providers.wiring import Wiring
from state.domain.proof import Mint
from state.domain.ton import raw


class Entry(msgspec.Struct, frozen=True):
    type: str
    value: str


class Ran(msgspec.Struct, frozen=True):
    exit_code: int
    stack: list[Entry]


class Account(msgspec.Struct, frozen=True):
    balance: str = "0"
    status: str = "nonexist"


class Accounts(msgspec.Struct, frozen=True):
    accounts: list[Account]


class Block(msgspec.Struct, frozen=True):
    gen_utime: str


class Masterchain(msgspec.Struct, frozen=True):
    last: Block


class Item(msgspec.Struct, frozen=True):
    init: bool
    index: str
    collection_address: str | None
    owner_address: str | None


class Items(msgspec.Struct, frozen=True):
    nft_items: list[Item]


class Purse(msgspec.Struct, frozen=True):
    """What a wallet has, in nano, and which of its messages is the next.

    `sandbox`: who told that is no company.
    """

    balance: int
    seqno: int
    sandbox: bool


class Minter:
    name = Toncenter.name  # they count all calls together, and so do we

    def __init__(self, keys: Keys, api: Api) -> None:
        self.wallet = Wallet(keys.ton_collection_mnemonic, testnet=keys.ton_network == "testnet")
        self.collection = raw(keys.ton_collection_address)
        self._api = api
        self._headers = {"X-API-Key": keys.ton_api_key} if keys.ton_api_key else {}

    async def clock(self) -> datetime:
        """Return the time of the newest block that can be read."""
        found: Masterchain = (await self._read("/masterchainInfo", {})).json(Masterchain)
        return datetime.fromtimestamp(int(found.last.gen_utime), UTC)

    async def purse(self) -> Purse:
        query = {"address": self.wallet.address, "include_boc": "false"}
        reply = await self._read("/accountStates", query)
        found: Accounts = reply.json(Accounts)
        account, seqno = found.accounts[0] if found.accounts else Account(), 0
        if account.status == "active":  # or else it is made by its first message
            seqno = int((await self._run(self.wallet.address, "seqno", [])).stack[0].value, 16)
        return Purse(int(account.balance), seqno, reply.sandbox)

    async def place(self, index: str) -> str:
        """Return where the collection has, or will have, an item."""
        stack = [{"type": "num", "value": f"0x{index}"}]
        ran = await self._run(self.collection, "get_nft_address_by_index", stack)
        cell = Cell.one_from_boc(base64.b64decode(ran.stack[0].value))
        address = cell.begin_parse().load_address()
        if not isinstance(address, Address):
            raise RefusedError("the collection names no place for an item")
        return raw(address.to_str(is_user_friendly=False))

    async def owner(self, mint: Mint) -> str | None:
        """Return whose an item is, "" where it is nobody's; None where it is not there."""
        found: Items = (await self._read("/nft/items", {"address": mint.item})).json(Items)
        for item in found.nft_items:
            ours = raw(item.collection_address or mint.item) == mint.collection
            if item.init and ours and int(item.index) == int(mint.index, 16):
                return raw(item.owner_address) if item.owner_address else ""
        return None

    async def revoked(self, mint: Mint) -> bool:
        """Tell whether an item that is there says that it was revoked."""
        ran = await self._run(mint.item, "get_revoked_time", [])
        return int(ran.stack[0].value, 16) > 0

    def sign(self, mint: Mint, seqno: int, until: datetime) -> Signed:
        """Return what makes an item, or revokes one."""
        say = self.wallet.revoke if mint.revoking else self.wallet.mint
        return say(mint, seqno, int(until.timestamp()))

    async def send(self, boc: bytes) -> None:
        """Send what was signed; raise AmbiguousError where it may have been taken."""
        body = {"boc": base64.b64encode(boc).decode()}
        await self._api.ask("POST", "/message", safe=False, json=body, headers=self._headers)

    async def _run(self, address: str, method: str, stack: list[dict[str, str]]) -> Ran:
        body = {"address": address, "method": method, "stack": stack}
        reply = await self._api.ask("POST", "/runGetMethod", json=body, headers=self._headers)
        ran: Ran = reply.json(Ran)
        if ran.exit_code not in (0, 1) or not ran.stack:  # both are good ends
            raise UnavailableError(f"{method} ends with {ran.exit_code}")
        return ran

    async def _read(self, path: str, query: dict[str, str]) -> Reply:
        return await self._api.ask("GET", path, params=query, headers=self._headers)


def create(keys: Keys, wiring: Wiring) -> Minter:
    limits = KEYED if keys.ton_api_key else KEYLESS
    return Minter(keys, wiring.api(Minter.name, keys.ton_base_url, times=TIMES, limits=limits))
