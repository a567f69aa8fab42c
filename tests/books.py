"""A restaurant without nodes: what it commits is told to nobody, unless a test does it."""

from typing import Any

from handlers import orders
from handlers.deps import Deps
from handlers.unit import carry_out
from handlers.usecase import UseCase
from scripts import seed
from state.domain import moves
from state.domain.actor import Role
from state.domain.commands import Command, CreateOrder, LineRequest, OrderCommand
from state.domain.events import Event
from state.store import log, restaurants
from tests import make
from tests.conftest import SECRET


class Books:
    """One restaurant, used by its manager through `deps`, or through those of another node."""

    def __init__(self, deps: Deps, tenant: str, about: dict[str, Any]) -> None:
        self.deps = deps
        self.id: str = about["restaurantId"]
        self.tables: list[str] = [table["id"] for table in about["tables"]]
        self.dish: str = next(d["id"] for d in about["menu"] if not d["requiresModifiers"])
        self.manager = make.actor(Role.MANAGER, tenant=tenant, restaurants=None)

    async def order(self, table: int = 0, deps: Deps | None = None) -> str:
        """Place an order; return its id."""
        line = LineRequest(menu_item_id=self.dish)
        cmd = CreateOrder(table_id=self.tables[table % len(self.tables)], items=(line,))
        return await self._carry_out(orders.create, cmd, deps)

    async def cancel(self, order_id: str) -> None:
        await self._carry_out(orders.order_move(moves.cancel), OrderCommand(order_id=order_id))

    async def events(self) -> list[Event]:
        """Return the whole log, from Postgres."""
        async with self.deps.pool.acquire() as conn:
            return await log.read(conn, self.id, 0, limit=1_000_000)

    async def _carry_out(self, use: UseCase[Any], cmd: Command, deps: Deps | None = None) -> str:
        answer = await carry_out(use, cmd, self.manager, deps or self.deps)
        order_id: str = answer.data.id
        return order_id


async def open_books(deps: Deps) -> Books:
    """Return a new restaurant of a tenant of its own."""
    demo = {**seed.DEMO, "staff": []}
    async with deps.pool.acquire() as conn:
        rid = await seed.add(conn, demo, SECRET)
        about = await seed.describe(conn, rid, demo, SECRET, "")
        tenant = (await restaurants.get(conn, rid)).tenant_id
    return Books(deps, tenant, about)
