"""Commands about eSIMs: what is known is answered at once, the rest are jobs."""

from msgspec.structs import replace

from handlers import esim, esim_offers, jobs
from handlers.deps import Deps
from handlers.esim import Asked, Offered
from handlers.providers.keys import Keys
from handlers.unit import carry_out
from hub.connection import Connection
from hub.entry import Reply
from hub.joins import Joins
from state.domain.change import Answer
from state.domain.commands import EsimPackages, EsimPurchase, EsimTopup, EsimUsage


class EsimDesk:
    """Whoever asks here hears how it goes on, though they have joined nothing else."""

    def __init__(self, deps: Deps, joins: Joins, keys: Keys) -> None:
        self._deps, self._joins, self._keys = deps, joins, keys

    async def esim_packages(self, cmd: EsimPackages, conn: Connection) -> Reply:
        """Tell what there is for a country, or to top up: a `result`, or a `jobId` till it is."""
        if cmd.esim_id is not None:
            await esim.own(cmd.esim_id, conn.actor, self._deps)
        else:
            known = await esim_offers.known(cmd.country, self._keys, self._deps)
            if known is not None:
                return Reply(Answer(ok=True, data=Offered(result=known)))
        placed = replace(cmd, restaurant_id=await self._place(cmd.restaurant_id, conn))
        return Reply(await carry_out(esim.packages, placed, conn.actor, self._deps))

    async def esim_purchase(self, cmd: EsimPurchase, conn: Connection) -> Reply:
        """Buy an eSIM: its job waits to be paid for, and has the eSIM as its result."""
        placed = replace(cmd, restaurant_id=await self._place(cmd.restaurant_id, conn))
        return Reply(await carry_out(esim.purchase, placed, conn.actor, self._deps))

    async def esim_topup(self, cmd: EsimTopup, conn: Connection) -> Reply:
        """Buy more for an eSIM of one's own, in the same way."""
        held = await esim.own(cmd.esim_id, conn.actor, self._deps)
        rid = await self._place(held.restaurant_id, conn)
        placed = esim.Topup(
            command_id=cmd.command_id,
            esim_id=cmd.esim_id,
            package_id=cmd.package_id,
            expected_price=cmd.expected_price,
            prepaid=cmd.prepaid,
            restaurant_id=rid,
        )
        return Reply(await carry_out(esim.topup, placed, conn.actor, self._deps))

    async def esim_usage(self, cmd: EsimUsage, conn: Connection) -> Reply:
        """Tell what is left of an eSIM: a `result` where it is fresh, or a `jobId` till it is."""
        held = await esim.own(cmd.esim_id, conn.actor, self._deps)
        if esim.is_fresh(held, self._deps):
            return Reply(Answer(ok=True, data=Asked(result=esim.shown(held, self._deps))))
        rid = await self._place(held.restaurant_id, conn)
        placed = esim.Look(command_id=cmd.command_id, esim_id=cmd.esim_id, restaurant_id=rid)
        return Reply(await carry_out(esim.usage, placed, conn.actor, self._deps))

    async def _place(self, named: str | None, conn: Connection) -> str:
        """Return the restaurant in whose log it is told, and let its actor hear of it."""
        rid = jobs.place_of(named, conn.actor)
        await self._joins.enter(rid, conn)
        return rid
