"""Editing: how managers change what a restaurant's orders are decided on.

Commands are decided without locks on what was read at one place in the log, and written where the
log still ends there (unit.py). An edit holds the restaurant, writes, and raises the log by an event
in the same transaction: whatever was decided on the old state meanwhile is decided again.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import asyncpg
import msgspec

from handlers.deps import TRACE, Deps
from state.domain.actor import MANAGERS, Actor, Role, ref
from state.domain.change import Answer, Change, Committed, Origin
from state.domain.commands import Command
from state.domain.errors import Code, Refusal, not_found
from state.domain.events import Draft
from state.domain.facts import Facts, Needs, Standing
from state.domain.ids import new_id
from state.domain.table import TableSession
from state.store import edits, log, record, restaurants
from state.store import facts as fact_store
from state.store.pool import Conn
from state.store.record import Batch
from state.store.rows import Row

# Which field of the request a row's uniqueness is about.
TAKEN = {
    "tables_restaurant_id_number_idx": "number",
    "staff_restaurants_restaurant_id_pin_key_key": "pin",
    "staff_email": "email",
    "stations_pkey": "name",
}


class Saved(msgspec.Struct, frozen=True, rename="camel"):
    """What was saved, and which version of it that is."""

    id: str
    version: int


class Edit:
    """One edit under way: its connection is in a transaction that holds the restaurant.

    What is told goes into the log with it; `sessions` are table sessions that it changes.
    """

    def __init__(self, conn: Conn, facts: Facts, here: Standing, who: Actor, deps: Deps) -> None:
        self.conn, self.facts, self.here, self.who, self.deps = conn, facts, here, who, deps
        self.now = deps.now()
        self.drafts: list[Draft] = []
        self.sessions: list[TableSession] = []
        self.revoked: list[str] = []

    @property
    def owner(self) -> Row:
        return {"tenant_id": self.here.tenant_id, "restaurant_id": self.here.id}

    async def find(self, table: str, key: str, what: str, expected: int | None = None) -> Row:
        """Return a row to be edited; raise NOT_FOUND, or STALE_VERSION if somebody was faster."""
        row = await edits.find(self.conn, table, self.here.id, key)
        if row is None:
            raise not_found(what)
        require_version(row["version"], expected)
        return row

    async def save(
        self, table: str, key: str | None, what: str, columns: Row, expected: int | None
    ) -> Saved:
        """Change a row, or, without a key, add one at the end of its list."""
        if key is not None:
            row = await self.find(table, key, what, expected)
            await edits.change(self.conn, table, self.here.id, key, columns)
            return Saved(key, row["version"] + 1)
        made = new_id()
        place = await edits.last_place(self.conn, table, self.here.id)
        await edits.add(self.conn, table, {"id": made, **columns, **self.owner, "position": place})
        return Saved(made, 1)

    async def remove(self, table: str, key: str, what: str, expected: int | None) -> Saved:
        row = await self.find(table, key, what, expected)
        await edits.change(self.conn, table, self.here.id, key, {"deleted_at": self.now})
        return Saved(key, row["version"] + 1)

    async def note(self, action: str, subject: str, **details: Any) -> None:
        """Keep for the books who did what."""
        about = (self.here.tenant_id, self.here.id, self.who.id)
        await edits.audit(self.conn, new_id(), about, action, subject, details, self.now)


Work = Callable[[Edit], Awaitable[Any]]
NOTHING = Command()


async def edit(
    restaurant_id: str,
    who: Actor,
    deps: Deps,
    work: Work,
    cmd: Command = NOTHING,
    carts: bool = False,
    roles: frozenset[Role] = MANAGERS,
) -> Answer:
    """Let `work` change a restaurant, alone; answer what it returns, and tell what it tells.

    With `carts` it also finds the table sessions in whose cart something is. Under a command id
    that was used before, nothing is done but to repeat the answer.
    """
    await require_place(restaurant_id, who, deps, roles)
    origin = Origin(
        actor=ref(who), trace=TRACE.get(), name=type(cmd).__name__, command_id=cmd.command_id
    )
    try:
        async with deps.pool.acquire() as conn, conn.transaction():
            await restaurants.hold(conn, [restaurant_id])
            facts = await _facts(conn, restaurant_id, origin, carts)
            given = facts.answers.get((origin.actor.id, origin.command_id or ""))
            if given is not None:
                return given
            made = Edit(conn, facts, facts.restaurant(restaurant_id), who, deps)
            answer = await work(made)
            committed = await _write(made, answer, origin)
    except asyncpg.UniqueViolationError as exc:
        raise taken(exc) from exc
    deps.publish(committed.events)
    return committed.answer


async def require_place(
    restaurant_id: str, who: Actor, deps: Deps, roles: frozenset[Role] = MANAGERS
) -> None:
    """Raise NOT_FOUND unless the restaurant is one that this manager manages."""
    who.require(roles)
    async with deps.pool.acquire() as conn:
        found = await restaurants.get(conn, restaurant_id)
    who.require_reach(found.tenant_id, restaurant_id)


def require_version(version: int, expected: int | None) -> None:
    if expected is not None and version != expected:
        raise Refusal(
            Code.STALE_VERSION, "somebody else has changed this meanwhile", {"version": version}
        )


def taken(exc: asyncpg.UniqueViolationError) -> Refusal:
    """The refusal of something that there is one of already."""
    path = TAKEN.get(exc.constraint_name or "")
    if path is None:
        raise exc
    details = [{"path": path, "message": "is taken"}]
    return Refusal(Code.CONFLICT, f"{path}: is taken", details)


async def _facts(conn: Conn, restaurant_id: str, origin: Origin, carts: bool) -> Facts:
    sessions: Sequence[str] = ()
    if carts:
        rows = await conn.fetch(
            "SELECT id FROM table_sessions"
            " WHERE restaurant_id = $1 AND closed_at IS NULL AND cart <> '[]'",
            restaurant_id,
        )
        sessions = [row["id"] for row in rows]
    command = origin.command_id
    return await fact_store.read(
        conn,
        Needs(
            restaurants=(restaurant_id,),
            sessions=tuple(sessions),
            commands=((origin.actor.id, command),) if command is not None else (),
        ),
    )


async def _write(made: Edit, answer: Any, origin: Origin) -> Committed:
    change = Change(
        tenant_id=made.here.tenant_id,
        restaurant_id=made.here.id,
        drafts=made.drafts,
        answer=answer,
        sessions=made.sessions,
        revoked=made.revoked,
    )
    batch = Batch(made.here.seq)
    committed = log.enter(batch, made.facts, change, origin, made.now)
    written = await record.write(made.conn, {made.here.id: batch})
    assert made.here.id in written, "the restaurant is held, so its log ends where it was seen"
    return committed
