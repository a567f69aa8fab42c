"""The menu as managers edit it: categories, dishes, what goes with them, and in which order."""

from collections.abc import Awaitable, Callable

from msgspec.structs import replace

from handlers import carts, menus
from handlers.deps import Deps
from handlers.editing import Edit, Saved, edit
from state.domain import edits as rules
from state.domain import events
from state.domain.actor import Actor
from state.domain.change import Answer
from state.domain.commands import Command
from state.domain.edits import SaveCategory, SaveGroup, SaveItem, SaveModifier, SortMenu
from state.domain.errors import Code, Refusal, invalid
from state.domain.ids import new_id
from state.domain.table import TableSession
from state.store import edits
from state.store import menu_edits as store
from state.store.menus import get as read_menu
from state.store.rows import Row

Work = Callable[[Edit], Awaitable[Saved]]


async def save_category(
    rid: str, key: str | None, cmd: SaveCategory, who: Actor, deps: Deps
) -> Answer:
    """Add a category to the menu, or change one."""

    async def work(made: Edit) -> Saved:
        return await made.save(
            "categories", key, "category", _texts(made, cmd, {}), cmd.expected_version
        )

    return await change_menu(rid, cmd, who, deps, work)


async def remove_category(
    rid: str, key: str, expected: int | None, who: Actor, deps: Deps
) -> Answer:
    """Take a category off the menu; it must be empty."""

    async def work(made: Edit) -> Saved:
        await made.find("categories", key, "category", expected)
        if await store.items_in(made.conn, rid, "category_id", key):
            raise Refusal(Code.CONFLICT, "there are dishes in this category: move them first")
        return await made.remove("categories", key, "category", expected)

    return await change_menu(rid, Command(), who, deps, work)


async def save_item(rid: str, key: str | None, cmd: SaveItem, who: Actor, deps: Deps) -> Answer:
    """Put a dish on the menu, or change one. Its price counts for orders placed from now on."""

    async def work(made: Edit) -> Saved:
        columns = await _item(made, cmd)
        before = await edits.find(made.conn, "menu_items", rid, key) if key else None
        saved = await made.save("menu_items", key, "dish", columns, cmd.expected_version)
        await store.link(made.conn, saved.id, cmd.groups)
        if before is None or before["price"] != cmd.price:
            old = before["price"] if before else None
            await made.note("price", saved.id, before=old, after=cmd.price)
        return saved

    return await change_menu(rid, cmd, who, deps, work)


async def remove_item(rid: str, key: str, expected: int | None, who: Actor, deps: Deps) -> Answer:
    """Take a dish off the menu. Orders that have it keep it."""

    async def work(made: Edit) -> Saved:
        saved = await made.remove("menu_items", key, "dish", expected)
        await made.note("dish:removed", key)
        return saved

    return await change_menu(rid, Command(), who, deps, work)


async def save_group(rid: str, key: str | None, cmd: SaveGroup, who: Actor, deps: Deps) -> Answer:
    """Add a choice that dishes may offer, with its modifiers, or change one."""
    rules.require_choice(cmd)

    async def work(made: Edit) -> Saved:
        columns = {**_texts(made, cmd, {}), "min": cmd.min, "max": cmd.max}
        if key is not None:
            await made.find("modifier_groups", key, "modifier group", cmd.expected_version)
        saved = await _save_group(made, key, columns)
        await _save_modifiers(made, saved.id, cmd)
        return saved

    return await change_menu(rid, cmd, who, deps, work)


async def remove_group(rid: str, key: str, expected: int | None, who: Actor, deps: Deps) -> Answer:
    """Take a choice away, from all dishes that offer it."""

    async def work(made: Edit) -> Saved:
        saved = await made.remove("modifier_groups", key, "modifier group", expected)
        await store.unlink(made.conn, key)
        return saved

    return await change_menu(rid, Command(), who, deps, work)


async def sort(rid: str, cmd: SortMenu, who: Actor, deps: Deps) -> Answer:
    """Put categories and dishes into the order in which they are named."""

    async def work(made: Edit) -> Saved:
        for table, ids in (("categories", cmd.categories), ("menu_items", cmd.items)):
            if await edits.sort(made.conn, table, rid, ids) != len(ids):
                raise invalid("categories" if table == "categories" else "items", "has unknown ids")
        return Saved(rid, made.here.menu_version + 1)

    return await change_menu(rid, cmd, who, deps, work)


