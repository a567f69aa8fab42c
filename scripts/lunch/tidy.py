"""Leaving the restaurant as it was: nothing on the stove, nobody at our tables."""

from collections.abc import Collection

from scripts.lunch.house import House
from scripts.lunch.line import Line

DONE = {"SERVED", "VOIDED"}


async def taken(house: House) -> set[str]:
    """Return the tables where somebody sits."""
    tables = (await house.tables())["tables"]
    return {table["id"] for table in tables if table["sessionId"] is not None}


async def clear_away(house: House, manager: Line, tables: Collection[str]) -> int:
    """Void what nobody will serve any more, close the tables; return how many orders that were."""
    left = [order for order in await house.orders() if order["tableId"] in tables]
    undone = [order for order in left if order["status"] != "DELIVERED"]
    for order in undone:
        for item in order["items"]:
            if item["status"] not in DONE:
                about = {"orderId": order["id"], "itemId": item["id"], "reason": "closing time"}
                await manager.ask("item:void", **about)
    for table in await taken(house) & set(tables):
        await house.close(table)
    return len(undone)
