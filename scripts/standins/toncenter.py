"""toncenter's API, version 3, over a chain of its own, and a wallet's page to pay on it.

`pay` is what a payer's wallet does. Nothing here is on any chain: hashes begin with TEST.
"""

import base64
import time
from typing import Any
from urllib.parse import parse_qs
from uuid import uuid4

from aiohttp import web

from scripts.standins.base import Standin
from scripts.standins.rates import Rate
from state.domain.ton import raw

Doc = dict[str, Any]
PAYER = "0:" + "ab" * 32
MOST = 1000
PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Sandbox wallet</title>
<meta name="viewport" content="width=device-width, initial-scale=1"></head><body><main>
<h1>SANDBOX: no real money</h1><p>{amount}<br>{text}</p>
<form method="post"><button>Pay</button></form></main></body></html>"""


class Toncenter(Standin):
    """`pending`: the newest transactions that no block of the masterchain has yet, so many.

    `twice`: what is on a page comes again at the beginning of the next one.
    """

    name = "toncenter"

    def __init__(self, key: str, *, keyless: Rate | None = None) -> None:
        self.key = key
        self.keyless = keyless or Rate(1, 1.0)
        self.other_network = "of the other network"
        self.chain: list[Doc] = []
        self.transfers: list[Doc] = []
        self.pending = 0
        self.twice = False
        super().__init__()

    def add_routes(self) -> None:
        add = self.app.router.add_route
        add("GET", "/api/v3/transactions", self.transactions)
        add("GET", "/api/v3/jetton/transfers", self.jetton_transfers)
        add("GET", "/transfer/{address}", self.page)
        add("POST", "/transfer/{address}", self.sign)

    def error(self, status: int, message: str) -> web.Response:
        return web.json_response({"code": status, "error": message}, status=status)

    def pay(self, to: str, units: int, comment: str | None, **more: Any) -> Doc:
        """Send coins; `more` goes into the message that brings them."""
        content: Doc = {"hash": _hash(), "body": "", "decoded": None}
        if comment is not None:
            kind = "text_comment"
            content["decoded"] = {"type": kind, "@type": kind, "comment": comment}
        message = {
            "hash": _hash(),
            "source": PAYER.upper(),
            "destination": raw(to).upper(),
            "value": str(units),
            "bounce": False,
            "bounced": False,
            "opcode": "0x00000000",
            "message_content": content,
        }
        made = self._transaction(raw(to), message | more)
        self.chain.append(made)
        return made

    def send_jettons(self, to: str, master: str, units: int, comment: str, **more: Any) -> Doc:
        """Send so many of a jetton, with a comment."""
        kind = "text_comment"
        made = {
            "query_id": "0",
            "source": PAYER.upper(),
            "destination": raw(to).upper(),
            "amount": str(units),
            "source_wallet": "0:" + "CD" * 32,
            "jetton_master": raw(master).upper(),
            "transaction_hash": _hash(),
            "transaction_lt": str(_lt()),
            "transaction_now": int(time.time()),
            "transaction_aborted": False,
            "forward_payload": None,
            "decoded_forward_payload": {"type": kind, "@type": kind, "comment": comment},
        } | more
        self.transfers.append(made)
        return made

    def taken(self, to: str) -> int:
        """Return how many units have come to an address and stayed."""
        mine = (each for each in self.chain if each["account"] == raw(to).upper())
        return sum(
            int(each["in_msg"]["value"])
            for each in mine
            if not each["in_msg"]["bounced"] and not each["out_msgs"]
        )

    async def transactions(self, request: web.Request) -> web.Response:
        if refusal := self._refused(request):
            return refusal
        query, seen = request.query, len(self.chain) - self.pending
        shown = [
            each if place < seen else each | {"mc_block_seqno": None}
            for place, each in enumerate(self.chain)
            if each["account"] == query["account"].upper()
        ]
        found = _page(shown, query, "lt", twice=self.twice)
        return web.json_response({"transactions": found, "address_book": {}})

    async def jetton_transfers(self, request: web.Request) -> web.Response:
        if refusal := self._refused(request):
            return refusal
        query = request.query
        master = query.get("jetton_master", "").upper()
        shown = [
            each
            for each in self.transfers
            if each["destination"] == query["owner_address"].upper()
            and master in ("", each["jetton_master"])
        ]
        found = _page(shown, query, "transaction_lt", twice=self.twice)
        return web.json_response({"jetton_transfers": found, "address_book": {}, "metadata": {}})

    async def page(self, request: web.Request) -> web.Response:
        asked = {name: request.query.get(name, "") for name in ("amount", "text")}
        return web.Response(text=PAGE.format(**asked), content_type="text/html")

    async def sign(self, request: web.Request) -> web.Response:
        """Pay what a link asks for, as long as it is good for."""
        asked = {name: values[0] for name, values in parse_qs(request.query_string).items()}
        if int(asked.get("exp", time.time())) < time.time():
            return web.Response(text="SANDBOX: this link has expired", status=410)
        to, units = request.match_info["address"], int(asked["amount"])
        if "jetton" in asked:
            self.send_jettons(to, asked["jetton"], units, asked["text"])
        else:
            self.pay(to, units, asked["text"])
        return web.Response(text="SANDBOX: sent")

    def _refused(self, request: web.Request) -> web.Response | None:
        key = request.headers.get("X-API-Key")
        if key == self.other_network:
            return self.error(403, "Network not allowed")
        if key not in (None, self.key):
            return self.error(401, "API key does not exist")
        if key is None and self.keyless.left() < 0:
            return self.error(429, "Ratelimit exceeded")
        if int(request.query.get("limit", 10)) > MOST:
            return self.error(422, "limit should be less or equal 1000")
        return None

    def _transaction(self, account: str, message: Doc) -> Doc:
        return {
            "account": account.upper(),
            "hash": _hash(),
            "lt": str(_lt()),
            "now": int(time.time()),
            "mc_block_seqno": 70_000_000 + len(self.chain),
            "trace_id": _hash(),
            "in_msg": message,
            "out_msgs": [],
            "description": {"aborted": True, "compute_ph": {"skipped": True}},
        }


def _page(rows: list[Doc], query: Any, name: str, *, twice: bool) -> list[Doc]:
    """Return a page of rows by their logical time, both ends of it included."""
    first = int(query.get("start_lt", 0))
    ordered = sorted(rows, key=lambda each: int(each[name]), reverse=query.get("sort") == "desc")
    found = [each for each in ordered if int(each[name]) >= first]
    before = [each for each in ordered if int(each[name]) < first][-1:] if twice else []
    offset, limit = int(query.get("offset", 0)), int(query.get("limit", 10))
    return (before + found)[offset : offset + limit]


def _hash() -> str:
    return "TEST" + base64.b64encode(uuid4().bytes + uuid4().bytes).decode()[4:]


def _lt() -> int:
    """Return a logical time; they grow with the blocks, some millions a second."""
    return time.time_ns() // 400