async def change_menu(rid: str, cmd: Command, who: Actor, deps: Deps, work: Work) -> Answer:
    """Let `work` change the menu, as its next version; carts at the tables are priced anew."""

    async def whole(made: Edit) -> Saved:
        if made.facts.sessions:
            made.facts.menus[rid] = await menus.current(made.conn, made.here, deps)
        before = {s.id: carts.priced(made.facts, s) for s in made.facts.sessions.values()}
        saved = await work(made)
        version = await store.next_version(made.conn, rid)
        made.drafts.append(events.of_menu(version))
        if before:
            made.facts.menus[rid] = await read_menu(made.conn, rid, version)
        for session in list(made.facts.sessions.values()):
            if carts.priced(made.facts, session) != before[session.id]:
                _reprice(made, session)
        return saved

    return await edit(rid, who, deps, whole, cmd, carts=True)


def _reprice(made: Edit, session: TableSession) -> None:
    """Tell a table that what it has in its cart costs something else now."""
    after = replace(session, cart_version=session.cart_version + 1)
    made.sessions.append(after)
    made.drafts.append(events.of_cart(session, after, carts.priced(made.facts, after)))


async def _item(made: Edit, cmd: SaveItem) -> Row:
    """Return the columns of a dish; raise INVALID where it names what there is not."""
    if await edits.find(made.conn, "categories", made.here.id, cmd.category_id) is None:
        raise invalid("categoryId", "no such category")
    if await edits.find(made.conn, "stations", made.here.id, cmd.station) is None:
        raise invalid("station", "no such station")
    for place, group in enumerate(cmd.groups):
        if await edits.find(made.conn, "modifier_groups", made.here.id, group) is None:
            raise invalid(f"groups[{place}]", "no such modifier group")
        if group in cmd.groups[:place]:
            raise invalid(f"groups[{place}]", "is named twice")
    descriptions = rules.said(cmd.descriptions)
    return {
        **_texts(made, cmd, descriptions),
        "descriptions": descriptions,
        "category_id": cmd.category_id,
        "price": cmd.price,
        "tax_rate": cmd.tax_rate,
        "allergens": list(dict.fromkeys(cmd.allergens)),
        "station": cmd.station,
        "course": cmd.course,
        "prep_seconds": cmd.prep_seconds,
    }


def _texts(
    made: Edit,
    cmd: SaveCategory | SaveItem | SaveGroup | SaveModifier,
    more: dict[str, str],
    path: str = "texts",
) -> Row:
    texts = rules.require_texts(cmd.texts, made.here.language, path)
    return {"texts": texts, "machine": rules.by_machine(cmd.machine, {**texts, **more})}


async def _save_group(made: Edit, key: str | None, columns: Row) -> Saved:
    if key is not None:
        row = await made.find("modifier_groups", key, "modifier group")
        await edits.change(made.conn, "modifier_groups", made.here.id, key, columns)
        return Saved(key, row["version"] + 1)
    fresh = new_id()
    await edits.add(made.conn, "modifier_groups", {"id": fresh, **columns, **made.owner})
    return Saved(fresh, 1)


async def _save_modifiers(made: Edit, group: str, cmd: SaveGroup) -> None:
    known = await store.modifiers_of(made.conn, group)
    for place, modifier in enumerate(cmd.modifiers):
        if modifier.id is not None and modifier.id not in known:
            raise invalid(f"modifiers[{place}].id", "no such modifier of this group")
        columns = {
            **_texts(made, modifier, {}, f"modifiers[{place}].texts"),
            "price_delta": modifier.price_delta,
            "available": modifier.available,
            "position": place,
        }
        await _save_modifier(made, group, modifier, columns)
        if known.pop(modifier.id or "", 0) != modifier.price_delta:
            await made.note("price", modifier.id or group, after=modifier.price_delta)
    await store.remove_modifiers(made.conn, list(known), made.now)


async def _save_modifier(made: Edit, group: str, modifier: SaveModifier, columns: Row) -> None:
    if modifier.id is not None:
        await store.change_modifier(made.conn, modifier.id, columns)
        return
    owner = {"group_id": group, "tenant_id": made.here.tenant_id}
    await edits.add(made.conn, "modifiers", {"id": new_id(), **columns, **owner})
