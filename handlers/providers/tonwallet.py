"""The wallet of a collection's owner: what it says to its collection, signed. Nothing is sent here.

It is a wallet of version 5, whose signatures are good on one network only: what was signed for the
testnet does nothing on the other.
"""

from typing import NamedTuple

from ton_core import (
    CONTRACT_CODES,
    Address,
    Cell,
    ContractVersion,
    ExternalMessage,
    InternalMessage,
    NetworkGlobalID,
    OpCode,
    OutActionSendMsg,
    PrivateKey,
    StateInit,
    WalletMessage,
    WalletV5Data,
    WalletV5SubwalletID,
    begin_cell,
    mnemonic_to_private_key,
    sign_message,
    to_cell,
)

from state.domain.proof import Mint

MINT = 1  # as in the reference collection: no standard has it
REVOKE = 0x6F89F5E3  # TEP-85
MODE = 3  # fees apart, and an error of sending is no error of the wallet: version 5 wants that
FOR_MINT, FOR_ITEM = 60_000_000, 30_000_000  # nano; what an item keeps is rent for years
FOR_REVOKE = 20_000_000  # an item keeps what is left of it


class Signed(NamedTuple):
    """A message to a wallet that may be sent as it is until it expires; `hash` finds it again."""

    boc: bytes
    hash: str


class Wallet:
    def __init__(self, mnemonic: str, *, testnet: bool) -> None:
        _, secret = mnemonic_to_private_key(mnemonic.split())
        network = NetworkGlobalID.TESTNET if testnet else NetworkGlobalID.MAINNET
        self._key = PrivateKey(secret)
        self._id = WalletV5SubwalletID(network=network)
        self._init = StateInit(
            code=to_cell(CONTRACT_CODES[ContractVersion.WalletV5R1]),
            data=WalletV5Data(self._key.public_key, self._id).serialize(),
        )
        self.address = f"0:{self._init.serialize().hash.hex()}"

    def mint(self, mint: Mint, seqno: int, until: int) -> Signed:
        """Return what has the collection make an item, if the wallet is at `seqno` by `until`."""
        new = begin_cell().store_address(Address(mint.owner)).store_ref(text(f"{mint.index}.json"))
        asked = begin_cell().store_uint(MINT, 32).store_uint(0, 64)
        asked = asked.store_uint(int(mint.index, 16), 256).store_coins(FOR_ITEM)
        body = asked.store_ref(new.store_address(Address(self.address)).end_cell()).end_cell()
        return self.said(mint.collection, FOR_MINT, body, seqno, until)

    def revoke(self, mint: Mint, seqno: int, until: int) -> Signed:
        """Return what has an item know that it is revoked: the wallet that made it may say so."""
        body = begin_cell().store_uint(REVOKE, 32).store_uint(0, 64).end_cell()
        return self.said(mint.item, FOR_REVOKE, body, seqno, until)

    def said(
        self,
        to: str,
        value: int,
        body: Cell,
        seqno: int,
        until: int,
        init: StateInit | None = None,
    ) -> Signed:
        """Return a message by which the wallet sends coins and a body, and deploys what is new."""
        sent = InternalMessage(
            dest=Address(to), bounce=init is None, value=value, body=body, state_init=init
        )
        action = OutActionSendMsg(WalletMessage(MODE, sent)).serialize()
        actions = begin_cell().store_ref(Cell.empty()).store_cell(action).end_cell()
        asked = begin_cell().store_uint(OpCode.AUTH_SIGNED_EXTERNAL, 32)
        asked = asked.store_uint(self._id.pack(), 32).store_uint(until, 32).store_uint(seqno, 32)
        whole = asked.store_bit(1).store_ref(actions).store_bit(0).end_cell()
        signature = sign_message(whole.hash, self._key.keypair.as_bytes)
        signed = begin_cell().store_cell(whole).store_bytes(signature).end_cell()
        # A wallet that has sent nothing yet is made by its first message.
        made = self._init if seqno == 0 else None
        message = ExternalMessage(dest=Address(self.address), body=signed, state_init=made)
        return Signed(message.to_boc(), message.serialize().hash.hex())


def text(said: str) -> Cell:
    return begin_cell().store_snake_string(said).end_cell()
