"""The crew: who works here and how they come in, the devices they use, who is signed in."""

import asyncio
import secrets
from typing import Any

import msgspec

from handlers.deps import Deps
from handlers.editing import Edit, Saved, edit, require_place, require_version
from handlers.staff import HASHER, HASHING, digest, pin_key
from state.domain import events
from state.domain.actor import CHIEFS, Actor
from state.domain.change import Answer
from state.domain.errors import Code, Refusal, forbidden, invalid, not_found
from state.domain.events import Name
from state.domain.ids import new_id
from state.domain.people import SaveStaff, require_rank, require_way_in
from state.domain.staff import Device
from state.store import crew as store
from state.store import edits, house, menus, people, tables
from state.store.crew import OpenLogin, PairedDevice, Person
from state.store.rows import Row

# What a change of these means for somebody who is signed in: their token says what was.
RIGHTS = ("role", "tables", "stations")


class Crew(msgspec.Struct, frozen=True):
    staff: list[Person]


class Devices(msgspec.Struct, frozen=True):
    devices: list[PairedDevice]
    sessions: list[OpenLogin]


async def show(rid: str, who: Actor, deps: Deps) -> Crew:
    """Return who works here. Of PINs and passwords it is told only whether there is a PIN."""
    await require_place(rid, who, deps)
    async with deps.pool.acquire() as conn:
        return Crew(await store.people(conn, rid, who.tenant))


async def save(rid: str, key: str | None, cmd: SaveStaff, who: Actor, deps: Deps) -> Answer:
    """Add somebody to the staff, or change what they may do and how they come in.

    Whose rights, PIN or password change is signed out everywhere.
    """
    await require_place(rid, who, deps)
    require_rank(who, cmd.role)
    require_way_in(cmd)
    secret = await _hash(cmd.password) if cmd.password is not None or key is None else None

    async def work(made: Edit) -> Saved:
        await _require_known(made, cmd)
        columns: Row = {
            "name": cmd.name.strip(),
            "role": cmd.role,
            "email": cmd.email,
            "lang": cmd.lang,
            "tables": list(cmd.tables) if cmd.tables is not None else None,
            "stations": list(cmd.stations) if cmd.stations is not None else None,
        }
        if secret is not None:
            columns["password_hash"] = secret
        saved = await _add(made, columns) if key is None else await _change(made, key, cmd, columns)
        if cmd.pin is not msgspec.UNSET:
            await store.set_pin(made.conn, saved.id, rid, _pin(made, cmd.pin))
        _tell(made, "staff", saved.id)
        return saved

    return await edit(rid, who, deps, work, cmd)


async def remove(rid: str, key: str, expected: int | None, who: Actor, deps: Deps) -> Answer:
    """Let somebody go: from this restaurant, and altogether where it was their only one."""

    async def work(made: Edit) -> Saved:
        if key == who.id:
            raise Refusal(Code.CONFLICT, "you cannot remove yourself")
        person = await _person(made, key, expected)
        elsewhere = await store.dismiss(made.conn, key, rid)
        gone = None if elsewhere else made.now
        await store.change(made.conn, key, {"deleted_at": gone})
        await _sign_out(made, staff_id=key)
        await made.note("staff:removed", key, name=person.name, role=person.role)
        _tell(made, "staff", key)
        return Saved(key, person.version + 1)

    return await edit(rid, who, deps, work)


async def devices(rid: str, who: Actor, deps: Deps) -> Devices:
    """Return the paired devices, and who is signed in, there or by password."""
    await require_place(rid, who, deps)
    async with deps.pool.acquire() as conn:
        return Devices(
            devices=await store.devices(conn, rid),
            sessions=await store.logins(conn, rid, who.tenant, deps.now()),
        )


async def pair(rid: str, name: str, who: Actor, deps: Deps) -> tuple[str, str]:
    """Pair a device with a restaurant; return its id and its token, which is shown only once."""
    token = secrets.token_urlsafe(32)
    device = Device(id=new_id(), tenant_id=who.tenant, restaurant_id=rid, name=name)

    async def work(made: Edit) -> Saved:
        await people.add_device(made.conn, device, digest(token))
        await made.note("device:paired", device.id, name=name)
        _tell(made, "device", device.id)
        return Saved(device.id, 0)

    await edit(rid, who, deps, work, roles=CHIEFS)
    return device.id, token


