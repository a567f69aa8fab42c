"""eSIMs, as guests see them: what there is, what they have bought, what is left of it."""

from datetime import datetime
from typing import Any

import msgspec

from handlers import jobs
from handlers.deps import Deps
from handlers.usecase import use_case
from state.domain import signed
from state.domain.actor import Actor, Role
from state.domain.change import Change
from state.domain.commands import EsimPackages, EsimPurchase, EsimTopup, EsimUsage
from state.domain.errors import forbidden, not_found
from state.domain.esim import FRESH, Activation, Esim, Package, Usage, activation
from state.domain.facts import Facts
from state.store import esims as store

LIST, LOOK, BUY = 20, 15, 35  # the higher, the sooner
MOST = 100


class Shown(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """An eSIM as its owner sees it. Who knows the `token` can see it too, long after the visit.

    `png` and `svg` are where its QR code is, `proof` is where that of its purchase is.
    `sandbox`: it is only for trying out.
    """

    id: str
    token: str
    iccid: str
    package: Package
    usage: Usage | None
    checked_at: datetime | None
    activation: Activation
    png: str
    svg: str
    proof: str
    sandbox: bool


class Packages(msgspec.Struct, frozen=True, rename="camel"):
    packages: list[Package]
    sandbox: bool


class Offered(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """The id of the job that finds what there is, or that itself where it is known."""

    job_id: str | None = None
    result: Packages | None = None


class Asked(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """The id of a job whose result is an eSIM, or the eSIM itself where nothing is to be done."""

    job_id: str | None = None
    result: Shown | None = None


def listed(packages: list[Package]) -> Packages:
    return Packages(packages, any(each.sandbox for each in packages))


def token_of(esim_id: str, deps: Deps) -> str:
    return signed.token(b"esim", esim_id, 1, deps.tokens.secret)


def shown(esim: Esim, deps: Deps) -> Shown:
    token = token_of(esim.id, deps)
    return Shown(
        id=esim.id,
        token=token,
        iccid=esim.sim.iccid,
        package=esim.package,
        usage=esim.usage,
        checked_at=esim.checked_at,
        activation=activation(esim.sim),
        png=f"/api/esims/{token}/qr.png",
        svg=f"/api/esims/{token}/qr.svg",
        proof=f"/api/esims/{token}/proof",
        sandbox=esim.package.sandbox,
    )


async def own(esim_id: str, actor: Actor, deps: Deps) -> Esim:
    """Return an eSIM of the actor's own; raise NOT_FOUND for any other."""
    async with deps.pool.acquire() as conn:
        found = await store.get(conn, esim_id)
    if found is None or found.owner != actor.id or found.tenant_id != actor.tenant:
        raise not_found("eSIM", "esimId")
    return found


async def by_token(token: str, deps: Deps) -> Esim:
    """Return the eSIM that a token is of; raise NOT_FOUND for one that we have not written."""
    esim_id = signed.id_of(token, "eSIM")
    if not signed.is_genuine(token, token_of(esim_id, deps)):
        raise not_found("eSIM")
    async with deps.pool.acquire() as conn:
        found = await store.get(conn, esim_id)
    if found is None:
        raise not_found("eSIM")
    return found


async def all_own(actor: Actor, deps: Deps) -> list[Shown]:
    async with deps.pool.acquire() as conn:
        found = await store.of_owner(conn, actor.id, MOST)
    return [shown(each, deps) for each in found]


def is_fresh(esim: Esim, deps: Deps) -> bool:
    """Tell whether the company itself would say nothing newer of an eSIM's usage."""
    return esim.checked_at is not None and deps.now() - esim.checked_at < FRESH


class Look(EsimUsage, frozen=True, kw_only=True):
    """`restaurantId` is where the eSIM was bought."""

    restaurant_id: str


class Topup(EsimTopup, frozen=True, kw_only=True):
    restaurant_id: str


@use_case()
def packages(facts: Facts, cmd: EsimPackages, actor: Actor, deps: Deps) -> Change:
    """Find out what there is to buy; the answer comes as a job's result."""
    payload = {"country": cmd.country, "esimId": cmd.esim_id}
    return _job(facts, cmd.restaurant_id, actor, deps, "esim-packages", payload, LIST)


@use_case()
def purchase(facts: Facts, cmd: EsimPurchase, actor: Actor, deps: Deps) -> Change:
    """Buy an eSIM: the job waits until it is paid for, and its result is the eSIM."""
    payload = {
        "kind": "sim",
        "packageId": cmd.package_id,
        "country": cmd.country,
        "expectedPrice": cmd.expected_price,
        "prepaid": _prepaid(cmd.prepaid, actor),
    }
    return _job(facts, cmd.restaurant_id, actor, deps, "esim", payload, BUY)


@use_case()
def topup(facts: Facts, cmd: Topup, actor: Actor, deps: Deps) -> Change:
    """Buy more for an eSIM of one's own, in the same way."""
    payload = {
        "kind": "topup",
        "packageId": cmd.package_id,
        "esimId": cmd.esim_id,
        "expectedPrice": cmd.expected_price,
        "prepaid": _prepaid(cmd.prepaid, actor),
    }
    return _job(facts, cmd.restaurant_id, actor, deps, "esim", payload, BUY)


@use_case()
def usage(facts: Facts, cmd: Look, actor: Actor, deps: Deps) -> Change:
    """Look what is left of an eSIM; the answer comes as a job's result."""
    payload = {"esimId": cmd.esim_id}
    return _job(facts, cmd.restaurant_id, actor, deps, "esim-usage", payload, LOOK)


def _prepaid(wanted: bool, actor: Actor) -> bool:
    if wanted and actor.role is not Role.SERVICE:
        raise forbidden("only a program that has been paid may say so")
    return wanted


def _job(
    facts: Facts,
    restaurant_id: str | None,
    actor: Actor,
    deps: Deps,
    kind: str,
    payload: dict[str, Any],
    priority: int,
) -> Change:
    return jobs.begun(
        facts,
        restaurant_id,
        kind,
        payload,
        actor,
        deps,
        Asked,
        priority=priority,
        private=kind != "esim-packages",  # what installs an eSIM is nobody else's business
        stoppable=kind != "esim",
    )
