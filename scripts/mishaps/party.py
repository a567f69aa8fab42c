"""Two guests of one table, on two nodes: they order, split and pay, round after round."""

import asyncio
import random
from collections.abc import Sequence
from itertools import cycle
from typing import Any

import aiohttp

from scripts.lunch.dishes import Card
from scripts.lunch.line import Line

Doc = dict[str, Any]
SPLITS: tuple[Doc, ...] = (
    {"mode": "equal", "parts": 2},
    {"mode": "equal", "parts": 3},
    {"mode": "guest"},
    {"mode": "amount", "legs": [{"amount": 300}, {"amount": 123}]},
    {"mode": "none"},
)
TAKEN = {"CONFLICT", "NOT_FOUND", "ILLEGAL_TRANSITION"}  # what the slower of two is told
DONE = {"COMPLETED", "FAILED", "CANCELLED"}
LOOK_SECONDS = 0.3
ROUND_SECONDS = 120.0


class Party:
    def __init__(
        self,
        guests: Sequence[Line],
        cook: Line,
        waiter: Line,
        manager: Line,
        card: Card,
        http: aiohttp.ClientSession,
        dice: random.Random,
    ) -> None:
        self._guests, self._cook, self._waiter, self._manager = guests, cook, waiter, manager
        self._card, self._http, self._dice = card, http, dice
        self._rounds = 0

    async def round(self) -> None:
        """Order, eat and pay, in the order that the house wants."""
        self._rounds += 1
        async with asyncio.timeout(ROUND_SECONDS):
            items = [self._card.line(self._dice)]
            order = (await self._guests[self._rounds % 2].order(items=items))["data"]
            if not order["awaitingPayment"]:
                await self._bring(order["id"])
            await self._pay()
            if order["awaitingPayment"]:
                await self._bring(order["id"])
            if self._rounds % 3 == 0:
                await self._give_back()

    async def _bring(self, order_id: str) -> None:
        for line, status in ((self._cook, "READY"), (self._waiter, "DELIVERED")):
            await line.ask("order:updateStatus", orderId=order_id, status=status)

    async def _pay(self) -> None:
        """Pay all that is due: each leg by one guest, and the last by both at once."""
        await self._guests[0].ask("bill:split", **self._dice.choice(SPLITS))
        while True:
            bill = await self._bill()
            legs = [leg["id"] for leg in bill["legs"] if leg["status"] == "OPEN" and leg["amount"]]
            if bill["outstanding"]:
                await self._pay_legs(legs or [None])
            elif any(payment["status"] == "PENDING" for payment in bill["payments"]):
                await asyncio.sleep(LOOK_SECONDS)
            else:
                return

    async def _pay_legs(self, legs: Sequence[str | None]) -> None:
        turns = list(zip(cycle(self._guests), legs[:-1], strict=False))
        await asyncio.gather(*(self._pay_leg(*turn) for turn in turns))
        await asyncio.gather(*(self._pay_leg(guest, legs[-1]) for guest in self._guests))

    async def _pay_leg(self, guest: Line, leg: str | None) -> None:
        """Pay a leg, as people do: some change their minds, some close the page when it is paid."""
        which = {} if leg is None else {"leg": leg}
        tip = self._dice.choice((0, 0, 50))
        ack = await guest.ask("bill:pay", TAKEN, method="CARD", tip=tip, **which)
        if not ack["ok"]:
            return
        payment_id = ack["data"]["payment"]["id"]
        page = await self._page(guest, ack["data"]["jobId"])
        if page is None:
            return
        mood = self._dice.random()
        if mood < 0.1:
            await guest.ask("payment:cancel", TAKEN, paymentId=payment_id)
        elif mood < 0.2:  # at the last moment, and nobody knows who was first
            off = guest.ask("payment:cancel", TAKEN, paymentId=payment_id)
            await asyncio.gather(off, self._submit(page, "pay"))
        else:
            if mood < 0.3:
                await self._submit(page, "decline")
            await self._submit(page, "pay")
        if mood < 0.8:
            await self._seen(payment_id)

    async def _page(self, guest: Line, job_id: str) -> str | None:
        """Wait for the page on which a guest pays; None where it came to nothing."""
        while True:
            job = (await guest.look("job:get", jobId=job_id))["data"]
            if job["status"] in DONE:
                return job["result"]["checkoutUrl"] if job["status"] == "COMPLETED" else None
            await asyncio.sleep(LOOK_SECONDS)

    async def _submit(self, page: str, card: str) -> None:
        async with self._http.post(page, data={"card": card}, allow_redirects=False):
            pass

    async def _seen(self, payment_id: str) -> None:
        """Wait until everybody knows what became of a payment."""
        while True:
            found = {payment["id"]: payment for payment in (await self._bill())["payments"]}
            if found[payment_id]["status"] != "PENDING":
                return
            await asyncio.sleep(LOOK_SECONDS)

    async def _give_back(self) -> None:
        paid = [p for p in (await self._bill())["payments"] if p["status"] == "PAID"]
        for payment in paid[:1]:
            amount = self._dice.randint(1, payment["amount"])
            await self._manager.ask(
                "payment:refund", TAKEN, paymentId=payment["id"], amount=amount, reason="cold"
            )

    async def _bill(self) -> Doc:
        ack = await self._guests[self._rounds % 2].look("bill:get")
        bill: Doc = ack["data"]
        return bill
