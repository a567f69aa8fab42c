"""The house as managers arrange it: tables, stations, settings, opening hours."""

import re
import unicodedata
from typing import Any

import msgspec

from handlers.deps import Deps
from handlers.editing import Edit, Saved, edit, require_place, require_version
from handlers.menu_editor import change_menu
from state.domain import events, hours
from state.domain.actor import Actor
from state.domain.change import Answer
from state.domain.commands import Command
from state.domain.errors import Code, Refusal
from state.domain.events import Draft, Name
from state.domain.house import (
    SaveHours,
    SaveSettings,
    SaveStation,
    SaveTable,
    Settings,
    require_hours,
    require_settings,
)
from state.domain.legal import SaveLegal, require_legal
from state.store import edits
from state.store import house as store
from state.store.house import EditedStation, EditedTable
from state.store.menu_edits import items_in
from state.store.pool import Conn
from state.store.rows import Row

STATION_CHARS = 24


class House(msgspec.Struct, frozen=True):
    settings: Settings
    tables: list[EditedTable]
    stations: list[EditedStation]


async def show(rid: str, who: Actor, deps: Deps) -> House:
    """Return the house as it may be edited: settings, opening hours, tables, stations."""
    await require_place(rid, who, deps)
    async with deps.pool.acquire() as conn:
        return House(
            settings=await store.settings(conn, rid),
            tables=await store.tables(conn, rid),
            stations=await store.stations(conn, rid),
        )


async def save_table(rid: str, key: str | None, cmd: SaveTable, who: Actor, deps: Deps) -> Answer:
    """Add a table, or change one. Its printed code stays good."""

    async def work(made: Edit) -> Saved:
        columns = {"number": cmd.number.strip(), "zone": cmd.zone.strip(), "seats": cmd.seats}
        saved = await made.save("tables", key, "table", columns, cmd.expected_version)
        _tell_table(made, saved.id, columns)
        return saved

    return await edit(rid, who, deps, work, cmd)


async def remove_table(rid: str, key: str, expected: int | None, who: Actor, deps: Deps) -> Answer:
    """Take a table away; nobody may sit there."""

    async def work(made: Edit) -> Saved:
        row = await made.find("tables", key, "table", expected)
        if await store.is_seated(made.conn, key):
            raise Refusal(Code.CONFLICT, f"a party sits at table {row['number']}: close it first")
        saved = await made.remove("tables", key, "table", expected)
        _tell_table(made, key, row, removed=True)
        return saved

    return await edit(rid, who, deps, work)


async def renew_code(rid: str, key: str, cmd: Command, who: Actor, deps: Deps) -> Answer:
    """Make the codes printed for a table so far void: from now on only a new print opens it."""

    async def work(made: Edit) -> Saved:
        row = await made.find("tables", key, "table")
        await edits.change(made.conn, "tables", rid, key, {"key_version": row["key_version"] + 1})
        await made.note("table:code", key)
        _tell_table(made, key, row)
        return Saved(key, row["version"] + 1)

    return await edit(rid, who, deps, work, cmd)


async def save_station(
    rid: str, key: str | None, cmd: SaveStation, who: Actor, deps: Deps
) -> Answer:
    """Add a station of the kitchen, or name one anew."""

    async def work(made: Edit) -> Saved:
        columns = {"name": cmd.name.strip()}
        if key is not None:
            return await made.save("stations", key, "station", columns, cmd.expected_version)
        place = await edits.last_place(made.conn, "stations", rid)
        new = await _station_id(made.conn, rid, cmd.name)
        await edits.add(
            made.conn, "stations", {"id": new, **columns, **made.owner, "position": place}
        )
        return Saved(new, 1)

    return await change_menu(rid, cmd, who, deps, work)


async def remove_station(
    rid: str, key: str, expected: int | None, who: Actor, deps: Deps
) -> Answer:
    """Take a station away; no dish may be made there."""

    async def work(made: Edit) -> Saved:
        await made.find("stations", key, "station", expected)
        if await items_in(made.conn, rid, "station", key):
            raise Refusal(Code.CONFLICT, "dishes are made at this station: move them first")
        return await made.remove("stations", key, "station", expected)

    return await change_menu(rid, Command(), who, deps, work)


async def save_settings(rid: str, cmd: SaveSettings, who: Actor, deps: Deps) -> Answer:
    """Change what the restaurant is called, which languages it speaks, how it counts."""
    require_settings(cmd)
    columns = {
        "name": cmd.name.strip(),
        "language": cmd.language,
        "languages": list(cmd.languages),
        "timezone": cmd.timezone,
        "tax_mode": cmd.tax_mode,
        "day_cutover": cmd.day_cutover,
        "join_code_required": cmd.join_code_required,
        "service_charge": cmd.service_charge,
        "pay_first": cmd.pay_first,
    }
    return await _change_house(rid, columns, cmd, who, deps)


async def save_hours(rid: str, cmd: SaveHours, who: Actor, deps: Deps) -> Answer:
    """Change when guests may order: by weekday, and on single dates."""
    return await _change_house(rid, {"hours": require_hours(cmd)}, cmd, who, deps)


async def save_legal(rid: str, cmd: SaveLegal, who: Actor, deps: Deps) -> Answer:
    """Say who sells here before the law: receipts from now on name it."""
    legal = require_legal(cmd)

    async def work(made: Edit) -> Settings:
        await store.save_legal(made.conn, rid, legal)
        await made.note("legal", rid, name=legal.name, taxId=legal.tax_id)
        after = await store.settings(made.conn, rid)
        made.drafts.append(_house_changed(made, after))
        return after

    return await edit(rid, who, deps, work, cmd)


async def _change_house(
    rid: str, columns: dict[str, Any], cmd: SaveSettings | SaveHours, who: Actor, deps: Deps
) -> Answer:
    async def work(made: Edit) -> Settings:
        before = await store.settings(made.conn, rid)
        require_version(before.version, cmd.expected_version)
        await store.save_settings(made.conn, rid, columns)
        after = await store.settings(made.conn, rid)
        changed = sorted(c for c in columns if getattr(before, c) != getattr(after, c))
        if changed:
            await made.note("settings", rid, changed=changed)
        made.drafts.append(_house_changed(made, after))
        return after

    return await edit(rid, who, deps, work, cmd)


def _house_changed(made: Edit, after: Settings) -> Draft:
    shown = {
        "name": after.name,
        "language": after.language,
        "languages": after.languages,
        "open": hours.is_open(after.hours, made.now, after.timezone),
    }
    return events.of_house(Name.RESTAURANT_CHANGED, shown)


def _tell_table(made: Edit, table_id: str, row: Row, *, removed: bool = False) -> None:
    subject = {
        "tableId": table_id,
        "tableNumber": row["number"],
        "zone": row["zone"],
        "seats": row["seats"],
        "removed": removed,
    }
    made.drafts.append(events.of_house(Name.TABLE_CHANGED, subject, (table_id,)))


async def _station_id(conn: Conn, rid: str, name: str) -> str:
    """Return a short id that tells which station it is: tokens and rooms carry it."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    stem = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:STATION_CHARS] or "station"
    found, number = stem, 1
    while await store.is_taken(conn, rid, found):
        number += 1
        found = f"{stem}-{number}"
    return found
