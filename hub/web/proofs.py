"""Proofs of purchase over HTTP: a signed receipt, or an item on TON; and how to check one."""

from typing import Any

import msgspec
from aiohttp import web

from handlers import esim, proof_receipts, proofs
from handlers.proof_receipts import Claims
from handlers.proofs import Collection, Described
from hub.web.edge import Route
from hub.web.keys import DEPS, SETTINGS
from state.domain import ton
from state.domain.actor import ALL, Actor
from state.domain.proof import Bought, Proof


class Wanted(msgspec.Struct, frozen=True, rename="camel"):
    """For which wallet an item is: its address, in any form."""

    owner: str


class Given(msgspec.Struct, frozen=True):
    receipt: str


class Keys(msgspec.Struct, frozen=True):
    """A JSON Web Key Set (RFC 7517)."""

    keys: list[dict[str, Any]]


async def esim_proof(request: web.Request) -> Proof:
    """Return the proof of an eSIM's purchase to whoever knows its token."""
    return await proofs.show(await _esim(request), _where(request), request.app[DEPS])


async def mint_esim(request: web.Request, given: Wanted) -> Proof:
    """Have an item made for a wallet. Its `state` says how far that is."""
    return await proofs.ask(await _esim(request), given.owner, _where(request), request.app[DEPS])


async def payment_proof(request: web.Request, who: Actor) -> Proof:
    """Return the proof of what the caller has paid."""
    return await proofs.show(await _payment(request, who), _where(request), request.app[DEPS])


async def mint_payment(request: web.Request, who: Actor, given: Wanted) -> Proof:
    """Have an item made for a wallet."""
    bought = await _payment(request, who)
    return await proofs.ask(bought, given.owner, _where(request), request.app[DEPS])


async def keys(request: web.Request) -> Keys:
    """Return the key that receipts are signed with: keep it, to check them without us."""
    return Keys([proof_receipts.public_key(request.app[DEPS])])


async def verify(request: web.Request, given: Given) -> Claims:
    """Return what a receipt of ours says; INVALID for any other.

    `refunded` is what has gone back by now, also where the receipt was signed before that.
    """
    return await proofs.check(given.receipt, request.app[DEPS])


async def described(request: web.Request) -> Described:
    """Describe an item, as wallets show it (TEP-64)."""
    return await proofs.described(request.match_info["index"], request.app[DEPS])


async def collection(request: web.Request) -> Described:
    """Describe the collection, as wallets show it (TEP-64)."""
    return proofs.collection(request.app[DEPS])


def _where(request: web.Request) -> Collection:
    settings = request.app[SETTINGS]
    known = settings.ton_collection_address
    return Collection(ton.raw(known) if known else "", settings.ton_network == "testnet")


async def _esim(request: web.Request) -> Bought:
    deps = request.app[DEPS]
    return await proofs.of_esim(await esim.by_token(request.match_info["token"], deps), deps)


async def _payment(request: web.Request, who: Actor) -> Bought:
    return await proofs.of_payment(request.match_info["id"], who, request.app[DEPS])


ROUTES = [
    Route("GET", "/api/esims/{token}/proof", esim_proof, answer=Proof),
    Route("POST", "/api/esims/{token}/proof", mint_esim, body=Wanted, answer=Proof),
    Route("GET", "/api/payments/{id}/proof", payment_proof, ALL, answer=Proof),
    Route("POST", "/api/payments/{id}/proof", mint_payment, ALL, body=Wanted, answer=Proof),
    Route("GET", "/api/proofs/keys", keys, answer=Keys),
    Route("POST", "/api/proofs/verify", verify, body=Given, answer=Claims),
    Route("GET", "/api/proofs/collection.json", collection, answer=Described),
    Route("GET", "/api/proofs/items/{index}.json", described, answer=Described),
]
