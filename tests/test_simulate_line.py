"""The lines of those who play a rush."""

import asyncio

import aiohttp
import pytest

from scripts.lunch.ledger import Gate, Ledger
from scripts.lunch.line import Line, Office
from scripts.lunch.screen import Screen
from tests.place import Place
from tests.scenes import NOWHERE


async def test_who_is_told_to_go_home_in_the_moment_of_an_answer_goes_home(place: Place) -> None:
    async def token(_fresh: bool) -> str:
        return await place.login("kitchen")

    async with aiohttp.ClientSession() as http:
        office, join = Office(http, Ledger(), Gate()), {"restaurantId": place.id}
        screen = Screen(lambda _: True, lambda _: True)
        line = await Line(office, place.urls, token, ("join:kitchen", join), screen).open()
        try:
            asking = asyncio.create_task(line.look("order:accept", orderId=NOWHERE))
            while not line._waiting:  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0)
            [answer] = line._waiting
            answer.set_result({"ok": True})
            asking.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asking
        finally:
            await line.close()
