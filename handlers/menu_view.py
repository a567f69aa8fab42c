"""The menu as its editors see it: all languages, versions, and what machines made of its texts."""

import msgspec

from handlers.boards import moment
from handlers.deps import Deps
from handlers.editing import require_place
from state.domain.actor import Actor
from state.domain.errors import not_found
from state.domain.menu import Station
from state.domain.restaurant import Restaurant
from state.store import edits, restaurants, translations
from state.store import menu_edits as store
from state.store.menu_edits import EditedCategory, EditedGroup, EditedItem
from state.store.menus import stations
from state.store.pool import Conn


class EditedMenu(msgspec.Struct, frozen=True, rename="camel"):
    """`language` is the restaurant's own: in it every text is there.

    `made` has what machines made of those texts, by language and by the text itself: what guests
    read where nobody has written anything.
    """

    version: int
    language: str
    languages: tuple[str, ...]
    currency: str
    stations: tuple[Station, ...]
    categories: list[EditedCategory]
    items: list[EditedItem]
    groups: list[EditedGroup]
    made: dict[str, dict[str, str]]


async def show(rid: str, who: Actor, deps: Deps) -> EditedMenu:
    """Return the menu as it may be edited: all languages, versions, and what a machine wrote."""
    await require_place(rid, who, deps)
    async with moment(deps) as conn:
        here = await restaurants.get(conn, rid)
        categories = await store.categories(conn, rid)
        items = await store.items(conn, rid)
        groups = await store.groups(conn, rid)
        own = _own_texts(here.language, categories, items, groups)
        return EditedMenu(
            version=here.menu_version,
            language=here.language,
            languages=here.languages,
            currency=here.currency,
            stations=await stations(conn, rid),
            categories=categories,
            items=items,
            groups=groups,
            made={
                lang: await _made(conn, here, lang, own)
                for lang in here.languages
                if lang != here.language
            },
        )


async def require_item(rid: str, key: str, who: Actor, deps: Deps) -> None:
    """Raise NOT_FOUND unless this manager's menu has the dish."""
    await require_place(rid, who, deps)
    async with deps.pool.acquire() as conn:
        if await edits.find(conn, "menu_items", rid, key) is None:
            raise not_found("dish")


def _own_texts(
    language: str,
    categories: list[EditedCategory],
    items: list[EditedItem],
    groups: list[EditedGroup],
) -> set[str]:
    """Return all texts of a menu in one language."""
    every = [each.texts for each in categories]
    every += [texts for item in items for texts in (item.texts, item.descriptions)]
    every += [group.texts for group in groups]
    every += [modifier.texts for group in groups for modifier in group.modifiers]
    return {texts[language] for texts in every if language in texts}


async def _made(conn: Conn, here: Restaurant, lang: str, own: set[str]) -> dict[str, str]:
    found = await translations.menu_texts(conn, here.id, lang)
    hashes = {text: translations.hash_of(here.language, text) for text in own}
    return {text: found[key].text for text, key in hashes.items() if key in found}
