"""What there is to buy: found by a worker, and known to all for an hour."""

import msgspec
import structlog

from handlers.deps import Deps
from handlers.esim import Packages, listed
from handlers.esim_buying import buy, require_shop
from handlers.esim_usage import look
from handlers.jobs import Kind, Task
from handlers.providers.airalo import packages_key
from handlers.providers.all import Providers
from handlers.providers.errors import ProviderError
from handlers.providers.keys import Keys
from state.domain.errors import Refusal, not_found
from state.domain.esim import Package
from state.live import kept
from state.live.client import UNREACHABLE
from state.store import esims as store

log = structlog.get_logger()


async def known(country: str | None, keys: Keys, deps: Deps) -> Packages | None:
    """Return what was found for a country within the last hour, None where nobody has looked."""
    try:
        found = await kept.get(deps.redis, packages_key(keys, country))
    except UNREACHABLE as exc:
        log.warning("packages are asked for anew", error=repr(exc))
        return None
    return None if found is None else listed(msgspec.json.decode(found, type=list[Package]))


async def find(task: Task, providers: Providers) -> Packages:
    """Find what there is for a country, or to top an eSIM up with."""
    shop, asked = require_shop(providers), task.job.payload
    try:
        if asked["esimId"] is None:
            return listed(await shop.packages(asked["country"]))
        async with task.deps.pool.acquire() as conn:
            held = await store.get(conn, asked["esimId"])
        if held is None:
            raise not_found("eSIM", "esimId")
        return listed(await shop.topups(held.sim.iccid))
    except ProviderError as exc:
        raise Refusal(exc.code, str(exc)) from exc


# A purchase takes as long as the company, three times asked; and waits as often as it has to.
KINDS = (
    Kind("esim-packages", find, seconds=100.0, at_once=4),
    Kind("esim", buy, seconds=600.0, at_once=16),
    Kind("esim-usage", look, seconds=60.0, at_once=8),
)