async def revoke_device(rid: str, key: str, who: Actor, deps: Deps) -> Answer:
    """Take a device's pairing away: PINs no longer count there, and who is signed in is let go."""

    async def work(made: Edit) -> Saved:
        if not await store.revoke_device(made.conn, rid, key, made.now):
            raise not_found("device")
        await _sign_out(made, device_id=key)
        await made.note("device:revoked", key)
        _tell(made, "device", key)
        return Saved(key, 0)

    return await edit(rid, who, deps, work)


async def revoke_session(rid: str, key: str, who: Actor, deps: Deps) -> Answer:
    """End a login, on every node, at once."""

    async def work(made: Edit) -> Saved:
        open_ = await store.logins(made.conn, rid, who.tenant, made.now)
        login = next((login for login in open_ if login.id == key), None)
        if login is None:
            raise not_found("session")
        require_rank(who, login.role, login.everywhere)
        await _sign_out(made, sessions=[key])
        await made.note("session:revoked", key, staff=login.staff_id)
        _tell(made, "session", key)
        return Saved(key, 0)

    return await edit(rid, who, deps, work)


async def _add(made: Edit, columns: Row) -> Saved:
    fresh = new_id()
    await edits.add(made.conn, "staff", {"id": fresh, "tenant_id": made.here.tenant_id, **columns})
    await store.employ(made.conn, fresh, made.here.id)
    await made.note("staff:added", fresh, name=columns["name"], role=columns["role"])
    return Saved(fresh, 1)


async def _change(made: Edit, key: str, cmd: SaveStaff, columns: Row) -> Saved:
    before = await _person(made, key, cmd.expected_version)
    for restaurant in await people.restaurants_of(made.conn, key):
        if not made.who.reaches(restaurant):  # what is changed here would count there too
            raise forbidden(f"{before.name} works elsewhere too: ask an admin")
    if key == made.who.id and before.role != cmd.role:
        raise Refusal(Code.CONFLICT, "you cannot change your own role")
    await store.change(made.conn, key, columns)
    after = await store.person(made.conn, made.here.id, made.here.tenant_id, key)
    changed = [name for name in RIGHTS if getattr(before, name) != getattr(after, name)]
    secrets_ = [n for n in ("pin", "password") if getattr(cmd, n) not in (None, msgspec.UNSET)]
    if cmd.pin is None and before.has_pin:
        secrets_.append("pin")
    if changed or secrets_:
        await _sign_out(made, staff_id=key, but=made.who.session)
    await made.note("staff:changed", key, name=cmd.name, role=cmd.role, changed=changed + secrets_)
    return Saved(key, before.version + 1)


async def _person(made: Edit, key: str, expected: int | None) -> Person:
    """Return somebody who works here and may be changed by who asks."""
    found = await store.person(made.conn, made.here.id, made.here.tenant_id, key)
    if found is None:
        raise not_found("member of staff")
    require_rank(made.who, found.role, found.everywhere)
    require_version(found.version, expected)
    return found


async def _require_known(made: Edit, cmd: SaveStaff) -> None:
    """Raise INVALID for tables or stations that there are not."""
    known: dict[str, set[str]] = {"tables": set(), "stations": set()}
    if cmd.tables is not None:
        known["tables"] = {t.id for t in await house.tables(made.conn, made.here.id)}
    if cmd.stations is not None:
        known["stations"] = {s.id for s in await menus.stations(made.conn, made.here.id)}
    for name, ids in known.items():
        for place, each in enumerate(getattr(cmd, name) or ()):
            if each not in ids:
                raise invalid(f"{name}[{place}]", f"no such {name[:-1]}")


async def _sign_out(made: Edit, *, but: str = "", **whose: Any) -> None:
    ended = await store.revoke(made.conn, made.now, but=but, **whose)
    await tables.announce_closed(made.conn, ended)


async def _hash(password: str | None) -> str:
    """Return the hash of a password; without one, of one that nobody knows."""
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(
        HASHING, HASHER.hash, password if password is not None else secrets.token_hex()
    )


def _pin(made: Edit, pin: str | msgspec.UnsetType | None) -> bytes | None:
    if not isinstance(pin, str):
        return None
    return pin_key(made.here.id, pin, made.deps.tokens.secret)


def _tell(made: Edit, what: str, key: str) -> None:
    subject = {"what": what, "id": key}
    made.drafts.append(events.of_house(Name.STAFF_CHANGED, subject))
